#!/usr/bin/env bash
# MPI's life in a process: who ends it, what is refused, and that the end cannot hang.
set -euo pipefail
# shellcheck source=tests/lib/jobs.sh
source "$STEADFARM_SOURCE/tests/lib/jobs.sh"
program=$STEADFARM_BUILD/tests/environment_program

job_start twice "${MPIRUN[@]}" -n 2 "$program" twice
job_wait "$JOB_PID" 60 || fail "twice did not end"
expect_eq "exit code of twice" 0 "$JOB_EXIT"

job_start pipe "${MPIRUN[@]}" -n 2 "$program" pipe
job_wait "$JOB_PID" 60 || fail "pipe did not end"
expect_eq "exit code of a process whose peer was gone" 0 "$JOB_EXIT"

job_start hang "${MPIRUN[@]}" -n 2 "$program" hang
job_wait "$JOB_PID" 60 || fail "a hanging MPI_Finalize was not ended"
# Hydra says 0 now and then for a process that left without MPI_Finalize (35 of 150, MPICH 4.2.1).
if [ "$LAUNCHER" != mpich ] || [ "$JOB_EXIT" -ne 0 ]; then
  expect_eq "exit code of the watchdog" 42 "$JOB_EXIT"
fi
grep -q '^steadfarm: MPI_Finalize did not return within 300 ms' "$JOBS_TMP/hang.err" ||
  fail "the watchdog did not say why"

# Without mpirun every copy is rank 0 of 1. Alone that is fine; under Slurm it is a mistake.
job_start alone env -u SLURM_NTASKS -u SLURM_STEP_NUM_TASKS "$program" twice
job_wait "$JOB_PID" 60 || fail "alone did not end"
expect_eq "exit code alone" 0 "$JOB_EXIT"

job_start lonely env SLURM_STEP_NUM_TASKS=4 "$program" twice
job_wait "$JOB_PID" 60 || fail "the lonely rank did not end"
expect_eq "exit code of a lonely rank" 1 "$JOB_EXIT"
grep -q 'rank 0 of 1, but SLURM_STEP_NUM_TASKS=4.*srun --mpi=pmix' "$JOBS_TMP/lonely.err" ||
  fail "the lonely rank was not told why"
echo "started, shared, refused and ended as it should"
