#!/usr/bin/env bash
# A launcher that stays although all of its ranks have died in mid-run, and says nothing: the farm
# gives no sign of life any more, so `steadfarm run` ends it and starts again. A farm whose units
# take longer than that lives, though it has nothing to make durable.
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
mpirun_pid
kill_process STOP "$MPIRUN_PID"
for pid in "${FARM_PIDS[@]}"; do kill_process KILL "$pid"; done
expect_farm_gone
process_alive "$MPIRUN_PID" || fail "the launcher is gone; it proves nothing"
run_wait silence 'count("restart") == 1'
process_gone "$MPIRUN_PID" || fail "the launcher outlived its start"
expect_eq "end of the first start" silent "$(run_says silence 'last("command_end")["how"]')"
expect_eq "lines that say why" 1 \
  "$(grep -c "no sign of life of its master for $silence_s.0 s (--silence); killing the command" \
    "$JOBS_TMP/silence.err")"

job_wait "$JOB_PID" 200 || fail "silence did not end"
expect_eq "exit code" 0 "$JOB_EXIT"
expect_eq "outcome" "(True, 3, 2, 1)" \
  "$(out_says silence '(complete, units_accepted, units_restored, restarts)')"
expect_nothing_repeated silence
expect_store_sound "$store"
echo "ended after $silence_s s without a sign of life, and gone on with"
