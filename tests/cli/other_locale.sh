#!/usr/bin/env bash
# Options, environment, JSON and texts mean the same whatever locale the program sets.
set -euo pipefail
# shellcheck source=tests/lib/jobs.sh
source "$STEADFARM_SOURCE/tests/lib/jobs.sh"
program=$STEADFARM_BUILD/tests/locale_program

# Numbers with a comma. The machine need not have the locale; it is made here.
export LOCPATH=$JOBS_TMP/locales
mkdir "$LOCPATH"
localedef -i de_DE -f UTF-8 "$LOCPATH/de_DE.UTF-8" || fail "localedef has no de_DE to make"
export LC_ALL=de_DE.UTF-8

run_in_locale() { # NAME WORDS...
  local name=$1
  shift
  job_start "$name" env "$@" "$program" --store "$JOBS_TMP/$name-store" \
    --log "$JOBS_TMP/$name.log" --report "$JOBS_TMP/$name-report" \
    --interval 0.5 --speeds 1.5,2 --progress line
  job_wait "$JOB_PID" 120 || fail "$name did not end"
  expect_eq "exit code of $name" 0 "$JOB_EXIT"
  # The interval in ms, two speeds, twice the largest result; then one JSON object.
  expect_eq "numbers of $name" "500 2 7999" "$(head -n 1 "$JOBS_TMP/$name.out")"
  tail -n 1 "$JOBS_TMP/$name.out" >"$JOBS_TMP/$name.json"
  for file in "$name.json" "$name-report"; do
    LC_ALL=C python3 -c 'import json, sys
told = json.load(open(sys.argv[1]))
sys.exit(0 if told["units_accepted"] == 4000 and type(told["seconds"]) is float else 1)' \
      "$JOBS_TMP/$file" || fail "$file is not the JSON that it should be"
  done
  grep -qE '^steadfarm: 1 rank' "$JOBS_TMP/$name.err" || fail "$name said nothing at its start"
  grep -qE '^steadfarm: complete: 4000 units accepted, generation [0-9]+, [0-9]+\.[0-9] s$' \
    "$JOBS_TMP/$name.err" || fail "the last line of $name is not the usual one"
  if grep -E '[0-9],[0-9]|[0-9]\.[0-9]{3}' "$JOBS_TMP/$name.err"; then
    fail "$name wrote a number as in its locale"
  fi
}

run_in_locale comma STEADFARM_MTBF=86400.5
run_in_locale grouped GROUPED=1

# A number that is none is refused for itself, and read as it stands in the environment.
code=0
STEADFARM_INTERVAL=0,5 "$program" 2>"$JOBS_TMP/refused" || code=$?
expect_eq "exit code of a comma" 64 "$code"
grep -q 'interval' "$JOBS_TMP/refused" || fail "the refusal does not name the option"

# What the command writes, and what a reader of results gets.
expect_eq "a stored result" 3999.5 "$("$STEADFARM_BUILD/bin/steadfarm" results \
  "$JOBS_TMP/comma-store" | tail -n 1 | grep -oE '[0-9.]+$')"
"$STEADFARM_BUILD/bin/steadfarm" inspect "$JOBS_TMP/grouped-store" >"$JOBS_TMP/inspected"
if grep -E '[0-9],[0-9]' "$JOBS_TMP/inspected"; then fail "inspect wrote a number with a comma"; fi
echo "the same numbers under a locale with commas, and with grouping"
