#!/usr/bin/env bash
# A tree of a hundred million nodes: a worker is killed in mid-run and the run goes on; everything
# is killed in mid-run, and a second start on 2 and on 6 ranks goes on from what is durable. All of
# them end with the published numbers.
#
#   uts_kill.sh TREE    T1L, T2L or T3L
set -euo pipefail
# shellcheck source=tests/lib/farms.sh
source "$STEADFARM_SOURCE/tests/lib/farms.sh"

tree=${1:?a tree: T1L, T2L or T3L}
grain=20000
# What is published. How many units this grain makes is only there to aim with.
case $tree in
  T1L) nodes=102181082 depth=13 leaves=81746377 units=12149 ;;
  T2L) nodes=96793510 depth=67 leaves=53791152 units=11399 ;;
  T3L) nodes=111345631 depth=17844 leaves=89076904 units=13930 ;;
  *) fail "unknown tree $tree" ;;
esac
# The pause keeps a fast machine from being done before the kill.
arguments=(uts --tree "$tree" --grain "$grain" --pause-us 500 --interval 0.4)
answer="{'nodes': $nodes, 'depth': $depth, 'leaves': $leaves}"

expect_published() {  # NAME
  expect_eq "$1: answer" "$answer" "$(out_says "$1" answer)"
  expect_true "$1: is not complete, or units failed" \
    "$(out_says "$1" 'complete and units_failed == 0')"
  expect_eq "$1: exit code of the master" 0 "$(log_says "$1" 'last("finish")["exit_code"]')"
  expect_true "$1: accepted and not committed" \
    "$(out_says "$1" 'units_committed == units_accepted')"
}

# ---- one worker dies, the others carry on to the end ----
# Without second executions, its units come back by its loss alone, however short the run is.
store=$JOBS_TMP/worker-store
farm_start worker 4 "${arguments[@]}" --store "$store" --stragglers wait
farm_ranks 4
at_units_held worker $((units / 5)) 2
kill_process KILL "${FARM_PIDS[2]}"
killed_at=$(accepted_now worker)
job_wait "$JOB_PID" 300 || fail "the run did not end after the loss of a worker"
expect_published worker
total=$(out_says worker units_accepted)
expect_middle "a worker" "$killed_at" "$total"
expect_victim worker 2
expect_farm_gone
expect_store_sound "$store"

# ---- everything dies, a worker shortly before ----
store=$JOBS_TMP/store
farm_start first 4 "${arguments[@]}" --store "$store"
farm_ranks 4
at_units first $((units / 5))
kill_process KILL "${FARM_PIDS[1]}"
at_units first $((units / 2))
unset 'FARM_PIDS[1]'
farm_kill_all
expect_middle "everything" "$(accepted_now first)" "$total"
expect_committed first "$store"
cp -a "$store" "$JOBS_TMP/store-for-6"

# ---- a second start on fewer and on more ranks ----
second_start() {  # NAME RANKS STORE
  farm_run "$1" "$2" "${arguments[@]}" --store "$3"
  expect_eq "$1: exit code" 0 "$JOB_EXIT"
  expect_published "$1"
  expect_eq "$1: units accepted over the job's life" "$total" "$(out_says "$1" units_accepted)"
  expect_eq "$1: units restored, in the log" "$COMMITTED" \
    "$(log_says "$1" 'last("start")["units_restored"]')"
  expect_eq "$1: units restored" "$COMMITTED" "$(out_says "$1" units_restored)"
  expect_eq "$1: store" "(True, $total, 0, 0)" \
    "$(store_says "$3" '(complete, committed, pending, failed)')"
  expect_store_sound "$3"
}
second_start on2 2 "$store"
second_start on6 6 "$JOBS_TMP/store-for-6"
