#!/usr/bin/env bash
# Workers under srun are killed: one, two at once, all but one, one as soon as the farm has started,
# one while it ends. Slurm's PMIx plugin cancels the step of a task that dies without a word
# (22.05), so the supervisor starts the farm again in the same allocation; where srun lets the
# others live, the farm goes on. Each run ends with the results of the undisturbed one.
set -euo pipefail
# shellcheck source=tests/cluster/jobs.sh
source "$STEADFARM_SOURCE/tests/cluster/jobs.sh"

cluster_for_test 2
run_undisturbed

# The process ids of ranks 1 to 5, looked up in one go, since the clock of the farm runs.
pids_of_workers() {
  local line pid files=() host
  WORKER_PIDS=()
  for host in 1 2; do
    for pid in $(descendants_of "$(host_init "$host")"); do files+=("/proc/$pid/environ"); done
  done
  while IFS= read -r -d '' line; do
    pid=${line#/proc/}
    WORKER_PIDS[${line##*=}]=${pid%%/*}
  done < <(grep -azHoE '^PMIX_RANK=[0-5]$' "${files[@]}" 2>/dev/null)
  [ "${#WORKER_PIDS[@]}" -eq 6 ] || fail "${#WORKER_PIDS[@]} ranks, and not 6"
}
WORKER_PIDS=()

kill_workers() {  # RANK...: in one go
  local rank pids=()
  for rank in "$@"; do pids+=("${WORKER_PIDS[rank]}"); done
  kill -s KILL "${pids[@]}" || fail "a worker had ended before it was killed"
}

SLEEP_US=40000
job_start_farm() {  # NAME
  job_from_template "$1"
  job_submit "$1" 2 --ntasks-per-node=3
  log_wait "$JOBS_TMP/$1.log" 'count("start") == 1' 60 || fail "$1: did not start"
  pids_of_workers
}

job_end() {  # NAME: in the same allocation, without doing again what was durable
  job_wait_for "$1" "$JOB_ID" COMPLETED 90
  expect_same_answer "$1"
  expect_eq "$1: requeues" 0 "$(job_field "$JOB_ID" Restarts)"
  expect_true "$1: a start did not begin where one had ended" "$(supervisor_says "$1" \
    "set($(log_says "$1" 'values("start", "units_restored")[1:]')) <= set(
      values('command_end', 'committed'))")"
}

# The deaths were noticed by the farm that went on, or by the supervisor that started it again.
expect_noticed() {  # NAME RANKS
  local lost restarts
  lost=$(log_says "$1" 'sorted(values("worker_lost", "rank"))')
  restarts=$(supervisor_says "$1" 'count("restart")')
  [ "$lost" = "[$2]" ] || [ "$restarts" -ge 1 ] || fail "$1: nobody noticed that $2 are dead"
  echo "$1: lost in the farm: $lost, restarts in the allocation: $restarts"
}

kill_in_middle() {  # NAME RANKS RANK...
  job_start_farm "$1"
  at_units "$1" $((UNITS / 5))
  expect_mid_run "$1" "workers ${*:3}"
  kill_workers "${@:3}"
  job_end "$1"
  expect_noticed "$1" "$2"
}

kill_in_middle one "4" 4
kill_in_middle two "2, 5" 2 5
kill_in_middle all_but_one "1, 2, 4, 5" 1 2 4 5

# ---- in its first message ----
job_start_farm first
kill_workers 5
expect_true "first: half of the work was done at the kill; it proves nothing" \
  "$(log_says first "(last('progress') or {}).get('accepted', 0) < $UNITS / 2")"
job_end first
expect_noticed first 5

# ---- while it ends: from the last accepted unit on ----
job_start_farm last
at_units last "$UNITS"
kill -s KILL "${WORKER_PIDS[5]}" 2>/dev/null || echo "last: worker 5 had ended already"
job_end last
