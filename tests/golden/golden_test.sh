#!/usr/bin/env bash
# Every later version reads and resumes the stores of every format version, made by its own release.
set -euo pipefail
# shellcheck source=tests/lib/farms.sh
source "$STEADFARM_SOURCE/tests/lib/farms.sh"

golden=$STEADFARM_SOURCE/tests/golden
export STEADFARM_PROGRESS=off

# copy FORMAT KIND STATE: to $store, with the modes that Git does not keep.
copy() {
  store=$JOBS_TMP/$1-$2-$3
  cp -R "$golden/$1/$2/$3" "$store"
  find "$store" -type d -exec chmod 700 {} +
  find "$store" -type f -exec chmod 400 {} +
}
verified() {  # WHAT
  "$FARMS_BIN/steadfarm" verify "$store" >"$JOBS_TMP/verify.out" 2>&1 ||
    fail "$1: $(cat "$JOBS_TMP/verify.out")"
}
# the_same WHAT CANONICAL: what the store says now, byte for byte.
the_same() {
  "$FARMS_BIN/steadfarm" results --canonical "$store" >"$JOBS_TMP/now.txt" 2>"$JOBS_TMP/now.err" ||
    fail "$1: $(cat "$JOBS_TMP/now.err")"
  cmp -s "$2" "$JOBS_TMP/now.txt" || fail "$1: $(diff "$2" "$JOBS_TMP/now.txt" | head -n 4)"
}
resume() {  # NAME RANKS KIND
  job_start "$1" "${MPIRUN[@]}" -n "$2" "$FARMS_TEST_BIN/make_golden" "$3" --store "$store"
  job_wait "$JOB_PID" 120 || fail "$1 did not end"
  expect_eq "$1: exit code" 0 "$JOB_EXIT"
}

count=0
for folder in "$golden"/format-*/*/; do
  kind=$(basename "$folder") format=$(basename "$(dirname "$folder")") name=
  name=$format-$kind
  copy "$format" "$kind" complete
  verified "$name complete"
  expect_eq "$name: complete" True "$(store_says "$store" complete)"
  expect_eq "$name: format" "${format#format-}" "$(store_says "$store" format)"
  the_same "$name complete" "$folder/canonical.txt"
  resume "$name-complete" 2 "$kind"
  expect_eq "$name: units executed anew" True \
    "$(out_says "$name-complete" 'units_restored == units_accepted')"
  the_same "$name complete, opened by us" "$folder/canonical.txt"

  copy "$format" "$kind" interrupted
  verified "$name interrupted"
  restored=$(store_says "$store" committed)
  expect_eq "$name: interrupted" False "$(store_says "$store" complete)"
  resume "$name-resumed" 4 "$kind" # it was made on 3 ranks
  expect_eq "$name: units restored" "$restored" "$(out_says "$name-resumed" units_restored)"
  verified "$name resumed"
  the_same "$name resumed" "$folder/canonical.txt"
  expect_eq "$name: format after it was resumed" 2 "$(store_says "$store" format)"
  # Once more: now there are manifests of both formats, and segments of the older one.
  resume "$name-again" 1 "$kind"
  expect_eq "$name: units executed anew" True \
    "$(out_says "$name-again" 'units_restored == units_accepted')"
  verified "$name resumed again"
  the_same "$name resumed again" "$folder/canonical.txt"
  count=$((count + 1))

  # Another job is refused in it.
  copy "$format" "$kind" interrupted
  job_start "$name-other" "${MPIRUN[@]}" -n 2 "$FARMS_TEST_BIN/make_golden" "$kind" --seed 9 \
    --store "$store"
  job_wait "$JOB_PID" 60 || fail "$name-other did not end"
  expect_eq "$name with another seed: exit code" 65 "$JOB_EXIT"
done
[ "$count" -ge 4 ] || fail "only $count golden stores were found"
echo "$count golden stores were read and resumed"
