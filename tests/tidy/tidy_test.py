#!/usr/bin/env python3
"""tidy.py on small trees with one fault each: it finds that fault, and nothing in a good tree."""

import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
import rules
import tidy

GOOD = {
    "CMakeLists.txt": "add(runtime/core/a.cpp)\n",
    "runtime/core/a.hpp": "#pragma once\n#include <vector>\n",
    "runtime/core/a.cpp": '#include "core/a.hpp"\n// MPI_COMM_WORLD in a comment\nint a;\n'
    + "int f(int a,\n      int b);\n" + "// words\n" * 80 + "int g() {\n  return 1;\n}\n",
}
WORLD = "MPI_COMM" + "_WORLD"
UNFINISHED = "// TO" + "DO later\n"

# Name of the fault: files that differ from the good tree, words of the finding.
FAULTS = {
    "long line": ({"runtime/core/a.cpp": "//" + "x" * 99 + "\n"}, "101 columns"),
    "long file": ({"runtime/core/a.cpp": "int a;\n" * (rules.LINES_MAX + 1)}, "more than 600"),
    "white space": ({"runtime/core/a.cpp": "int a; \n"}, "white space"),
    "tab": ({"runtime/core/a.cpp": "\tint a;\n"}, "a tab"),
    "no newline": ({"runtime/core/a.cpp": "int a;"}, "no newline"),
    "unfinished": ({"runtime/core/a.cpp": UNFINISHED}, "unfinished work"),
    "mpi in core": ({"runtime/core/a.cpp": "#include <mpi.h>\n"}, "transport/mpi alone"),
    "hdf5 in core": ({"runtime/core/a.cpp": "#include <H5Fpublic.h>\n"}, "checkpoint/hdf5 alone"),
    "clock in core": ({"runtime/core/a.cpp": "#include <chrono>\n"}, "pure layer"),
    "upwards": ({"runtime/core/a.cpp": '#include "driver/x.hpp"\n'}, "may not include that"),
    "sideways": ({"checkpoint/b.hpp": '#pragma once\n#include "transport/x.hpp"\n'}, "may not"),
    "api in core": ({"runtime/core/a.cpp": '#include "steadfarm/farm.hpp"\n'}, "only value types"),
    "world": ({"runtime/core/a.cpp": f"auto w = {WORLD};\n"}, "not ours"),
    "fsync": ({"runtime/core/a.cpp": "int a = fsync(1);\n"}, "posix_file_system"),
    "rename": ({"runtime/core/a.cpp": 'int a = ::rename("a", "b");\n'}, "posix_file_system"),
    "no pragma": ({"runtime/core/a.hpp": "int a();\n"}, "pragma once"),
    "unknown kind": ({"runtime/core/a.xyz": "?\n"}, "unknown kind"),
    "dead source": ({"runtime/core/b.cpp": "int b;\n"}, "never built"),
    "dead test": ({"tests/cli/b_test.sh": "true\n"}, "never built"),
    "mode": ({"tests/lib/b.sh": "#!/bin/sh\ntrue\n"}, "not executable"),
    "long test": ({"runtime/core/a.cpp": "TEST(A, b) {\n" + "f();\n" * 70 + "}\n"}, "72 lines"),
    "long function": ({"tests/lib/b.sh": "f() {\n" + "true\n" * 70 + "}\n"}, "f has 72 lines"),
}


def findings_of(files):
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        findings = tidy.Findings()
        names = tidy.tracked_files(root)
        for name in names:
            tidy.check_file(root, name, findings)
        tidy.check_built(root, names, findings)
        return findings.lines


class TidyTest(unittest.TestCase):
    def test_a_good_tree_has_no_findings(self):
        self.assertEqual(findings_of(GOOD), [])

    def test_every_fault_is_found(self):
        for name, (files, words) in FAULTS.items():
            with self.subTest(name):
                lines = findings_of({**GOOD, **files})
                self.assertEqual(len(lines), 1, lines)
                self.assertIn(words, lines[0])


if __name__ == "__main__":
    sys.exit(unittest.main())
