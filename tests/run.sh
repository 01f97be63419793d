#!/usr/bin/env bash
# Everything that can be tested on this machine: builds build/, runs its tests, the unit tests
# under the sanitizers, the style checks, and what depends on the MPI with Open MPI 5, in a
# Debian 13 beside this machine, and with MPICH. Installs what is missing with apt-get
# (STEADFARM_NO_INSTALL=1 forbids it). Exit 0 only if all of it ran and passed; what was skipped
# counts as failed unless STEADFARM_ALLOW_SKIP=1. The last line is ctest's summary of build/.
# With --nightly: the suites of tests/lib/nightly.sh, for hours.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  cat <<'TEXT'
usage: tests/run.sh                    every test that this machine can run
       tests/run.sh --nightly [HOURS]  8 hours, or so many (0.1 is six minutes), of what finds
                                       more the longer it runs: fresh seeds of the simulation, the
                                       crash suite in full, jobs with kills at random moments.
                                       Figures at the end; raw output in build/nightly
       tests/run.sh --help
STEADFARM_JOBS=N        processes at a time (as many as there are processors)
STEADFARM_NO_INSTALL=1  install nothing, name what is missing
STEADFARM_ALLOW_SKIP=1  what this machine cannot run is no failure
TEXT
}
refuse() {
  echo "tests/run.sh: error: $*; see tests/run.sh --help" >&2
  exit 64
}

nightly_hours=
case ${1:-} in
  "") [ $# -eq 0 ] || refuse "the first word is empty" ;;
  --help | -h)
    usage
    exit 0
    ;;
  --nightly)
    nightly_hours=${2-8}
    [[ $nightly_hours =~ ^[0-9]+(\.[0-9]+)?$ && $nightly_hours =~ [1-9] ]] ||
      refuse "'$nightly_hours' is no number of hours above 0"
    [ $# -le 2 ] || refuse "'$3' is one word too many"
    ;;
  *) refuse "'$1' is not known" ;;
esac
# shellcheck source=tests/lib/deps.sh
source tests/lib/deps.sh

jobs=${STEADFARM_JOBS:-$(nproc)}
troubles=()

section() { echo "=== $* ($((SECONDS / 60)) min $((SECONDS % 60)) s)"; }

# try NAME COMMAND...: goes on after a failure, so that one run shows them all.
try() {
  local name=$1
  shift
  section "$name"
  "$@" || troubles+=("$name")
}

skip() {
  echo "SKIPPED: $*"
  [ "${STEADFARM_ALLOW_SKIP:-0}" = 1 ] || troubles+=("skipped: $*")
}

# try_lane NAME SCRIPT WORDS...: its exit code 77 means that this machine cannot do it.
try_lane() {
  local code=0
  section "$1"
  bash "${@:2}" || code=$?
  case $code in
    0) ;;
    77) skip "$1" ;;
    *) troubles+=("$1") ;;
  esac
}

build_release() {
  mkdir -p build
  cmake --preset release >build/configure.log 2>&1 || { cat build/configure.log; return 1; }
  cmake --build --preset release -j "$jobs"
}

test_release() {
  # Many of these wait most of their time, and say so by PROCESSORS.
  local arguments=(--preset release -j "$((2 * jobs))")
  # A release without these tools cannot check the style, so that is no skip.
  deps_have_style_tools || arguments+=(-E '^tidy_format$')
  # A machine that cannot have virtual hosts, as tried and said above.
  [ "$virtual_hosts" = yes ] || arguments+=(-LE '^cluster$')
  ctest "${arguments[@]}" 2>&1 | tee build/ctest-run.log
}

# The sanitizers: the unit tests only, and those with threads under the thread sanitizer. MPI and
# HDF5 are not instrumented, and several thousand simulated runs are for the release build.
test_sanitized() {
  local preset=$1 run=()
  # ThreadSanitizer cannot live with much address space randomisation; where it may be turned
  # off, it is.
  if [ "$preset" = tsan ] && setarch "$(uname -m)" -R true 2>/dev/null; then
    run=(setarch "$(uname -m)" -R)
  fi
  cmake --preset "$preset" >/dev/null &&
    cmake --build --preset "$preset" -j "$jobs" &&
    "${run[@]}" ctest --preset "$preset" -j "$jobs"
}

# Tests that ctest itself did not run, by its own list.
find_skips() {
  local skipped
  skipped=$(sed -n '/^The following tests did not run:/,/^$/p' build/ctest-run.log | tail -n +2)
  [ -z "$skipped" ] || skip "tests that did not run: $(tr -s ' \t\n' ' ' <<<"$skipped")"
}

section "packages"
deps_for_tests
deps_use_ccache
if [ -n "$nightly_hours" ]; then
  # shellcheck source=tests/lib/nightly.sh
  source tests/lib/nightly.sh
  section "build"
  build_release || {
    echo "FAILED: the build"
    exit 1
  }
  nightly "$nightly_hours" "$jobs"
  for trouble in "${nightly_troubles[@]:-}"; do
    [ -z "$trouble" ] || echo "FAILED: $trouble"
  done
  [ "${#nightly_troubles[@]}" -eq 0 ]
  exit
fi
virtual_hosts=no
if bash tests/cluster/check.sh; then
  virtual_hosts=yes
  deps_for_cluster
fi

section "build"
if ! build_release; then
  echo "FAILED: the build"
  exit 1
fi
try "tests" test_release
find_skips
try "tests under address and undefined behaviour sanitizers" test_sanitized asan
try "tests under the thread sanitizer" test_sanitized tsan
if deps_have_style_tools; then
  # What is built into a user's program; the tests have clang-format and the compilers' warnings.
  try "clang-tidy" python3 tests/tidy/clang_tidy.py build /runtime/ /checkpoint/ /examples/
elif deps_style_to_be_had; then
  skip "clang-format and clang-tidy: apt-get install ${STEADFARM_STYLE_PACKAGES[*]}"
else
  echo "This release has no clang 14; the style is checked on Debian 12."
fi

# On Debian 13 the tests above were those with Open MPI 5.
if [ "$(bash tests/lib/launcher.sh kind)" != openmpi5 ]; then
  try_lane "Debian 13: Open MPI 5 with ULFM, HDF5 1.14" tests/debian13.sh
  try_lane "Debian 13: MPICH" tests/debian13.sh mpich
fi

section "end"
for trouble in "${troubles[@]:-}"; do
  [ -z "$trouble" ] || echo "FAILED: $trouble"
done
# Last, so that whoever reads only the end sees how many tests ran.
grep -E '^[0-9]+% tests passed, [0-9]+ tests failed out of [0-9]+' build/ctest-run.log || {
  echo "FAILED: ctest wrote no summary"
  exit 1
}
[ "${#troubles[@]}" -eq 0 ]
