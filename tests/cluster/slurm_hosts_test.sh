#!/usr/bin/env bash
# A job from the template loses hosts under srun: one with workers dies, one is set down by the
# administrator, the one with the master and the job script dies, one is cut off and comes back. In
# the first two cases the job goes on, in the third Slurm requeues it. Each ends with the results of
# the undisturbed run.
set -euo pipefail
# shellcheck source=tests/cluster/jobs.sh
source "$STEADFARM_SOURCE/tests/cluster/jobs.sh"

cluster_for_test 3
run_undisturbed

# job_in_middle NAME WHAT: a job on three hosts with a fifth of its units done.
job_in_middle() {
  job_from_template "$1"
  job_submit "$1" 3
  at_units "$1" $((UNITS / 5))
  expect_mid_run "$1" "$2"
}
job_end() {  # NAME
  job_wait_for "$1" "$JOB_ID" COMPLETED 120
  expect_same_answer "$1"
  slurm_all_idle 3
}
# The farm goes on in its srun, unless Open MPI ends the master for a message to a dead host over
# TCP; then the supervisor starts it again on the other hosts. srun may also end with the exit code
# of a rank that was killed; the supervisor starts the farm once more then, only for the answer.
job_end_without() {  # NAME RANKS: those that were lost
  expect_end_in_allocation "$1"
  expect_noticed "$1" "$2"
}

# ---- workers lost with their host ----
job_in_middle workers "host with workers killed"
host_kill 3
job_end_without workers "4, 5"
host_restart 3
slurm_all_idle 3

# ---- a host is set down in mid-run ----
job_in_middle down "host set down"
cluster_enter scontrol update nodename=node2 state=down reason=test
job_end_without down "2, 3"
slurm_all_idle 3 # it answers, so Slurm takes it back

# ---- the host of the master and of the job script: Slurm starts the job again ----
job_in_middle master "host with the master killed"
host_kill 1
poll_until 60 "Slurm to requeue the job" job_requeued ||
  fail "the job was not requeued: $(job_field "$JOB_ID" JobState)"
host_restart 1
job_end master

# ---- cut off from the others for longer than the time-out, and back ----
job_in_middle cut "host cut off"
host_cut 2
log_wait "$JOBS_TMP/cut.log" 'count("worker_lost") == 2 or count("start") == 2' 60 ||
  fail "cut: nobody noticed"
host_mend 2
expect_end_in_allocation cut
