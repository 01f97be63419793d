#!/usr/bin/env bash
# A farm that knows when its allocation ends stops half a minute earlier, with everything durable,
# and does not begin what would be cut off. Under `steadfarm run` no start follows.
set -euo pipefail
# shellcheck source=tests/lib/supervised.sh
source "$STEADFARM_SOURCE/tests/lib/supervised.sh"

program=$FARMS_TEST_BIN/units_program
# expect_stop NAME WORDS: cleanly, for the reason that matches, with everything durable.
expect_stop() {
  expect_eq "$1: exit code" 75 "$JOB_EXIT"
  expect_eq "$1: end of the farm" "(75, 'stopped')" \
    "$(log_says "$1" '(lambda e: (e["exit_code"], e["outcome"]))(last("finish"))')"
  log_says "$1" 'last("finish")["text"]' | grep -qE "$2" || fail "$1: it ended for another reason"
  expect_true "$1: accepted and not committed" \
    "$(out_says "$1" 'not complete and units_committed == units_accepted > 0')"
}

# ---- short units, until the reserve begins; Slurm says when ----
store=$JOBS_TMP/short
deadline=$(($(date +%s) + 45))
export SLURM_JOB_END_TIME=$deadline
supervised_start short 3 "$program" --units 100000 --sleep-us 20000 --store "$store" --interval 5
job_wait "$JOB_PID" 120 || fail "short did not end"
[ "$(date +%s)" -lt "$deadline" ] || fail "short: the allocation ended before the run did"
unset SLURM_JOB_END_TIME
# A worker that asks in the last milliseconds gets nothing any more.
expect_stop short "^(the wall-time limit is near|no unit would end before the wall-time limit)$"
expect_eq "short: starts" 1 "$(run_says short 'count("command_start")')"
expect_eq "short: end of the supervisor" 75 "$(run_says short 'last("run_end")["exit_code"]')"
grep -q 'the wall-time limit is near; run the same command again' "$JOBS_TMP/short.err" ||
  fail "short: the supervisor does not say why"
expect_store_sound "$store"

# ---- units of four seconds: none is begun that would not end, and nobody waits for nothing ----
store=$JOBS_TMP/long
farm_run long 3 "$program" --units 100 --sleep-us 4000000 --store "$store" --walltime 47
expect_stop long "^no unit would end before the wall-time limit$"
expect_true "long: units were begun and cut off" "$(out_says long 'executions == units_accepted')"
expect_store_sound "$store"
