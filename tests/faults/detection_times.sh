#!/usr/bin/env bash
# How long after the death of a worker it is noticed, and work goes on: 20 times by SIGKILL, seen by
# its process, and 20 times by SIGSTOP, which only silence tells. With the default times. Prints
# median and worst; tests/faults/README.md has the figures.
#
#   detection_times.sh [TIMES] [apart]
#
# apart: by SIGKILL alone, and every rank in a process namespace of its own (as root), so that the
# master cannot see the process end, as on another host: MPI's word (ULFM) or silence has to tell.
set -euo pipefail
# shellcheck source=tests/lib/farms.sh
source "$STEADFARM_SOURCE/tests/lib/farms.sh"

times=${1:-20}
signals=(KILL STOP)
words=("$FARMS_TEST_BIN/stragglers_program" --units 100000 --unit-ms 50)
if [ "${2:-}" = apart ]; then
  signals=(KILL)
  words=("$(command -v unshare)" --pid --fork --kill-child "${words[@]}")
  # Such ranks cannot copy from each other's memory.
  export OMPI_MCA_btl_vader_single_copy_mechanism=none OMPI_MCA_smsc='^cma'
  # And Open MPI 5 not share any: its ranks die in MPI_Comm_dup.
  if [ "$LAUNCHER" = openmpi5 ]; then launcher_over_tcp; fi
fi
[ "$LAUNCHER_SURVIVES" = 1 ] || fail "$LAUNCHER ends all ranks with one"

# measure NAME SIGNAL: prints milliseconds from the signal to the notice, and to the first of the
# worker's units being with somebody else.
measure() {
  local name=$1 signal=$2 at_ms
  rm -f "$JOBS_TMP/$name.log"
  job_start "$name" "${MPIRUN[@]}" "${MPIRUN_RECOVERY[@]}" -n 4 "${words[@]}" --json \
    --progress off --log "$JOBS_TMP/$name.log"
  farm_ranks 4
  # Enough heartbeats that their regularity is known.
  if [ "$signal" = STOP ]; then sleep 25; else at_units "$name" 100; fi
  at_ms=$(date +%s%3N)
  kill_process "$signal" "${FARM_PIDS[2]}"
  log_wait "$JOBS_TMP/$name.log" "2 in values('work_went_on', 'rank')" 60 || fail "nothing went on"
  log_value "$JOBS_TMP/$name.log" "'%d %d %s' % (
    last('start')['unix_ms'] + last('worker_lost')['t_ms'] - last('start')['t_ms'] - $at_ms,
    last('start')['unix_ms'] + last('work_went_on')['t_ms'] - last('start')['t_ms'] - $at_ms,
    last('worker_lost')['how'])"
  # Most of them; one is gone already.
  kill -s KILL "$JOB_PID" "${FARM_PIDS[@]}" 2>/dev/null || true
  poll_until 20 "the ranks to end" farm_is_gone
}

for signal in "${signals[@]}"; do
  for ((i = 1; i <= times; ++i)); do
    measure "$signal$i" "$signal"
  done >"$JOBS_TMP/$signal.txt"
  "$JOBS_PYTHON" -c 'import collections, statistics, sys
rows = [line.split() for line in open(sys.argv[1])]
for at, what in enumerate(("noticed", "work went on")):
    ms = [int(row[at]) for row in rows]
    print("%s, %d times: %s after %d ms (median), %d ms (worst)" % (
        sys.argv[2], len(ms), what, statistics.median(ms), max(ms)))
print("how:", dict(collections.Counter(row[2] for row in rows)))' \
    "$JOBS_TMP/$signal.txt" "SIG$signal"
done
