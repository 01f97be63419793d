#!/usr/bin/env bash
# A floating-point sum by unit key has the bits of a plain loop, on any number of ranks, after the
# death of a worker and after that of everything; and so have all results and the state of the
# folds, byte for byte.
set -euo pipefail
# shellcheck source=tests/lib/farms.sh
source "$STEADFARM_SOURCE/tests/lib/farms.sh"

units=3000
fast=("$FARMS_TEST_BIN/sums_program" --units "$units" --interval 0.1)
job=("${fast[@]}" --sleep-us 300)
# For what is killed half-way: slow enough that this is seen in time.
hit=("${fast[@]}" --sleep-us 2000)
answer=$("${job[0]}" --units "$units" --serial |
  "$JOBS_PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["answer"])')

canonical() {  # NAME STORE
  "$FARMS_BIN/steadfarm" results --canonical "$2" >"$JOBS_TMP/$1.canonical" ||
    fail "$1: steadfarm results --canonical failed"
}
expect_same() {  # NAME STORE: as the run that nothing happened to
  expect_eq "$1: answer" "$answer" "$(out_says "$1" answer)"
  expect_true "$1: is not complete" "$(out_says "$1" 'complete and units_failed == 0')"
  canonical "$1" "$2"
  cmp "$JOBS_TMP/calm.canonical" "$JOBS_TMP/$1.canonical" || fail "$1: other results"
}

# ---- nothing happens, on 1 to 4 ranks ----
"${job[0]}" "${job[@]:1}" --store "$JOBS_TMP/calm" --json --progress off >"$JOBS_TMP/calm.out" \
  2>"$JOBS_TMP/calm.err" || fail "a run on one rank"
canonical calm "$JOBS_TMP/calm"
expect_eq "lines" $((units + 1)) "$(wc -l <"$JOBS_TMP/calm.canonical")"
expect_same calm "$JOBS_TMP/calm"
for ranks in 2 3 4; do
  farm_run "on$ranks" "$ranks" "${job[@]}" --store "$JOBS_TMP/on$ranks"
  expect_same "on$ranks" "$JOBS_TMP/on$ranks"
done
# With the smallest hold there is: one unit at a time, and no standstill.
farm_run narrow 3 "${fast[@]}" --store "$JOBS_TMP/narrow" --hold-units 1
expect_same narrow "$JOBS_TMP/narrow"

# ---- a worker dies, the others go on ----
# The hold soon lets nothing more out, and a second execution would take all from the victim before
# it is lost.
farm_start worker 4 "${hit[@]}" --store "$JOBS_TMP/worker" --hold-units 200 --stragglers wait
farm_ranks 4
at_units_held worker $((units / 5)) 2
kill_process KILL "${FARM_PIDS[2]}"
killed_at=$(accepted_now worker)
job_wait "$JOB_PID" 120 || fail "the run did not end after the loss of a worker"
expect_middle "a worker" "$killed_at" "$units"
expect_victim worker 2
expect_same worker "$JOBS_TMP/worker"

# ---- everything dies; on fewer and on more ranks it goes on ----
farm_start first 3 "${hit[@]}" --store "$JOBS_TMP/store"
farm_ranks 3
at_units first $((units / 2))
farm_kill_all
expect_middle "everything" "$(accepted_now first)" "$units"
expect_committed first "$JOBS_TMP/store"
cp -a "$JOBS_TMP/store" "$JOBS_TMP/store-for-4"
# What is there is a part of what will be.
canonical half "$JOBS_TMP/store"
held=$(grep -c '^result ' "$JOBS_TMP/half.canonical")
[ "$held" -ge "$COMMITTED" ] || fail "$held results for $COMMITTED committed units"
expect_eq "results that no other run has" "" \
  "$(grep '^result ' "$JOBS_TMP/half.canonical" | sort | comm -23 - \
    <(sort "$JOBS_TMP/calm.canonical"))"
farm_run on2again 2 "${job[@]}" --store "$JOBS_TMP/store"
expect_same on2again "$JOBS_TMP/store"
expect_eq "units restored" "$COMMITTED" "$(out_says on2again units_restored)"
farm_run on4again 4 "${job[@]}" --store "$JOBS_TMP/store-for-4"
expect_same on4again "$JOBS_TMP/store-for-4"

# ---- a unit that fails for good is left out; one that spawns is refused with the reason ----
farm_run failing 3 "${fast[@]}" --store "$JOBS_TMP/failing" --throws 700
expect_eq "failing: exit code" 3 "$JOB_EXIT"
expect_eq "failing: answer" "$("${job[0]}" --units "$units" --throws 700 --serial |
  "$JOBS_PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["answer"])')" \
  "$(out_says failing answer)"
farm_run spawning 2 "${fast[@]}" --spawn
expect_eq "spawning: exit code" 3 "$JOB_EXIT"
why="it spawned units, which have no place in an ordered fold"
grep -q "unit 5 is given up after 1 failed execution: $why" \
  "$JOBS_TMP/spawning.err" || fail "spawning: no word of why"
expect_eq "spawning: executions of unit 5" "$units" "$(out_says spawning executions)"
