#!/usr/bin/env bash
# A rank is killed in mid-message. The others forget it, go on talking and end by themselves.
# mpirun's exit code says nothing after that, so the log does.
set -euo pipefail
# shellcheck source=tests/lib/jobs.sh
source "$STEADFARM_SOURCE/tests/lib/jobs.sh"

ranks=$1
victim=$2
log=$JOBS_TMP/log.jsonl

job_start farm "${MPIRUN[@]}" "${MPIRUN_RECOVERY[@]}" -n "$ranks" \
  "$STEADFARM_BUILD/tests/kill_rank_program" "$log" "$victim"
mpirun_pid=$JOB_PID
log_wait "$log" 'count("ready") == 1' 60
rank_pid "$mpirun_pid" "$victim"
expect_eq "process id of rank $victim" "$(log_value "$log" 'last("ready")["pid"]')" "$RANK_PID"
kill_process KILL "$RANK_PID"
log_wait "$log" 'count("talked", rounds=50) == 1' 60
log_wait "$log" 'count("closed") == 1' 30
if [ "$LAUNCHER_ULFM" = 1 ]; then
  expect_eq "the leader heard of the death from MPI within a second" True \
    "$(log_value "$log" 'last("heard")["ms"] < 1000')"
  job_wait "$mpirun_pid" 5 || fail "without MPI_Finalize the job did not end at once"
  expect_eq "exit code" 0 "$JOB_EXIT"
  echo "rank $victim of $ranks killed; MPI told the leader after $(log_value "$log" \
    'last("heard")["ms"]') ms; survivors talked and ended"
  exit 0
fi
# Returned by itself, or ended by its watchdog: in both cases the job is over in time.
job_wait "$mpirun_pid" 60 || fail "the job did not end"
echo "rank $victim of $ranks killed; survivors talked and ended;" \
  "MPI_Finalize returned: $(log_value "$log" 'count("finalised", ok=True) == 1')"
