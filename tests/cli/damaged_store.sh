#!/usr/bin/env bash
# One file of a store after the other gets one byte flipped, or loses its end, or is gone. Each time
# `verify` names it, and a start goes on from the newest generation that verifies, to the right
# answer, or says in one line that there is none. Nothing that was there is overwritten.
set -euo pipefail
# shellcheck source=tests/lib/farms.sh
source "$STEADFARM_SOURCE/tests/lib/farms.sh"

answer="{'nodes': 4147582, 'depth': 20, 'leaves': 2181318}"
job=(uts --tree T5 --grain 200 --json --progress off)
whole=$JOBS_TMP/whole
store=$JOBS_TMP/store

# ---- a store of several generations, in the middle of the job ----
# One small unit a message, so that also a fast machine is still at it when the signal comes.
farm_start_plain made 3 "${job[@]:0:5}" --store "$whole" --interval 0.02 --policy fixed
farm_ranks 3
log_wait "$JOBS_TMP/made.log" \
  'count("generation_durable") >= 6 and (last("progress") or {}).get("accepted", 0) > 100' 60 ||
  fail "no generations were made"
ask_to_stop
job_wait "$JOB_PID" 20 || fail "the job did not stop"
expect_eq "exit code" 75 "$JOB_EXIT"
expect_store_sound "$whole"
mapfile -t manifests < <(cd "$whole" && ls -r manifest-*) # newest first
[ "${#manifests[@]}" -ge 3 ] || fail "three generations should be there, not ${#manifests[@]}"
oldest=$((10#${manifests[-1]#manifest-}))
newest=$((10#${manifests[0]#manifest-}))

# made_for FILE: the generation that a segment was written for.
made_for() {
  local number=${1#segment-}
  echo $((10#${number%%-*}))
}

# contents FOLDER: name and digest of every file directly in it.
contents() { (cd "$1" && find . -maxdepth 1 -type f -exec sha256sum {} + | sort -k2); }

flip() {  # FILE: one bit of the byte in its middle
  "$JOBS_PYTHON" - "$1" <<'END'
import os, sys
path = sys.argv[1]
data = bytearray(open(path, "rb").read())
data[len(data) // 2] ^= 0x10
os.chmod(path, 0o600)
open(path, "wb").write(data)
os.chmod(path, 0o400)
END
}

truncate_half() { truncate -s $(($(stat -c %s "$1") / 2)) "$1"; }
truncate_empty() { truncate -s 0 "$1"; }
remove() { rm -f "$1"; }

# damaged DAMAGE FILE: a copy of the store with this damage, and all that is said of it.
damaged() {
  local damage=$1 file=$2 code=0 before good what="$1 $2"
  rm -rf "$store"
  cp -a "$whole" "$store"
  "$damage" "$store/$file"
  before=$(contents "$store")

  "$FARMS_BIN/steadfarm" verify "$store" >"$JOBS_TMP/verify.out" 2>&1 || code=$?
  if [ "$damage" = remove ] && [[ $file == manifest-* ]]; then
    # Whoever takes a whole generation away leaves a store that is older, and sound.
    expect_eq "$what: exit code of verify" 0 "$code"
  else
    expect_eq "$what: exit code of verify" 65 "$code"
    grep -q "^bad: .*$file" "$JOBS_TMP/verify.out" || fail "$what: verify does not name the file"
  fi
  good=$(sed -n 's/.*newest good generation \([0-9]*\)$/\1/p' "$JOBS_TMP/verify.out")
  code=0
  "$FARMS_BIN/steadfarm" inspect "$store" >"$JOBS_TMP/inspect.out" 2>&1 || code=$?
  [ "$code" -eq 0 ] || [ "$code" -eq 65 ] || fail "$what: inspect ends with $code"
  expect_eq "$what: what verify and inspect changed" "$before" "$(contents "$store")"

  code=0
  # What is gone here comes into sight no more.
  "$FARMS_BIN/${job[0]}" "${job[@]:1}" --store "$store" --read-patience 1 >"$JOBS_TMP/resumed.out" \
    2>"$JOBS_TMP/resumed.err" </dev/null || code=$?
  if [[ $file == segment-* ]] && [ "$(made_for "$file")" -le "$oldest" ]; then
    # Every generation builds on it.
    expect_eq "$what: newest good generation" "" "$good"
    expect_eq "$what: exit code" 65 "$code"
    expect_eq "$what: lines" 1 "$(wc -l <"$JOBS_TMP/resumed.err")"
    grep -q "^steadfarm: error: no generation .*$store.*--fresh" "$JOBS_TMP/resumed.err" ||
      fail "$what: $(cat "$JOBS_TMP/resumed.err")"
    expect_eq "$what: what a refused start changed" "$before" "$(contents "$store")"
    return
  fi
  expect_eq "$what: exit code" 0 "$code"
  expect_eq "$what: answer" "$answer" "$(out_says resumed answer)"
  [ -n "$good" ] || fail "$what: verify found no good generation, and the run did"
  expect_fallback "$what" "$file" "$good"
}

# expect_fallback WHAT FILE GOOD: it went on from the generation GOOD and said why, the damaged file
# is where a person can look at it, and what is sound and still there was not touched.
expect_fallback() {
  expect_eq "$1: lines that are said twice" "" "$(sort "$JOBS_TMP/resumed.err" | uniq -d)"
  local what=$1 file=$2 good=$3 restored
  restored=$(sed -n 's/.* with \([0-9]*\) units restored.*/\1/p' "$JOBS_TMP/resumed.err")
  expect_eq "$what: units restored" "${accepted[$good]}" "$restored"
  if [ -e "$JOBS_TMP/whole/$file" ] && [ "$damage" != remove ]; then
    grep -q "^steadfarm: warning: .*$file.*set aside in the folder bad" "$JOBS_TMP/resumed.err" ||
      fail "$what: no word of it: $(cat "$JOBS_TMP/resumed.err")"
    [ -f "$store/bad/$file" ] || fail "$what: it is not in the folder bad"
    [ ! -e "$store/$file" ] || fail "$what: it is still in its place"
  fi
  if [ "$good" -lt "$newest" ] && [[ ! ($damage = remove && $file == manifest-*) ]]; then
    grep -q "^steadfarm: warning: going on from generation $good" "$JOBS_TMP/resumed.err" ||
      fail "$what: no word of the older generation"
  fi
  contents "$store" | join -j 2 - <(contents "$whole") | while read -r name now old; do
    # The number of a manifest that was taken away is free for the take-over.
    if [ "$damage" = remove ] && [ "$name" = "./$file" ]; then continue; fi
    [ "$now" = "$old" ] || fail "$what: $name was overwritten"
  done
  "$FARMS_BIN/steadfarm" verify "$store" >"$JOBS_TMP/verify.out" 2>&1 ||
    fail "$what: the store does not verify after the run: $(cat "$JOBS_TMP/verify.out")"
}

# How many units each generation holds, seen by taking the newer ones away.
declare -A accepted
rm -rf "$store"
cp -a "$whole" "$store"
for manifest in "${manifests[@]}"; do
  accepted[$((10#${manifest#manifest-}))]=$(store_says "$store" accepted)
  rm -f "$store/$manifest"
done

cases=0
while read -r file; do
  damaged flip "$file"
  cases=$((cases + 1))
done < <(cd "$whole" && ls)
[ "$cases" -ge 8 ] || fail "only $cases files were damaged"
newest_segment=$(cd "$whole" && find . -name 'segment-*' -printf '%f\n' | sort | tail -n 1)
for damage in truncate_half truncate_empty remove; do
  damaged "$damage" "${manifests[0]}"
  damaged "$damage" "$newest_segment"
done
damaged remove "$(cd "$whole" && find . -name 'segment-*' -printf '%f\n' | sort | head -n 1)"
echo "$cases files, generations $oldest to $newest"

# ---- a store that is beyond repair can be discarded, and only on request ----
for manifest in "${manifests[@]}"; do
  [ -e "$store/$manifest" ] || cp -a "$whole/$manifest" "$store/"
  flip "$store/$manifest"
done
before=$(contents "$store")
farm_run refused 3 "${job[@]:0:5}" --store "$store"
expect_eq "exit code" 65 "$JOB_EXIT"
expect_eq "lines" 1 "$(grep -c 'error: no generation .*--fresh' "$JOBS_TMP/refused.err")"
expect_eq "what a refused start changed" "$before" "$(contents "$store")"
farm_run fresh 3 "${job[@]:0:5}" --store "$store" --fresh
expect_eq "exit code with --fresh" 0 "$JOB_EXIT"
expect_eq "answer with --fresh" "$answer" "$(out_says fresh answer)"
expect_eq "units restored with --fresh" 0 "$(out_says fresh units_restored)"
for manifest in "${manifests[@]}"; do
  [ -n "$(find "$store/bad" "$store/discarded" -name "$manifest*")" ] || fail "$manifest is lost"
done
