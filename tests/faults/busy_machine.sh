#!/usr/bin/env bash
# A machine with far more to do than it can: 8 ranks and two busy loops a processor. Nobody is
# called lost, with the default times.
#
#   busy_machine.sh [SECONDS]    30 by default
set -euo pipefail
# shellcheck source=tests/lib/farms.sh
source "$STEADFARM_SOURCE/tests/lib/farms.sh"

seconds=${1:-30}
for ((i = 0; i < 2 * $(nproc); ++i)); do
  job_start "load$i" timeout "$((seconds + 120))" sh -c 'while :; do :; done'
done
# More work than there is time for; half a minute before the wall time is up it stops.
tree=(-t 1 -a 3 -d 18 -b 4 -r 29 --grain 20000)
farm_start_plain busy 8 uts "${tree[@]}" --heartbeat 1 --timeout 10 \
  --walltime "$((seconds + 30))" --store "$JOBS_TMP/store" --interval 5
job_wait "$JOB_PID" "$((seconds + 100))" || fail "the run did not end"
echo "8 ranks, $((2 * $(nproc))) busy loops, $(nproc) processors:" \
  "$(out_says busy '"%.0f s, %d units, %d lost" % (seconds, units_accepted, workers_lost)');" \
  "suspected $(log_says busy 'count("worker_suspected")') times"
expect_eq "the work was done before the time was over" False "$(out_says busy complete)"
expect_eq "workers lost" 0 "$(out_says busy workers_lost)"
