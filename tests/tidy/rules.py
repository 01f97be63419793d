"""What tidy.py holds the tree to. Tables only."""

import re

COLUMNS_MAX = 100
LINES_MAX = 600
FUNCTION_LINES_MAX = 70

SOURCE = {".cpp", ".hpp", ".c", ".h", ".f90"}
SCRIPT = {".sh", ".py"}
BUILD = {".cmake", ".txt", ".json", ".in"}
PROSE = {".md"}
DATA = {".dat", ".sln", ".csv", ".jsonl", ".patch", ".sbatch", ".xml", ".bin", ".h5"}
KNOWN_EXTENSIONS = SOURCE | SCRIPT | BUILD | PROSE | DATA
KNOWN_NAMES = {
    "LICENSE", "CMakeLists.txt", ".clang-format", ".clang-tidy", ".gitignore", ".gitattributes",
    ".ci/run",
}
# Stores that the tests open have no other names.
KNOWN_PATHS = re.compile(r"^tests/golden/format-\d+/.*/manifest-\d{12}$")
# Data is as its maker left it, and scenario traces are as wide as their words.
MEASURED = SOURCE | SCRIPT | BUILD - {".txt", ".json"}

# Which folders a folder's files may include, by the first part of the quoted path.
LAYERS = {
    "runtime/base/": {"base", "steadfarm"},
    "runtime/wire/": {"base", "wire", "steadfarm"},
    "runtime/core/": {"base", "wire", "core", "steadfarm"},
    "runtime/transport/": {"base", "wire", "core", "transport", "steadfarm"},
    "runtime/worker/": {"base", "wire", "core", "worker", "steadfarm"},
    "runtime/driver/": {
        "base", "wire", "core", "transport", "worker", "checkpoint", "driver", "steadfarm",
    },
    "runtime/supervisor/": {"base", "core", "checkpoint", "driver", "supervisor", "steadfarm"},
    "runtime/include/": {"steadfarm"},
    "checkpoint/": {"base", "wire", "core", "checkpoint", "steadfarm"},
}
# Of the public headers the pure layers know only the value types.
TYPES_ONLY = ("runtime/base/", "runtime/wire/", "runtime/core/")
PURE = TYPES_ONLY
IMPURE_HEADERS = {
    "chrono", "thread", "mutex", "condition_variable", "future", "fstream", "filesystem",
    "iostream", "random", "ctime", "time.h", "unistd.h", "fcntl.h", "pthread.h", "csignal",
    "signal.h",
}

MPI_HEADER = re.compile(r"^mpi(-ext)?\.h$")
MPI_HOMES = ("runtime/transport/mpi/", "tests/mpi/", "tests/bench/", "tests/install/")
HDF5_HEADER = re.compile(r"^(hdf5|H5\w*)\.h$")
HDF5_HOMES = ("checkpoint/hdf5/", "tests/")
MPI_WORLD = re.compile(r"\bMPI_COMM_WORLD\b")

# Calls that decide durability live behind one port, where crash tests can stand in for them.
DURABLE_CALLS = re.compile(
    r"(?<![\w.>:])(?:::)?(?:openat|fsync|fdatasync|linkat|renameat2?|syncfs|unlinkat)\s*\("
    r"|(?<![\w>])::(?:open|link|rename|unlink|mkdir)\s*\("
    r"|\bstd::(?:filesystem::)?rename\s*\("
)
DURABLE_HOMES = ("checkpoint/posix_", "tests/")

# Spelt in pieces, so that this file passes its own test.
BANNED_WORDS = [
    ("/wo" "rk/", "a path of one machine"),
    ("/tmp/" "b-", "a path of one machine"),
    ("TO" "DO", "unfinished work"),
    ("FIX" "ME", "unfinished work"),
]

# Sources that no target of this build names: outside projects and patches' scratch builds.
UNBUILT = ("tests/install/", "tests/fuzz/corpus/")
