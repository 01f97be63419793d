#!/usr/bin/env bash
# A job from the template is stopped: by the time limit, and requeues itself; by scancel, and goes
# on when it is submitted again; by the administrator's requeue; by a signal to the job; and so does
# a job array with a store for each index. Each ends with the results of the undisturbed run.
#
#   slurm_stops_test.sh [LIMITS]    how often in a row it reaches the time limit (1; in the test
#                                   run 3); each takes 35 s, because Slurm looks at
#                                   time limits every 30 s
set -euo pipefail
# shellcheck source=tests/cluster/jobs.sh
source "$STEADFARM_SOURCE/tests/cluster/jobs.sh"

cluster_for_test 2
run_undisturbed

restored() { log_says "$1" 'values("start", "units_restored")'; }

# Each start of the farm began with everything that the one before had accepted.
expect_resumed() {  # NAME STARTS
  expect_eq "$1: starts of the farm" "$2" "$(log_says "$1" 'count("start")')"
  expect_true "$1: something was lost between the starts: $(restored "$1")" \
    "$("$JOBS_PYTHON" - "$JOBS_TMP/$1.log" <<'PYTHON'
import json, sys
last, good = 0, True
for line in open(sys.argv[1]):
    event = json.loads(line)
    if event["kind"] == "start":
        good = good and event["units_restored"] == last
    if event["kind"] == "progress":
        last = event["accepted"]
print(good)
PYTHON
)"
}

# ---- the time limit ----
limits=${1:-1}
# Three workers take 25 s for each limit and 8 s more: Slurm looks every 30 s, and a requeued job
# waits for five of them. If the first look came soon, there is one limit more.
SLEEP_US=$((40000 + 125000 * limits))
job_from_template limit
job_submit limit 2 --time=1 --signal=B:USR2@58
job_wait_for limit "$JOB_ID" COMPLETED $((60 * (limits + 2)))
expect_same_answer limit
requeues=$(job_field "$JOB_ID" Restarts)
[ "$requeues" -ge "$limits" ] || fail "limit: $requeues requeues, and not $limits"
limits=$requeues
expect_resumed limit $((limits + 1))
expect_eq "limit: ends of the supervisor" "$("$JOBS_PYTHON" -c "print([75] * $limits + [0])")" \
  "$(supervisor_says limit 'values("run_end", "exit_code")')"
echo "limit: reached the time limit $limits times in a row, with what was accepted at each:" \
  "$(restored limit)"

# ---- scancel: everything is durable within 20 s, nothing is requeued, a new job goes on ----
SLEEP_US=20000
job_from_template cancel
job_submit cancel 2
at_units cancel $((UNITS / 5))
expect_mid_run cancel "scancel"
asked=$SECONDS
cluster_enter scancel "$JOB_ID"
job_wait_for cancel "$JOB_ID" CANCELLED 40
took=$((SECONDS - asked))
[ "$took" -le 20 ] || fail "cancel: it took $took s"
expect_eq "cancel: end of the farm" 75 "$(log_says cancel 'last("finish")["exit_code"]')"
expect_eq "cancel: store is complete" False "$(store_says "$JOBS_TMP/store-cancel" complete)"
job_submit cancel 1
job_wait_for cancel "$JOB_ID" COMPLETED 60
expect_same_answer cancel
expect_resumed cancel 2

# ---- scontrol requeue in mid-run ----
job_from_template requeue
job_submit requeue 2
at_units requeue $((UNITS / 5))
expect_mid_run requeue "scontrol requeue"
cluster_enter scontrol requeue "$JOB_ID"
job_wait_for requeue "$JOB_ID" COMPLETED 90
expect_same_answer requeue
expect_eq "requeue: requeues" 1 "$(job_field "$JOB_ID" Restarts)"
expect_resumed requeue 2

# ---- SIGTERM to the job script, as before a preemption: it stops in good order and requeues ----
job_from_template term
job_submit term 2
at_units term $((UNITS / 5))
expect_mid_run term "SIGTERM"
cluster_enter scancel --batch --signal=TERM "$JOB_ID"
asked=$SECONDS
log_wait "$JOBS_TMP/term.log" 'count("finish", exit_code=75) == 1' 20 ||
  fail "term: not stopped within 20 s"
job_wait_for term "$JOB_ID" COMPLETED 90
expect_same_answer term
expect_resumed term 2

# ---- an array: each index has its store, and one that is requeued takes no other along ----
# shellcheck disable=SC2016  # for the job
SUFFIX='-$SLURM_ARRAY_TASK_ID' job_from_template array steadfarm-array.sbatch
sed -i "s|/array.log'|/array-'\$SLURM_ARRAY_TASK_ID.log|" "$JOBS_TMP/array.sbatch"
job_submit array 1 --array=1-2
array=$JOB_ID
at_units array-2 $((UNITS / 5))
expect_mid_run array-2 "SIGTERM to one of an array"
cluster_enter scancel --batch --signal=TERM "${array}_2"
for index in 1 2; do
  JOB_ID=${array}_$index
  job_wait_for array "$JOB_ID" COMPLETED 90
  expect_eq "array: requeues of $index" $((index - 1)) "$(job_field "$JOB_ID" Restarts)"
  "$FARMS_BIN/steadfarm" results --canonical "$JOBS_TMP/store-array-$index" |
    cmp - "$JOBS_TMP/results-undisturbed" || fail "array: other results in $index than undisturbed"
done
expect_resumed array-2 2
