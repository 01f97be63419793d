#!/usr/bin/env bash
# One job and everything that signals can do to it, start after start on the same store, until it
# ends with the published numbers.
set -euo pipefail
# shellcheck source=tests/lib/farms.sh
source "$STEADFARM_SOURCE/tests/lib/farms.sh"

store=$JOBS_TMP/store
grain=20000
answer="{'nodes': 96793510, 'depth': 67, 'leaves': 53791152}"
units=11399 # what this grain makes of T2L; only there to aim with
FARMS_TIMEOUT=1
# The pause keeps a fast machine from being done before the last signal.
job=(uts --tree T2L --grain "$grain" --pause-us 2000 --store "$store")
COMMITTED=0

at_share() { at_units "$1" $((units * $2 / 100)); } # NAME PERCENT

# expect_restored NAME: the start found what the store held before.
expect_restored() {
  log_wait "$JOBS_TMP/$1.log" 'count("start") == 1' 60 || fail "$1 did not start"
  expect_eq "$1: units restored" "$COMMITTED" "$(log_says "$1" 'last("start")["units_restored"]')"
}

# note_store NAME: what the run left is sound, and more than there was.
note_store() {
  local before=$COMMITTED
  expect_committed "$1" "$store"
  [ "$COMMITTED" -gt "$before" ] || fail "$1 committed nothing new ($before, then $COMMITTED)"
}

# expect_stopped NAME SIGNAL_NUMBER [unheard]: in time, in order, and all that was accepted is
# durable.
expect_stopped() {
  job_wait "$JOB_PID" 20 || fail "$1 did not stop within 20 s"
  expect_eq "$1: end of the master" "(75, 'stopped', 'stopped by signal $2')" \
    "$(log_says "$1" '(lambda e: (e["exit_code"], e["outcome"], e["text"]))(last("finish"))')"
  expect_eq "$1: accepted in the log, and committed" \
    "$(log_says "$1" 'last("progress")["accepted"]')" "$(store_says "$store" committed)"
  if [ "${3:-heard}" = heard ]; then
    expect_true "$1: accepted and not committed" \
      "$(out_says "$1" 'not complete and units_committed == units_accepted')"
    expect_eq "$1: committed" "$(out_says "$1" units_committed)" "$(store_says "$store" committed)"
    expect_eq "$1: advice to run again" 1 \
      "$(grep -c 'run the same command again' "$JOBS_TMP/$1.err")"
  fi
  expect_farm_gone
  note_store "$1"
  expect_store_sound "$store"
}

# ---- SIGUSR1 to the master: a checkpoint now, and on it goes ----
farm_start_plain usr 2 "${job[@]}" --interval 1000
farm_ranks 2
for percent in 4 7; do
  at_share usr "$percent"
  durable=$(log_says usr 'count("generation_durable")')
  kill_process USR1 "${FARM_PIDS[0]}"
  log_wait "$JOBS_TMP/usr.log" "count('generation_durable') > $durable" 20 ||
    fail "SIGUSR1 made no checkpoint"
done
at_share usr 9
[ "$(store_says "$store" committed)" -ge $((units * 7 / 100)) ] || fail "SIGUSR1 committed nothing"
expect_eq "checkpoints" 2 "$(log_says usr 'count("generation_durable") - 1')" # and the first, empty

# ---- SIGUSR2 to mpirun, which forwards it ----
kill_process USR2 "$JOB_PID"
expect_stopped usr 12
expect_eq "exit code after SIGUSR2" 75 "$JOB_EXIT"

# ---- SIGTERM to the master alone ----
farm_start_plain term 2 "${job[@]}" --interval 0.3
farm_ranks 2
expect_restored term
at_share term 16
kill_process TERM "${FARM_PIDS[0]}"
expect_stopped term 15
expect_eq "exit code after SIGTERM" 75 "$JOB_EXIT"

# ---- SIGTERM to mpirun. Open MPI passes it on, gives the ranks a moment, and ends with 1 ----
farm_start_plain launcher 3 "${job[@]}" --interval 0.3
farm_ranks 3
expect_restored launcher
at_share launcher 22
kill_process TERM "$JOB_PID"
# What the ranks say meanwhile does not always come through.
expect_stopped launcher 15 "$LAUNCHER_AFTER_TERM"
[ "$JOB_EXIT" -ne 0 ] || fail "mpirun says 0 after SIGTERM"

# ---- a worker is frozen, its units move on, it thaws and is taken back ----
farm_start freeze 3 "${job[@]}" --interval 0.3 --stragglers wait --takeover off
farm_ranks 3
expect_restored freeze
at_units_held freeze $((units * 26 / 100)) 2
kill_process STOP "${FARM_PIDS[2]}"
log_wait "$JOBS_TMP/freeze.log" 'count("worker_lost", rank=2) == 1' 30 ||
  fail "a frozen worker was not missed"
expect_true "the frozen worker held no units" \
  "$(log_says freeze '[e for e in events if e["kind"] == "worker_lost"][-1]["leases"] > 0')"
kill_process CONT "${FARM_PIDS[2]}"
log_wait "$JOBS_TMP/freeze.log" 'count("worker_returned", rank=2) == 1' 30 ||
  fail "a worker that thawed was not taken back"
log_wait "$JOBS_TMP/freeze.log" '(last("progress") or {})["leases"].get("2", 0) > 0' 30 ||
  fail "a worker that was taken back got no work"

# ---- kill -9 of the master alone, and nobody may take over: the workers end themselves ----
kill_process KILL "${FARM_PIDS[0]}"
job_wait "$JOB_PID" 30 || fail "the job hangs without its master"
expect_farm_gone
# Open MPI 5 ends the others with the first that leaves with a code.
said=$(grep -c 'no word from the master for 3 s; nobody takes over: --takeover is off' \
  "$JOBS_TMP/freeze.err" || true)
[ "$said" = 2 ] || { [ "$LAUNCHER" = openmpi5 ] && [ "$said" = 1 ]; } ||
  fail "$said of 2 workers say why they end"
note_store freeze

# ---- the same where mpirun ends everything ----
farm_start_plain master 3 "${job[@]}" --interval 0.3
farm_ranks 3
expect_restored master
beyond_committed master
kill_process KILL "${FARM_PIDS[0]}"
job_wait "$JOB_PID" 30 || fail "the job hangs without its master"
expect_eq "exit code of mpirun" 137 "$JOB_EXIT"
expect_farm_gone
note_store master

farm_start_plain worker 3 "${job[@]}" --interval 0.3
farm_ranks 3
expect_restored worker
beyond_committed worker
kill_process KILL "${FARM_PIDS[1]}"
job_wait "$JOB_PID" 30 || fail "the job hangs after the loss of a worker"
expect_eq "exit code of mpirun" 137 "$JOB_EXIT"
expect_farm_gone
note_store worker

# ---- the master is frozen until its workers have given it up, and thaws ----
farm_start thaw 3 "${job[@]}" --interval 0.3 --takeover off
farm_ranks 3
expect_restored thaw
beyond_committed thaw
kill_process STOP "${FARM_PIDS[0]}"
for rank in 1 2; do
  poll_until 30 "worker $rank to give up" process_gone "${FARM_PIDS[$rank]}" ||
    fail "worker $rank waits for a frozen master"
done
kill_process CONT "${FARM_PIDS[0]}"
job_wait "$JOB_PID" 30 || fail "a master without workers hangs"
expect_farm_gone
# Open MPI 5 has killed it with the first worker that left with a code.
if [ "$LAUNCHER" != openmpi5 ]; then
  expect_eq "end of a master without workers" "(75, 'every worker is lost')" \
    "$(log_says thaw '(lambda e: (e["exit_code"], e["text"]))(last("finish"))')"
fi
note_store thaw

# ---- and in the end the published numbers ----
farm_run last 4 "${job[@]}"
expect_restored last
expect_eq "exit code" 0 "$JOB_EXIT"
expect_eq "answer" "$answer" "$(out_says last answer)"
expect_true "units failed, or are not committed" \
  "$(out_says last 'complete and units_failed == 0 and units_committed == units_accepted')"
expect_store_sound "$store"

# A complete job that is started again says the same and executes nothing.
farm_run again 2 "${job[@]}"
expect_eq "exit code" 0 "$JOB_EXIT"
expect_eq "answer of a complete job" "$answer" "$(out_says again answer)"
expect_eq "executions" "$(out_says last executions)" "$(out_says again executions)"
