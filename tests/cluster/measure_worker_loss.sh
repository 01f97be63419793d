#!/usr/bin/env bash
# measure_worker_loss.sh [RUNS]: a worker on another host than the master's is killed under
# mpirun --enable-recovery (ULFM with Open MPI 5), with the default times. Prints, for each run and
# then as median and worst, the milliseconds from the kill until the master calls it lost, and until
# the first of its units is with somebody else.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export STEADFARM_SOURCE=${STEADFARM_SOURCE:-$here/../..}
export STEADFARM_BUILD=${STEADFARM_BUILD:-$here/../../build}
# shellcheck source=tests/cluster/farms.sh
source "$here/farms.sh"

cluster_for_test 3
for ((run = 1; run <= ${1:-20}; ++run)); do
  name=run$run
  job_start "$name" "${CLUSTER_ENTER[@]}" "${MPIRUN[@]}" "${MPIRUN_RECOVERY[@]}" \
    --hostfile "$HOSTFILE" -n 6 "${PROGRAM[@]}" --sleep-us 60000 \
    --store "$JOBS_TMP/store-$name" --json --progress off --log "$JOBS_TMP/$name.log"
  at_units "$name" 60
  rank_pid "$(host_init 2)" 3 30 || fail "no rank 3 on node2"
  at_ms=$(date +%s%3N)
  kill_process KILL "$RANK_PID"
  log_wait "$JOBS_TMP/$name.log" "3 in values('work_went_on', 'rank')" 60 ||
    fail "$name: nothing went on"
  log_says "$name" "'%d %d %s' % (
    last('start')['unix_ms'] + last('worker_lost')['t_ms'] - last('start')['t_ms'] - $at_ms,
    last('start')['unix_ms'] + last('work_went_on')['t_ms'] - last('start')['t_ms'] - $at_ms,
    last('worker_lost')['how'])" | tee -a "$JOBS_TMP/figures"
  jobs_end
done
"$JOBS_PYTHON" - "$JOBS_TMP/figures" <<'END'
import collections, statistics, sys
rows = [line.split() for line in open(sys.argv[1])]
for at, what in enumerate(("noticed", "work went on")):
    ms = [int(row[at]) for row in rows]
    print("%d times: %s after %d ms (median), %d ms (worst)" % (
        len(ms), what, statistics.median(ms), max(ms)))
print("how:", dict(collections.Counter(row[2] for row in rows)))
END
