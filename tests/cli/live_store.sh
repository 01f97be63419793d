#!/usr/bin/env bash
# `steadfarm inspect` and `steadfarm verify` while a run publishes and removes generations as fast
# as it can: they always find a whole store, and what is committed never gets less. Copies that
# `cp -a` makes meanwhile may be torn: they are read, or refused with a clear line.
set -euo pipefail
# shellcheck source=tests/lib/farms.sh
source "$STEADFARM_SOURCE/tests/lib/farms.sh"

store=$JOBS_TMP/store
farm_start_plain live 3 uts --tree T1XL --store "$store" --interval 0.02 --keep 2
farm_ranks 3
log_wait "$JOBS_TMP/live.log" 'count("generation_durable") >= 3' 60 || fail "nothing was published"

committed=0
generation=0
first=
for ((look = 0; look < 25; ++look)); do
  read -r now seen < <(store_says "$store" 'f"{committed} {generation}"')
  first=${first:-$seen}
  [ "$now" -ge "$committed" ] || fail "committed went from $committed to $now"
  [ "$seen" -ge "$generation" ] || fail "the generation went from $generation to $seen"
  committed=$now
  generation=$seen
  output=$("$FARMS_BIN/steadfarm" verify "$store" 2>&1) || fail "verify: $output"
done
[ "$generation" -gt $((first + 10)) ] || fail "too few generations ($first to $generation)"
[ "$committed" -gt 0 ] || fail "nothing was committed"

# ---- copies of a store that changes: nothing orders what cp reads ----
read_copies=0
torn=0
for ((look = 0; look < 25; ++look)); do
  rm -rf "$JOBS_TMP/copy"
  cp -a "$store" "$JOBS_TMP/copy" 2>/dev/null || true # files go away under it
  for command in inspect results verify; do
    code=0
    "$FARMS_BIN/steadfarm" $command "$JOBS_TMP/copy" >"$JOBS_TMP/$command.out" \
      2>"$JOBS_TMP/$command.err" || code=$?
    declare "code_$command=$code"
    [ "$code" -eq 0 ] || [ "$code" -eq 65 ] ||
      fail "$command of a copy: exit code $code: $(cat "$JOBS_TMP/$command.err")"
  done
  # shellcheck disable=SC2154
  expect_eq "results and inspect of one copy" "$code_inspect" "$code_results"
  if [ "$code_inspect" -eq 0 ]; then
    read_copies=$((read_copies + 1))
  else
    torn=$((torn + 1))
    expect_eq "lines of inspect on a torn copy" 1 \
      "$(grep -cE '^steadfarm: error: (no generation of|there is no store in) ' \
        "$JOBS_TMP/inspect.err")"
  fi
  # shellcheck disable=SC2154
  [ "$code_verify" -eq 0 ] || grep -q '^bad: \|^steadfarm: error: ' "$JOBS_TMP/verify.out" \
    "$JOBS_TMP/verify.err" || fail "verify does not say what is wrong with a torn copy"
done
echo "25 copies, $read_copies of them with a whole generation, $torn without"
process_alive "$JOB_PID" || fail "the run ended before the looks did; it proves nothing"
ask_to_stop
job_wait "$JOB_PID" 20 || fail "the run did not stop"
expect_eq "exit code" 75 "$JOB_EXIT"
expect_store_sound "$store"
expect_eq "complete" False "$(store_says "$store" complete)"
echo "25 looks, generations $first to $generation"

# ---- the fields that scripts rely on ----
expect_eq "fields of inspect --json" "accepted bad_bytes bad_files build committed complete \
discarded_bytes discarded_files failed format generation identity orphans owner_epoch pending \
program segments shard_bytes shards verified" \
  "$("$JOBS_PYTHON" - "$JOBS_TMP/inspect.json" <<'END'
import json, re, sys
line = open(sys.argv[1]).read()
found = json.loads(line)
assert line.count("\n") == 1 and line.endswith("\n"), "not one line"
assert found["complete"] is False and found["segments"] and found["verified"] is True
for name in "accepted committed failed generation orphans owner_epoch pending".split():
    assert type(found[name]) is int, name
for segment in found["segments"]:
    assert sorted(segment) == ["bytes", "digest", "file"], segment
    assert re.fullmatch(r"[0-9a-f]{32}", segment["digest"]) and segment["bytes"] > 0
print(*sorted(set(found) - {"description"}))
END
)"
while read -r file bytes; do
  expect_eq "size of $file" "$bytes" "$(stat -c %s "$store/$file")"
done < <("$JOBS_PYTHON" -c 'import json, sys
for s in json.load(open(sys.argv[1]))["segments"]: print(s["file"], s["bytes"])' \
  "$JOBS_TMP/inspect.json")

expect_eq "fields of inspect --quick that the other has not, and the reverse" \
  "verified=False [] ['orphans', 'shard_bytes', 'shards']" \
  "$("$FARMS_BIN/steadfarm" inspect --quick --json "$store" | "$JOBS_PYTHON" -c 'import json, sys
quick, full = json.load(sys.stdin), json.load(open(sys.argv[1]))
print("verified=%s" % quick["verified"], sorted(set(quick) - set(full)),
      sorted(set(full) - set(quick)))
' "$JOBS_TMP/inspect.json")"

# ---- who may see it ----
expect_eq "mode of the store" 700 "$(stat -c %a "$store")"
expect_eq "modes of its files" 400 "$(find "$store" -type f -printf '%m\n' | sort -u)"
expect_eq "mode of the log" 600 "$(stat -c %a "$JOBS_TMP/live.log")"

# ---- the fields of every program's --json ----
fields="answer complete executions generation ranks restarts seconds units_accepted \
units_committed units_failed units_restored workers_lost"
own_fields() {  # NAME: those that are not in the list above
  "$JOBS_PYTHON" -c 'import json, sys
found = json.loads(open(sys.argv[1]).read().splitlines()[-1])
missing = set(sys.argv[2].split()) - set(found)
assert not missing, missing
print(*sorted(set(found) - set(sys.argv[2].split())))' "$JOBS_TMP/$1.out" "$fields"
}
expect_eq "own fields of uts" nodes_per_s "$(own_fields live)"
farm_run qap 2 qap "$STEADFARM_SOURCE/examples/qap/data/chr12a.dat"
expect_eq "own fields of qap" nodes "$(own_fields qap)"
farm_run hello 2 hello
expect_eq "own fields of hello" "" "$(own_fields hello)"
expect_eq "answer of hello" 837799 "$(out_says hello answer)"
farm_run bench 2 bench_dispatch --units 100
expect_eq "own fields of bench_dispatch" \
  "bytes_per_pending_unit generations peak_bytes_grown stall_ms_max units_per_s" \
  "$(own_fields bench)"
