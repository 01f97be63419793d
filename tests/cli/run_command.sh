#!/usr/bin/env bash
# `steadfarm run` with small commands of bash: what it starts, what it refuses, when it gives up,
# what it says, and that nothing of the command is left.
set -euo pipefail
# shellcheck source=tests/lib/farms.sh
source "$STEADFARM_SOURCE/tests/lib/farms.sh"

steadfarm=$FARMS_BIN/steadfarm
store=$JOBS_TMP/store

# supervise NAME CODE ARGS...: `steadfarm run ARGS` to its end, with a log.
supervise() {
  local name=$1 code=$2
  shift 2
  job_start "$name" "$steadfarm" run --log "$JOBS_TMP/$name.log" --backoff 0.02 "$@"
  job_wait "$JOB_PID" 120 || fail "$name did not end"
  expect_eq "$name: exit code" "$code" "$JOB_EXIT"
}

# says NAME WORDS: standard error has exactly one line like that.
says() { expect_eq "$1: lines like '$2'" 1 "$(grep -cE -- "$2" "$JOBS_TMP/$1.err")"; }
# Every line is one of the supervisor's, with its name before it.
only_ours() {
  expect_eq "$1: other lines" "" "$(grep -v '^steadfarm: run: ' "$JOBS_TMP/$1.err" || true)"
}

# ---- what cannot be right is refused before anything is started ----
refused() {  # NAME WORDS ARGS...
  local name=$1 words=$2 code=0
  shift 2
  "$steadfarm" run "$@" >"$JOBS_TMP/$name.out" 2>"$JOBS_TMP/$name.err" </dev/null || code=$?
  expect_eq "$name: exit code" 64 "$code"
  expect_eq "$name: lines" 1 "$(wc -l <"$JOBS_TMP/$name.err")"
  says "$name" "$words"
  expect_eq "$name: output" "" "$(cat "$JOBS_TMP/$name.out")"
}
mark=$JOBS_TMP/mark
refused nothing '^steadfarm: error: .*COMMAND.*--help'
refused no-store "no --store.*STEADFARM_STORE.*steadfarm run --help" -- touch "$mark"
refused two-stores "'$store' here, but 'b' in the command" \
  --store "$store" -- touch "$mark" --store b
refused bad-number 'max-restarts' --max-restarts many --store "$store" -- touch "$mark"
refused no-log "log '$JOBS_TMP/absent/log'.*--log" \
  --log "$JOBS_TMP/absent/log" --store "$store" -- touch "$mark"
[ ! -e "$mark" ] || fail "a refused command was started"
"$steadfarm" run --help >"$JOBS_TMP/help.out" || fail "no help"
grep -q -- '--max-idle-restarts' "$JOBS_TMP/help.out" || fail "the help does not name the options"

# ---- a command that cannot be started is not tried again ----
supervise typo 64 --store "$store" -- mpirum -n 2 uts
says typo 'error: the command cannot be started: No such file or directory.*exit code 64'
only_ours typo
expect_eq "typo: starts" 1 "$(log_says typo 'count("command_start")')"

# ---- nor one that says that it never will ----
for code in 64 65 70; do
  supervise "final$code" "$code" --store "$store" -- bash -c "echo its words >&2; exit $code"
  expect_eq "final$code: starts" 1 "$(log_says "final$code" 'count("command_start")')"
  says "final$code" "ended with exit code $code .*a restart would not change that"
done

# ---- one that fails, fails, fails ----
# shellcheck disable=SC2016
supervise failing 76 --max-idle-restarts 3 --store "$store" -- \
  bash -c 'echo "$STEADFARM_RESTARTS $STEADFARM_STORE"; exit 1'
expect_eq "failing: what the starts were told" "0 $store
1 $store
2 $store
3 $store" "$(cat "$JOBS_TMP/failing.out")"
says failing 'giving up: 4 starts in a row made nothing durable.*exit code 76'
only_ours failing
expect_eq "failing: log" "['run_start', 'command_start', 'command_end', 'restart', \
'command_start', 'command_end', 'restart', 'command_start', 'command_end', 'restart', \
'command_start', 'command_end', 'run_end']" "$(log_says failing '[e["kind"] for e in events]')"
expect_eq "failing: restarts, delays, codes" "([1, 2, 3], [20, 40, 80], [1, 1, 1, 1], 76)" \
  "$(log_says failing '(values("restart", "restarts"), values("restart", "delay_ms"),
    values("command_end", "exit_code"), last("run_end")["exit_code"])')"
expect_true "failing: an event without its time" \
  "$(log_says failing 'all(type(e["t_ms"]) is int for e in events)')"
expect_eq "mode of the log" 600 "$(stat -c %a "$JOBS_TMP/failing.log")"
supervise limited 76 --max-restarts 2 --store "$store" -- false
says limited 'giving up after 2 restarts, which is --max-restarts'
supervise once 76 --max-restarts 0 --store "$store" -- bash -c 'kill -SEGV $$'
says once 'killed by signal 11 .*giving up'

# ---- the words reach the command as they are, and its input is empty ----
# shellcheck disable=SC2016
supervise words 64 --store "$store" -- \
  bash -c 'printf "<%s>" "$@" "$(cat)"; exit 64' x 'a  b' '*' '$HOME' ''
# shellcheck disable=SC2016
expect_eq "words" '<a  b><*><$HOME><><>' "$(cat "$JOBS_TMP/words.out")"

# ---- the store from the command's words and from the environment ----
supervise in-words 64 -- bash -c 'exit 64' x --store="$JOBS_TMP/s1"
expect_eq "store in the words" "$JOBS_TMP/s1" "$(log_says in-words 'last("run_start")["store"]')"
STEADFARM_STORE=$JOBS_TMP/s2 supervise in-env 64 -- bash -c 'exit 64'
expect_eq "store in the environment" "$JOBS_TMP/s2" \
  "$(log_says in-env 'last("run_start")["store"]')"

# ---- what a command puts into the background ends with it ----
# shellcheck disable=SC2016
supervise background 76 --max-restarts 0 --store "$store" -- bash -c 'setsid sleep 1000 &
  (trap "" TERM HUP; exec -a stubborn sleep 1000) & echo $!; sleep 0.2; exit 1'
expect_true "nothing was left behind" \
  "$(log_says background 'last("command_end")["left_behind"] >= 2')"
read -r stubborn <"$JOBS_TMP/background.out"
process_gone "$stubborn" || fail "process $stubborn outlived the supervisor"

# ---- a stop while it waits to start again; one for a command that does not care ----
job_start waiting "$steadfarm" run --log "$JOBS_TMP/waiting.log" --backoff 60 \
  --max-idle-restarts 100 --store "$store" -- false
log_wait "$JOBS_TMP/waiting.log" 'count("restart") == 1' 60 || fail "no restart"
kill_process TERM "$JOB_PID"
job_wait "$JOB_PID" 20 || fail "a stop does not end the wait for a restart"
expect_eq "waiting: exit code" 75 "$JOB_EXIT"
says waiting 'signal 15 .*asking the command'
expect_eq "waiting: starts" 1 "$(log_says waiting 'count("command_start")')"

job_start deaf "$steadfarm" run --log "$JOBS_TMP/deaf.log" --stop-grace 0.3 --store "$store" -- \
  bash -c 'trap "" USR2 TERM; echo up; while :; do sleep 0.02; done'
poll_until 60 "the command" grep -q up "$JOBS_TMP/deaf.out" || fail "deaf did not start"
kill_process USR2 "$JOB_PID"
job_wait "$JOB_PID" 30 || fail "a command that ignores every signal is not ended"
expect_eq "deaf: exit code" 75 "$JOB_EXIT"
says deaf 'what is left does not stop; ending it'
expect_eq "deaf: end" 9 "$(log_says deaf 'last("command_end")["signal"]')"

# ---- no time left for another start ----
supervise late 75 --deadline "$(date +%s)" --store "$store" -- false
says late 'the wall-time limit is near.*exit code 75'
SLURM_JOB_END_TIME=$(($(date +%s) + 20)) supervise late-slurm 75 --store "$store" -- false
SLURM_JOB_END_TIME=1 supervise old-slurm 76 --max-restarts 0 --store "$store" -- false
# shellcheck disable=SC2016
supervise told 64 --walltime 1000 --store "$store" -- \
  bash -c 'echo "$STEADFARM_DEADLINE"; exit 64'
read -r told <"$JOBS_TMP/told.out"
now=$(date +%s)
if [ "$told" -le $((now + 800)) ] || [ "$told" -gt $((now + 1000)) ]; then
  fail "the command was told the deadline $told at $now"
fi

# ---- a launcher that hangs before there is a store: ended, started again, given up ----
# It ignores what asks it to end.
job_start hung "$FARMS_BIN/steadfarm" run --store "$JOBS_TMP/hung-store" --launch 1 --backoff 0 \
  --max-idle-restarts 1 --log "$JOBS_TMP/hung.log" -- bash -c 'trap "" TERM; sleep 1000'
job_wait "$JOB_PID" 60 || fail "hung: it waits for ever"
expect_eq "hung: exit code" 76 "$JOB_EXIT"
expect_eq "hung: ends of the starts" "['stalled', 'stalled']" \
  "$(log_value "$JOBS_TMP/hung.log" 'values("command_end", "how")')"
expect_eq "hung: lines that say why" 2 \
  "$(grep -c 'no new generation for 1.0 s since its start (--launch); kill' "$JOBS_TMP/hung.err")"
# ---- one that stays although all of its ranks have died, as a launcher may ----
# shellcheck disable=SC2016
supervise widowed 76 --store "$JOBS_TMP/widowed-store" --launch 1 --max-idle-restarts 1 -- \
  bash -c 'trap "" TERM; for rank in 0 1; do (kill -KILL $BASHPID) & done; wait
           echo widowed; while :; do sleep 1; done'
expect_eq "widowed: starts whose ranks died" 2 "$(grep -c widowed "$JOBS_TMP/widowed.out")"
expect_eq "widowed: ends of the starts" "['stalled', 'stalled']" \
  "$(log_says widowed 'values("command_end", "how")')"
echo "steadfarm run starts, refuses, gives up and leaves nothing"
