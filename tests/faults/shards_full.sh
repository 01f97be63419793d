#!/usr/bin/env bash
# Workers whose disk is full, or fails, while they write their large results: a line that says
# which worker and which folder; the run goes on when there is space again; if there never is, it
# ends with 74, and what was durable stays. The mounts live in a namespace of this test and end with
# it.
set -euo pipefail
if [ -z "${STEADFARM_TEST_NAMESPACE:-}" ]; then
  namespace=(unshare --mount)
  [ "$(id -u)" -eq 0 ] || namespace=(unshare --mount --user --map-root-user)
  "${namespace[@]}" true || { echo "no mount namespaces on this machine"; exit 77; }
  exec "${namespace[@]}" env STEADFARM_TEST_NAMESPACE=yes bash "$0" "$@"
fi
# shellcheck source=tests/lib/farms.sh
source "$STEADFARM_SOURCE/tests/lib/farms.sh"
unmount_and_clean_up() {
  local code=$?
  umount -l "$JOBS_TMP"/*/shards 2>/dev/null || true
  (exit "$code")
  farms_cleanup
}
trap unmount_and_clean_up EXIT

units=60
program=("$FARMS_TEST_BIN/units_program" --units "$units" --sleep-us 20000 --result-bytes 200000
  --interval 0.2 --stragglers wait --shard 100000)
canonical() { "$FARMS_BIN/steadfarm" results "$1" --canonical; }
farm_run undisturbed 3 "${program[@]}" --store "$JOBS_TMP/whole"
expect_eq "undisturbed: exit code" 0 "$JOB_EXIT"
canonical "$JOBS_TMP/whole" >"$JOBS_TMP/whole.txt"

# small_disk NAME: a store whose shards lie on a disk of 3 MB, which is far too small for 12 MB.
small_disk() {
  store=$JOBS_TMP/$1
  mkdir -m 700 "$store" "$store/shards"
  mount -t tmpfs -o size=3m,mode=700 steadfarm-test "$store/shards"
}
# expect_trouble NAME WORDS: a warning that says who, why, and where.
expect_trouble() {
  grep -qE "^steadfarm: warning: worker [12] on .* cannot write its large results: .*$2" \
    "$JOBS_TMP/$1.err" || fail "$1: no clear warning: $(cat "$JOBS_TMP/$1.err")"
}
expect_whole() {  # NAME
  expect_eq "$1: exit code" 0 "$JOB_EXIT"
  expect_eq "$1: units" "($units, {'count': $units})" "$(out_says "$1" '(units_committed, answer)')"
  expect_store_sound "$store"
  canonical "$store" | cmp - "$JOBS_TMP/whole.txt" || fail "$1: the results differ"
}

# ---- space appears again ----
small_disk relieved
farm_start_plain relieved 3 "${program[@]}" --store "$store"
log_wait "$JOBS_TMP/relieved.log" 'count("shard_trouble") >= 2' 120 || fail "it never was full"
# The master's own disk has space: what the workers could write is committed.
log_wait "$JOBS_TMP/relieved.log" 'last("progress")["committed"] > 0' 60 || fail "nothing committed"
mount -o remount,size=64m "$store/shards"
job_wait "$JOB_PID" 120 || fail "the run did not end"
expect_trouble relieved "$store/shards/.*[Nn]o space"
expect_whole relieved

# ---- it never does: the workers leave, the run says so, and the next start goes on from there ----
small_disk stuck
farm_run stuck 3 "${program[@]}" --store "$store"
expect_eq "stuck: exit code" 74 "$JOB_EXIT"
expect_trouble stuck "$store/shards/.*[Nn]o space"
grep -qE "^steadfarm: error: .*$store/shards/.*[Nn]o space" "$JOBS_TMP/stuck.err" ||
  fail "stuck: the end does not say why: $(cat "$JOBS_TMP/stuck.err")"
committed=$(store_says "$store" committed)
[ "$committed" -gt 0 ] || fail "stuck: nothing was committed"
echo "stuck: ended with 74 and $committed of $units units committed"
mount -o remount,size=64m "$store/shards"
farm_run again 3 "${program[@]}" --store "$store"
expect_eq "again: units restored" "$committed" "$(out_says again units_restored)"
expect_whole again

# ---- every fsync of one worker is an EIO: it says so, and goes on when that is over ----
store=$JOBS_TMP/failing
cat >"$JOBS_TMP/one_bad_disk.sh" <<'SH'
#!/usr/bin/env bash
# Rank 2 alone has the bad disk.
rank=${OMPI_COMM_WORLD_RANK:-${PMIX_RANK:-${PMI_RANK:-0}}}
if [ "$rank" = 2 ]; then export LD_PRELOAD=$BAD_DISK; fi
exec "$@"
SH
chmod +x "$JOBS_TMP/one_bad_disk.sh"
touch "$JOBS_TMP/fails"
export BAD_DISK=$STEADFARM_BUILD/tests/libslow_disk.so SLOW_DISK_FAILS=$JOBS_TMP/fails
SLOW_DISK_FOLDER=$(realpath "$JOBS_TMP")/failing
export SLOW_DISK_FOLDER
log=$JOBS_TMP/failing.log
job_start failing "${MPIRUN[@]}" -n 3 "$JOBS_TMP/one_bad_disk.sh" "${program[@]}" --json \
  --progress off --log "$log" --store "$store"
log_wait "$log" 'count("shard_trouble", rank=2) >= 2' 120 || fail "no fsync failed"
rm "$JOBS_TMP/fails"
job_wait "$JOB_PID" 120 || fail "the run did not end"
expect_trouble failing "$store.*Input/output error"
expect_eq "failing: workers in trouble" "[2]" \
  "$(log_says failing 'sorted(set(values("shard_trouble", "rank")))')"
expect_whole failing
