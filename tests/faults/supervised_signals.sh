#!/usr/bin/env bash
# `steadfarm run` and the signals of a terminal, a shell, a batch system, and of nobody: what it
# passes on, how it ends, and that nothing is left afterwards.
set -euo pipefail
# shellcheck source=tests/lib/supervised.sh
source "$STEADFARM_SOURCE/tests/lib/supervised.sh"

store=$JOBS_TMP/store
units=1200 # of 20 ms, on two workers
job=("$FARMS_TEST_BIN/units_program" --units "$units" --sleep-us 20000 --store "$store")

expect_end() {  # NAME CODE SECONDS: the supervisor ends in time, and nothing is left
  job_wait "$JOB_PID" "$3" || fail "$1 did not end within $3 s"
  expect_eq "$1: exit code" "$2" "$JOB_EXIT"
  expect_farm_gone
}
# expect_stopped NAME: cleanly: everything accepted is durable.
expect_stopped() {
  expect_eq "$1: end of the farm" "(75, 'stopped')" \
    "$(log_says "$1" '(lambda e: (e["exit_code"], e["outcome"]))(last("finish"))')"
  expect_eq "$1: committed" "$(accepted_now "$1")" "$(store_says "$store" committed)"
  expect_eq "$1: end of the supervisor" "(75, 0)" \
    "$(run_says "$1" '(lambda e: (e["exit_code"], e["restarts"]))(last("run_end"))')"
  expect_store_sound "$store"
}

# ---- SIGUSR1: a checkpoint, and on it goes; SIGTERM: as a batch system stops it ----
supervised_start term 3 "${job[@]}" --interval 1000
supervised_ranks 3
at_new_units term 0 10
durable=$(log_says term 'count("generation_durable")')
kill_process USR1 "$JOB_PID"
log_wait "$JOBS_TMP/term.log" "count('generation_durable') > $durable" 20 ||
  fail "SIGUSR1 makes no checkpoint"
kill_process TERM "$JOB_PID"
expect_end term 75 30
expect_stopped term

# ---- SIGUSR2, and a script around mpirun that knows no signals ----
supervised_words usr2 3 "${job[@]}" --interval 0.2
for i in "${!SUPERVISED[@]}"; do
  [ "${SUPERVISED[i]}" = -- ] && break
done
# shellcheck disable=SC2016
job_start usr2 "${SUPERVISED[@]:0:i+1}" bash -c '"$@"; true' script "${SUPERVISED[@]:i+1}"
supervised_ranks 3
at_new_units usr2 0 10
kill_process USR2 "$JOB_PID"
expect_end usr2 75 30
expect_stopped usr2

# ---- Ctrl-C in a terminal: once ----
supervised_words once 3 "${job[@]}" --interval 0.2
job_start once "$JOBS_PYTHON" "$STEADFARM_SOURCE/tests/lib/terminal.py" "$JOBS_TMP/once.tty" \
  "${SUPERVISED[@]}"
supervised_ranks 3
at_new_units once 0 10
kill_process USR1 "$JOB_PID" # types it
expect_end once 75 30
expect_stopped once
expect_eq "signals in the log" "[2]" "$(run_says once 'values("signal", "signal")')"

# ---- twice, with units that take minutes: it does not wait for them ----
long=("$FARMS_TEST_BIN/units_program" --units 4 --sleep-us 600000000 --store "$JOBS_TMP/long"
  --interval 0.2)
RUN_OPTIONS=(--stop-grace 1000)
supervised_words twice 3 "${long[@]}"
job_start twice "$JOBS_PYTHON" "$STEADFARM_SOURCE/tests/lib/terminal.py" "$JOBS_TMP/twice.tty" \
  "${SUPERVISED[@]}"
supervised_ranks 3
log_wait "$JOBS_TMP/twice.log" '1 in (last("progress") or {}).get("leases", {}).values()' 60 ||
  fail "no unit was handed out"
kill_process USR1 "$JOB_PID"
run_wait twice 'count("signal") == 1'
kill_process USR1 "$JOB_PID"
expect_end twice 75 12
grep -q 'stopping the command now' "$JOBS_TMP/twice.tty" || fail "twice: it does not say so"
expect_eq "twice: units committed" 0 "$("$FARMS_BIN/steadfarm" inspect --json "$JOBS_TMP/long" |
  "$JOBS_PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["committed"])')"
RUN_OPTIONS=()

# ---- the terminal goes away ----
supervised_words hangup 3 "${job[@]}" --interval 0.2
job_start hangup "$JOBS_PYTHON" "$STEADFARM_SOURCE/tests/lib/terminal.py" "$JOBS_TMP/hangup.tty" \
  "${SUPERVISED[@]}"
supervised_ranks 3
at_new_units hangup 0 10
kill_process TERM "$JOB_PID" # hangs up
expect_end hangup 75 30
expect_eq "signals in the log" "[1]" "$(run_says hangup 'values("signal", "signal")')"

# ---- SIGKILL of the supervisor: nobody computes on ----
supervised_start killed 3 "${job[@]}" --interval 0.2
supervised_ranks 3
at_new_units killed 0 30
kill_process KILL "$JOB_PID"
expect_farm_gone

# ---- the end, under nohup and with a rank killed: a hang-up is nothing ----
supervised_words nohup 3 "${job[@]}" --interval 0.2
job_start nohup nohup "${SUPERVISED[@]}"
supervised_ranks 3
at_new_units nohup 0 10
# The terminal's hang-up reaches its session: the supervisor, and nobody of the command's (mpirun
# would end at it).
session=$(session_of "$JOB_PID")
for pid in "${FARM_PIDS[@]}"; do
  [ "$pid" = "$JOB_PID" ] || [ "$(session_of "$pid")" != "$session" ] ||
    fail "nohup: process $pid of the command is in the supervisor's session"
done
kill_process HUP "$JOB_PID"
kill_process KILL "${FARM_PIDS[2]}"
run_wait nohup 'count("restart") == 1'
supervised_ranks 3
expect_end nohup 0 200
expect_eq "nohup: outcome" "(True, $units, {'count': $units}, 1)" \
  "$(out_says nohup '(complete, units_accepted, answer, restarts)')"
expect_true "nohup: began anew" "$(log_says nohup 'values("start", "units_restored")[0] > 40')"
expect_nothing_repeated nohup
expect_eq "nohup: signals" "[]" "$(run_says nohup 'values("signal", "signal")')"
expect_store_sound "$store"
