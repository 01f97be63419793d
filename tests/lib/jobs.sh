# shellcheck shell=bash disable=SC2034
# Jobs in the background, their ranks, and their logs. For tests that kill things. Source it after
# `set -euo pipefail`. Everything started here is ended here, by process id, and nothing else is.

JOBS_LIB=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
JOBS_STARTED=()
# The system's own: the shim of a version manager takes longer than what is waited for.
JOBS_PYTHON=python3
if [ -x /usr/bin/python3 ]; then JOBS_PYTHON=/usr/bin/python3; fi
JOBS_TMP=${JOBS_TMP:-$(mktemp -d "${TMPDIR:-/tmp}/steadfarm-test.XXXXXX")}

# shellcheck source=tests/lib/launcher.sh
source "$JOBS_LIB/launcher.sh"
# Idle ranks of Open MPI spin at full speed unless told otherwise.
export OMPI_MCA_mpi_yield_when_idle=1

fail() {
  echo "FAIL: $*" >&2
  exit 1
}

expect_eq() {  # WHAT EXPECTED ACTUAL
  [ "$2" = "$3" ] || fail "$1: expected '$2', got '$3'"
}

# poll_until SECONDS WHAT COMMAND...: runs the command until it succeeds; fails at the deadline.
poll_until() {
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@"; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.02
  done || {
    echo "gave up waiting for $what" >&2
    return 1
  }
}

# job_start NAME COMMAND...: starts it as the leader of its own process group. Its process id is
# in JOB_PID, its output in $JOBS_TMP/NAME.out and .err.
job_start() {
  local name=$1
  shift
  setsid "$@" >"$JOBS_TMP/$name.out" 2>"$JOBS_TMP/$name.err" </dev/null &
  JOB_PID=$!
  JOBS_STARTED+=("$JOB_PID")
}

# Without a process of its own: it is asked often, while others wait for the processors.
process_alive() {
  local line
  { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
  line=${line##*) }
  [ "${line%% *}" != Z ]
}

# session_of PID: prints its session, or nothing if it is gone.
session_of() {
  local line
  line=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
  awk '{ print $4 }' <<<"${line##*) }"
}

process_gone() { ! process_alive "$1"; }

# job_wait PID SECONDS: waits for the end; the exit code is in JOB_EXIT. Fails at the deadline.
job_wait() {
  poll_until "$2" "process $1 to end" process_gone "$1" || return 1
  JOB_EXIT=0
  # The shell has a word for a killed job, which looks like a failure.
  { wait "$1" || JOB_EXIT=$?; } 2>/dev/null
}

children_of() { cat /proc/"$1"/task/*/children 2>/dev/null || true; }

# These look without a process of their own: a job may be over before a busy machine has started
# some tens of them.
# into_descendants ARRAY PID: appends the process ids of all descendants.
into_descendants() {
  local -n into_array=$1
  local file line child
  for file in /proc/"$2"/task/*/children; do
    line=
    # Without a line break at the end, so reading it says that it failed.
    { read -r line <"$file"; } 2>/dev/null || true
    for child in $line; do
      into_array+=("$child")
      into_descendants "$1" "$child"
    done
  done
}

descendants_of() {
  local found=()
  into_descendants found "$1"
  [ "${#found[@]}" -eq 0 ] || printf '%s\n' "${found[@]}"
}

# is_rank PID RANK
is_rank() {
  local variables=() variable
  { mapfile -d '' -t variables <"/proc/$1/environ"; } 2>/dev/null || return 1
  for variable in "${variables[@]}"; do
    case $variable in
      "OMPI_COMM_WORLD_RANK=$2" | "PMIX_RANK=$2" | "PMI_RANK=$2") return 0 ;;
    esac
  done
  return 1
}

# find_rank PID RANK: prints the process id of a rank among the descendants of PID, or fails. It is
# in RANK_FOUND as well.
find_rank() {
  local pid found=()
  into_descendants found "$1"
  for pid in "${found[@]}"; do
    if is_rank "$pid" "$2"; then
      RANK_FOUND=$pid
      echo "$pid"
      return 0
    fi
  done
  return 1
}

# rank_pid MPIRUN_PID RANK [SECONDS]: waits until the rank is there; its process id is in RANK_PID.
rank_pid() {
  poll_until "${3:-30}" "rank $2 of job $1" find_rank "$1" "$2" >/dev/null || return 1
  RANK_PID=$RANK_FOUND
}

# kill_process SIGNAL PID: one process, which must be alive.
kill_process() {
  process_alive "$2" || fail "process $2 is gone already; nothing to kill"
  kill -s "$1" "$2"
}

# log_wait FILE EXPRESSION SECONDS: waits until the Python expression over the JSON lines is true.
# Names in it: `events` (list of objects), `count(kind, **fields)`, `last(kind)`. See json_log.py.
log_wait() { "$JOBS_PYTHON" "$JOBS_LIB/json_log.py" --wait "$3" "$1" "$2"; }

# log_value FILE EXPRESSION: prints the value of the expression once.
log_value() { "$JOBS_PYTHON" "$JOBS_LIB/json_log.py" "$1" "$2"; }

# Ends what was started here and is still there: asks mpirun first, so that it takes its ranks
# along, then whoever is left.
jobs_end() {
  local pid rest=()
  for pid in "${JOBS_STARTED[@]:-}"; do
    if [ -z "$pid" ] || process_gone "$pid"; then continue; fi
    mapfile -t -O "${#rest[@]}" rest < <(descendants_of "$pid")
    kill -s TERM "$pid" 2>/dev/null || true
    poll_until 5 "process $pid to end" process_gone "$pid" ||
      kill -s KILL "$pid" 2>/dev/null || true
  done
  for pid in "${rest[@]:-}"; do
    if [ -z "$pid" ] || process_gone "$pid"; then continue; fi
    kill -s KILL "$pid" 2>/dev/null || true
  done
}

# Shows the output of every job when a test failed, and removes the folder when it did not.
jobs_cleanup() {
  local code=$?
  trap - EXIT
  jobs_end
  if [ "$code" -ne 0 ]; then
    local file
    for file in "$JOBS_TMP"/*.out "$JOBS_TMP"/*.err; do
      [ -s "$file" ] || continue
      echo "--- ${file##*/} (end)" >&2
      tail -n 30 "$file" >&2
    done
    echo "kept: $JOBS_TMP" >&2
  else
    rm -rf "$JOBS_TMP"
  fi
  exit "$code"
}
trap jobs_cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
