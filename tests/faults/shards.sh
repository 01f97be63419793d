#!/usr/bin/env bash
# Large results stay with the workers, in shards: a worker is killed, then everything, and the job
# goes on with another number of ranks. What is read back is what an undisturbed run without shards
# gives, byte for byte, also without our code. Then shards are damaged.
set -euo pipefail
# shellcheck source=tests/lib/farms.sh
source "$STEADFARM_SOURCE/tests/lib/farms.sh"

units=240
program=("$FARMS_TEST_BIN/units_program" --units "$units" --sleep-us 25000 --result-bytes 200000
  --interval 0.4 --stragglers wait)
canonical() { "$FARMS_BIN/steadfarm" results "$1" --canonical; }

farm_run undisturbed 3 "${program[@]}" --store "$JOBS_TMP/whole" --shard off
expect_eq "undisturbed: exit code" 0 "$JOB_EXIT"
[ ! -e "$JOBS_TMP/whole/shards" ] || fail "--shard off made shards"
canonical "$JOBS_TMP/whole" >"$JOBS_TMP/whole.txt"

# ---- a worker dies, then everybody, then it goes on on other ranks ----
store=$JOBS_TMP/store
FARMS_TIMEOUT=2
farm_start first 4 "${program[@]}" --store "$store" --shard 100000
farm_ranks 4
at_units_held first 30 2
kill_process KILL "${FARM_PIDS[2]}"
log_wait "$JOBS_TMP/first.log" "count('worker_lost') == 1" 60 || fail "nobody noticed the death"
at_units first 90
unset 'FARM_PIDS[2]'
farm_kill_all
expect_middle first "$(accepted_now first)" "$units"
expect_committed first "$store"
orphans_before=$(find "$store/shards" -name 'shard-*' | wc -l)

farm_run second 3 "${program[@]}" --store "$store" --shard 100000
expect_eq "second: exit code" 0 "$JOB_EXIT"
expect_eq "second: units restored" "$COMMITTED" "$(out_says second units_restored)"
expect_eq "second: units committed" "$units" "$(out_says second units_committed)"
expect_eq "second: what the folds took" "$units" "$(out_says second "answer['count']")"
expect_store_sound "$store"
canonical "$store" >"$JOBS_TMP/store.txt"
cmp "$JOBS_TMP/whole.txt" "$JOBS_TMP/store.txt" ||
  fail "the results differ from those without shards"
shards=$(find "$store/shards" -name 'shard-*' | wc -l)
echo "$orphans_before shards at the kill, $shards at the end, for $units results"
[ "$shards" -lt $((units / 2)) ] || fail "$shards shards for $units results: far too many files"
expect_eq "modes of shards and folders" "400 700" \
  "$(find "$store/shards" -printf '%m\n' | sort -u | xargs)"

# ---- a worker beside the master in its process writes no shards, one rank alone does ----
for mode in "3 --master-works" "1"; do
  read -r ranks flag <<<"$mode"
  # shellcheck disable=SC2086 # a flag or nothing
  farm_run "inside$ranks" "$ranks" "${program[@]}" --store "$JOBS_TMP/inside$ranks" \
    --shard 100000 $flag
  expect_eq "$mode: exit code" 0 "$JOB_EXIT"
  expect_store_sound "$JOBS_TMP/inside$ranks"
  canonical "$JOBS_TMP/inside$ranks" | cmp "$JOBS_TMP/whole.txt" - || fail "$mode: other results"
done
named=$(store_says "$JOBS_TMP/inside3" 'shard_bytes')
if [ "$named" -eq 0 ] || [ "$named" -ge $((units * 200000)) ]; then
  fail "$named bytes in shards beside a master that works; some belong there and some do not"
fi
expect_eq "bytes in shards of one rank alone" True \
  "$(store_says "$JOBS_TMP/inside1" "shard_bytes >= $((units * 200000))")"

# ---- complete: no shard is left that does not count ----
expect_eq "orphans in the complete store" 0 "$(store_says "$store" orphans)"
expect_eq "shards on the disk" "$shards" "$(store_says "$store" shards)"

# ---- the same without our code ----
/usr/bin/python3 "$STEADFARM_SOURCE/tests/unit/checkpoint/read_by_format.py" "$store" |
  awk '{ print "result " $2 " " $3 }' >"$JOBS_TMP/h5py.txt"
grep '^result' "$JOBS_TMP/store.txt" | cmp - "$JOBS_TMP/h5py.txt" || fail "h5py reads other results"

# ---- one byte is flipped ----
damaged=$(find "$store/shards" -name 'shard-*' | sort | head -n 1)
size=$(stat -c %s "$damaged")
cp -a "$store" "$JOBS_TMP/copy"
chmod 600 "$damaged"
"$JOBS_PYTHON" - "$damaged" <<'PY'
import sys
with open(sys.argv[1], "r+b") as file:
    file.seek(50000)
    byte = file.read(1)[0]
    file.seek(50000)
    file.write(bytes([byte ^ 0x10]))
PY
code=0
"$FARMS_BIN/steadfarm" verify "$store" >"$JOBS_TMP/verify.txt" 2>&1 || code=$?
expect_eq "verify: exit code" 65 "$code"
grep -q "$(basename "$damaged").*its digest does not match" "$JOBS_TMP/verify.txt" ||
  fail "verify does not name the damaged shard: $(cat "$JOBS_TMP/verify.txt")"
expect_eq "verify: bad shards" 1 "$(grep -c 'shards/.*digest' "$JOBS_TMP/verify.txt")"
code=0
canonical "$store" >/dev/null 2>"$JOBS_TMP/results.err" || code=$?
expect_eq "results: exit code" 65 "$code"
grep -q "$(basename "$damaged").*its digest does not match" "$JOBS_TMP/results.err" ||
  fail "results does not name the damaged shard: $(cat "$JOBS_TMP/results.err")"

# ---- a shard is cut: no generation that leads to it is used ----
rm -rf "$store"
mv "$JOBS_TMP/copy" "$store"
chmod 600 "$damaged"
truncate -s $((size - 1)) "$damaged"
farm_run third 3 "${program[@]}" --store "$store" --shard 100000
expect_eq "third: exit code" 65 "$JOB_EXIT"
grep -q "$(basename "$damaged"): it has $((size - 1)) bytes and not $size" "$JOBS_TMP/third.err" ||
  fail "the start does not name the cut shard: $(cat "$JOBS_TMP/third.err")"
[ -e "$damaged" ] || fail "the damaged shard was removed"
