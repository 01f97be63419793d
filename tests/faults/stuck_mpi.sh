#!/usr/bin/env bash
# A rank never returns from a call to MPI. Its heartbeats go on, so nobody else can know. It ends
# itself, says why, and the others finish with the answer.
#
#   stuck_mpi.sh worker|master
set -euo pipefail
# shellcheck source=tests/lib/farms.sh
source "$STEADFARM_SOURCE/tests/lib/farms.sh"

case ${1:?worker or master} in
  worker) rank=1 ;;
  master) rank=0 ;;
  *) fail "unknown case $1" ;;
esac
if [ "$LAUNCHER_SURVIVES" = 0 ]; then
  echo "skipped: this launcher lets nobody live when a rank dies" >&2
  exit 77
fi
units=3000
export STUCK_MPI=$JOBS_TMP/stuck LD_PRELOAD=$FARMS_TEST_BIN/libstuck_mpi.so
farm_start run 4 "$FARMS_TEST_BIN/units_program" --units "$units" --sleep-us 20000 \
  --store "$JOBS_TMP/store" --interval 0.5 --stragglers wait --takeover on
unset LD_PRELOAD
farm_ranks 4
at_units run $((units / 10))
touch "$STUCK_MPI.$rank"
begun=$SECONDS
job_wait "$JOB_PID" 200 || fail "the run did not end"
expect_eq "how often rank $rank says why it ends" 1 "$(grep -cE \
  "rank $rank on .* ends itself: a call to MPI \(receive\) has not returned for 10 s" \
  "$JOBS_TMP/run.err")"
expect_eq "count" "{'count': $units}" "$(out_says run answer)"
expect_eq "complete, accepted, failed" "(True, $units, 0)" \
  "$(out_says run '(complete, units_accepted, units_failed)')"
if [ "$rank" = 0 ]; then
  expect_eq "take-overs" 1 "$(log_says run 'count("taken_over")')"
else
  expect_eq "ranks lost" "[1]" "$(log_says run 'values("worker_lost", "rank")')"
fi
expect_farm_gone
echo "rank $rank was stuck; the run ended $((SECONDS - begun)) s later"
