#!/usr/bin/env bash
# What Steadfarm is for, in three minutes: solve a problem, lose a worker, lose everything, go on.
# Installs what is missing (STEADFARM_NO_INSTALL=1 forbids it), builds build/, runs.
set -euo pipefail

SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$SOURCE"
# shellcheck source=tests/lib/deps.sh
. tests/lib/deps.sh
deps_for_programs
deps_use_ccache
BUILD=$SOURCE/build
options=()
# Without GoogleTest there is nothing to build tests with; the programs do not need them.
deps_installed libgtest-dev || options=(-DSTEADFARM_BUILD_TESTS=OFF)
mkdir -p "$BUILD"
cmake --preset release "${options[@]}" >"$BUILD/configure.log" 2>&1 || {
  cat "$BUILD/configure.log"
  exit 1
}
cmake --build --preset release --target hello uts qap steadfarm_cli

DEMO=$(mktemp -d "${TMPDIR:-/tmp}/steadfarm-demo.XXXXXX")
export JOBS_TMP=$DEMO/jobs
mkdir "$JOBS_TMP"
# shellcheck source=tests/lib/jobs.sh
. tests/lib/jobs.sh
unset OMPI_MCA_mpi_yield_when_idle

STORE=$DEMO/store
TREE=T1L
EXPECTED_NODES=102181082
EXPECTED_DEPTH=13
EXPECTED_LEAVES=81746377

title() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
tell() { printf '   %s\n' "$*"; }
json() {  # OBJECT EXPRESSION over its fields
  python3 -c 'import json,sys; print(eval(sys.argv[2], {}, json.loads(sys.argv[1])))' "$1" "$2"
}
accepted_share() {  # SHARE: an expression over the event log
  echo "(last('progress') or {'accepted': 0})['accepted'] > $UNITS * $1"
}

# Shows what the job said on standard error since the last call: the progress lines.
SHOWN=0
show_new() {
  local size
  size=$(wc -c <"$JOBS_TMP/$1.err")
  if [ "$size" -gt "$SHOWN" ]; then
    tail -c "+$((SHOWN + 1))" "$JOBS_TMP/$1.err" | sed 's/^/   /'
    SHOWN=$size
  fi
}

# watch_until JOB LOG EXPRESSION: shows progress until the expression over the event log is true.
watch_until() {
  local end=$((SECONDS + 120))
  until [ "$(log_value "$2" "$3" 2>/dev/null || echo False)" = True ]; do
    [ "$SECONDS" -lt "$end" ] || fail "the run did not get there: $3"
    process_alive "$JOB_PID" || fail "the run ended too early"
    show_new "$1"
    sleep 0.1
  done
  show_new "$1"
}

run_uts() {  # JOB RANKS: in the background
  SHOWN=0
  : >"$JOBS_TMP/$1.err"
  job_start "$1" "${MPIRUN[@]}" "${MPIRUN_RECOVERY[@]}" -n "$2" "$BUILD/bin/uts" --tree "$TREE" \
    --grain 20000 --pause-us 1200 --store "$STORE" --interval 1 --heartbeat 0.5 --timeout 3 \
    --progress line --json --log "$DEMO/$1.log"
}

title "1. A quadratic assignment problem on 4 ranks: nug12 from QAPLIB, optimum 578"
tell "\$ ${MPIRUN[*]} -n 4 build/bin/qap examples/qap/data/nug12.dat"
ANSWER=$("${MPIRUN[@]}" -n 4 "$BUILD/bin/qap" examples/qap/data/nug12.dat --json)
OPTIMUM=$(json "$ANSWER" 'answer["optimum"]')
tell "optimum $OPTIMUM with permutation $(json "$ANSWER" 'answer["permutation"]')"
expect_eq "the optimum of nug12" 578 "$OPTIMUM"

title "2. A longer run with a checkpoint every second: the tree $TREE, $EXPECTED_NODES nodes"
tell "\$ ${MPIRUN[*]} ${MPIRUN_RECOVERY[*]} -n 4 build/bin/uts --tree $TREE --store STORE ..."
tell "(20,000 nodes a unit, which then sleeps 1.2 ms, so that a fast machine can be watched too)"
run_uts first 4
UNITS=12149  # what the tree is cut into
watch_until first "$DEMO/first.log" "$(accepted_share 0.15)"

title "3. One worker dies (SIGKILL)"
rank_pid "$JOB_PID" 2
kill_process KILL "$RANK_PID"
tell "\$ kill -9 $RANK_PID        # rank 2"
watch_until first "$DEMO/first.log" "count('worker_lost') > 0 and $(accepted_share 0.4)"
LEASES=$(log_value "$DEMO/first.log" "last('worker_lost')['leases']")
tell "it held $LEASES units; they went to the others"

title "4. Everything dies (SIGKILL of mpirun and every rank)"
PIDS=$(descendants_of "$JOB_PID")
for pid in $JOB_PID $PIDS; do kill -s KILL "$pid" 2>/dev/null || true; done
job_wait "$JOB_PID" 20 || true
DONE_BEFORE=$(log_value "$DEMO/first.log" "max(values('progress', 'accepted'))")
"$BUILD/bin/steadfarm" inspect "$STORE" | sed -nE '/^(state|gener|commit|pend)/s/^/   /p'

title "5. The same command again, on 3 ranks: it goes on from what is durable"
run_uts second 3
tell "\$ ${MPIRUN[*]} ${MPIRUN_RECOVERY[*]} -n 3 build/bin/uts --tree $TREE --store STORE ..."
while process_alive "$JOB_PID"; do show_new second; sleep 0.1; done
job_wait "$JOB_PID" 120
show_new second
ANSWER=$(tail -n 1 "$JOBS_TMP/second.out")
RESTORED=$(json "$ANSWER" units_restored)
tell "accepted when it died: $DONE_BEFORE units"
tell "restored: $RESTORED, repeated: $((DONE_BEFORE - RESTORED))"

title "6. The answer"
tell "published: $EXPECTED_NODES nodes, depth $EXPECTED_DEPTH, $EXPECTED_LEAVES leaves"
NODES=$(json "$ANSWER" 'answer["nodes"]')
DEPTH=$(json "$ANSWER" 'answer["depth"]')
LEAVES=$(json "$ANSWER" 'answer["leaves"]')
tell "here:      $NODES nodes, depth $DEPTH, $LEAVES leaves"
expect_eq "nodes" "$EXPECTED_NODES" "$NODES"
expect_eq "depth" "$EXPECTED_DEPTH" "$DEPTH"
expect_eq "leaves" "$EXPECTED_LEAVES" "$LEAVES"
[ "$RESTORED" -gt 0 ] || fail "nothing was restored"

title "7. What is on disk: plain HDF5, every file with its digest"
tell "\$ steadfarm inspect STORE; steadfarm verify STORE"
"$BUILD/bin/steadfarm" inspect "$STORE" | sed -n '1,12s/^/   /p'
tell "  ..."
"$BUILD/bin/steadfarm" verify "$STORE" | sed 's/^/   /'
SEGMENT=$(find "$STORE" -maxdepth 1 -name 'segment-*.h5' | sort | tail -n 1)
tell "\$ h5dump -H ${SEGMENT##*/}"
h5dump -H "$SEGMENT" | sed 's/^/   /'

title "All of it held."
rm -rf "$STORE" "$DEMO"/*.log
