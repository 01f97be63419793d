#!/usr/bin/env bash
# Units that are told to end, by their time limit or a stop, in every place from which they may not
# be able to, and units that swallow the word and answer all the same: none of these answers counts,
# a stop is charged to nobody, and the run goes on to the right sum.
set -euo pipefail
# shellcheck source=tests/lib/farms.sh
source "$STEADFARM_SOURCE/tests/lib/farms.sh"

program=$FARMS_TEST_BIN/safe_point_program
units=4
sum=6
says() { grep -c "$2" "$JOBS_TMP/$1.err" || true; }

# ---- over its time limit: a failed try, whatever the unit returns ----
for mode in swallow_and_return swallow shared try plain; do
  farm_run "limit_$mode" 3 "$program" --how "$mode" --units 2 --steps 1700 --unit-timeout 1.5 \
    --executions 2
  expect_eq "$mode over the limit: outcome" "(True, 0, 2, 4, {'sum': 0})" \
    "$(out_says "limit_$mode" '(complete, units_accepted, units_failed, executions, answer)')"
  expect_eq "$mode over the limit: exit code" 3 "$JOB_EXIT"
  expect_eq "$mode over the limit: why" "{'ran longer than the unit time limit of 1.5 s'}" \
    "$(log_says "limit_$mode" 'set(values("unit_failed", "text"))')"
done
farm_run limit_hint 3 "$program" --how hint --units 2 --steps 1700 --unit-timeout 1.5
expect_eq "a result after a hint" "(True, 2, {'sum': 1}, 0)" \
  "$(out_says limit_hint '(complete, units_accepted, answer, units_failed)')"

# ---- and where it cannot end: its worker ends, which is charged to that unit ----
if [ "$LAUNCHER_SURVIVES" = 1 ]; then
  farm_start limit_noexcept 5 "$program" --how noexcept --units 1 --steps 9000 --unit-timeout 1.5 \
    --stragglers wait
  job_wait "$JOB_PID" 120 || fail "limit_noexcept: no end"
  expect_eq "noexcept over the limit: outcome" "(True, 1, 3)" \
    "$(out_says limit_noexcept '(complete, units_failed, workers_lost)')"
  expect_eq "noexcept over the limit: how workers were lost" "{'overdue'}" \
    "$(log_says limit_noexcept 'set(values("worker_lost", "how"))')"
  expect_eq "noexcept over the limit: lines that say what to do" 3 \
    "$(says limit_noexcept 'ran longer than .*noexcept function.*Call context.try_save there')"
fi

# ---- a stop, and the next start ----
stop_and_resume() {  # MODE RANKS
  local mode=$1 ranks=$2 name=$1_$2 stopped_at
  local words=("$program" --how "$mode" --units "$units" --steps 1500 --interval 0.3
    --stragglers wait --store "$JOBS_TMP/store_$name")
  farm_start_plain "$name" "$ranks" "${words[@]}"
  farm_ranks "$ranks"
  log_wait "$JOBS_TMP/$name.log" '1 in (last("progress") or {}).get("leases", {}).values()' 30 ||
    fail "$name: no unit was handed out"
  sleep 0.7
  stopped_at=$SECONDS
  ask_to_stop
  job_wait "$JOB_PID" 25 || fail "$name: the job did not stop"
  [ $((SECONDS - stopped_at)) -le 20 ] || fail "$name: stopped after $((SECONDS - stopped_at)) s"
  expect_farm_gone
  if [ "$ranks" -gt 1 ]; then
    expect_eq "$name: exit code of the master" 75 \
      "$(log_says "$name" 'last("finish")["exit_code"]')"
    expect_eq "$name: failed tries, failed units, lost workers" "(0, 0, 0)" "$(log_says "$name" \
      '(count("unit_retried"), count("unit_failed"), count("worker_lost"))')"
    expect_true "$name: it was stopped too late, and proves nothing" \
      "$(out_says "$name" "units_accepted < $units")"
  fi
  mv "$JOBS_TMP/$name.err" "$JOBS_TMP/$name.first"
  farm_run "$name" "$ranks" "${words[@]}"
  expect_eq "$name: exit code of the next start" 0 "$JOB_EXIT"
  expect_eq "$name: its outcome" "(True, $units, 0, {'sum': $sum})" \
    "$(out_says "$name" '(complete, units_accepted, units_failed, answer)')"
  expect_eq "$name: its failed tries" 0 "$(log_says "$name" 'count("unit_retried")')"
  mv "$JOBS_TMP/$name.first" "$JOBS_TMP/$name.err"
}

for mode in plain try swallow swallow_and_return shared thread_try omp_try; do
  stop_and_resume "$mode" 3
  expect_eq "$mode: nothing to say" 0 "$(says "${mode}_3" 'was asked to end\|another thread')"
done
for mode in noexcept omp; do
  stop_and_resume "$mode" 3
  expect_true "$mode: nobody said what to do" "$("$JOBS_PYTHON" -c "print($(says "${mode}_3" \
    'because the run is being stopped.*noexcept function.*Call context.try_save there') > 0)")"
  expect_true "$mode: no unit went on from what it had saved" \
    "$(log_says "${mode}_3" 'count("unit_resumed") > 0')"
done
stop_and_resume thread 3
expect_eq "thread: workers that said so, once each" 2 \
  "$(says thread_3 'warning: unit .* calls save on another thread .*on others try_save')"

# ---- alone on its rank there is no other thread for the master ----
stop_and_resume noexcept 1
expect_eq "alone: lines that say what to do" 1 \
  "$(says noexcept_1 'Call context.try_save there.*run the same command again to resume')"
echo "no answer of an execution that was told to end was taken"
