#!/usr/bin/env bash
# Every fsync takes two seconds longer: units are handed out and accepted all the while, and the
# master's loop stands still for milliseconds.
set -euo pipefail
# shellcheck source=tests/lib/farms.sh
source "$STEADFARM_SOURCE/tests/lib/farms.sh"

store=$JOBS_TMP/store
export SLOW_DISK_FOLDER=$store SLOW_DISK_FSYNC_MS=2000
export LD_PRELOAD=$FARMS_TEST_BIN/libslow_disk.so
farm_run slow 2 bench_dispatch --units 40000 --work-us 500 --keep-results --no-fold \
  --store "$store" --interval 0.5
unset LD_PRELOAD
expect_eq "exit code" 0 "$JOB_EXIT"

# Per generation: when it began, when it was durable, and what was accepted in between.
"$JOBS_PYTHON" - "$JOBS_TMP/slow.log" <<'PY' || fail "the loop waited for the disk"
import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
end = next(e["t_ms"] for e in events if e["kind"] == "stopping" or e["kind"] == "finish")
begun, rows = None, []
for event in events:
    if event["kind"] == "epoch_opened":
        begun = event["t_ms"]
    if event["kind"] == "generation_durable" and begun is not None:
        inside = [e["accepted"] for e in events
                  if e["kind"] == "progress" and begun <= e["t_ms"] <= event["t_ms"]]
        rows.append((event["t_ms"] - begun, inside[-1] - inside[0] if inside else 0))
        begun = None
for wait_ms, accepted in rows:
    print(f"a generation took {wait_ms:.0f} ms; {accepted} units were accepted meanwhile")
# Segments, the folder twice, the manifest: at least four of them in each generation. Most of the
# units come in while the disk is busy, however slow the machine is.
meanwhile = sum(accepted for _, accepted in rows)
sys.exit(not rows or any(wait < 6000 for wait, _ in rows) or meanwhile < 20000)
PY
stall=$(out_says slow stall_ms_max)
echo "longest stall of the master's loop: $stall ms"
expect_true "the loop stood still for $stall ms" "$(out_says slow 'stall_ms_max < 1000')"
expect_eq "units committed" 40000 "$(out_says slow units_committed)"
expect_store_sound "$store"
