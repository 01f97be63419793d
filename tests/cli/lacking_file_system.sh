#!/usr/bin/env bash
# What a file system lacks is named in one line with what to do, on the master's host and on a
# worker's, before anything depends on it; and a store goes on where it can do without. The lacks
# come from lacking_disk.cpp, through LD_PRELOAD.
set -euo pipefail
# shellcheck source=tests/lib/farms.sh
source "$STEADFARM_SOURCE/tests/lib/farms.sh"

disk=$(realpath "$JOBS_TMP")/disk
mkdir "$disk"
program=("$FARMS_TEST_BIN/units_program" --units 40 --result-bytes 2000 --shard 1000
  --interval 0.5)

# run_lacking NAME RANKS LACKS RANK ARGS...: RANK is the one whose host lacks it, or "all".
run_lacking() {
  local name=$1 ranks=$2 lacks=$3 rank=$4
  shift 4
  export LD_PRELOAD=$FARMS_TEST_BIN/liblacking_disk.so LACKING_DISK_FOLDER=$disk
  export LACKING_DISK=$lacks
  if [ "$rank" != all ]; then export LACKING_DISK_RANK=$rank; fi
  farm_run "$name" "$ranks" "${program[@]}" --store "$disk/$name" "$@"
  unset LD_PRELOAD LACKING_DISK_FOLDER LACKING_DISK LACKING_DISK_RANK
}
# said NAME COUNT WORDS: so many lines of what the run said have them.
said() {
  expect_eq "$1: lines with '$3' in $(cat "$JOBS_TMP/$1.err")" "$2" \
    "$(grep -cE "$3" "$JOBS_TMP/$1.err" || true)"
}

# ---- the master's host, alone and with workers ----
for ranks in 1 3; do
  run_lacking "links$ranks" "$ranks" hard_links all
  expect_eq "no hard links, $ranks ranks: exit code" 65 "$JOB_EXIT"
  said "links$ranks" 1 "error: the file system of $disk/links$ranks makes no hard links .*--store"
  expect_eq "no hard links: what is left" "" "$(ls -A "$disk/links$ranks")"

  run_lacking "sync$ranks" "$ranks" folder_sync all
  expect_eq "no sync of folders, $ranks ranks: exit code" 65 "$JOB_EXIT"
  said "sync$ranks" 1 \
    "error: the file system of $disk.* cannot make the names in a folder durable .*--store"

  for how in modes modes_kept; do
    run_lacking "$how$ranks" "$ranks" "$how" 0
    expect_eq "$how, $ranks ranks: exit code" 0 "$JOB_EXIT"
    said "$how$ranks" 1 "warning: the file system of $disk/$how$ranks keeps no modes .*who may read"
    said "$how$ranks" 1 "warning"
    expect_store_sound "$disk/$how$ranks"
  done

  run_lacking "open$ranks" "$ranks" open_modes all
  expect_eq "folders open to all, $ranks ranks: exit code" 65 "$JOB_EXIT"
  said "open$ranks" 1 "error: others may write in .*its file system keeps no modes; mount it"
  run_lacking "open$ranks" "$ranks" open_modes all
  said "open$ranks" 1 "error: others may write in .*chmod go-w .*if that changes nothing"

  run_lacking "rename$ranks" "$ranks" rename_flags all
  expect_eq "no flags of rename, $ranks ranks: exit code" 0 "$JOB_EXIT"
  said "rename$ranks" 0 "warning|error"
done

# ---- a worker's host: it is named, with the reason, and the run ends by itself ----
for lack in "hard_links:makes no hard links" "folder_sync:cannot make the names in a folder"; do
  name=worker_${lack%%:*}
  run_lacking "$name" 2 "${lack%%:*}" 1
  expect_eq "$name: exit code" 74 "$JOB_EXIT"
  said="warning: worker 1 on $(hostname).* cannot write its large results.*${lack#*:}.*--store"
  said "$name" 1 "$said"
  # On a host that has it, the same command goes on.
  farm_run "again_$name" 2 "${program[@]}" --store "$disk/$name"
  expect_eq "$name, elsewhere: exit code" 0 "$JOB_EXIT"
  expect_eq "$name, elsewhere: committed" 40 "$(out_says "again_$name" units_committed)"
  expect_store_sound "$disk/$name"
done
run_lacking worker_modes 2 modes 1
expect_eq "a worker without modes: exit code" 0 "$JOB_EXIT"
said worker_modes 1 "warning: worker 1 on $(hostname): the file system of .* keeps no modes"

# ---- something else stands where a folder of the store belongs ----
mkdir -m 700 "$disk/linked" "$disk/elsewhere"
ln -s ../elsewhere "$disk/linked/shards"
farm_run linked 2 "${program[@]}" --store "$disk/linked"
expect_eq "shards is a link: exit code" 74 "$JOB_EXIT"
grep -qE "$disk/linked/shards is a symbolic link .*move what it leads to in its place" \
  "$JOBS_TMP/linked.err" || fail "a link for shards: $(cat "$JOBS_TMP/linked.err")"
expect_eq "files behind the link" "" "$(ls -A "$disk/elsewhere")"

# ---- everybody may replace the whole folder ----
mkdir "$disk/public"
chmod 777 "$disk/public"
farm_run replaceable 2 "${program[@]}" --store "$disk/public/store"
expect_eq "a folder that can be replaced: exit code" 0 "$JOB_EXIT"
said replaceable 1 "warning: everybody may write in $disk/public, .*chmod \+t $disk/public"
chmod +t "$disk/public"
farm_run sticky 2 "${program[@]}" --store "$disk/public/store2"
said sticky 0 "warning"

# ---- a group reads ----
for mode in private group private; do
  farm_run "$mode" 3 "${program[@]}" --store "$disk/shared" --mode "$mode"
  expect_eq "$mode: exit code" 0 "$JOB_EXIT"
  wanted="400 700"
  if [ "$mode" = group ]; then wanted="440 750"; fi
  expect_eq "modes of a $mode store" "$wanted" \
    "$(find "$disk/shared" -printf '%m\n' | sort -u | xargs)"
done
expect_eq "modes of the log" 600 "$(stat -c %a "$JOBS_TMP/group.log")"
said private 1 "warning: the store $disk/shared was written with another --mode"
farm_run typo 1 "${program[@]}" --store "$disk/typo" --mode all
expect_eq "--mode all: exit code" 64 "$JOB_EXIT"
