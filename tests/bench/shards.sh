#!/usr/bin/env bash
# Measures what results in shards cost the master, and what a generation costs as they add up.
#
#   STEADFARM_BUILD=build tests/bench/shards.sh [FOLDER]    16 GiB are written below FOLDER
set -euo pipefail
bin=${STEADFARM_BUILD:?set it to the build folder}/bin
folder=$(mktemp -d "${1:-${TMPDIR:-/tmp}}/steadfarm-shards.XXXXXX")
trap 'rm -rf "$folder"' EXIT
run() {  # NAME ARGS...
  local name=$1
  shift
  mpirun --oversubscribe -n 3 "$bin/bench_dispatch" --range --no-fold --keep-results \
    --store "$folder/$name" --log "$folder/$name.log" --json "$@" >"$folder/$name.out"
}
says() {  # NAME FIELD
  python3 -c 'import json, sys
print(json.loads(open(sys.argv[1]).read().splitlines()[-1])[sys.argv[2]])' "$folder/$1.out" "$2"
}

run large --units 1000 --bytes $((16 << 20)) --interval 5
echo "1000 results of 16 MiB in shards: $(says large seconds) s, the master's memory grew by" \
  "$(says large peak_bytes_grown) bytes at most," \
  "$(find "$folder/large/shards" -type f | wc -l) shards"
rm -rf "$folder/large"

run many --units 24000 --bytes 100000 --work-us 2000 --shard 50000 --interval 0.08
python3 - "$folder/many.log" <<'PY'
import json, statistics, sys
events = [json.loads(line) for line in open(sys.argv[1])]
begun, costs = None, []
for event in events:
    if event["kind"] == "epoch_opened":
        begun = event["t_ms"]
    if event["kind"] == "generation_durable" and begun is not None:
        costs.append(event["t_ms"] - begun)
        begun = None
assert len(costs) >= 200, f"only {len(costs)} generations"
for first in range(0, 200, 50):
    part = costs[first:first + 50]
    print(f"generations {first + 1} to {first + 50}: median {statistics.median(part):.0f} ms, "
          f"largest {max(part):.0f} ms")
PY
