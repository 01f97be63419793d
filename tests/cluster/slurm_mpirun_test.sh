#!/usr/bin/env bash
# A job from the template with mpirun in place of srun: a worker dies, the master dies, a host with
# workers dies. mpirun ends all ranks then, and the supervisor starts the farm again in the same
# allocation, on the hosts that are left. All end with the results of the undisturbed run.
set -euo pipefail
# shellcheck source=tests/cluster/jobs.sh
source "$STEADFARM_SOURCE/tests/cluster/jobs.sh"

cluster_for_test 3
run_undisturbed

job_in_middle() {  # NAME WHAT
  job_from_template "$1"
  sed -i "s|^launcher=.*|launcher=(${MPIRUN[*]})|" "$JOBS_TMP/$1.sbatch"
  job_submit "$1" 3
  at_units "$1" $((UNITS / 5))
  expect_mid_run "$1" "$2"
}

# ---- one process ----
job_in_middle process "worker killed"
job_rank 2 3
kill_process KILL "$RANK_PID"
expect_end_in_allocation process
expect_eq "process: ranks of the starts" "[6, 6]" "$(log_says process 'values("start", "ranks")')"
slurm_all_idle 3

# ---- the master ----
job_in_middle master "master killed"
job_rank 1 0
kill_process KILL "$RANK_PID"
expect_end_in_allocation master
expect_eq "master: ranks of the starts" "[6, 6]" "$(log_says master 'values("start", "ranks")')"
slurm_all_idle 3

# ---- a host ----
job_in_middle host "host with workers killed"
host_kill 3
expect_end_in_allocation host
expect_eq "host: ranks of the starts" "[6, 4]" "$(log_says host 'values("start", "ranks")')"
