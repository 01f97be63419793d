#!/usr/bin/env bash
# Rank 0 computes beside the master: it gets units, it goes on alone when every other rank is dead,
# and it stops and resumes like the others.
set -euo pipefail
# shellcheck source=tests/lib/farms.sh
source "$STEADFARM_SOURCE/tests/lib/farms.sh"

T1L="{'nodes': 102181082, 'depth': 13, 'leaves': 81746377}"
store=$JOBS_TMP/store
job=(uts --tree T1L --grain 20000 --master-works --store "$store" --interval 0.3)

# ---- SIGTERM to the master while it computes: a checkpoint, and 75 ----
farm_start_plain stop 2 "${job[@]}"
farm_ranks 2
at_units stop 600
expect_true "rank 0 holds no units" \
  "$(log_says stop 'any(e["leases"].get("0", 0) > 0 for e in events if e["kind"] == "progress")')"
kill_process TERM "${FARM_PIDS[0]}"
job_wait "$JOB_PID" 60 || fail "a master that computes does not stop"
expect_eq "exit code after SIGTERM" 75 "$JOB_EXIT"
expect_farm_gone

# ---- both other ranks die; rank 0 goes on alone, to the published numbers ----
farm_start alone 3 "${job[@]}"
farm_ranks 3
at_units alone 1500
kill_process KILL "${FARM_PIDS[1]}"
kill_process KILL "${FARM_PIDS[2]}"
job_wait "$JOB_PID" 400 || fail "rank 0 does not go on alone"
expect_eq "answer of rank 0 alone" "$T1L" "$(out_says alone answer)"
expect_eq "complete, failed, lost" "(True, 0, 2)" \
  "$(out_says alone '(complete, units_failed, workers_lost)')"
expect_true "nothing was restored" "$(out_says alone 'units_restored >= 600')"
expect_store_sound "$store"
