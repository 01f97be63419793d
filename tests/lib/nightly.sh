# shellcheck shell=bash
# What `tests/run.sh --nightly` runs after the build: suites that find more the longer they run.
# Source it in the tree's root, beside a function `section`.
#
# A suite is a function in the table below. It gets its name and the moment, as $SECONDS, when its
# time is over; it may end later if what it does has no smaller parts. What it prints goes to
# build/nightly/NAME.log, and its figures, in lines of text, to build/nightly/NAME.figures. It
# returns 0 only if nothing failed.

# NAME FUNCTION SHARE: of the time, relative to the others. 0: it runs once, in full, before them.
nightly_suites=(
  "crash nightly_crash 0"
  "rows nightly_rows 0"
  "simulation nightly_simulation 6"
  "kills nightly_kills 4"
)
nightly_folder=build/nightly

nightly_figure() { echo "$2" >>"$nightly_folder/$1.figures"; }

# The crash suite without samples: every operation, every byte, more jobs. In parts, side by side.
nightly_crash() {
  local name=$1 code=0 begun=$SECONDS passed part processes=()
  for ((part = 0; part < nightly_jobs; ++part)); do
    STEADFARM_CRASH_FULL=1 GTEST_TOTAL_SHARDS=$nightly_jobs GTEST_SHARD_INDEX=$part \
      build/tests/checkpoint_crash_test >"$nightly_folder/$name.$part" 2>&1 &
    processes+=($!)
  done
  for part in "${!processes[@]}"; do
    wait "${processes[$part]}" || code=$?
    cat "$nightly_folder/$name.$part" >>"$nightly_folder/$name.log"
    rm "$nightly_folder/$name.$part"
  done
  grep '^tried: ' "$nightly_folder/$name.log" |
    awk '{ n[substr($0, index($0, $3))] += $2 } END { for (w in n) print n[w], w }' | sort -k2 \
      >>"$nightly_folder/$name.figures"
  grep '^\[  FAILED  \]' "$nightly_folder/$name.log" | sort -u \
    >>"$nightly_folder/$name.figures" || true
  passed=$(grep -c '^\[       OK \]' "$nightly_folder/$name.log" || true)
  nightly_figure "$name" "$passed tests passed in $((SECONDS - begun)) s, exit code $code"
  return "$code"
}

# A thousand farms in a row, in each of the rows that the test run has of forty.
nightly_rows() {
  local name=$1 code=0 begun=$SECONDS log=$nightly_folder/$1.log
  STEADFARM_SOURCE=$PWD STEADFARM_BUILD=$PWD/build \
    bash tests/mpi/farms_in_a_row.sh 1000 >"$log" 2>&1 || code=$?
  tail -n 2 "$log" >>"$nightly_folder/$name.figures"
  nightly_figure "$name" "in $((SECONDS - begun)) s, exit code $code"
  return "$code"
}

# Fresh seeds, so many at a time on each processor. A batch is judged as a whole, too: one in which
# a class of faults never took effect has failed.
nightly_simulation() {
  local name=$1 end=$2 batch=2000 begun=$SECONDS failed=0 base process log seeds bad batches
  base=$(($(od -An -N5 -tu8 /dev/urandom) * 1000000))
  nightly_figure "$name" "from base seed $base"
  while [ "$SECONDS" -lt "$end" ]; do
    local processes=() logs=()
    for ((process = 0; process < nightly_jobs; ++process)); do
      log=$nightly_folder/$name.$base
      build/tests/simulator --fresh "$batch" --base "$base" --keep-going >"$log" 2>&1 &
      processes+=($!) logs+=("$log")
      base=$((base + batch))
    done
    for process in "${!processes[@]}"; do
      log=${logs[$process]}
      wait "${processes[$process]}" || {
        failed=$((failed + 1))
        { grep -E '^seed |never|no |less|fewer' "$log" || tail -n 3 "$log"; } | head -n 20 \
          >>"$nightly_folder/$name.failures"
      }
      cat "$log" >>"$nightly_folder/$name.log"
      rm "$log"
    done
  done
  read -r seeds bad batches < <(awk '
    /^[0-9]+ seeds in / { seeds += $1; bad += $(NF - 1); ++batches }
    END { print seeds + 0, bad + 0, batches + 0 }' "$nightly_folder/$name.log")
  nightly_figure "$name" "$seeds seeds run, $bad failed, \
$((seeds / (SECONDS - begun + 1))) seeds/s; $batches batches, $failed of them not good"
  if [ -s "$nightly_folder/$name.failures" ]; then
    cat "$nightly_folder/$name.failures" >>"$nightly_folder/$name.figures"
  fi
  [ "$failed" -eq 0 ] && [ "$seeds" -gt 0 ]
}

# Whole jobs with kills at random moments, some at a time.
nightly_kills() {
  local name=$1 end=$2 begun=$SECONDS runs=5 failed=0 seed log=$nightly_folder/$1.log
  seed=$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')
  nightly_figure "$name" "from seed $seed"
  while [ "$SECONDS" -lt "$end" ]; do
    STEADFARM_SOURCE=$PWD STEADFARM_BUILD=$PWD/build \
      bash tests/faults/random_kills.sh "$runs" "$seed" >>"$log" 2>&1 || failed=$((failed + 1))
    seed=$((seed + 1))
  done
  nightly_figure "$name" "$(awk '/^[0-9]+ runs with [0-9]+ kills/ { runs += $1; kills += $4 }
    END { printf "%d runs with %d kills", runs, kills }' "$log") in $((SECONDS - begun)) s, \
$(grep -c FAILED "$log" || true) runs failed, $failed batches not good"
  grep FAILED "$log" | head -n 20 >>"$nightly_folder/$name.figures" || true
  [ "$failed" -eq 0 ] && grep -q '^[1-9][0-9]* runs with ' "$log"
}

# nightly HOURS JOBS: all of them, with so many processes at a time. What failed is in
# nightly_troubles.
nightly() {
  local hours=$1 begun=$SECONDS suite name function share shares=0 seconds end left
  nightly_jobs=$2
  nightly_troubles=()
  rm -rf "$nightly_folder"
  mkdir -p "$nightly_folder"
  seconds=$(awk -v hours="$hours" 'BEGIN { printf "%d", hours * 3600 + 0.5 }')
  for suite in "${nightly_suites[@]}"; do
    read -r name function share <<<"$suite"
    shares=$((shares + share))
  done
  for suite in "${nightly_suites[@]}"; do
    read -r name function share <<<"$suite"
    left=$((begun + seconds - SECONDS))
    end=$SECONDS
    # Each gets its share of what is left, so that one that takes longer shortens all after it.
    if [ "$share" -gt 0 ]; then
      end=$((SECONDS + (left > 0 ? left * share / shares : 1) + 1))
      shares=$((shares - share))
    fi
    section "$name, until $(((end - begun) / 60)) min of the night"
    "$function" "$name" "$end" || nightly_troubles+=("$name")
  done
  section "the night in figures: $((seconds / 60)) min asked for, $(((SECONDS - begun) / 60)) taken"
  for suite in "${nightly_suites[@]}"; do
    read -r name function share <<<"$suite"
    sed "s/^/$name: /" "$nightly_folder/$name.figures"
  done | tee "$nightly_folder/figures"
  echo "raw output: $nightly_folder"
}
