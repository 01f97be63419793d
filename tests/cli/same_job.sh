#!/usr/bin/env bash
# What a store takes for the same job: a rebuilt program is said, another type or another program is
# refused with the part that differs, and ranks of two builds do not work together.
set -euo pipefail
# shellcheck source=tests/lib/farms.sh
source "$STEADFARM_SOURCE/tests/lib/farms.sh"

store=$JOBS_TMP/store
export SAME_JOB_UNITS=3000
mkdir "$JOBS_TMP/bin"
program=$JOBS_TMP/bin/program
build() { cp --remove-destination "$FARMS_TEST_BIN/same_job_v$1" "${2:-$program}"; }
contents() { (cd "$store" && find . -type f -exec sha256sum {} + | sort -k2); }

# refused NAME WORDS PROGRAM ARGS...: one line with these words, exit code 65, nothing changed, and
# --fresh is not the first advice.
refused() {
  local name=$1 words=$2 before
  shift 2
  before=$(contents)
  farm_run "$name" 3 "$@" --store "$store"
  expect_eq "$name: exit code" 65 "$JOB_EXIT"
  expect_eq "$name: lines" 1 "$(grep -c '^steadfarm: error:' "$JOBS_TMP/$name.err")"
  grep -qE -- "$words" "$JOBS_TMP/$name.err" || fail "$name: $(cat "$JOBS_TMP/$name.err")"
  grep -qE -- 'give another --store, or put this one away with --fresh$|--same-program' \
    "$JOBS_TMP/$name.err" || fail "$name: advice: $(cat "$JOBS_TMP/$name.err")"
  expect_eq "$name: what a refused start changed" "$before" "$(contents)"
}
warnings() { grep -c 'warning: the program is' "$JOBS_TMP/$1.err" || true; }
# killed_at NAME UNITS PROGRAM ARGS...: a slow run, killed with at least so many units accepted.
killed_at() {
  local name=$1 units=$2
  shift 2
  SAME_JOB_SLEEP_MS=20 farm_start_plain "$name" 3 "$@" --store "$store" --interval 0.1
  farm_ranks 3
  at_units "$name" "$units"
  farm_kill_all
}

# ---- killed half-way ----
build 1
killed_at first 100 "$program"
expect_committed first "$store"

# ---- another type of the result: the bytes would be read as other numbers ----
build 3
refused type 'the result type is i64 in the store and f64 here; the state of fold 1 is any i64' \
  "$program"

# ---- other parameters ----
build 1
refused seed 'error: .* is the store of another job: --seed is 1 in the store and 7 here;' \
  "$program" --seed 7
SAME_JOB_UNITS=1001 refused units \
  'the units are a range of 3000 units in the store and a range of 1001 units here' "$program"
echo 'beta = 1' >"$JOBS_TMP/parameters"
SAME_JOB_INPUT=$JOBS_TMP/parameters refused input "the input file 'parameters' is new" "$program"

# ---- another program of the same types, without an identity ----
build 2 "$JOBS_TMP/bin/other"
build_id='[0-9a-f]{12}'
refused other "the program is 'program' \\(build $build_id\\) in the store and 'other' \\(build\
 $build_id\\) here, and no identity .* start it with --identity 'program'" "$JOBS_TMP/bin/other"
refused identity "the identity is not given \(program 'program'\) in the store and 'mine' here" \
  "$program" --identity mine

# ---- the same build under another name is the same job, and nothing is said ----
mv "$program" "$JOBS_TMP/bin/renamed"
killed_at renamed $((COMMITTED + 50)) "$JOBS_TMP/bin/renamed"
expect_eq "warnings about a renamed program" 0 "$(warnings renamed)"
mv "$JOBS_TMP/bin/renamed" "$program"

# ---- another build: refused if asked, said otherwise; and from then on it is the known one ----
build 2
refused same_program '--same-program is refuse' "$program" --same-program refuse --identity renamed
killed_at rebuilt $((COMMITTED + 100)) "$program" --identity renamed
expect_eq "warnings about another build" 1 "$(warnings rebuilt)"
grep -qE "program' \(build [0-9a-f]{12}\) and the store was written by 'renamed' \(build [0-9a-f]" \
  "$JOBS_TMP/rebuilt.err" || fail "both builds are to be named: $(cat "$JOBS_TMP/rebuilt.err")"
farm_run known 2 "$program" --store "$store" --identity renamed
expect_eq "exit code" 0 "$JOB_EXIT"
expect_eq "warnings about a known build" 0 "$(warnings known)"
expect_eq "the identity that was given" renamed "$(store_says "$store" identity)"
build 1
farm_run ignored 2 "$program" --store "$store" --identity renamed --same-program ignore
expect_eq "warnings that are not wanted" 0 "$(warnings ignored)"

# ---- an input file that changed ----
store=$JOBS_TMP/input-store
export SAME_JOB_INPUT=$JOBS_TMP/parameters SAME_JOB_UNITS=20
farm_run with_input 2 "$program" --store "$store"
expect_eq "exit code" 0 "$JOB_EXIT"
mkdir "$JOBS_TMP/moved"
cp "$JOBS_TMP/parameters" "$JOBS_TMP/moved/parameters"
SAME_JOB_INPUT=$JOBS_TMP/moved/parameters farm_run moved 2 "$program" --store "$store"
expect_eq "a moved input file: exit code" 0 "$JOB_EXIT"
echo 'beta = 2' >"$JOBS_TMP/parameters"
refused changed "the input file 'parameters' has other content than when the store was begun" \
  "$program"
SAME_JOB_INPUT=$JOBS_TMP/absent farm_run absent 1 "$program"
grep -q "the input file $JOBS_TMP/absent cannot be read" "$JOBS_TMP/absent.err" ||
  fail "no input file: $(cat "$JOBS_TMP/absent.err")"
unset SAME_JOB_INPUT

# ---- ranks of two builds in one start ----
build 1 "$JOBS_TMP/bin/a"
build 2 "$JOBS_TMP/bin/b"
job_start mixed "${MPIRUN[@]}" -n 1 "$JOBS_TMP/bin/a" --store "$JOBS_TMP/mixed" --json : \
  -n 2 "$JOBS_TMP/bin/b" --store "$JOBS_TMP/mixed" --json
job_wait "$JOB_PID" 60 || fail "ranks of two builds did not end"
expect_eq "ranks of two builds: exit code" 64 "$JOB_EXIT"
grep -qE "error: rank [12] on .* runs build $build_id of the program and the master build\
 $build_id; start all ranks from one build" "$JOBS_TMP/mixed.err" ||
  fail "ranks of two builds: $(cat "$JOBS_TMP/mixed.err")"
expect_eq "ranks of two builds: units" 0 "$(out_says mixed units_accepted)"
