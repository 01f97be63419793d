#!/usr/bin/env bash
# The frame of `tests/run.sh --nightly`: words that it does not know, the time that each suite gets,
# and that a failure is named. And the counts of the crash suite in full are above those of its
# sample, in one of its loops.
set -euo pipefail
cd "$STEADFARM_SOURCE"
# shellcheck source=tests/lib/jobs.sh
source tests/lib/jobs.sh
trap jobs_cleanup EXIT

# ---- words ----
refused() {  # WORDS THEN ARGUMENTS...
  local words=$1 code=0
  shift
  bash tests/run.sh "$@" >"$JOBS_TMP/out" 2>"$JOBS_TMP/err" || code=$?
  expect_eq "tests/run.sh $*: exit code" 64 "$code"
  expect_eq "tests/run.sh $*: output" "" "$(cat "$JOBS_TMP/out")"
  expect_eq "tests/run.sh $*: lines with '$words'" 1 \
    "$(grep -c -- "$words.*--help" "$JOBS_TMP/err" || true)"
}
refused "'--nigthly' is not known" --nigthly
refused "'all' is no number of hours" --nightly all
refused "'0.0' is no number of hours" --nightly 0.0
refused "'-1' is no number of hours" --nightly -1
refused "'' is no number of hours" --nightly ""
refused "'more' is one word too many" --nightly 1 more
refused "empty" ""
bash tests/run.sh --help >"$JOBS_TMP/help"
grep -q -- '--nightly \[HOURS\]' "$JOBS_TMP/help" || fail "--help does not say --nightly"

# ---- the frame, with suites of our own ----
# shellcheck source=tests/lib/nightly.sh
source tests/lib/nightly.sh
section() { echo "=== $*"; }
# shellcheck disable=SC2034 # nightly uses them
nightly_suites=("once run_once 0" "long run_long 3" "bad run_bad 1")
nightly_folder=$JOBS_TMP/nightly
run_once() { nightly_figure "$1" "it ran with $nightly_jobs jobs"; }
run_long() {
  LONG_S=$(($2 - SECONDS))
  nightly_figure "$1" "it had time"
}
run_bad() {
  BAD_S=$(($2 - SECONDS))
  nightly_figure "$1" "it failed"
  return 1
}
nightly 1 7 >"$JOBS_TMP/night"
expect_eq "what failed" "bad" "${nightly_troubles[*]}"
expect_eq "figures" "once: it ran with 7 jobs
long: it had time
bad: it failed" "$(cat "$nightly_folder/figures")"
tail -n 5 "$JOBS_TMP/night" | grep -q '^bad: it failed$' || fail "the figures are not at the end"
# Three quarters of the hour, and all that is left.
[ "$LONG_S" -ge 2690 ] && [ "$LONG_S" -le 2702 ] || fail "a suite of 3/4 got $LONG_S s of an hour"
[ "$BAD_S" -ge 3590 ] && [ "$BAD_S" -le 3602 ] || fail "the last suite got $BAD_S s of the rest"
nightly 0.01 2 >"$JOBS_TMP/night"
[ "$LONG_S" -le 29 ] || fail "a suite got $LONG_S s of 36"

# ---- in full is more than the sample ----
count() {  # FULL
  STEADFARM_CRASH_FULL=$1 "$STEADFARM_BUILD/tests/checkpoint_crash_test" \
    --gtest_filter='BitFlip.is_noticed_in_every_file' |
    sed -n 's/^tried: \([0-9]*\) flipped bits of any.*/\1/p'
}
sample=$(count 0)
full=$(count 1)
echo "flipped bits: $sample in the sample, $full in full"
[ "$full" -ge $((10 * sample)) ] || fail "in full $full are tried, in the sample $sample"
