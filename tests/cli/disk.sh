#!/usr/bin/env bash
# Disks that are read-only or full, and folders of others: a clear line, the right exit code, and
# what was durable stays so. The mounts live in a namespace of this test and end with it.
set -euo pipefail
if [ -z "${STEADFARM_TEST_NAMESPACE:-}" ]; then
  namespace=(unshare --mount)
  [ "$(id -u)" -eq 0 ] || namespace=(unshare --mount --user --map-root-user)
  "${namespace[@]}" true || { echo "no mount namespaces on this machine"; exit 77; }
  exec "${namespace[@]}" env STEADFARM_TEST_NAMESPACE=yes bash "$0" "$@"
fi
# shellcheck source=tests/lib/farms.sh
source "$STEADFARM_SOURCE/tests/lib/farms.sh"

disk=$JOBS_TMP/disk
mkdir "$disk"
mount -t tmpfs -o size=2m,mode=700 steadfarm-test "$disk"
trap 'code=$?; umount -l "$disk" || true; (exit "$code"); farms_cleanup' EXIT
contents() { (cd "$1" && find . -type f -exec sha256sum {} + | sort -k2); }
said_once() {  # NAME WORDS
  expect_eq "$1: lines with '$2'" 1 "$(grep -cE "$2" "$JOBS_TMP/$1.err")"
}

# ---- read-only ----
store=$disk/store
farm_run made 2 uts --tree T3 --store "$store"
expect_eq "exit code" 0 "$JOB_EXIT"
mount -o remount,ro "$disk"
before=$(contents "$store")
farm_run readonly 3 uts --tree T3 --store "$store"
expect_eq "a store on a read-only disk: exit code" 65 "$JOB_EXIT"
said_once readonly "^steadfarm: error: .*$store.*[Rr]ead-only"
farm_run nowhere 3 uts --tree T3 --store "$disk/new"
expect_eq "a new store on a read-only disk: exit code" 65 "$JOB_EXIT"
said_once nowhere "^steadfarm: error: .*$disk/new.*[Rr]ead-only"
expect_eq "inspect on a read-only disk" True "$(store_says "$store" complete)"
"$FARMS_BIN/steadfarm" verify "$store" >/dev/null || fail "verify on a read-only disk"
expect_eq "what changed" "$before" "$(contents "$store")"
mount -o remount,rw "$disk"
rm -rf "$store"

# ---- full at the start ----
fill() {  # KIB_LEFT: fills the disk but for so much
  local free
  free=$(df --output=avail -k "$disk" | tail -n 1)
  head -c $(((free - $1) * 1024)) /dev/zero >"$disk/filler"
}
fill 0
farm_run full 3 uts --tree T3 --store "$store"
expect_eq "a full disk at the start: exit code" 65 "$JOB_EXIT"
said_once full "^steadfarm: error: .*$store.*[Nn]o space"
expect_eq "a full disk at the start: output" "" "$(cat "$JOBS_TMP/full.out")"
rm -rf "$store" "$disk/filler"

# ---- full at the end: the answer is not durable, and therefore printed ----
fill 48
farm_run answered 3 uts --tree T3 --store "$store" --interval 600
expect_eq "no space for the end: exit code" 74 "$JOB_EXIT"
said_once answered 'could not be made durable'
expect_eq "no space for the end: answer" "(False, 4112897)" \
  "$(out_says answered '(complete, answer["nodes"])')"
rm -rf "$store" "$disk/filler"

# ---- full in mid-run: it goes on, warns, and says 74 if the end is not durable ----
program=("$FARMS_TEST_BIN/units_program" --units 3000 --result-bytes 2000)
farm_run filling 3 "${program[@]}" --store "$store" --sleep-us 1000 --interval 0.2
expect_eq "a disk that fills up: exit code" 74 "$JOB_EXIT"
expect_eq "units accepted, and counted" "(3000, {'count': 3000})" \
  "$(out_says filling '(units_accepted, answer)')"
grep -qE '^steadfarm: warning: a checkpoint failed, .*free some space' "$JOBS_TMP/filling.err" ||
  fail "no warning: $(cat "$JOBS_TMP/filling.err")"
said_once filling '^steadfarm: error: .*durable'
warnings=$(grep -c 'warning: a checkpoint failed' "$JOBS_TMP/filling.err")
[ "$warnings" -le 10 ] || fail "$warnings warnings are too many"
committed=$(store_says "$store" committed)
[ "$committed" -gt 0 ] || fail "nothing was committed before the disk was full"
expect_eq "committed, says the run" "$committed" "$(out_says filling units_committed)"
expect_store_sound "$store"

# Space appears, and the same command goes on from there.
mount -o remount,size=64m "$disk"
farm_run resumed 3 "${program[@]}" --store "$store"
expect_eq "after making space: exit code" 0 "$JOB_EXIT"
expect_eq "after making space" "($committed, 3000, {'count': 3000})" \
  "$(out_says resumed '(units_restored, units_committed, answer)')"
expect_store_sound "$store"
rm -rf "$store"

# Space appears in mid-run: the warnings end, and so does the run, well.
mount -o remount,size=2m "$disk"
farm_start_plain relieved 3 "${program[@]}" --store "$store" --sleep-us 2000 --interval 0.2
log_wait "$JOBS_TMP/relieved.log" 'count("generation_failed") >= 1' 60 || fail "it never was full"
mount -o remount,size=64m "$disk"
job_wait "$JOB_PID" 120 || fail "the run did not end"
expect_eq "space in mid-run: exit code" 0 "$JOB_EXIT"
expect_eq "space in mid-run: committed" 3000 "$(out_says relieved units_committed)"
expect_store_sound "$store"

# ---- a folder of somebody else ----
if [ "$(id -u)" -eq 0 ] && setpriv --reuid=65534 --regid=65534 --clear-groups true 2>/dev/null; then
  other=$disk/nobody
  mkdir -m 711 "$other"
  cp "$FARMS_BIN/uts" "$FARMS_BIN/steadfarm" "$other/"
  mkdir -m 700 "$other/tmp"
  chown 65534:65534 "$other/tmp"
  chmod 711 "$disk" "$JOBS_TMP"
  as_nobody() {
    env TMPDIR="$other/tmp" setpriv --reuid=65534 --regid=65534 --clear-groups "$@" \
      >"$JOBS_TMP/nobody.out" 2>"$JOBS_TMP/nobody.err" </dev/null
  }
  # For a farm it is the wrong folder; a reader may be let in, and then it goes well.
  for command in "uts --tree T3 --store" "steadfarm inspect" "steadfarm verify"; do
    code=0 expected=74
    if [ "${command%% *}" = uts ]; then expected=65; fi
    # shellcheck disable=SC2086 # words
    as_nobody "$other/"$command "$store" || code=$?
    expect_eq "nobody's $command: exit code" "$expected" "$code"
    expect_eq "nobody's $command: lines" 1 "$(grep -c "error: .*$store" "$JOBS_TMP/nobody.err")"
  done
  mkdir -m 755 "$other/root-owned"
  code=0
  as_nobody "$other/uts" --tree T3 --store "$other/root-owned" || code=$?
  expect_eq "a folder of root: exit code" 65 "$code"
  said_once nobody 'error: the folder .*root-owned belongs to root .user 0. and not to you'
  as_nobody "$other/uts" --tree T3 --json --store "$other/tmp/store" || fail "nobody's own store"
  expect_eq "nobody's own store" 4112897 "$(out_says nobody 'answer["nodes"]')"
fi
