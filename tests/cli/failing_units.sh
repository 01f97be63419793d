#!/usr/bin/env bash
# One bad unit never takes the farm down: it is tried again, set aside with its message, reported,
# and stays so at the next start. The others complete.
set -euo pipefail
# shellcheck source=tests/lib/farms.sh
source "$STEADFARM_SOURCE/tests/lib/farms.sh"

# report_says EXPRESSION: of the report of the last run.
report_says() {
  "$JOBS_PYTHON" -c 'import json, sys
fields = json.load(open(sys.argv[1]))
print(eval(sys.argv[2], fields))' "$JOBS_TMP/report.json" "$1"
}
program=("$FARMS_TEST_BIN/units_program" --report "$JOBS_TMP/report.json")

# ---- units that throw ----
store=$JOBS_TMP/throws
farm_run throws 3 "${program[@]}" --throws 7 --throws-number 9 --store "$store" --retries 4
expect_eq "exit code" 3 "$JOB_EXIT"
expect_eq "outcome" "(True, 198, 2, {'count': 198})" \
  "$(out_says throws '(complete, units_accepted, units_failed, answer)')"
expect_eq "executions: 198 once, 2 four times" 206 "$(out_says throws executions)"
expect_eq "units that are given up" "['7', '9']" \
  "$(report_says 'sorted(f["unit"] for f in failures)')"
expect_eq "what unit 7 said" "unit 7 has no luck\\nat all" \
  "$(report_says '[f["message"].replace("\n", "\\n") for f in failures if f["unit"] == "7"][0]')"
expect_eq "exit code in the report" 3 "$(report_says exit_code)"
expect_eq "what the user is told of unit 7" 1 \
  "$(grep -c 'unit 7 is given up after 4 failed executions: unit 7 has no luck' \
    "$JOBS_TMP/throws.err")"
expect_eq "store" "(True, 198, 2, 0)" \
  "$(store_says "$store" '(complete, committed, failed, pending)')"
expect_store_sound "$store"

farm_run again 2 "${program[@]}" --throws 7 --throws-number 9 --store "$store"
expect_eq "exit code of a second start" 3 "$JOB_EXIT"
expect_eq "a second start executes nothing" 206 "$(out_says again executions)"
expect_true "the message is lost at a second start" \
  "$(report_says 'any("no luck" in f["message"] for f in failures)')"

# Without mpirun, on one rank.
"$FARMS_TEST_BIN/units_program" --throws 7 --json >"$JOBS_TMP/alone.out" 2>"$JOBS_TMP/alone.err" &&
  fail "a failed unit, and exit code 0"
expect_eq "alone" "(True, 199, 1)" "$(out_says alone '(complete, units_accepted, units_failed)')"

# ---- a unit that kills its worker ----
store=$JOBS_TMP/kills
FARMS_TIMEOUT=1
farm_start kills 6 "${program[@]}" --kills 7 --store "$store" --units 500 --sleep-us 500
job_wait "$JOB_PID" 120 || fail "a unit that kills hangs the farm"
expect_eq "outcome" "(True, 499, 1, 3, {'count': 499})" \
  "$(out_says kills '(complete, units_accepted, units_failed, workers_lost, answer)')"
expect_eq "exit code in the report" 3 "$(report_says exit_code)"
expect_true "unit 7 is not quarantined" \
  "$(report_says 'failures[0]["unit"] == "7" and "quarantined" in failures[0]["message"]')"
expect_eq "quarantined units in the log" 1 "$(log_says kills 'count("unit_quarantined", unit="7")')"
expect_store_sound "$store"

farm_run after 3 "${program[@]}" --kills 7 --store "$store" --units 500
expect_eq "exit code of a second start, which must not run unit 7" 3 "$JOB_EXIT"
expect_eq "executions" "$(out_says kills executions)" "$(out_says after executions)"
