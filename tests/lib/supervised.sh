# shellcheck shell=bash disable=SC2034
# Farms under `steadfarm run`. On top of farms.sh; source it after `set -euo pipefail`.
#
# A run NAME has the supervisor's log in $JOBS_TMP/NAME.run.log, the farm's, all starts one after
# the other, in NAME.log, what both say in NAME.err.

# shellcheck source=tests/lib/farms.sh
source "$(dirname "${BASH_SOURCE[0]}")/farms.sh"

# supervised_words NAME RANKS PROGRAM ARGS...: the words of a supervised run, in SUPERVISED. Options
# for `steadfarm run` are in RUN_OPTIONS, more for mpirun in MPIRUN_OPTIONS.
RUN_OPTIONS=()
MPIRUN_OPTIONS=()
supervised_words() {
  local name=$1 ranks=$2 program=$3
  shift 3
  [[ $program == */* ]] || program=$FARMS_BIN/$program
  SUPERVISED=("$FARMS_BIN/steadfarm" run --log "$JOBS_TMP/$name.run.log" --backoff 0.1
    "${RUN_OPTIONS[@]}" -- "${MPIRUN[@]}" "${MPIRUN_OPTIONS[@]}" -n "$ranks" "$program"
    --json --progress off --log "$JOBS_TMP/$name.log" --heartbeat 0.25
    --timeout "${FARMS_TIMEOUT:-3}" "$@")
}

supervised_start() {  # NAME RANKS PROGRAM ARGS...: JOB_PID is the supervisor
  supervised_words "$@"
  rm -f "$JOBS_TMP/$1.log" "$JOBS_TMP/$1.run.log"
  job_start "$1" "${SUPERVISED[@]}"
}

# mpirun_pid: that of JOB_PID's mpirun, which must be there, in MPIRUN_PID.
mpirun_pid() {
  local pid word
  for pid in $(descendants_of "$JOB_PID"); do
    # The first word alone: those of the supervisor and its keeper name mpirun further on.
    IFS= read -r -d '' word 2>/dev/null <"/proc/$pid/cmdline" || continue
    # mpirun of Open MPI 5 turns into prterun.
    case ${word##*/} in
      "${MPIRUN[0]##*/}" | prterun)
        MPIRUN_PID=$pid
        return 0
        ;;
    esac
  done
  fail "no mpirun below $JOB_PID"
}

# supervised_ranks RANKS: all process ids of the supervised job, ranks first, are in FARM_PIDS.
supervised_ranks() {
  farm_ranks "$1"
  mapfile -t -O "$1" FARM_PIDS < <(descendants_of "$JOB_PID")
}

run_says() { log_value "$JOBS_TMP/$1.run.log" "$2"; }

run_wait() {  # NAME EXPRESSION [SECONDS]: until it is true of the supervisor's log
  log_wait "$JOBS_TMP/$1.run.log" "$2" "${3:-120}" || fail "$1: never '$2'"
}

# at_new_units NAME RESTARTS MORE: waits until the start after so many restarts has accepted more
# units than it had restored.
at_new_units() {
  log_wait "$JOBS_TMP/$1.log" "(count('start') == $2 + 1 and
    (last('progress') or {}).get('accepted', 0) >= last('start')['units_restored'] + $3)" 300 ||
    fail "$1: start $2 never accepted $3 units"
}

# What an end left in the store is what the next start restored: nothing durable was repeated.
expect_nothing_repeated() {  # NAME
  expect_true "$1: a start did not begin where the last one had ended: $(run_says "$1" \
    'values("command_end", "committed")') $(log_says "$1" 'values("start", "units_restored")')" \
    "$("$JOBS_PYTHON" - "$JOBS_TMP/$1.run.log" "$JOBS_TMP/$1.log" <<'PYTHON'
import json, sys
run, farm = ([json.loads(line) for line in open(path)] for path in sys.argv[1:])
ends = [e["committed"] for e in run if e["kind"] == "command_end"]
starts = [e["units_restored"] for e in farm if e["kind"] == "start"]
print(len(ends) == len(starts) and starts[1:] == ends[:-1])
PYTHON
)"
}
