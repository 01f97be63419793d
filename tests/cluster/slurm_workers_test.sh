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

kill_in_middle() {  # NAME RANKS RANK...
  job_start_farm "$1"
  at_units "$1" $((UNITS / 5))
  expect_mid_run "$1" "workers ${*:3}"
  kill_workers "${@:3}"
  expect_end_in_allocation "$1"
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
expect_end_in_allocation first
expect_noticed first 5

# ---- while it ends: from the last accepted unit on ----
job_start_farm last
at_units last "$UNITS"
kill -s KILL "${WORKER_PIDS[5]}" 2>/dev/null || echo "last: worker 5 had ended already"
expect_end_in_allocation last
