#!/usr/bin/env bash
# A stop while one unit runs for minutes: what is done is durable and the job ends within 20 s.
set -euo pipefail
# shellcheck source=tests/lib/farms.sh
source "$STEADFARM_SOURCE/tests/lib/farms.sh"

store=$JOBS_TMP/store
# A tree without an end, in one unit.
farm_start_plain long 3 uts -t 0 -b 2000 -q 0.2005 -m 5 -r 1 --grain 1000000000000 \
  --store "$store" --interval 0.2
farm_ranks 3
log_wait "$JOBS_TMP/long.log" '1 in (last("progress") or {}).get("leases", {}).values()' 30 ||
  fail "the unit was not handed out"
ask_to_stop
job_wait "$JOB_PID" 20 || fail "the job did not stop within 20 s"
expect_eq "exit code of the master" 75 "$(log_says long 'last("finish")["exit_code"]')"
# Hydra's is that of the worker which it then kills.
if [ "$LAUNCHER" != mpich ]; then expect_eq "exit code" 75 "$JOB_EXIT"; fi
expect_farm_gone
expect_eq "store" "(False, 0, 1)" "$(store_says "$store" '(complete, committed, pending)')"
expect_store_sound "$store"
