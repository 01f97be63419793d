#!/usr/bin/env bash
# --unit-timeout: a unit that runs for too long fails at its next safe point; one that comes by none
# takes its worker along, which says so. Both are tried again, then set aside with what happened.
set -euo pipefail
# shellcheck source=tests/lib/supervised.sh
source "$STEADFARM_SOURCE/tests/lib/supervised.sh"

units=100
program=$FARMS_TEST_BIN/stragglers_program
slow=(--units "$units" --unit-ms 10 --slow-unit 7 --slow-ms 60000 --unit-timeout 1.5
  --stragglers wait)
# All but unit 7 and the unit that it spawns.
without=$((units * (units - 1) / 2 - 7 + (units - 1) * 1000000))
all=$((without + 7 + 1000000))

# ---- it comes by safe points: no worker dies of it ----
farm_run listens 3 "$program" "${slow[@]}" --slow-attempts 1
expect_eq "listens: answer" "$all" "$(out_says listens answer)"
expect_eq "listens: workers lost, units failed" "(0, 0)" \
  "$(out_says listens '(workers_lost, units_failed)')"
expect_true "listens: $(log_says listens 'values("unit_retried", "text")')" "$(log_says listens \
  'values("unit_retried", "text") == ["ran longer than the unit time limit of 1.5 s"]')"
farm_run fails 3 "$program" "${slow[@]}" --slow-attempts 9 --report "$JOBS_TMP/fails.report"
expect_eq "fails: answer" "$without" "$(out_says fails answer)"
expect_eq "fails: exit code" 3 "$JOB_EXIT"
expect_eq "fails: what is said of unit 7" \
  "[{'message': 'ran longer than the unit time limit of 1.5 s', 'unit': '7'}]" \
  "$("$JOBS_PYTHON" -c 'import json, sys
print(json.load(open(sys.argv[1]))["failures"])' "$JOBS_TMP/fails.report")"

# ---- it does not: its worker ends itself, and the others go on ----
if [ "$LAUNCHER_SURVIVES" = 1 ]; then
  farm_start deaf 5 "$program" "${slow[@]}" --slow-attempts 9 --deaf
  job_wait "$JOB_PID" 120 || fail "deaf: no end"
  expect_eq "deaf: answer" "$without" "$(out_says deaf answer)"
  expect_eq "deaf: workers lost, units failed" "(3, 1)" \
    "$(out_says deaf '(workers_lost, units_failed)')"
  expect_eq "deaf: how" "{'overdue'}" "$(log_says deaf 'set(values("worker_lost", "how"))')"
  expect_true "deaf: $(log_says deaf 'last("unit_quarantined")["text"]')" "$(log_says deaf \
    '"ran longer than the unit time limit" in last("unit_quarantined")["text"]')"
  expect_eq "deaf: workers that said why they end" 3 \
    "$(grep -c 'ends itself: unit 7 .* ran longer than the unit time limit of 1.5 s' \
      "$JOBS_TMP/deaf.err")"
fi

# ---- and where the launcher ends all with one, the charge is known to the next start ----
supervised_start again 3 "$program" "${slow[@]}" --slow-attempts 9 --deaf \
  --store "$JOBS_TMP/store" --interval 0.3
job_wait "$JOB_PID" 200 || fail "again: no end"
expect_eq "again: answer" "$without" "$(out_says again answer)"
expect_eq "again: units failed" 1 "$(out_says again units_failed)"
expect_eq "again: exit code" 3 "$JOB_EXIT"
echo "a deaf unit, plain mpirun: given up after $(out_says again restarts) restarts"
