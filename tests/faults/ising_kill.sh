#!/usr/bin/env bash
# Long units that save their state: ising is killed or stopped at random moments, a worker or all
# of it, and started again until it is done. Its answer must be that of an undisturbed run, bit for
# bit, and units must have been resumed.
#
#   ising_kill.sh [FAULTS [SEED]]    default: 3 faults, a seed from the clock; the seed is printed
set -euo pipefail
# shellcheck source=tests/lib/farms.sh
source "$STEADFARM_SOURCE/tests/lib/farms.sh"

faults=${1:-3}
seed=${2:-$(date +%s%N | cut -c8-15)}
RANDOM=$((10#$seed % 32768))
echo "$faults faults, seed $seed"

# About half a second of one processor for each row; each fault comes when so many more are done.
rows_each=10
rows=$((rows_each * (faults + 1)))
FARMS_TIMEOUT=2
sweep=$JOBS_TMP/sweep.csv
echo "size,temperature,warm_up,sweeps" >"$sweep"
for ((row = 0; row < rows; ++row)); do
  echo "32,$((1 + row % 3)).$((row % 7 + 2)),6400,64000" >>"$sweep"
done
arguments=(ising "$sweep" --save-every 500 --interval 0.3)

farm_run undisturbed 3 "${arguments[@]}"
expect_eq "undisturbed: exit code" 0 "$JOB_EXIT"
expect_eq "undisturbed: rows" "$rows" "$(out_says undisturbed 'len(answer["rows"])')"

store=$JOBS_TMP/store
starts=0
resumed=0
workers_killed=0

run_start() {
  starts=$((starts + 1))
  name=run$starts
  ranks=$((3 + RANDOM % 2))
  "$1" "$name" "$ranks" "${arguments[@]}" --store "$store"
  farm_ranks "$ranks"
}

# A moment within the run, by its own log: a row that is done, and up to 400 ms.
random_moment() {
  local rows_done=$((rows_each * (fault - 1) + 1 + RANDOM % rows_each)) ms
  at_units "$name" "$rows_done"
  ms=$(($(log_says "$name" "last('progress')['t_ms']") + RANDOM % 400))
  log_wait "$JOBS_TMP/$name.log" "(last('finish') or last('progress')['t_ms'] >= $ms)" 60 ||
    fail "$name: no word in its log for 60 s"
  [ "$(log_says "$name" 'last("finish") is None')" = True ] ||
    fail "$name ended before fault $fault came; it proves nothing"
}

run_ended() {
  expect_farm_gone
  resumed=$((resumed + $(log_says "$name" 'sum(values("unit_resumed", "at"))')))
}

for ((fault = 1; fault <= faults; ++fault)); do
  # Three dead workers would put an innocent unit into quarantine, so no more than two die while
  # their master watches.
  kind=$((RANDOM % 4))
  if [ "$kind" -eq 0 ] && { [ "$workers_killed" -ge 2 ] || [ "$fault" -eq "$faults" ]; }; then
    kind=1
  fi
  case $kind in
    0)
      run_start farm_start
      random_moment
      victim=$((1 + RANDOM % (ranks - 1)))
      echo "fault $fault: worker $victim of $name, then all of it"
      kill_process KILL "${FARM_PIDS[$victim]}"
      workers_killed=$((workers_killed + 1))
      log_wait "$JOBS_TMP/$name.log" "count('worker_lost', rank=$victim) > 0" 60 ||
        fail "$name: the death of worker $victim was not noticed"
      unset "FARM_PIDS[$victim]"
      farm_kill_all
      ;;
    1)
      run_start farm_start
      random_moment
      echo "fault $fault: all of $name"
      farm_kill_all
      ;;
    2)
      run_start farm_start_plain
      random_moment
      victim=$((1 + RANDOM % (ranks - 1)))
      echo "fault $fault: worker $victim of $name, and mpirun ends the rest"
      kill_process KILL "${FARM_PIDS[$victim]}"
      job_wait "$JOB_PID" 60 || fail "$name did not end"
      ;;
    3)
      run_start farm_start_plain
      random_moment
      echo "fault $fault: a stop of $name"
      kill_process USR2 "$JOB_PID"
      job_wait "$JOB_PID" 20 || fail "$name did not stop within 20 s"
      expect_eq "$name: exit code" 75 "$JOB_EXIT"
      ;;
  esac
  run_ended
  if [ -e "$store" ]; then expect_verified=$("$FARMS_BIN/steadfarm" verify "$store" 2>&1) ||
    fail "steadfarm verify: $expect_verified"; fi
done

run_start farm_start_plain
job_wait "$JOB_PID" 300 || fail "the last run did not end"
expect_eq "$name: exit code" 0 "$JOB_EXIT"
run_ended
expect_true "$name: is not complete, or units failed" \
  "$(out_says "$name" 'complete and units_failed == 0')"
expect_eq "the answer after all of it" "$(out_says undisturbed answer)" "$(out_says "$name" answer)"
expect_store_sound "$store"
[ "$resumed" -gt 0 ] || fail "no unit was resumed from a saved state; it proves nothing"
echo "$starts starts; resumed units had $((resumed * 500)) sweeps behind them that nobody repeated"
