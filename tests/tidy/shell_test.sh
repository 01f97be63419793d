#!/usr/bin/env bash
# Every shell script passes shellcheck.
set -euo pipefail
cd "$STEADFARM_SOURCE"
command -v shellcheck >/dev/null || {
  echo "shellcheck is missing: apt-get install shellcheck"
  exit 77
}
names=$(python3 tests/tidy/tidy.py --list . .sh .sbatch .ci/run)
mapfile -t files <<<"$names"
# SC2015: "A && B || fail" is meant; fail does not return.
shellcheck -x -e SC2015 "${files[@]}"
echo "${#files[@]} scripts"
