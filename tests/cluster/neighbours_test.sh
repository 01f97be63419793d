#!/usr/bin/env bash
# Workers on other hosts than the master's are killed: first the one that its neighbour watches,
# then the one that watches. The time-out is so long that silence cannot tell of it. Then the
# master: a worker takes over. Each run ends with the results of the undisturbed one.
set -euo pipefail
# shellcheck source=tests/cluster/farms.sh
source "$STEADFARM_SOURCE/tests/cluster/farms.sh"

cluster_for_test 3
run_undisturbed

# start_mid_run NAME TIMEOUT: the farm, at a fifth of its work. The report is in REPORT.
start_mid_run() {
  REPORT=$JOBS_TMP/$1.report
  job_start "$1" "${CLUSTER_ENTER[@]}" "${MPIRUN[@]}" "${MPIRUN_RECOVERY[@]}" \
    --hostfile "$HOSTFILE" -n 6 "${PROGRAM[@]}" --sleep-us 60000 \
    --store "$JOBS_TMP/store-$1" --json --progress off --log "$JOBS_TMP/$1.log" \
    --report "$REPORT" --heartbeat 0.25 --timeout "$2"
  at_units "$1" $((UNITS / 5))
  expect_mid_run "$1" killed
}

kill_rank() {  # HOST RANK
  rank_pid "$(host_init "$1")" "$2" 30 || fail "no rank $2 on node$1"
  kill_process KILL "$RANK_PID"
}

# expect_end NAME: mpirun of Open MPI 4 does not return after such a loss, so the report tells.
expect_end() {
  poll_until 120 "the report of $1" test -s "$REPORT" || fail "$1 did not end"
  poll_until 20 "the answer of $1" grep -q '"complete":true' "$JOBS_TMP/$1.out" ||
    fail "$1 is not complete"
  expect_same_answer "$1"
  jobs_end
}

# worker_killed NAME HOST RANK WITNESS: rank RANK on the host; WITNESS is there too.
worker_killed() {
  local name=$1 host=$2 rank=$3 witness=$4 how
  start_mid_run "$name" 100
  kill_rank "$host" "$rank"
  log_wait "$JOBS_TMP/$name.log" "count('worker_lost') == 1" 60 ||
    fail "$name: nobody noticed the end of rank $rank"
  expect_end "$name"
  expect_eq "$name: ranks lost" "[$rank]" "$(log_says "$name" 'values("worker_lost", "rank")')"
  how=$(log_says "$name" 'last("worker_lost")["how"]')
  # Under ULFM MPI may be the first to say so.
  if [ "$LAUNCHER_ULFM" = 1 ] && [ "$how" = transport ]; then return; fi
  "$JOBS_PYTHON" - "$REPORT" "$rank" "$witness" "node$host" <<'END'
import json, sys
path, rank, witness, host = sys.argv[1:]
losses = json.load(open(path))["losses"]
found = [(l["rank"], l["host"], l["how"], l["evidence"]) for l in losses]
wanted = [(int(rank), host, "neighbour",
           "its process has ended, as rank %s on its host saw" % witness)]
if found != wanted:
    sys.exit("the report says %s and not %s" % (found, wanted))
print("rank %s: %s; silent for %.3f s" % (rank, found[0][3], losses[0]["silence_s"]))
END
}

worker_killed watched 2 3 2
worker_killed watcher 3 4 5

# ---- the master: silence has to tell, or MPI ----
start_mid_run master 3
kill_rank 1 0
log_wait "$JOBS_TMP/master.log" "count('taken_over') == 1" 60 || fail "master: nobody took over"
expect_end master
expect_eq "master: lost rank" 0 "$(log_says master 'last("taken_over")["lost_rank"]')"
