#!/usr/bin/env python3
"""The style as a test: sizes, layers, banned calls, dead files, permissions.

    tidy.py [SOURCE_FOLDER]
    tidy.py --list SOURCE_FOLDER SUFFIX...

Prints one line a finding, path:line: what, and exits 1 if there is any. With --list: the names of
the tree's files that end so.
"""

import ast
import os
import pathlib
import re
import subprocess
import sys

sys.dont_write_bytecode = True
import rules

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
CPP_FUNCTION = re.compile(r"^(?!namespace|struct|class|enum|union|extern|template|\s|[#/}])(.*)\(")
SHELL_FUNCTION = re.compile(r"^(\w+)\(\) \{")


class Findings:
    def __init__(self):
        self.lines = []

    def add(self, path, line, text):
        self.lines.append(f"{path}:{line}: {text}")


def tracked_files(root):
    """Files that are, or would be, in the repository."""
    command = ["git", "-C", str(root), "ls-files", "-co", "--exclude-standard", "-z"]
    try:
        listed = subprocess.run(command, capture_output=True, check=True).stdout.decode()
        names = [name for name in listed.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        found = (path for path in root.rglob("*") if path.is_file())
        names = [str(path.relative_to(root)) for path in found]
        names = [name for name in names if not re.match(r"(build[^/]*|\.git|\.cache)/", name)]
    return sorted(name for name in names if (root / name).is_file())


def without_comments(text):
    """C++ without comments and string contents; line numbers stay."""
    pattern = re.compile(
        r'R"\((?:.|\n)*?\)"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|//[^\n]*|/\*(?:.|\n)*?\*/'
    )
    return pattern.sub(lambda m: '""' + "\n" * m.group().count("\n"), text)


def check_text(path, text, findings):
    lines = text.split("\n")
    if text and not text.endswith("\n"):
        findings.add(path, len(lines), "no newline at the end")
    if len(lines) - 1 > rules.LINES_MAX:
        findings.add(path, len(lines) - 1, f"more than {rules.LINES_MAX} lines; split it")
    for number, line in enumerate(lines, 1):
        if len(line) > rules.COLUMNS_MAX:
            findings.add(path, number, f"{len(line)} columns, more than {rules.COLUMNS_MAX}")
        if line.rstrip() != line:
            findings.add(path, number, "white space at the end of the line")
        if "\t" in line:
            findings.add(path, number, "a tab")


def check_words(path, text, findings):
    for number, line in enumerate(text.split("\n"), 1):
        for word, why in rules.BANNED_WORDS:
            if word in line:
                findings.add(path, number, f"'{word}': {why}")


def check_include(path, number, quote, target, findings):
    name = target.rsplit("/", 1)[-1]
    if rules.MPI_HEADER.match(name) and not path.startswith(rules.MPI_HOMES):
        findings.add(path, number, f"<{target}> belongs to runtime/transport/mpi alone")
    if rules.HDF5_HEADER.match(name) and not path.startswith(rules.HDF5_HOMES):
        findings.add(path, number, f"<{target}> belongs to checkpoint/hdf5 alone")
    if path.startswith(rules.PURE) and target in rules.IMPURE_HEADERS:
        findings.add(path, number, f"<{target}> in a pure layer; pass time and chance in")
    if quote != '"':
        return
    if path.startswith(rules.TYPES_ONLY) and target.startswith("steadfarm/"):
        if target not in ("steadfarm/types.hpp", "steadfarm/unit_hints.hpp"):
            findings.add(path, number, f'"{target}": of the API only value types are known here')
    for folder, allowed in rules.LAYERS.items():
        if path.startswith(folder) and target.split("/")[0] not in allowed:
            findings.add(path, number, f'"{target}": {folder} may not include that')


def check_source(path, text, findings):
    for number, line in enumerate(text.split("\n"), 1):
        match = INCLUDE.match(line)
        if match:
            check_include(path, number, match.group(1), match.group(2), findings)
    if path.endswith(".hpp") and not re.search(r"^#pragma once$", text, re.MULTILINE):
        findings.add(path, 1, "no #pragma once")
    for number, line in enumerate(without_comments(text).split("\n"), 1):
        if rules.MPI_WORLD.search(line) and not path.startswith(rules.MPI_HOMES):
            findings.add(path, number, "MPI_COMM_WORLD is not ours to touch")
        if rules.DURABLE_CALLS.search(line) and not path.startswith(rules.DURABLE_HOMES):
            findings.add(path, number, "file calls belong to checkpoint/posix_file_system.cpp")


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node.lineno, node.end_lineno - node.lineno + 1


def braced_functions(text, opening):
    """Bodies that open with a match at the margin and close with a brace there: formatted code."""
    name, start, in_body = "", 0, False
    for number, line in enumerate(text.split("\n"), 1):
        if not start:
            match = opening.match(line)
            if not match:
                continue
            name, start = match.group(1), number
        if not in_body:
            in_body = line.endswith("{")
            if line.endswith((";", "}")) or not line:  # a declaration, or all on one line
                start = 0
        elif line.startswith("}"):
            yield name, start, number - start + 1
            start, in_body = 0, False


def check_functions(path, text, findings):
    """clang-tidy knows C++ functions better, but only where it runs (readability-function-size)."""
    if path.endswith(".py"):
        sizes = python_functions(text)
    elif path.endswith(".sh"):
        sizes = braced_functions(text, SHELL_FUNCTION)
    else:
        sizes = braced_functions(text, CPP_FUNCTION)
    for name, line, size in sizes:
        if size > rules.FUNCTION_LINES_MAX:
            limit = rules.FUNCTION_LINES_MAX
            findings.add(path, line, f"{name} has {size} lines, more than {limit}")


def check_mode(root, path, head, findings):
    executable = bool(os.stat(root / path).st_mode & 0o111)
    if executable != head.startswith(b"#!"):
        findings.add(path, 1, "executable without #!" if executable else "#! but not executable")


def check_built(root, names, findings):
    """A source that no target names is never compiled; a test script that no test runs is dead."""
    lists = [n for n in names if n.endswith(".cmake") or n.endswith("CMakeLists.txt")]
    text = "\n".join((root / name).read_text() for name in lists)
    for name in names:
        wanted = name.endswith(".cpp") or re.search(r"^tests/.*_test\.(sh|py)$", name)
        if wanted and not name.startswith(rules.UNBUILT) and name not in text:
            findings.add(name, 1, "named in no CMake list, so never built or run")


def check_file(root, path, findings):
    suffix = pathlib.PurePath(path).suffix
    base = pathlib.PurePath(path).name
    known = suffix in rules.KNOWN_EXTENSIONS or {path, base} & rules.KNOWN_NAMES
    if not known and not rules.KNOWN_PATHS.match(path):
        findings.add(path, 1, "unknown kind of file; add it to tests/tidy/rules.py if it belongs")
        return
    data = (root / path).read_bytes()
    check_mode(root, path, data[:2], findings)
    if suffix in rules.DATA:
        return
    try:
        text = data.decode()
    except UnicodeDecodeError:
        findings.add(path, 1, "not UTF-8")
        return
    check_words(path, text, findings)
    if suffix in rules.MEASURED or path == ".ci/run":
        check_text(path, text, findings)
    if suffix in rules.SOURCE:
        check_source(path, text, findings)
    if suffix in rules.SCRIPT | rules.SOURCE:
        check_functions(path, text, findings)


def main():
    if sys.argv[1:2] == ["--list"]:
        wanted = tuple(sys.argv[3:])
        names = [n for n in tracked_files(pathlib.Path(sys.argv[2])) if n.endswith(wanted)]
        print("\n".join(names))
        return 0 if names else 1
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    findings = Findings()
    names = tracked_files(root)
    for name in names:
        check_file(root, name, findings)
    check_built(root, names, findings)
    for line in findings.lines:
        print(line)
    print(f"{len(names)} files, {len(findings.lines)} findings")
    return 1 if findings.lines or not names else 0


if __name__ == "__main__":
    sys.exit(main())
