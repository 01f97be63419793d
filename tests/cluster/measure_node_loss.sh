#!/usr/bin/env bash
# measure_node_loss.sh [RUNS]: a host with two of five workers is killed under srun --no-kill, in
# a job from the template. Prints, for each run and then as median and worst, the seconds from the
# kill until the farm has noticed the loss of both workers, with the time-out of 3 s that the test
# jobs have, and until the next unit is accepted after the kill: the others do not stop meanwhile.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export STEADFARM_SOURCE=${STEADFARM_SOURCE:-$here/../..}
export STEADFARM_BUILD=${STEADFARM_BUILD:-$here/../../build}
# shellcheck source=tests/cluster/jobs.sh
source "$here/jobs.sh"
runs=${1:-20}
relaunches=0

cluster_for_test 3
now_s() { date +%s.%N; }
for ((run = 1; run <= runs; ++run)); do
  job_from_template "run$run"
  job_submit "run$run" 3
  at_units "run$run" 60
  before=$(accepted_now "run$run")
  killed=$(now_s)
  kill -s KILL "$(host_init 3)"
  log_wait "$JOBS_TMP/run$run.log" "last('progress')['accepted'] > $before" 60
  went_on=$(now_s)
  # Now and then Open MPI ends the master for a message to the dead host; the farm starts again.
  log_wait "$JOBS_TMP/run$run.log" 'count("worker_lost") == 2 or count("start") == 2' 60
  relaunches=$((relaunches + $(log_says "run$run" 'count("start") - 1')))
  noticed=$(now_s)
  cluster_enter scancel "$JOB_ID"
  host_restart 3
  slurm_all_idle 3
  awk -v a="$killed" -v b="$noticed" -v c="$went_on" \
    'BEGIN { printf "%.2f %.2f\n", b - a, c - a }' | tee -a "$JOBS_TMP/figures"
done
for column in 1 2; do
  cut -d' ' -f"$column" "$JOBS_TMP/figures" | sort -n | awk -v column="$column" '
    { value[NR] = $1 }
    END {
      middle = NR % 2 ? value[(NR + 1) / 2] : (value[NR / 2] + value[NR / 2 + 1]) / 2
      name = column == 1 ? "loss noticed" : "next unit"
      print name ": median " middle " s, worst " value[NR] " s"
    }'
done
echo "relaunches: $relaunches"
