#!/usr/bin/env bash
# A worker is stopped (SIGSTOP), for so long that it is called lost, and its units move on. Woken up
# it is taken back, works again, and the answer is that of a run that was not disturbed.
#
#   stopped_worker.sh [SECONDS]    stopped for so long at least, with the default times; without it
#                                  until it is lost, with short times
set -euo pipefail
# shellcheck source=tests/lib/farms.sh
source "$STEADFARM_SOURCE/tests/lib/farms.sh"

seconds=${1:-0}
timeout=3
if [ "$seconds" -gt 0 ]; then timeout=10; fi
units=$((1500 + 100 * seconds))
answer=$((units * (units - 1) / 2 + units * 1000000))
FARMS_TIMEOUT=$timeout farm_start stopped 4 "$FARMS_TEST_BIN/stragglers_program" --units "$units" \
  --unit-ms 20 --report "$JOBS_TMP/report"
farm_ranks 4
at_units stopped 100
kill_process STOP "${FARM_PIDS[2]}"
begun=$SECONDS
log_wait "$JOBS_TMP/stopped.log" "2 in values('worker_lost', 'rank')" $((timeout + 20)) ||
  fail "the stopped worker was not noticed"
log_wait "$JOBS_TMP/stopped.log" "2 in values('work_went_on', 'rank')" 20 ||
  fail "its units did not move on"
while [ $((SECONDS - begun)) -lt "$seconds" ]; do sleep 0.2; done
kill_process CONT "${FARM_PIDS[2]}"
log_wait "$JOBS_TMP/stopped.log" "2 in values('worker_returned', 'rank')" 20 ||
  fail "the woken worker was not taken back"
back_s=$((SECONDS - begun))
# It works: it gets units after its return.
log_wait "$JOBS_TMP/stopped.log" "any(e['kind'] == 'progress' and e['leases'].get('2', 0) > 0 and
  e['t_ms'] > last('worker_returned')['t_ms'] for e in events)" 20 ||
  fail "the woken worker got no work"
job_wait "$JOB_PID" 200 || fail "the run did not end"
expect_eq "answer" "$answer" "$(out_says stopped answer)"
expect_true "it is not complete" "$(out_says stopped 'complete and units_failed == 0')"
expect_eq "ranks lost" "[2]" "$(log_says stopped 'values("worker_lost", "rank")')"
expect_true "it was noticed too late" \
  "$(log_says stopped "last('worker_lost')['silence_ms'] < ($timeout + 1) * 1000")"
expect_eq "the report says" "(2, True)" "$("$JOBS_PYTHON" -c 'import json, sys
loss, = json.load(open(sys.argv[1]))["losses"]
assert loss["how"] in ("silence", "phi") and loss["work_went_on_after_s"] is not None, loss
print((loss["rank"], loss["returned"]))' "$JOBS_TMP/report")"
echo "noticed after $(log_says stopped 'round(last("worker_lost")["silence_ms"])') ms of silence" \
  "($(log_says stopped 'last("worker_lost")["how"]'))," \
  "stopped for $back_s s, taken back, at work again"
