#!/usr/bin/env bash
# A launcher that stays although all of its ranks have died, in mid-run and after the end of the
# farm, and says nothing: the farm gives no sign of life any more, so `steadfarm run` ends it and
# starts again. A farm whose units take longer than that lives, though it has nothing to make
# durable, and so does a program that works on after its farm.
set -euo pipefail
# shellcheck source=tests/lib/supervised.sh
source "$STEADFARM_SOURCE/tests/lib/supervised.sh"

store=$JOBS_TMP/store
silence_s=8 # over three signs, one each ten heartbeats of 0.25 s
unit_s=12
RUN_OPTIONS=(--silence "$silence_s")
# Two workers: two units, and the third one when they are done.
supervised_start silence 3 "$FARMS_TEST_BIN/units_program" --units 3 \
  --sleep-us "${unit_s}000000" --store "$store" --interval 0.1 --stragglers wait

# ---- units longer than the limit ----
farm_ranks 3
at_new_units silence 0 1
log_wait "$JOBS_TMP/silence.log" "(last('progress') or {}).get('committed', 0) == 2" 60 ||
  fail "the first two units never became durable"
expect_true "it published something while the first units ran; it proves nothing" \
  "$(log_says silence "max(b - a for a, b in zip(values('generation_durable', 't_ms'),
    values('generation_durable', 't_ms')[1:])) > 1000 * ($silence_s + 1)")"
expect_eq "starts" 1 "$(run_says silence 'count("command_start")')"

# ---- a launcher that stays ----
launcher_stays() {  # NAME: all ranks of its first start die
  mpirun_pid
  kill_process STOP "$MPIRUN_PID"
  for pid in "${FARM_PIDS[@]}"; do kill_process KILL "$pid"; done
  expect_farm_gone
  process_alive "$MPIRUN_PID" || fail "$1: the launcher is gone; it proves nothing"
  run_wait "$1" 'count("restart") == 1'
  process_gone "$MPIRUN_PID" || fail "$1: the launcher outlived its start"
  expect_eq "$1: end of the first start" silent "$(run_says "$1" 'last("command_end")["how"]')"
  expect_eq "$1: lines that say why" 1 \
    "$(grep -c "no sign of life of its master for $silence_s.0 s (--silence); killing the command" \
      "$JOBS_TMP/$1.err")"
}
launcher_stays silence

job_wait "$JOB_PID" 200 || fail "silence did not end"
expect_eq "exit code" 0 "$JOB_EXIT"
expect_eq "outcome" "(True, 3, 2, 1)" \
  "$(out_says silence '(complete, units_accepted, units_restored, restarts)')"
expect_nothing_repeated silence
expect_store_sound "$store"
echo "ended after $silence_s s without a sign of life, and gone on with"

# ---- a program that works on after its farm, and a launcher that stays then ----
linger_s=14
supervised_start linger 3 "$FARMS_TEST_BIN/units_program" --units 3 --linger-ms "${linger_s}000" \
  --store "$store-linger"
farm_ranks 3
log_wait "$JOBS_TMP/linger.log" 'count("finish") == 1' 60 || fail "linger: the farm never ended"
sleep $((silence_s + 2)) # what it works on
expect_eq "linger: starts" 1 "$(run_says linger 'count("command_start")')"
launcher_stays linger
expect_true "linger: why it is started again" \
  "$(run_says linger '"once more, for the answer" in last("restart")["text"]')"
job_wait "$JOB_PID" 200 || fail "linger did not end"
expect_eq "linger: exit code" 0 "$JOB_EXIT"
expect_eq "linger: outcome" "(True, {'count': 3}, 1)" \
  "$(out_says linger '(complete, answer, restarts)')"
