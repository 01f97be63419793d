#!/usr/bin/env bash
# Lost workers are replaced in the background (--respawn): two are killed and replaced while the
# third one works on, then that one as well, so that the rest of the work is the replacements'. A
# replacement that is lost is replaced like any other. One that cannot be started, or whose start
# does not return, or returns when all is over, holds up nothing. The answer is the published one
# every time.
set -euo pipefail
# shellcheck source=tests/lib/farms.sh
source "$STEADFARM_SOURCE/tests/lib/farms.sh"

if [ "$LAUNCHER" != openmpi4 ] && [ "$LAUNCHER" != openmpi5 ]; then
  echo "no replacements with this MPI; nothing to test"
  exit 0
fi
# The others talk to a replacement over TCP.
if [ "$LAUNCHER" = openmpi5 ]; then
  export OMPI_MCA_btl=self,sm,tcp OMPI_MCA_btl_tcp_if_include=lo
fi
FARMS_TIMEOUT=2
units=12149
# The pause leaves a fast machine work for the replacements.
arguments=(uts --tree T1L --grain 20000 --pause-us 1500 --interval 0.5 --respawn)
answer="{'nodes': 102181082, 'depth': 13, 'leaves': 81746377}"

expect_answer() {  # NAME LOST
  expect_eq "$1: answer" "$answer" "$(out_says "$1" answer)"
  expect_true "$1: is not complete, or units failed" \
    "$(out_says "$1" 'complete and units_failed == 0')"
  expect_eq "$1: workers lost" "$2" "$(out_says "$1" workers_lost)"
}
# joined NAME RANK: waits until it has. HUNG is 1 if MPI_Comm_spawn has not come back instead: with
# OpenPMIx 4.2, that of Debian 12, a new process hangs in PMIx_Init now and then, and the master in
# PMIx_Lookup with it (openpmix, issue 2735).
joined() {
  if [ "$HUNG" = 1 ]; then return; fi
  log_wait "$JOBS_TMP/$1.log" "(count('worker_joined', rank=$2) > 0 or
    count('replacement_failed', rank=$2) > 0 or count('finish') > 0)" 60 ||
    fail "$1: replacement $2 never joined"
  if [ "$(log_says "$1" "count('worker_joined', rank=$2)")" -gt 0 ]; then return; fi
  grep -qE 'starting it has not returned|MPI_Comm_spawn has not returned' "$JOBS_TMP/$1.err" ||
    fail "$1: replacement $2 never joined"
  HUNG=1
}
# part FUNCTION: with a name for its run; anew, twice at most, where MPI_Comm_spawn has hung.
part() {
  local try
  for try in 1 2 3; do
    HUNG=0
    "$1" "${1#part_}$try"
    if [ "$HUNG" = 0 ]; then return; fi
    echo "${1#part_}$try: MPI_Comm_spawn hung by itself; once more"
    jobs_end
  done
  fail "MPI_Comm_spawn hung three times in a row"
}
# find_replacement RANK: prints its process id.
find_replacement() {
  local pid
  for pid in $(descendants_of "$JOB_PID"); do
    if grep -qzx "STEADFARM_REPLACEMENT=$1" "/proc/$pid/environ" 2>/dev/null; then
      echo "$pid"
      return 0
    fi
  done
  return 1
}

# done_at NAME KIND RANK: how much is done there, by the log, which says so at each loss and start.
done_at() {
  log_says "$1" "[e['accepted'] for before, e in zip(events, events[1:])
                  if before['kind'] == '$2' and before['rank'] == $3][0]"
}

# ---- two at once, then the third ----
part_three() {
  local name=$1 killed_at lost_at started_at rank
  farm_start "$name" 4 "${arguments[@]}" --store "$JOBS_TMP/$name"
  farm_ranks 4
  at_units "$name" $((units / 6))
  kill_process KILL "${FARM_PIDS[1]}"
  kill_process KILL "${FARM_PIDS[2]}"
  joined "$name" 4
  joined "$name" 5
  if [ "$HUNG" = 1 ]; then return; fi
  kill_process KILL "${FARM_PIDS[3]}"
  killed_at=$(accepted_now "$name")
  joined "$name" 6
  if [ "$HUNG" = 1 ]; then return; fi
  job_wait "$JOB_PID" 300 || fail "the run did not end after the loss of every first worker"
  expect_answer "$name" 3
  expect_middle "the last of the first workers" "$killed_at" "$(out_says "$name" units_accepted)"
  expect_eq "ranks lost" "[1, 2, 3]" "$(log_says "$name" 'sorted(values("worker_lost", "rank"))')"
  expect_eq "replacements" "[4, 5, 6]" "$(log_says "$name" 'values("replacement_started", "rank")')"
  lost_at=$(done_at "$name" worker_lost 1)
  started_at=$(done_at "$name" replacement_started 5)
  [ "$started_at" -gt "$lost_at" ] ||
    fail "work stood still from the first loss ($lost_at units) to the second start ($started_at)"
  echo "$name: $lost_at units done at the first loss, $started_at when both were replaced"
  for rank in 4 5 6; do
    expect_true "replacement $rank never had units" "$(log_says "$name" \
      "any(e['leases'].get('$rank', 0) > 0 for e in events if e['kind'] == 'progress')")"
  done
  expect_store_sound "$JOBS_TMP/$name"
}
part part_three

# ---- a replacement falls silent and is lost; it is killed before the end so that mpirun ends ----
part_again() {
  local name=$1 replacement
  farm_start "$name" 3 "${arguments[@]}" --store "$JOBS_TMP/$name"
  farm_ranks 3
  at_units "$name" $((units / 6))
  kill_process KILL "${FARM_PIDS[1]}"
  joined "$name" 3
  if [ "$HUNG" = 1 ]; then return; fi
  replacement=$(find_replacement 3) || fail "replacement 3 is nowhere"
  kill_process STOP "$replacement"
  joined "$name" 4
  if [ "$HUNG" = 1 ]; then return; fi
  expect_eq "ranks lost" "[1, 3]" "$(log_says "$name" 'values("worker_lost", "rank")')"
  kill_process CONT "$replacement"
  log_wait "$JOBS_TMP/$name.log" "count('worker_returned', rank=3) > 0" 60 ||
    fail "replacement 3 was not taken back"
  job_wait "$JOB_PID" 300 || fail "the run did not end after the loss of a replacement"
  expect_answer "$name" 2
}
part part_again

# ---- what goes wrong with MPI_Comm_spawn ----
preload=$FARMS_TEST_BIN/libstuck_spawn.so
[ -e "$preload" ] || fail "$preload is not built"

with_spawn() {  # NAME HOW: a run that loses worker 1
  MPIRUN=(env LD_PRELOAD="$preload" STUCK_SPAWN="$2" "${MPIRUN[@]}")
  farm_start "$1" 3 "${arguments[@]}" --store "$JOBS_TMP/$1"
  MPIRUN=("${MPIRUN[@]:3}")
  farm_ranks 3
  at_units "$1" $((units / 6))
  kill_process KILL "${FARM_PIDS[1]}"
  log_wait "$JOBS_TMP/$1.log" "count('replacement_wanted', rank=3) > 0" 60 ||
    fail "$1: no replacement was wanted"
}

# The new process hangs in MPI_Init and gives up: that is no reason to end mpirun and all others.
with_spawn stuck child
poll_until 60 "the new process to give up" \
  grep -q "MPI did not start within 2 s" "$JOBS_TMP/stuck.err" || fail "stuck: it never gave up"
process_alive "${FARM_PIDS[0]}" || fail "stuck: the farm is over; it proves nothing"
job_wait "$JOB_PID" 300 || fail "the run did not end when a replacement hung in MPI_Init"
expect_answer stuck 1
expect_eq "stuck: times that it was told to stop" 0 "$(log_says stuck 'count("stopping")')"

arguments=("${arguments[@]/1500/300}") # no replacement has to come in time here
with_spawn failing fails
job_wait "$JOB_PID" 300 || fail "the run did not end when no replacement could be started"
expect_answer failing 1
grep -q 'warning: a lost worker could not be replaced: MPI_Comm_spawn: MPI_ERR_SPAWN' \
  "$JOBS_TMP/failing.err" || fail "nothing was said of the failed start"

with_spawn hanging hangs
job_wait "$JOB_PID" 300 || fail "the run did not end while MPI_Comm_spawn hung"
expect_answer hanging 1
expect_eq "hanging: exit code of the master" 0 "$(log_says hanging 'last("finish")["exit_code"]')"
grep -q 'warning: MPI_Comm_spawn has not returned; this process ends without MPI_Finalize' \
  "$JOBS_TMP/hanging.err" || fail "nothing was said of the start that hangs"
expect_farm_gone

with_spawn late "$JOBS_TMP/over"
log_wait "$JOBS_TMP/late.log" "count('worker_left') > 0" 300 || fail "late: the run did not end"
touch "$JOBS_TMP/over"
job_wait "$JOB_PID" 300 || fail "the run did not end when a replacement came too late"
expect_answer late 1
expect_eq "late: joined after the end" 0 "$(log_says late "count('worker_joined', rank=3)")"
expect_farm_gone

# ---- where there can be none ----
for mode in init communicator; do
  code=0
  "${MPIRUN[@]}" -n 2 "$FARMS_TEST_BIN/respawn_refused" "$mode" >"$JOBS_TMP/$mode.out" \
    2>"$JOBS_TMP/$mode.err" || code=$?
  expect_eq "exit code with $mode" 64 "$code"
  said=$(grep -c '^steadfarm: error: --respawn: no worker can be replaced' "$JOBS_TMP/$mode.err")
  expect_eq "lines about --respawn with $mode" 1 "$said"
done
