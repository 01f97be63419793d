# shellcheck shell=bash disable=SC2034
# Farm programs under mpirun, their stores, and what must hold after a run. On top of jobs.sh.
# Source it after `set -euo pipefail`; STEADFARM_BUILD says where the programs are.
#
# A run NAME has its event log in $JOBS_TMP/NAME.log, its output in NAME.out and NAME.err.

# shellcheck source=tests/lib/jobs.sh
source "$(dirname "${BASH_SOURCE[0]}")/jobs.sh"
FARMS_BIN=${STEADFARM_BUILD:?set it to the build folder}/bin
FARMS_TEST_BIN=$STEADFARM_BUILD/tests

# What a killed MPI leaves behind, session folders and shared memory, goes with the test.
export TMPDIR=$JOBS_TMP
FARMS_SHARED_MEMORY=
if [ -d /dev/shm ]; then
  FARMS_SHARED_MEMORY=$(mktemp -d /dev/shm/steadfarm-test.XXXXXX)
  export OMPI_MCA_btl_vader_backing_directory=$FARMS_SHARED_MEMORY  # Open MPI 4
  export OMPI_MCA_btl_sm_backing_directory=$FARMS_SHARED_MEMORY     # Open MPI 5
fi
farms_cleanup() {
  local code=$?
  set +e
  jobs_end
  rm -rf "$FARMS_SHARED_MEMORY"
  (exit "$code")
  jobs_cleanup
}
trap farms_cleanup EXIT

# farm_start NAME RANKS PROGRAM ARGS...: in a way that survives the loss of a worker. mpirun's
# process id is in JOB_PID; its exit code says nothing then.
farm_start() {
  local name=$1 ranks=$2 program=$3
  shift 3
  rm -f "$JOBS_TMP/$name.log"
  [[ $program == */* ]] || program=$FARMS_BIN/$program
  job_start "$name" "${MPIRUN[@]}" "${MPIRUN_RECOVERY[@]}" -n "$ranks" "$program" \
    --json --progress off --log "$JOBS_TMP/$name.log" --timeout "${FARMS_TIMEOUT:-3}" \
    --heartbeat 0.25 "$@"
}

# farm_start_plain NAME RANKS PROGRAM ARGS...: mpirun ends everything when it loses a rank, and
# passes on the exit code of a rank that ends by itself.
farm_start_plain() {
  local name=$1 ranks=$2 program=$3
  shift 3
  rm -f "$JOBS_TMP/$name.log"
  [[ $program == */* ]] || program=$FARMS_BIN/$program
  job_start "$name" "${MPIRUN[@]}" -n "$ranks" "$program" \
    --json --progress off --log "$JOBS_TMP/$name.log" "$@"
}

# farm_run NAME RANKS PROGRAM ARGS...: the same, to the end. The exit code is in JOB_EXIT.
farm_run() {
  farm_start_plain "$@"
  job_wait "$JOB_PID" 400 || fail "$1 did not end"
}

# farm_ranks RANKS: waits until all ranks of JOB_PID run; their process ids are in FARM_PIDS.
farm_ranks() {
  local rank
  FARM_PIDS=()
  for ((rank = 0; rank < $1; ++rank)); do
    rank_pid "$JOB_PID" "$rank" 60 || fail "rank $rank did not start"
    FARM_PIDS+=("$RANK_PID")
  done
}

farm_is_gone() {
  local pid
  for pid in "${FARM_PIDS[@]}"; do process_gone "$pid" || return 1; done
}

# Every rank that farm_ranks found has ended.
expect_farm_gone() {
  poll_until 20 "all ranks to end" farm_is_gone || fail "a rank lives on after the end"
}

# SIGKILL for mpirun and every rank, at the same moment.
farm_kill_all() {
  kill -s KILL "$JOB_PID" "${FARM_PIDS[@]}" || fail "a process had ended before it was killed"
  poll_until 20 "mpirun to die" process_gone "$JOB_PID"
  expect_farm_gone
}

# at_units NAME UNITS: waits until the log of the run shows so many accepted units.
at_units() {
  log_wait "$JOBS_TMP/$1.log" "(last('progress') or {}).get('accepted', 0) >= $2" 300 ||
    fail "$1 never had $2 units accepted"
}

# beyond_committed NAME: waits until this run has made more durable than COMMITTED units.
beyond_committed() {
  log_wait "$JOBS_TMP/$1.log" "(last('progress') or {}).get('committed', 0) > $COMMITTED" 300 ||
    fail "$1 never made more durable than $COMMITTED units"
}

# at_units_held NAME UNITS RANK: the same, and the same line of the log shows units with the rank. A
# worker that is killed then takes units with it.
at_units_held() {
  log_wait "$JOBS_TMP/$1.log" "(lambda p: p is not None and p['accepted'] >= $2 and
    p['leases'].get('$3', 0) > 0)(last('progress'))" 300 ||
    fail "$1 never had $2 units accepted while rank $3 held some"
}

# log_says NAME EXPRESSION: of the event log. out_says NAME EXPRESSION: of the JSON object that the
# program printed, whose fields are names in the expression.
log_says() { log_value "$JOBS_TMP/$1.log" "$2"; }
out_says() { json_says "$JOBS_TMP/$1.out" "$2"; }

# json_says FILE EXPRESSION: of the object in the last line of a file. Hydra may have its own words
# after it.
json_says() {
  "$JOBS_PYTHON" -c 'import json, sys
fields = json.loads([l for l in open(sys.argv[1]).read().splitlines() if l.startswith("{")][-1])
fields.update({"true": True, "false": False, "null": None})
print(eval(sys.argv[2], fields))' "$1" "$2"
}

expect_true() {  # WHAT VALUE
  [ "$2" = True ] || fail "$1"
}

# store_says STORE EXPRESSION: of what `steadfarm inspect --json` prints.
store_says() {
  "$FARMS_BIN/steadfarm" inspect --json "$1" >"$JOBS_TMP/inspect.json" ||
    fail "steadfarm inspect $1 failed"
  json_says "$JOBS_TMP/inspect.json" "$2"
}

# expect_store_sound STORE [KILLED_EPOCH]: a store that nobody uses now: it verifies, nothing was
# set aside, and no temporary file is left, but of an owner that was killed while it may have been
# writing one, and shards that a dead worker was writing: they stay until the next take-over.
expect_store_sound() {
  local output odd
  output=$("$FARMS_BIN/steadfarm" verify "$1" 2>&1) || fail "steadfarm verify $1: $output"
  odd=$(find "$1" -mindepth 1 ! -name 'manifest-*' ! -name 'segment-*.h5' ! -path "$1/shards" \
    ! -path "$1/shards/??" ! -path "$1/shards/??/shard-*.h5" ! -path "$1/shards/??/temp-*" \
    ! -path "$1/temp-${2:-none}-*")
  expect_eq "files in $1 that are neither manifest nor segment nor shard" "" "$odd"
}

# ask_to_stop: SIGUSR2 to the launcher, which hands it on. Hydra would die of it: to the master.
ask_to_stop() {
  local whom=$JOB_PID
  if [ "$LAUNCHER" = mpich ]; then whom=${FARM_PIDS[0]}; fi
  kill_process USR2 "$whom"
}

accepted_now() { log_says "$1" 'last("progress")["accepted"]'; }

# expect_middle WHAT ACCEPTED TOTAL: a fault came when 10 to 90 % of the work was done.
expect_middle() {
  if [ $(($2 * 10)) -lt "$3" ] || [ $(($2 * 10)) -gt $(($3 * 9)) ]; then
    fail "$1: $2 of $3 units were accepted at the kill; it proves nothing"
  fi
  echo "$1: killed with $2 of $3 units accepted"
}

# expect_victim NAME RANK: this rank and no other was lost in the run, and it had units. That is
# certain only with `--stragglers wait`: second executions may finish what a dead worker held before
# it is lost.
expect_victim() {
  expect_eq "$1: ranks lost" "[$2]" "$(log_says "$1" 'values("worker_lost", "rank")')"
  expect_true "$1: the victim held no units" "$(log_says "$1" 'last("worker_lost")["leases"] > 0')"
  expect_eq "$1: workers lost" 1 "$(out_says "$1" workers_lost)"
}

# expect_committed NAME STORE: what the dead run's log calls committed is in the store, whose count
# is then in COMMITTED; and there was something.
expect_committed() {
  local logged
  logged=$(log_says "$1" 'max(values("progress", "committed"))')
  [ "$logged" -gt 0 ] || fail "$1: nothing was committed before the kill; it proves nothing"
  COMMITTED=$(store_says "$2" committed)
  [ "$COMMITTED" -ge "$logged" ] || fail "$1: the log says $logged, the store $COMMITTED committed"
  expect_eq "$1: store is complete" False "$(store_says "$2" complete)"
}
