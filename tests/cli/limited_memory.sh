#!/usr/bin/env bash
# Readers of a store under a limit on memory: large shards are read in pieces, one result that is
# larger than the limit is an error that names the need, and a file of any size that is not what its
# manifest says costs no memory. Exit code 74: cannot be read now; 65: damaged.
set -euo pipefail
# shellcheck source=tests/lib/farms.sh
source "$STEADFARM_SOURCE/tests/lib/farms.sh"

limited() {  # MIB NAME COMMAND...: its exit code in `code`
  local mib=$1 name=$2
  shift 2
  code=0
  (
    ulimit -v $((mib * 1024))
    exec "$FARMS_BIN/steadfarm" "$@" >"$JOBS_TMP/$name.out" 2>"$JOBS_TMP/$name.err"
  ) || code=$?
}
said() {  # NAME REGULAR_EXPRESSION
  grep -qE "$2" "$JOBS_TMP/$1.out" "$JOBS_TMP/$1.err" ||
    fail "$1 does not say '$2': $(head -c 2000 "$JOBS_TMP/$1.out" "$JOBS_TMP/$1.err")"
}

# ---- half a gigabyte in shards, and 300 MiB of addresses, libraries included ----
large=$JOBS_TMP/large
farm_run large 2 "$FARMS_TEST_BIN/units_program" --units 32 --result-bytes 16000000 \
  --store "$large" --interval 600
expect_eq "exit code of the farm" 0 "$JOB_EXIT"
bytes=$(store_says "$large" shard_bytes)
[ "$bytes" -gt 500000000 ] || fail "only $bytes bytes lie in shards"
for command in "verify" "inspect" "inspect --quick" "results --canonical"; do
  read -ra words <<<"$command"
  limited 300 large "${words[@]}" "$large"
  expect_eq "$command in 300 MiB: exit code ($(tail -c 300 "$JOBS_TMP/large.err"))" 0 "$code"
done
expect_eq "results" 32 "$(grep -vc '^fold' "$JOBS_TMP/large.out")"

# ---- too little for one result ----
limited 120 small results "$large"
expect_eq "results in 120 MiB: exit code" 74 "$code"
said small '^steadfarm: error: .*memory'
expect_eq "lines" 1 "$(wc -l <"$JOBS_TMP/small.err")"
limited 200 small verify "$large"
expect_eq "verify in 200 MiB: exit code" 0 "$code"

# ---- a manifest with a right digest and a sparse segment of 2 GB in the place of a small one ----
store=$JOBS_TMP/store
farm_run made 2 uts --tree T3 --store "$store"
expect_eq "exit code" 0 "$JOB_EXIT"
sparse=2000000000
"$JOBS_PYTHON" "$STEADFARM_SOURCE/tests/cli/craft_manifest.py" "$store" sparse $sparse
limited 300 sparse verify "$store"
expect_eq "verify of a sparse segment: exit code" 65 "$code"
said sparse '^bad: .*segment-.*its digest does not match its content$'
limited 300 sparse inspect "$store"
expect_eq "inspect of a sparse segment: exit code" 65 "$code"
before=$(cd "$store" && ls)
code=0
(
  ulimit -v 1900000
  exec "$FARMS_BIN/uts" --tree T3 --store "$store" >"$JOBS_TMP/start.out" 2>"$JOBS_TMP/start.err"
) || code=$?
# It is digested before memory is taken for it.
expect_eq "a start on a sparse segment: exit code" 65 "$code"
said start "error: .*segment-.*its digest does not match its content"
expect_eq "what a start without memory changed" "$before" "$(cd "$store" && ls)"

# ---- a manifest that names a segment twice ----
twice=$JOBS_TMP/twice
farm_run twice 2 uts --tree T3 --store "$twice"
"$JOBS_PYTHON" "$STEADFARM_SOURCE/tests/cli/craft_manifest.py" "$twice" twice
code=0
"$FARMS_BIN/steadfarm" verify "$twice" >"$JOBS_TMP/twice.out" 2>"$JOBS_TMP/twice.err" || code=$?
expect_eq "verify of a manifest that names a segment twice: exit code" 65 "$code"
said twice '^bad: .*it names a segment twice$'
