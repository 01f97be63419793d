#!/usr/bin/env bash
# Farms in a row in one process, at every thread level, on communicators of each kind, over shared
# memory and TCP; then with a rank that dies in the midst of one.
#   farms_in_a_row.sh [FARMS]   so many in each row (40; at night 1000)
set -euo pipefail
# shellcheck source=tests/lib/jobs.sh
source "$STEADFARM_SOURCE/tests/lib/jobs.sh"
farms=${1:-40}
program=$STEADFARM_BUILD/tests/farms_in_a_row
# Idle ranks yield: there are more of them than processors.
export OMPI_MCA_mpi_yield_when_idle=1

over_of() { # TRANSPORT
  over=()
  case $LAUNCHER:$1 in
    openmpi*:tcp) over=(--mca btl "self,tcp" --mca btl_tcp_if_include lo) ;;
  esac
}

row() { # TRANSPORT RANKS LEVEL COMMUNICATOR
  local name=$1-$2-$3-$4
  over_of "$1"
  job_start "$name" "${MPIRUN[@]}" "${over[@]}" -n "$2" "$program" "$3" "$4" "$farms"
  job_wait "$JOB_PID" $((60 + farms)) || fail "$name did not end"
  expect_eq "exit code of $name" 0 "$JOB_EXIT"
  expect_eq "ranks of $name" "$2" "$(grep -c ": $farms of $farms farms$" "$JOBS_TMP/$name.out")"
}

transports=(sm)
[[ $LAUNCHER != openmpi* ]] || transports+=(tcp)
rows=0
for transport in "${transports[@]}"; do
  for level in single funneled serialized multiple; do
    for communicator in world half duplicate; do
      row "$transport" $((2 + rows % 4)) "$level" "$communicator"
      rows=$((rows + 1))
    done
  done
done
# Each rank alone, on a communicator that is freed: MPICH has about 2,000 numbers for them.
[ "$LAUNCHER" != mpich ] || [ "$farms" -ge 2500 ] || farms=2500
row sm 2 multiple self
farms=${1:-40}
echo "$((rows + 1)) rows of $farms farms, on 2 to 5 ranks"

if [ "$LAUNCHER_SURVIVES" = 0 ]; then
  echo "this launcher lets nobody outlive a rank"
  exit 0
fi

# A worker dies in the third farm of six: its farm completes, and so do those after it.
job_start worker "${MPIRUN[@]}" "${MPIRUN_RECOVERY[@]}" -n 4 "$program" multiple world 6 2 2
job_wait "$JOB_PID" 120 || fail "the farms after a worker's death did not end"
expect_eq "ranks that went on" 3 "$(grep -c ': 6 of 6 farms$' "$JOBS_TMP/worker.out")"

# The master dies there: a worker completes its farm, and those after it cannot begin, on no rank.
job_start master "${MPIRUN[@]}" "${MPIRUN_RECOVERY[@]}" -n 4 "$program" multiple world 6 0 2 \
  "$JOBS_TMP/store"
job_wait "$JOB_PID" 120 || fail "the farms after the master's death did not end"
expect_eq "ranks that completed three farms" 3 \
  "$(grep -c ': 3 of 6 farms$' "$JOBS_TMP/master.out")"
expect_eq "farms that could not begin" 9 \
  "$(grep -c 'exit code 75.*cannot begin.*rank 0' "$JOBS_TMP/master.err")"
echo "after a worker's death the next farms complete; after the master's none of them begins"
