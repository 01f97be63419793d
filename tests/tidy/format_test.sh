#!/usr/bin/env bash
# Every C and C++ file is as clang-format 14 leaves it. Repair: clang-format-14 -i FILE
set -euo pipefail
cd "$STEADFARM_SOURCE"
command -v clang-format-14 >/dev/null || {
  echo "clang-format-14 is missing: apt-get install clang-format-14"
  exit 77
}
names=$(python3 tests/tidy/tidy.py --list . .cpp .hpp .c .h)
mapfile -t files <<<"$names"
clang-format-14 --dry-run -Werror "${files[@]}"
echo "${#files[@]} files"
