#!/usr/bin/env bash
# Units that go to another folder, in a farm whose paths are relative: store, shards, log, report
# and life sign stay where they were meant at the start, also for a worker that takes over. And a
# launcher that starts its ranks in another folder.
set -euo pipefail
# shellcheck source=tests/lib/supervised.sh
source "$STEADFARM_SOURCE/tests/lib/supervised.sh"

elsewhere=$JOBS_TMP/elsewhere
mkdir "$elsewhere"
cd "$JOBS_TMP"
units=60
program=("$FARMS_TEST_BIN/units_program" --json --progress off --heartbeat 0.25 --timeout 3
  --units "$units" --stragglers wait --chdir "$elsewhere")
paths() { echo "--store $1 --log ./$1.log --report $1.report"; }

expect_in_place() {  # NAME
  expect_eq "$1: what lies in the units' folder" "" "$(ls -A "$elsewhere")"
  expect_store_sound "$JOBS_TMP/$1" "${2:-}"
  expect_eq "$1: ends in its log" 1 "$(log_says "$1" 'count("finish")')"
  expect_eq "$1: its report" "(True, $units)" \
    "$(json_says <(tr -d '\n' <"$1.report") '(complete, units_accepted)')"
}

# ---- large results, which the workers write ----
# shellcheck disable=SC2046 # words
job_start shards "${MPIRUN[@]}" -n 3 "${program[@]}" $(paths shards) --sleep-us 25000 \
  --result-bytes 200000 --shard 100000 --interval 0.3
job_wait "$JOB_PID" 120 || fail "shards: no end"
expect_eq "shards: exit code" 0 "$JOB_EXIT"
expect_in_place shards
[ -n "$(find shards/shards -name 'shard-*')" ] || fail "no shard was written; it proves nothing"

# ---- a farm alone, without anything to make durable for longer than the silence ----
# shellcheck disable=SC2046 # words
job_start life "$FARMS_BIN/steadfarm" run --log life.run.log --silence 8 --backoff 0.1 -- \
  "${MPIRUN[@]}" -n 1 "${program[@]}" $(paths life) --sleep-us 200000 --interval 600
job_wait "$JOB_PID" 120 || fail "life: no end"
expect_eq "life: exit code" 0 "$JOB_EXIT"
expect_eq "life: starts" 1 "$(run_says life 'count("command_start")')"
expect_in_place life

# ---- ranks that start in another folder: the supervisor looks for their store there ----
mkdir "$JOBS_TMP/ranks"
job_start wdir "$FARMS_BIN/steadfarm" run --max-idle-restarts 1 --backoff 0.1 -- \
  "${MPIRUN[@]}" --wdir "$JOBS_TMP/ranks" -n 2 "${program[@]}" --store st
job_wait "$JOB_PID" 60 || fail "wdir: no end"
expect_eq "wdir: exit code" 0 "$JOB_EXIT"
expect_store_sound "$JOBS_TMP/ranks/st"
# One that the supervisor tells them is where it is for the supervisor.
job_start told "$FARMS_BIN/steadfarm" run --store told --max-idle-restarts 1 --backoff 0.1 -- \
  "${MPIRUN[@]}" --wdir "$JOBS_TMP/ranks" -n 2 "${program[@]}"
job_wait "$JOB_PID" 60 || fail "told: no end"
expect_eq "told: exit code" 0 "$JOB_EXIT"
expect_store_sound "$JOBS_TMP/told"

# ---- a worker takes over ----
if [ "$LAUNCHER_SURVIVES" = 1 ]; then
  # shellcheck disable=SC2046 # words
  job_start over "${MPIRUN[@]}" "${MPIRUN_RECOVERY[@]}" -n 4 "${program[@]}" $(paths over) \
    --sleep-us 400000 --interval 0.3
  farm_ranks 4
  at_units over 15
  kill_process KILL "${FARM_PIDS[0]}"
  job_wait "$JOB_PID" 120 || fail "over: no end"
  expect_eq "over: take-overs" 1 "$(log_says over 'count("taken_over")')"
  expect_eq "over: answer" "(True, $units)" "$(out_says over "(complete, answer['count'])")"
  expect_in_place over "$(log_says over 'values("start", "owner_epoch")[0]')"
fi
echo "nothing lies in the folder that the units went to"
