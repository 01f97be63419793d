#!/usr/bin/env bash
# A store belongs to one job. Another one is refused with both names, and nothing is touched; with
# --fresh the old content is put aside, not deleted.
set -euo pipefail
# shellcheck source=tests/lib/farms.sh
source "$STEADFARM_SOURCE/tests/lib/farms.sh"

store=$JOBS_TMP/store
contents() { (cd "$store" && find . -type f -exec sha256sum {} + | sort -k2); }

# foreign NAME THEIRS OURS PROGRAM ARGS...: refused, in one line that has both words.
foreign() {
  local name=$1 theirs=$2 ours=$3 before
  shift 3
  before=$(contents)
  farm_run "$name" 3 "$@" --store "$store"
  expect_eq "$name: exit code" 65 "$JOB_EXIT"
  expect_eq "$name: lines" 1 "$(grep -c '^steadfarm: error:' "$JOBS_TMP/$name.err")"
  grep -q "^steadfarm: error: $store is the store of another job: .*$theirs.*$ours.*--fresh" \
    "$JOBS_TMP/$name.err" || fail "$name: $(cat "$JOBS_TMP/$name.err")"
  expect_eq "$name: output" "" "$(cat "$JOBS_TMP/$name.out")"
  expect_eq "$name: what a refused start changed" "$before" "$(contents)"
}

farm_run first 3 uts --tree T3 --store "$store"
expect_eq "exit code" 0 "$JOB_EXIT"
mine=$(contents)
foreign tree '-r 42' '-r 502' uts --tree T2
foreign grain '--grain 5000' '--grain 6000' uts --tree T3 --grain 6000
foreign seed '--seed is 1' '2 here' uts --tree T3 --seed 2
foreign program 'uts' 'qap' qap "$STEADFARM_SOURCE/examples/qap/data/nug12.dat"
foreign count 'uts' '64 work' bench_dispatch --units 5 --bytes 64

# What changes no result is no other job: other ranks, other intervals, other policy.
farm_run same 2 uts --tree T3 --store "$store" --interval 7 --policy fixed --chunk 3 --keep 5
expect_eq "the same job with other options: exit code" 0 "$JOB_EXIT"
expect_true "it did not find its store" "$(out_says same 'units_restored == units_accepted')"

farm_run fresh 3 qap "$STEADFARM_SOURCE/examples/qap/data/nug12.dat" --store "$store" --fresh
expect_eq "--fresh: exit code" 0 "$JOB_EXIT"
expect_eq "--fresh: answer" "(578, 0)" "$(out_says fresh '(answer["optimum"], units_restored)')"
expect_eq "--fresh: warnings" 1 "$(grep -c 'warning: the older content of' "$JOBS_TMP/fresh.err")"
while read -r digest name; do
  [ "$(sha256sum <"$store/discarded/${name#./}")" = "$digest  -" ] || case $name in
    ./manifest-*) ;; # the second start of the same job let the oldest of them go
    *) fail "--fresh lost $name" ;;
  esac
done <<<"$mine"
"$FARMS_BIN/steadfarm" verify "$store" >/dev/null || fail "the fresh store does not verify"

# A folder with a user's own files is used, and they are left alone.
mkdir -m 700 "$JOBS_TMP/shared"
echo precious >"$JOBS_TMP/shared/notes.txt"
echo precious >"$JOBS_TMP/shared/manifest-notes"
farm_run shared 2 uts --tree T3 --store "$JOBS_TMP/shared" --fresh
expect_eq "a folder with other files: exit code" 0 "$JOB_EXIT"
expect_eq "other files" $'precious\nprecious' \
  "$(cat "$JOBS_TMP/shared/notes.txt" "$JOBS_TMP/shared/manifest-notes")"

# A folder that others may write in, or a symbolic link, is not to be trusted.
chmod 777 "$JOBS_TMP/shared"
farm_run open 2 uts --tree T3 --store "$JOBS_TMP/shared"
expect_eq "a folder open to everybody: exit code" 65 "$JOB_EXIT"
expect_eq "a folder open to everybody: lines" 1 \
  "$(grep -c "error: others may write in the folder .*chmod go-w" "$JOBS_TMP/open.err")"
ln -s "$store" "$JOBS_TMP/link"
farm_run link 2 uts --tree T3 --store "$JOBS_TMP/link"
expect_eq "a symbolic link: exit code" 65 "$JOB_EXIT"
expect_eq "a symbolic link: lines" 1 \
  "$(grep -c "error: .*is a symbolic link.*$store" "$JOBS_TMP/link.err")"
"$FARMS_BIN/steadfarm" inspect "$JOBS_TMP/link" >/dev/null || fail "inspect does not follow a link"
