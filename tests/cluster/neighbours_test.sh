#!/usr/bin/env bash
# Workers on other hosts than the master's are killed: first the one that its neighbour watches,
# then the one that watches. The time-out is so long that silence cannot tell of it. The farm ends
# with the results of the undisturbed run.
set -euo pipefail
# shellcheck source=tests/cluster/farms.sh
source "$STEADFARM_SOURCE/tests/cluster/farms.sh"

cluster_for_test 3
run_undisturbed

# killed NAME HOST RANK WITNESS: rank RANK on the host is killed in mid-run; WITNESS is there too.
killed() {
  local name=$1 host=$2 rank=$3 witness=$4 report=$JOBS_TMP/$1.report
  job_start "$name" "${CLUSTER_ENTER[@]}" "${MPIRUN[@]}" "${MPIRUN_RECOVERY[@]}" \
    --hostfile "$HOSTFILE" -n 6 "${PROGRAM[@]}" --sleep-us 60000 \
    --store "$JOBS_TMP/store-$name" --json --progress off --log "$JOBS_TMP/$name.log" \
    --report "$report" --heartbeat 0.25 --timeout 100
  at_units "$name" $((UNITS / 5))
  expect_mid_run "$name" "rank $rank"
  rank_pid "$(host_init "$host")" "$rank" 30 || fail "no rank $rank on node$host"
  kill_process KILL "$RANK_PID"
  log_wait "$JOBS_TMP/$name.log" "count('worker_lost') == 1" 60 ||
    fail "$name: nobody noticed the end of rank $rank"
  # mpirun of Open MPI 4 does not return after such a loss.
  poll_until 120 "the report of $name" test -s "$report" || fail "$name did not end"
  poll_until 20 "the answer of $name" grep -q '"complete":true' "$JOBS_TMP/$name.out" ||
    fail "$name is not complete"
  expect_same_answer "$name"
  expect_eq "$name: ranks lost" "[$rank]" "$(log_says "$name" 'values("worker_lost", "rank")')"
  if [ "$LAUNCHER_ULFM" = 1 ]; then
    # MPI may be the first to say so.
    expect_true "$name: noticed by $(log_says "$name" 'last("worker_lost")["how"]')" \
      "$(log_says "$name" 'last("worker_lost")["how"] in ("neighbour", "transport")')"
  else
    "$JOBS_PYTHON" - "$report" "$rank" "$witness" "node$host" <<'END'
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
  fi
  jobs_end
}

killed watched 2 3 2
killed watcher 3 4 5
