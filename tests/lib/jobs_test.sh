#!/usr/bin/env bash
# The helpers of the kill tests, on jobs made up of bash and sleep.
set -euo pipefail
# shellcheck source=tests/lib/jobs.sh
source "$STEADFARM_SOURCE/tests/lib/jobs.sh"

# Exit codes and output.
job_start talker bash -c 'echo words; exit 7'
job_wait "$JOB_PID" 20 || fail "the talker did not end"
expect_eq "exit code" 7 "$JOB_EXIT"
expect_eq "output" words "$(cat "$JOBS_TMP/talker.out")"

# A rank is found among the descendants by its environment, not by its name.
job_start launcher bash -c \
  '(OMPI_COMM_WORLD_RANK=0 sleep 1000 & OMPI_COMM_WORLD_RANK=1 sleep 1000 & wait); exit 3'
launcher=$JOB_PID
rank_pid "$launcher" 0 20
first=$RANK_PID
rank_pid "$launcher" 1 20
second=$RANK_PID
[ "$first" != "$second" ] || fail "two ranks with one process id"
if find_rank "$launcher" 2 >/dev/null; then fail "a rank that is not there was found"; fi
process_alive "$second" || fail "rank 1 is not alive"
kill_process KILL "$first"
kill_process KILL "$second"
job_wait "$launcher" 20 || fail "the launcher did not end"
expect_eq "exit code of the launcher" 3 "$JOB_EXIT"
if (kill_process KILL "$first") 2>/dev/null; then fail "a dead process was killed"; fi

# A deadline that passes is a failure.
job_start sleeper sleep 1000
sleeper=$JOB_PID
if job_wait "$sleeper" 1 2>/dev/null; then fail "waiting for a sleeper succeeded"; fi

# Logs: what is there, what comes later, what never comes, and half a line.
log=$JOBS_TMP/log.jsonl
printf '%s\n' '{"kind": "start", "ranks": 4}' '{"kind": "commit", "generation": 1}' >"$log"
printf '{"kind": "com' >>"$log"
expect_eq "count" 1 "$(log_value "$log" 'count("commit")')"
expect_eq "field" 4 "$(log_value "$log" 'last("start")["ranks"]')"
log_wait "$log" 'count("start", ranks=4) == 1' 20
if log_wait "$log" 'count("commit") == 2' 0.2 2>/dev/null; then fail "it was not there yet"; fi
job_start writer bash -c "echo 'mit\", \"generation\": 2}' >>'$log'"
log_wait "$log" 'values("commit", "generation") == [1, 2]' 20
if log_wait "$JOBS_TMP/absent" 'count("x") == 1' 0.1 2>/dev/null; then fail "no log, no event"; fi

# Whoever fails leaves nothing running and shows what the jobs said.
inner=$JOBS_TMP/inner.sh
cat >"$inner" <<END
set -euo pipefail
source "$STEADFARM_SOURCE/tests/lib/jobs.sh"
job_start orphan bash -c 'echo last words; sleep 1000 & wait'
has_child() { [ -n "\$(descendants_of \$JOB_PID)" ]; }
poll_until 20 "the sleep" has_child
descendants_of \$JOB_PID >"$JOBS_TMP/orphans"
echo \$JOB_PID >>"$JOBS_TMP/orphans"
poll_until 20 "words" grep -q words "\$JOBS_TMP/orphan.out"
fail "on purpose"
END
code=0
JOBS_TMP=$JOBS_TMP/inner bash -c 'mkdir -p "$JOBS_TMP"; exec bash "$0"' "$inner" \
  2>"$JOBS_TMP/inner.txt" || code=$?
expect_eq "exit code of a failed test" 1 "$code"
grep -q "last words" "$JOBS_TMP/inner.txt" || fail "the output of the job was not shown"
while read -r pid; do
  poll_until 20 "orphan $pid to end" process_gone "$pid"
done <"$JOBS_TMP/orphans"
echo "jobs.sh starts, finds, waits, kills and cleans up"
