#!/usr/bin/env bash
# How long after the master's death work goes on: from its last sign of life to the first unit that
# is handed out again, median and worst of N kills in full flow. Not part of the test run.
#
#   STEADFARM_SOURCE=. STEADFARM_BUILD=build tests/faults/master_times.sh [N] [MPIRUN OPTIONS...]
set -euo pipefail
# shellcheck source=tests/lib/farms.sh
source "$STEADFARM_SOURCE/tests/lib/farms.sh"

kills=${1:-20}
shift || true
MPIRUN+=("$@")
times=()
for ((i = 1; i <= kills; ++i)); do
  rm -rf "$JOBS_TMP/store"
  farm_start run 4 uts --tree T1L --grain 10000 --store "$JOBS_TMP/store" --interval 0.5 \
    --takeover on
  farm_ranks 4
  at_units run $((4000 + RANDOM % 8000))
  kill_process KILL "${FARM_PIDS[0]}"
  log_wait "$JOBS_TMP/run.log" 'count("work_goes_on") == 1' 60 || fail "kill $i: nobody took over"
  times+=("$(log_says run \
    'last("work_goes_on")["silent_ms"] + last("work_goes_on")["after_ms"]')")
  job_wait "$JOB_PID" 200 || fail "kill $i: the run did not end"
  expect_eq "kill $i: answer" "{'nodes': 102181082, 'depth': 13, 'leaves': 81746377}" \
    "$(out_says run answer)"
done
"$JOBS_PYTHON" - "${times[@]}" <<'PY'
import statistics, sys
times = sorted(float(word) for word in sys.argv[1:])
print(f"{len(times)} kills of the master: work went on after a median of "
      f"{statistics.median(times):.0f} ms, worst {times[-1]:.0f} ms")
PY
