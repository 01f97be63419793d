#!/usr/bin/env bash
# Every way that workers die, where the launcher lets the others live: one, two at once, all but
# one; one in its first message, one at its goodbye, one in MPI_Finalize. The answer is exact each
# time and the end comes in bounded time.
#
#   worker_kills.sh sm|tcp    over shared memory the job goes on. Over TCP it mostly does: a send
#                             to the dead may end the sender, then `steadfarm run` starts it again
set -euo pipefail
# shellcheck source=tests/lib/supervised.sh
source "$STEADFARM_SOURCE/tests/lib/supervised.sh"

way=${1:?sm or tcp}
if [ "$LAUNCHER_SURVIVES" != 1 ]; then
  echo "$LAUNCHER ends all ranks with one; nothing to test here"
  exit 0
fi
program=$FARMS_TEST_BIN/stragglers_program
bound=120 # seconds to the end; the longest of these has work for 20

# start NAME RANKS UNITS WORDS...: JOB_PID has the ranks below it.
start() {
  local name=$1 ranks=$2
  units=$3
  answer=$((units * (units - 1) / 2 + units * 1000000))
  shift 3
  local words=("$program" --units "$units" --unit-ms 20 --interval 0.3 --store "$JOBS_TMP/$name"
    --report "$JOBS_TMP/$name.report" "$@")
  case $way in
    sm) farm_start "$name" "$ranks" "${words[@]}" ;;
    tcp)
      launcher_over_tcp
      MPIRUN_OPTIONS=("${MPIRUN_RECOVERY[@]}")
      supervised_start "$name" "$ranks" "${words[@]}"
      ;;
    *) fail "neither sm nor tcp: $way" ;;
  esac
}

# finish NAME: waits for the end, which must be the right one.
finish() {
  local begun=$SECONDS restarts
  job_wait "$JOB_PID" "$bound" || fail "$1: no end within $bound s of the kill"
  expect_eq "$1: answer" "$answer" "$(out_says "$1" answer)"
  expect_true "$1: is not complete" "$(out_says "$1" 'complete and units_failed == 0')"
  expect_farm_gone
  expect_store_sound "$JOBS_TMP/$1"
  restarts=$(out_says "$1" restarts)
  [ "$way" = tcp ] || expect_eq "$1: restarts" 0 "$restarts"
  echo "$1 ($way): $((SECONDS - begun)) s, $(out_says "$1" workers_lost) lost, $restarts restarts"
}

# lost NAME RANKS: those and no others were lost, by the evidence of their processes, unless the job
# was started again.
lost() {
  [ "$(out_says "$1" restarts)" = 0 ] || return 0
  expect_eq "$1: ranks lost" "$2" "$(log_says "$1" 'sorted(values("worker_lost", "rank"))')"
  expect_eq "$1: ranks in the report" "$2" "$("$JOBS_PYTHON" -c 'import json, sys
losses = json.load(open(sys.argv[1]))["losses"]
assert all(loss["host"] and loss["pid"] and loss["silence_s"] < 60 for loss in losses), losses
print(sorted(loss["rank"] for loss in losses))' "$JOBS_TMP/$1.report")"
}

kill_ranks() {  # RANK...: at the same moment
  local rank pids=()
  for rank in "$@"; do pids+=("${FARM_PIDS[$rank]}"); done
  kill -s KILL "${pids[@]}" || fail "a rank had ended before it was killed"
}

# ---- in full flow ----
for case in "one 900 2" "two 900 1 3" "most 450 1 2 3 4"; do
  read -r name units victims <<<"$case"
  start "$name" 6 "$units"
  farm_ranks 6
  at_units "$name" 300
  # shellcheck disable=SC2086
  kill_ranks $victims
  finish "$name"
  lost "$name" "[${victims// /, }]"
done

# ---- before all are there: they wait for it in vain, and the next start does better ----
export STEADFARM_KILL_RANK=2 STEADFARM_START_TIMEOUT=10
MPIRUN_OPTIONS=("${MPIRUN_RECOVERY[@]}")
export STEADFARM_KILL_AT=dup STEADFARM_KILL_MARK=$JOBS_TMP/dup.mark
units=100
answer=$((units * (units - 1) / 2 + units * 1000000))
LD_PRELOAD=$FARMS_TEST_BIN/libkill_at.so supervised_start dup 4 "$program" --units "$units" \
  --unit-ms 20 --store "$JOBS_TMP/dup"
job_wait "$JOB_PID" "$bound" || fail "dup: no end"
expect_eq "dup: answer and restarts" "($answer, 1)" "$(out_says dup '(answer, restarts)')"
# MPI may end them sooner, where it tells of deaths.
if [ "$LAUNCHER_ULFM" = 0 ]; then
  grep -q 'MPI did not start within 10 s' "$JOBS_TMP/dup.err" || fail "dup: nobody said why"
fi
unset STEADFARM_START_TIMEOUT

# ---- at a certain moment of its life ----
for moment in hello-before hello-after goodbye-before goodbye-after finalize; do
  export STEADFARM_KILL_AT=$moment STEADFARM_KILL_MARK=$JOBS_TMP/$moment.mark
  LD_PRELOAD=$FARMS_TEST_BIN/libkill_at.so start "$moment" 4 100
  FARM_PIDS=()
  finish "$moment"
  [ -e "$STEADFARM_KILL_MARK" ] || fail "$moment: nobody was killed; it proves nothing"
done
