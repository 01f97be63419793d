#!/usr/bin/env bash
# The tail of a run: a unit that takes far too long is executed a second time elsewhere, and what
# waits at a slow rank is taken back. The run ends sooner, with the same answer; also when one of
# the two executions dies with its worker, or both with the whole job. What a stopped worker held
# is done by others before it is lost.
set -euo pipefail
# shellcheck source=tests/lib/farms.sh
source "$STEADFARM_SOURCE/tests/lib/farms.sh"

units=60
job=("$FARMS_TEST_BIN/stragglers_program" --units "$units" --interval 0.2)
answer=$((units * (units - 1) / 2 + units * 1000000))

expect_done() {  # NAME
  expect_eq "$1: answer" "$answer" "$(out_says "$1" answer)"
  expect_true "$1: is not complete" "$(out_says "$1" 'complete and units_failed == 0')"
  expect_eq "$1: units accepted" $((2 * units)) "$(out_says "$1" units_accepted)"
}

# ---- the unit takes 12 s at the first attempt: waited for, and executed twice ----
slow=(--slow-unit 7 --slow-ms 12000)
farm_run wait 3 "${job[@]}" "${slow[@]}" --stragglers wait
expect_done wait
expect_eq "wait: executions beyond the units" 0 "$(out_says wait 'executions - units_accepted')"
expect_true "wait: nobody waited" "$(out_says wait 'seconds > 12')"
farm_run twice 3 "${job[@]}" "${slow[@]}"
expect_done twice
expect_true "twice: unit 7 was not executed elsewhere" \
  "$(log_says twice '"7" in values("unit_doubled", "unit")')"
expect_true "twice: the tail was not cut" "$(out_says twice 'seconds < 9')"
echo "one unit of 12 s: $(out_says wait seconds) s waited for, $(out_says twice seconds) s twice"

# ---- one rank takes two seconds for everything: what waits there is taken back ----
farm_run slow 3 "${job[@]}" --slow-rank 2 --slow-rank-ms 2000 --policy fixed --chunk 8 \
  --stragglers wait
expect_done slow
expect_true "slow: nothing was taken back" \
  "$(log_says slow '2 in values("units_taken_back", "rank")')"
# Eight units of two seconds were in its first message alone.
expect_true "slow: the tail was not cut" "$(out_says slow 'seconds < 14')"
echo "a rank of 2 s a unit, 8 units a message: $(out_says slow seconds) s"

# ---- the worker of the first execution dies: the second one goes on ----
both=(--slow-unit 7 --slow-ms 5000 --slow-attempts 2)
farm_start dies 4 "${job[@]}" "${both[@]}" --store "$JOBS_TMP/dies"
farm_ranks 4
log_wait "$JOBS_TMP/dies.log" "'7' in values('unit_doubled', 'unit')" 60 ||
  fail "unit 7 was not doubled"
victim=$(log_says dies \
  '[e["rank"] for e in events if e["kind"] == "unit_doubled" and e["unit"] == "7"][0]')
kill_process KILL "${FARM_PIDS[$victim]}"
job_wait "$JOB_PID" 120 || fail "the run did not end after the loss of a worker"
expect_done dies
expect_eq "dies: ranks lost" "[$victim]" "$(log_says dies 'values("worker_lost", "rank")')"

# ---- a worker falls silent: what it held is executed elsewhere long before it would be lost ----
FARMS_TIMEOUT=60
farm_start relieved 4 "${job[@]}" --unit-ms 50
FARMS_TIMEOUT=
farm_ranks 4
at_units_held relieved $((units / 3)) 2
kill_process STOP "${FARM_PIDS[2]}"
log_wait "$JOBS_TMP/relieved.log" "2 in values('unit_doubled', 'rank')" 60 ||
  fail "nothing of the stopped worker was executed elsewhere"
kill_process CONT "${FARM_PIDS[2]}"
job_wait "$JOB_PID" 120 || fail "the run did not end after a worker had been stopped"
expect_done relieved
expect_eq "relieved: ranks lost" "[]" "$(log_says relieved 'values("worker_lost", "rank")')"
expect_farm_gone

# ---- everything dies while both run: two ranks go on ----
farm_start first 4 "${job[@]}" "${both[@]}" --store "$JOBS_TMP/store"
farm_ranks 4
log_wait "$JOBS_TMP/first.log" "'7' in values('unit_doubled', 'unit')" 60 ||
  fail "unit 7 was not doubled"
farm_kill_all
farm_run again 2 "${job[@]}" "${both[@]}" --store "$JOBS_TMP/store"
expect_done again
expect_store_sound "$JOBS_TMP/store"
