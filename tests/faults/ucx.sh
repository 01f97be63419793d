#!/usr/bin/env bash
# Open MPI 4 over UCX, where the launcher lets the others live: a worker is killed and the farm goes
# on, the master is killed and a worker takes over. Every unit is counted once.
set -euo pipefail
# shellcheck source=tests/lib/farms.sh
source "$STEADFARM_SOURCE/tests/lib/farms.sh"

if [ "$LAUNCHER" != openmpi4 ]; then
  echo "$LAUNCHER: recovery over UCX is Open MPI 4's alone; nothing to test here"
  exit 0
fi
if ! ompi_info --parsable | grep '^mca:pml:ucx:' >/dev/null; then
  echo "this Open MPI has no UCX; nothing to test here"
  exit 0
fi
MPIRUN+=(--mca pml ucx --mca pml_ucx_tls any --mca pml_ucx_devices any)

units=600
killed() {  # NAME RANK: is killed in mid-run
  farm_start "$1" 4 "$FARMS_TEST_BIN/units_program" --units "$units" --sleep-us 30000 --chunk 1 \
    --store "$JOBS_TMP/store-$1" --interval 0.3 --takeover on
  farm_ranks 4
  at_units "$1" $((units / 5))
  expect_middle "$1" "$(accepted_now "$1")" "$units"
  kill_process KILL "${FARM_PIDS[$2]}"
  job_wait "$JOB_PID" 120 || fail "$1 did not end"
  expect_eq "$1: answer" "{'count': $units}" "$(out_says "$1" answer)"
  expect_eq "$1: complete, accepted, failed" "(True, $units, 0)" \
    "$(out_says "$1" '(complete, units_accepted, units_failed)')"
  expect_farm_gone
  expect_store_sound "$JOBS_TMP/store-$1"
}

killed worker 2
expect_eq "worker: ranks lost" "[2]" "$(log_says worker 'values("worker_lost", "rank")')"
expect_eq "worker: take-overs" 0 "$(log_says worker 'count("taken_over")')"

killed master 0
expect_eq "master: take-overs" 1 "$(log_says master 'count("taken_over")')"
expect_eq "master: lost rank" 0 "$(log_says master 'last("taken_over")["lost_rank"]')"
