#!/usr/bin/env bash
# A sweep of ising that takes some twenty seconds, once undisturbed and once killed ten times at
# random moments: five times a worker, whose job goes on, and five times the whole job, which is
# started again with another number of ranks. Both must leave the same canonical results and give
# the same answer, bit for bit. ising_kill.sh is the short version, for the test run.
#
#   ising_ten.sh [SEED]    default: from the clock; the seed is printed and repeats the moments
set -euo pipefail
# shellcheck source=tests/lib/farms.sh
source "$STEADFARM_SOURCE/tests/lib/farms.sh"

seed=${1:-$(date +%s%N | cut -c8-15)}
RANDOM=$((10#$seed % 32768))
faults=10
rows_each=14 # about a third of a second of one processor for each row
rows=$((rows_each * faults))
echo "$faults faults, $rows rows, seed $seed"

sweep=$JOBS_TMP/sweep.csv
echo "size,temperature,warm_up,sweeps" >"$sweep"
for ((row = 0; row < rows; ++row)); do
  echo "32,$((1 + row % 3)).$((row % 7 + 2)),6400,64000" >>"$sweep"
done
arguments=(ising "$sweep" --save-every 500 --interval 0.3)
canonical() { "$FARMS_BIN/steadfarm" results "$1" --canonical 2>/dev/null; }

farm_run undisturbed 4 "${arguments[@]}" --store "$JOBS_TMP/whole"
expect_eq "undisturbed: exit code" 0 "$JOB_EXIT"
expect_eq "undisturbed: rows" "$rows" "$(out_says undisturbed 'len(answer["rows"])')"
canonical "$JOBS_TMP/whole" >"$JOBS_TMP/whole.txt"
echo "undisturbed: $(out_says undisturbed 'round(seconds, 1)') s on 4 ranks"

store=$JOBS_TMP/store
starts=0
ranks=4
workers_killed=0
jobs_killed=0
resumed=0
skipped=0

job_begin() {
  starts=$((starts + 1))
  name=run$starts
  farm_start "$name" "$ranks" "${arguments[@]}" --store "$store"
  farm_ranks "$ranks"
}

job_counted() {  # what the log of a run that is over says
  resumed=$((resumed + $(log_says "$name" 'count("unit_resumed")')))
  skipped=$((skipped + 500 * $(log_says "$name" 'sum(values("unit_resumed", "at"))')))
}

# One moment in each tenth of the work: so many rows done by the run's own log, and up to 400 ms.
random_moment() {
  local fault=$1 done_rows ms
  done_rows=$((rows_each * (fault - 1) + 1 + RANDOM % (rows_each - 6)))
  at_units "$name" "$done_rows"
  ms=$(($(log_says "$name" "last('progress')['t_ms']") + RANDOM % 400))
  log_wait "$JOBS_TMP/$name.log" "(last('finish') or last('progress')['t_ms'] >= $ms)" 60 ||
    fail "$name: no word in its log for 60 s"
  [ "$(log_says "$name" 'last("finish") is None')" = True ] ||
    fail "$name ended before fault $fault came; it proves nothing"
}

kill_worker() {
  local victim
  # One that computes, by the last line that says so.
  victim=$(log_says "$name" 'min(int(r) for r in last("progress")["leases"])')
  echo "fault $1, $(accepted_now "$name") rows done: worker $victim of $name ($ranks ranks)"
  kill_process KILL "${FARM_PIDS[$victim]}"
  log_wait "$JOBS_TMP/$name.log" "count('worker_lost', rank=$victim) > 0" 60 ||
    fail "$name: the death of worker $victim was not noticed"
  unset "FARM_PIDS[$victim]"
  workers_killed=$((workers_killed + 1))
}

kill_job() {
  local before=$ranks
  echo "fault $1, $(accepted_now "$name") rows done: all of $name ($ranks ranks)"
  farm_kill_all
  job_counted
  jobs_killed=$((jobs_killed + 1))
  "$FARMS_BIN/steadfarm" verify "$store" >"$JOBS_TMP/verify.txt" 2>&1 ||
    fail "steadfarm verify: $(cat "$JOBS_TMP/verify.txt")"
  while [ "$ranks" -eq "$before" ]; do ranks=$((4 + RANDOM % 3)); done
  job_begin
}

job_begin
for ((fault = 1; fault <= faults; fault += 2)); do
  # In each pair both kinds, so that no more than two workers of one job die.
  kinds=(kill_worker kill_job)
  first=$((RANDOM % 2))
  for second in 0 1; do
    random_moment $((fault + second))
    "${kinds[$((first ^ second))]}" $((fault + second))
  done
done
job_wait "$JOB_PID" 300 || fail "the last run did not end"
expect_farm_gone
job_counted
expect_eq "faults that came" "5 5" "$workers_killed $jobs_killed"
expect_true "$name: is not complete, or units failed" \
  "$(out_says "$name" 'complete and units_failed == 0 and len(answer["rows"]) == '"$rows")"
expect_eq "the answer after all of it" "$(out_says undisturbed answer)" "$(out_says "$name" answer)"
expect_store_sound "$store"
canonical "$store" >"$JOBS_TMP/store.txt"
[ -s "$JOBS_TMP/whole.txt" ] || fail "the undisturbed run left no canonical results"
cmp "$JOBS_TMP/whole.txt" "$JOBS_TMP/store.txt" ||
  fail "the canonical results differ from the undisturbed run's"
[ "$resumed" -gt 0 ] || fail "no unit was resumed from a saved state; it proves nothing"
echo "$starts starts; $resumed units resumed, with $skipped sweeps behind them that nobody repeated"
echo "canonical results: $(wc -c <"$JOBS_TMP/store.txt") bytes, equal to the undisturbed run's"
