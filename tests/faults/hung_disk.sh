#!/usr/bin/env bash
# The disk hangs for ever: no fsync returns any more. The units are done all the same, then the run
# says so and ends with 74 in bounded time, also when it is stopped, and nothing committed is lost.
set -euo pipefail
# shellcheck source=tests/lib/farms.sh
source "$STEADFARM_SOURCE/tests/lib/farms.sh"

store=$JOBS_TMP/store units=600
export SLOW_DISK_FOLDER=$store SLOW_DISK_HANGS=$JOBS_TMP/hangs
program() {  # NAME RANKS
  LD_PRELOAD=$FARMS_TEST_BIN/libslow_disk.so farm_start_plain "$1" "$2" \
    "$FARMS_TEST_BIN/units_program" --units $units --sleep-us 20000 --store "$store" \
    --interval 0.2 --heartbeat 0.25 --timeout 3
}

# expect_hung NAME WITHIN_S: it ends so soon, with a clear word and with what is durable.
expect_hung() {
  local begun=$SECONDS
  job_wait "$JOB_PID" "$2" || fail "$1: the hung disk keeps the whole job"
  echo "$1: ended $((SECONDS - begun)) s later with exit code $JOB_EXIT"
  expect_eq "$1: exit code of the master" 74 "$(log_says "$1" 'last("finish")["exit_code"]')"
  # Hydra may say that of a rank that it has ended because the master left without MPI_Finalize.
  if [ "$LAUNCHER" != mpich ]; then expect_eq "$1: exit code" 74 "$JOB_EXIT"; fi
  grep -qF "a call to the store '$store' has not returned" "$JOBS_TMP/$1.err" ||
    fail "$1: nothing was said of the store that hangs"
  grep -q "accepted units are, run the same command again for the rest" "$JOBS_TMP/$1.err" ||
    fail "$1: nothing was said of what is durable"
  expect_farm_gone
  COMMITTED=$(out_says "$1" units_committed)
  [ "$COMMITTED" -lt "$(out_says "$1" units_accepted)" ] || fail "$1: all of it was committed"
  rm "$SLOW_DISK_HANGS"
  local stored
  stored=$(store_says "$store" committed)
  [ "$stored" -ge "$COMMITTED" ] || fail "$1: $COMMITTED committed, the store has $stored"
}

# 20 s at most to the end of a stop (5 for the units, 6 for the store, 3 for the goodbyes).
program stopped 3
farm_ranks 3
at_units stopped 100
touch "$SLOW_DISK_HANGS"
sleep 1
kill_process TERM "${FARM_PIDS[0]}"
expect_hung stopped 20

# To the end of the units, 30 s for one step of the store, and the goodbyes.
program finished 3
farm_ranks 3
at_units finished 200
touch "$SLOW_DISK_HANGS"
expect_hung finished 60

# On a disk that works again.
program healed 3
farm_ranks 3
job_wait "$JOB_PID" 60 || fail "the job does not end on a good disk"
expect_eq "exit code" 0 "$JOB_EXIT"
expect_eq "units committed" $units "$(out_says healed units_committed)"
expect_store_sound "$store"
