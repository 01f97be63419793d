#!/usr/bin/env bash
# Wrong options and wrong input: one clear line, once and not once a rank, and exit code 64.
set -euo pipefail
# shellcheck source=tests/lib/farms.sh
source "$STEADFARM_SOURCE/tests/lib/farms.sh"

data=$STEADFARM_SOURCE/examples/qap/data
input=$JOBS_TMP/input
mkdir "$input"

# refused CODE WORDS COMMAND...: says one line that matches WORDS, on standard error only.
refused() {
  local code=$1 words=$2 actual=0
  shift 2
  "$@" >"$JOBS_TMP/refused.out" 2>"$JOBS_TMP/refused.err" </dev/null || actual=$?
  expect_eq "exit code of: $*" "$code" "$actual"
  expect_eq "output of: $*" "" "$(cat "$JOBS_TMP/refused.out")"
  expect_eq "lines of: $*: $(cat "$JOBS_TMP/refused.err")" 1 "$(wc -l <"$JOBS_TMP/refused.err")"
  grep -qE -- "$words" "$JOBS_TMP/refused.err" ||
    fail "$*: nothing of '$words' in: $(cat "$JOBS_TMP/refused.err")"
}

# refused_everywhere CODE WORDS PROGRAM ARGS...: also on three ranks, where mpirun adds words of its
# own and passes on the exit code.
refused_everywhere() {
  local code=$1 words=$2 program=$3 actual=0
  shift 3
  refused "$code" "$words" "$FARMS_BIN/$program" "$@"
  "${MPIRUN[@]}" -n 3 "$FARMS_BIN/$program" "$@" \
    >"$JOBS_TMP/ranks.out" 2>"$JOBS_TMP/ranks.err" </dev/null || actual=$?
  expect_eq "exit code of mpirun -n 3 $program $*" "$code" "$actual"
  expect_eq "lines of mpirun -n 3 $program $* that match '$words'" 1 \
    "$(grep -cE -- "$words" "$JOBS_TMP/ranks.err")"
}

# ---- options of the programs ----
refused_everywhere 64 "^uts: error: .*'T9'.*T1 to T5.*see uts --help" uts --tree T9
refused_everywhere 64 '^uts: error: .*--bogus.*see uts --help' uts --tree T1 --bogus
refused_everywhere 64 '^steadfarm: error: .*--timeout.*--heartbeat' \
  uts --tree T1 --timeout 1 --heartbeat 2
refused_everywhere 64 "^steadfarm: error: .*'$JOBS_TMP/absent/log'.*No such file.*--log" \
  uts --tree T1 --log "$JOBS_TMP/absent/log"
refused 64 '^uts: error: .*--keep.*see uts --help' "$FARMS_BIN/uts" --tree T1 --keep 1
refused 64 '^uts: error: .*--interval' "$FARMS_BIN/uts" --tree T1 --interval 0
refused 64 '^uts: error: .*--interval' "$FARMS_BIN/uts" --tree T1 --interval soon
refused 64 '^uts: error: .*--policy.*dynamic' "$FARMS_BIN/uts" --tree T1 --policy magic
refused 64 '^uts: error: .*--tree' "$FARMS_BIN/uts" --tree T1 -t 0
refused 64 '^uts: error: .*-t' "$FARMS_BIN/uts" -t 7
refused 64 '^uts: error: .*--grain' "$FARMS_BIN/uts" --tree T1 --grain 0
refused 64 '^uts: error: .*extra' "$FARMS_BIN/uts" --tree T1 extra
# What a script gives whose variable is not set must not become a run without its store.
refused_everywhere 64 '^uts: error: --store: it is empty' uts --tree T1 --store ""
refused_everywhere 64 "^uts: error: --store has no value: '--json' is an option" \
  uts --tree T1 --store --json
refused 64 'hello: error: .*--units' "$FARMS_BIN/hello" --units 3
refused 64 '^uts: error: .*--heartbeat' \
  env STEADFARM_HEARTBEAT=often "$FARMS_BIN/uts" --tree T1

# A report that cannot be written does not throw the answer away.
"$FARMS_BIN/uts" --tree T3 --json --report "$JOBS_TMP/absent/report" \
  >"$JOBS_TMP/report.out" 2>"$JOBS_TMP/report.err" || fail "a missing folder for --report"
expect_eq "answer" 4112897 "$(out_says report 'answer["nodes"]')"
expect_eq "warnings about --report" 1 "$(grep -c 'warning: .*--report' "$JOBS_TMP/report.err")"

# ---- input of qap ----
refused_everywhere 64 '^qap: error: .*FILE is required' qap
refused_everywhere 64 "^qap: error: .*$input/none.dat.*No such file" qap "$input/none.dat"
head -n 12 "$data/nug12.dat" >"$input/short.dat"
refused_everywhere 64 "^qap: error: .*$input/short.dat" qap "$input/short.dat"
sed '5s/[0-9]\+/seven/' "$data/nug12.dat" >"$input/word.dat"
refused_everywhere 64 "^qap: error: .*$input/word.dat.*seven" qap "$input/word.dat"
(cat "$data/nug12.dat" && echo 17) >"$input/long.dat"
refused 64 "^qap: error: .*$input/long.dat" "$FARMS_BIN/qap" "$input/long.dat"
: >"$input/empty.dat"
refused 64 "^qap: error: .*$input/empty.dat" "$FARMS_BIN/qap" "$input/empty.dat"
echo -3 >"$input/negative.dat"
refused 64 "^qap: error: .*$input/negative.dat" "$FARMS_BIN/qap" "$input/negative.dat"
head -c 5000 /dev/urandom >"$input/noise.dat"
refused 64 "^qap: error: .*$input/noise.dat" "$FARMS_BIN/qap" "$input/noise.dat"
refused 64 "^qap: error: .*$input" "$FARMS_BIN/qap" "$input"
refused 64 '^qap: error: .*--fixed-bound' "$FARMS_BIN/qap" "$data/nug12.dat" --fixed-bound low
refused 64 '^qap: error: .*--fixed-bound.*whole number' \
  "$FARMS_BIN/qap" "$data/nug12.dat" --fixed-bound ""
refused 64 '^qap: error: .*--fixed-bound.*whole number' \
  "$FARMS_BIN/qap" "$data/nug12.dat" --fixed-bound 99999999999999999999
refused 64 "^qap: error: .*$input/none.dat" "$FARMS_BIN/qap" --serial "$input/none.dat"

# ---- the command ----
refused 64 '^steadfarm: .*see steadfarm --help' "$FARMS_BIN/steadfarm"
refused 64 "^steadfarm: error: 'inspct' is none of the commands.* run, inspect, verify.*; see" \
  "$FARMS_BIN/steadfarm" inspct "$input"
refused 64 '^steadfarm: error: --store has no value; see' "$FARMS_BIN/steadfarm" run --store -- true
refused 64 '^steadfarm: error: --store has no value; see' \
  "$FARMS_BIN/steadfarm" run --store "" -- true --store "$input/none"
refused 64 "^steadfarm: error: '--version' is none of the commands.*version" \
  "$FARMS_BIN/steadfarm" --version
refused 64 '^steadfarm: .*STORE' "$FARMS_BIN/steadfarm" inspect
refused 64 '^steadfarm: .*--yaml' "$FARMS_BIN/steadfarm" inspect --yaml "$input"
refused 64 '^steadfarm: .*STORE' "$FARMS_BIN/steadfarm" verify
for seed in -1 18446744073709551616 ""; do
  refused 64 '^steadfarm: error: .*--seed.*whole number' "$FARMS_BIN/steadfarm" simulate \
    --seed "$seed"
done
# Each of these once divided by zero, never ended or stopped at an assertion.
for change in workers=0 units=0 poll_us=0 tries_max=0 deaths_max=0 assign_bytes_max=0 \
  safety_us=0 timeout_us=0 jitter_us=-1; do
  refused 64 "^steadfarm: error: '${change%=*}' is ${change#*=}; give at least" \
    "$FARMS_BIN/steadfarm" simulate --seed 3 "$change"
done
for command in inspect verify results; do
  refused 65 "^steadfarm: error: .*$input/none" "$FARMS_BIN/steadfarm" "$command" "$input/none"
  # Which option to give another one with these do not have.
  refused 65 "^steadfarm: error: .*$input/word.dat is not a folder; give that of a store$" \
    "$FARMS_BIN/steadfarm" "$command" "$input/word.dat"
  mkdir -p "$input/bare"
  refused 65 "^steadfarm: error: there is no store in $input/bare" \
    "$FARMS_BIN/steadfarm" "$command" "$input/bare"
  expect_eq "what $command left in an empty folder" "" "$(ls -A "$input/bare")"
done

# ---- help, on standard output, exit code 0 ----
helps() {  # WORDS COMMAND...
  local words=$1
  shift
  "$@" >"$JOBS_TMP/help.out" 2>"$JOBS_TMP/help.err" || fail "$*: exit code $?"
  expect_eq "standard error of: $*" "" "$(cat "$JOBS_TMP/help.err")"
  grep -q -- "$words" "$JOBS_TMP/help.out" || fail "$*: nothing of '$words'"
}
helps 'Usage: steadfarm' "$FARMS_BIN/steadfarm" --help
for command in run inspect verify results version; do
  helps "Usage: steadfarm $command" "$FARMS_BIN/steadfarm" "$command" --help
done
helps 'HDF5' "$FARMS_BIN/steadfarm" version
for program in uts qap hello bench_dispatch; do
  helps "^Usage: .*$program" "$FARMS_BIN/$program" --help
  helps '--store' "$FARMS_BIN/$program" --help
done
"${MPIRUN[@]}" -n 3 "$FARMS_BIN/uts" --help >"$JOBS_TMP/help.out"
expect_eq "how often three ranks explain themselves" 1 \
  "$(grep -c 'Usage: uts' "$JOBS_TMP/help.out")"
