#!/usr/bin/env bash
# Files of a store that cannot be read for a moment, for a while, for good, or that come into sight
# late: nothing is damaged, nothing moves, and the run goes on or ends with 74 and says what to do.
# What was set aside comes back. The troubles come from lacking_disk.cpp, through LD_PRELOAD.
set -euo pipefail
# shellcheck source=tests/lib/farms.sh
source "$STEADFARM_SOURCE/tests/lib/farms.sh"

disk=$(realpath "$JOBS_TMP")/disk
mkdir "$disk"
whole=$disk/whole
job=("$FARMS_TEST_BIN/units_program" --units 400 --result-bytes 2000 --shard 1000)

# contents FOLDER: name and digest of every file below it.
contents() { (cd "$1" && find . -type f -exec sha256sum {} + | sort -k2); }

# troubled NAME PART ERRNO: a copy of the store in which files with PART in their names cannot be
# opened on rank 0, for $times times or while $flag is there.
troubled() {
  store=$disk/$1
  cp -a "$whole" "$store"
  before=$(contents "$store")
  export LD_PRELOAD=$FARMS_TEST_BIN/liblacking_disk.so LACKING_DISK_FOLDER=$disk
  export LACKING_DISK=reading LACKING_DISK_RANK=0 LACKING_DISK_NAME=$2 LACKING_DISK_ERRNO=$3
  unset LACKING_DISK_TIMES LACKING_DISK_WHILE
  if [ -n "${times:-}" ]; then export LACKING_DISK_TIMES=$times; fi
  if [ -n "${flag:-}" ]; then
    export LACKING_DISK_WHILE=$flag
    : >"$flag"
  fi
}
calm() { unset LD_PRELOAD LACKING_DISK LACKING_DISK_NAME LACKING_DISK_TIMES LACKING_DISK_WHILE; }

# ---- a store in the middle of the job, with a segment that all generations share ----
farm_start_plain made 3 "${job[@]}" --sleep-us 20000 --store "$whole" --interval 0.3
farm_ranks 3
log_wait "$JOBS_TMP/made.log" \
  'count("generation_durable") >= 4 and (last("progress") or {}).get("committed", 0) > 60' 60 ||
  fail "no generations were made"
ask_to_stop
job_wait "$JOB_PID" 20 || fail "the job did not stop"
expect_eq "exit code" 75 "$JOB_EXIT"
shared=$(cd "$whole" && find . -name 'segment-*' -printf '%f\n' | sort | head -n 1)
newest=$(cd "$whole" && find . -name 'manifest-*' -printf '%f\n' | sort | tail -n 1)
shard=$(cd "$whole" && find shards -name 'shard-*' -printf '%f\n' | sort | head -n 1)
[ -n "$shard" ] || fail "the store has no shard"

# ---- a moment: as often as the fault that once destroyed stores, and for each kind of file ----
for part in "$shared" "$newest" "$shard"; do
  for error in 5 116 24; do # EIO, ESTALE, EMFILE
    times=6 flag=''
    troubled "moment_$error-$part" "$part" "$error"
    farm_run "moment_$error-$part" 2 "${job[@]}" --store "$store"
    calm
    expect_eq "$part, errno $error, for a moment: exit code" 0 "$JOB_EXIT"
    expect_eq "$part, errno $error: committed" 400 \
      "$(out_says "moment_$error-$part" units_committed)"
    expect_store_sound "$store"
  done
done

# ---- late: heartbeats go on, nobody is lost, and nothing is put away ----
for part in "$shared" "$newest" "$shard"; do
  times='' flag=$disk/flag
  troubled "late_$part" "$part" 2 # ENOENT
  farm_start_plain "late_$part" 3 "${job[@]}" --store "$store" --timeout 1 --heartbeat 0.2
  poll_until 30 "word of what it waits for" \
    grep -q "not visible here yet.*trying again" "$JOBS_TMP/late_$part.err" ||
    fail "$part: it does not say what it waits for: $(cat "$JOBS_TMP/late_$part.err")"
  sleep 2 # longer than the time-out
  rm "$flag"
  job_wait "$JOB_PID" 60 || fail "$part, late: it did not end"
  calm
  expect_eq "$part, late: exit code" 0 "$JOB_EXIT"
  expect_eq "$part, late: workers lost" 0 "$(out_says "late_$part" workers_lost)"
  expect_eq "$part, late: committed" 400 "$(out_says "late_$part" units_committed)"
  expect_store_sound "$store"
done

# ---- for good: 74, nothing changed, and no advice to throw it away ----
for error in 5 13; do # EIO is waited for, EACCES is not
  times='' flag=$disk/flag
  troubled "good_$error" "$shared" "$error"
  farm_run "good_$error" 2 "${job[@]}" --store "$store" --read-patience 1.5
  calm
  expect_eq "errno $error for good: exit code" 74 "$JOB_EXIT"
  expect_eq "errno $error for good: what changed" "$before" "$(contents "$store")"
  grep -q "^steadfarm: error: the store .*$shared.*nothing was changed" \
    "$JOBS_TMP/good_$error.err" || fail "errno $error: $(cat "$JOBS_TMP/good_$error.err")"
  if grep -q -e --fresh "$JOBS_TMP/good_$error.err"; then fail "it advises to discard the store"; fi
done

# ---- a stop while it waits ----
times='' flag=$disk/flag
troubled stop "$shared" 5
job_start stop "${job[@]}" --progress off --json --store "$store"
poll_until 30 "it to wait" grep -q "trying again" "$JOBS_TMP/stop.err" || fail "it does not wait"
kill_process TERM "$JOB_PID"
job_wait "$JOB_PID" 10 || fail "a stop did not end the waiting"
calm
expect_eq "stopped while it waits: exit code" 75 "$JOB_EXIT"
expect_eq "stopped while it waits: what changed" "$before" "$(contents "$store")"

# ---- the supervisor starts again until it can be read ----
times='' flag=$disk/flag
troubled again "$shared" 5
job_start again "$FARMS_BIN/steadfarm" run --backoff 0.2 -- "${MPIRUN[@]}" -n 2 "${job[@]}" \
  --progress off --json --store "$store" --read-patience 1
poll_until 60 "a start that could not read" grep -q "exit code 74" "$JOBS_TMP/again.err" ||
  fail "no start ended with 74: $(cat "$JOBS_TMP/again.err")"
rm "$flag"
job_wait "$JOB_PID" 60 || fail "the supervised job did not end"
calm
expect_eq "supervised: exit code" 0 "$JOB_EXIT"
expect_store_sound "$store"

# ---- what was set aside by mistake comes back, and goes on request ----
store=$disk/restored
cp -a "$whole" "$store"
mkdir -m 700 "$store/bad"
mv "$store/$shared" "$store/$newest" "$store/bad"
find "$store/shards" -name "$shard" -exec mv {} "$store/bad" \;
code=0
"$FARMS_BIN/steadfarm" clean "$store" >"$JOBS_TMP/clean.out" 2>&1 || code=$?
expect_eq "clean while nothing verifies: exit code" 65 "$code"
grep -q "steadfarm restore" "$JOBS_TMP/clean.out" || fail "$(cat "$JOBS_TMP/clean.out")"
"$FARMS_BIN/steadfarm" inspect "$store" >"$JOBS_TMP/inspect.out" 2>&1 || true
"$FARMS_BIN/steadfarm" restore "$store" >"$JOBS_TMP/restore.out" ||
  fail "restore: $(cat "$JOBS_TMP/restore.out")"
grep -q "^3 files put back, 0 stay" "$JOBS_TMP/restore.out" || fail "$(cat "$JOBS_TMP/restore.out")"
expect_eq "restored" "$(contents "$whole")" "$(contents "$store")"
cp "$store/$newest" "$store/bad/manifest-000000000001"
"$FARMS_BIN/steadfarm" inspect "$store" | grep -q "^bad .*1 files" ||
  fail "inspect is silent on the folder bad"
"$FARMS_BIN/steadfarm" clean "$store" | grep -q "^bad: 1 files with [0-9]* bytes removed" ||
  fail "clean does not say what it removed"
expect_eq "cleaned" "$(contents "$whole")" "$(contents "$store")"
