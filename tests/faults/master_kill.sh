#!/usr/bin/env bash
# The master dies and a worker takes over in the same job: the answer is the published one, what is
# durable is restored, and what live workers have kept is not executed again.
#
#   master_kill.sh CASE [MPIRUN OPTIONS...]
#
#   flow       killed in full flow
#   busy       killed while every worker is deep in a long unit
#   idle       killed while it has nothing to do: the last unit runs, and the other workers rest
#   checkpoint killed while a generation is being written
#   shutdown   killed when the end is durable and the workers are leaving
#   twice      the one that took over is killed as well
#   shards     as flow, and the results lie with the workers
#   both       a worker is killed, and the master before that is noticed
#   stopped    only stopped; it wakes after the take-over, cannot publish, and ends by itself
set -euo pipefail
# shellcheck source=tests/lib/farms.sh
source "$STEADFARM_SOURCE/tests/lib/farms.sh"

case=${1:?a case: flow, busy, idle, checkpoint, shutdown, twice, shards, both or stopped}
shift
if [ "$LAUNCHER_SURVIVES" = 0 ]; then
  echo "skipped: this launcher lets nobody live when a rank dies" >&2
  exit 77
fi
# mpirun's own options come from the caller: `--mca btl tcp,self` for the same over TCP.
MPIRUN+=("$@")
store=$JOBS_TMP/store
total=23883
answer="{'nodes': 102181082, 'depth': 13, 'leaves': 81746377}"
# A farm that nobody could take over is refused, so a case never waits in vain for one.
job=(uts --tree T1L --grain 10000 --store "$store" --interval 0.5 --stragglers wait --takeover on
  --report "$JOBS_TMP/report")

wait_for() {  # EXPRESSION SECONDS
  log_wait "$JOBS_TMP/run.log" "($1)" "$2" || fail "never came: $1"
}

expect_answer() {
  expect_eq "answer" "$answer" "$(out_says run answer)"
  expect_eq "complete, accepted, committed, failed" "(True, $total, $total, 0)" \
    "$(out_says run '(complete, units_accepted, units_committed, units_failed)')"
  expect_eq "exit code in the log" 0 "$(log_says run 'last("finish")["exit_code"]')"
  expect_farm_gone
  expect_store_sound "$store"
}

# What was accepted before the death is restored, handed in, or done again; only little of it may be
# done again: what a killed process alone had.
expect_taken_over() {  # TIMES LOST_RANK
  expect_eq "take-overs" "$1" "$(log_says run 'count("taken_over")')"
  expect_eq "lost rank" "$2" "$(log_says run 'last("taken_over")["lost_rank"]')"
  expect_eq "times that work went on" "$1" "$(log_says run 'count("work_goes_on")')"
  local again
  again=$(out_says run 'executions - units_accepted')
  echo "$case: restored $(out_says run units_restored), handed in" \
    "$(log_says run 'last("work_goes_on")["units_handed_in"]'), noticed after" \
    "$(log_says run 'last("work_goes_on")["silent_ms"]') ms, work went on" \
    "$(log_says run 'last("work_goes_on")["after_ms"]') ms later, executed again: $again"
  [ "$again" -le "${3:-3}" ] || fail "$again units were executed again"
}

# expect_reported MISSING: the report says the same as the log, and which ranks did not follow.
expect_reported() {
  expect_eq "the report" "$(log_says run "(last('taken_over')['lost_rank'],
      last('taken_over')['rank'], last('taken_over')['evidence'], $1,
      last('taken_over')['units_restored'], last('work_goes_on')['units_handed_in'],
      last('work_goes_on')['after_ms'])")" \
    "$("$JOBS_PYTHON" - "$JOBS_TMP/report" <<'PYTHON'
import json, sys
t = json.load(open(sys.argv[1]))["takeover"]
print((t["lost_rank"], t["rank"], t["evidence"], t["missing_ranks"], t["units_restored"],
       t["units_handed_in"], int(t["work_went_on_after_s"] * 1000 + 1e-6)))
PYTHON
)"
}

run_to_end() {
  job_wait "$JOB_PID" 200 || fail "the run did not end"
}

case $case in
  flow)
    farm_start run 4 "${job[@]}"
    farm_ranks 4
    at_units run $((total / 4))
    kill_process KILL "${FARM_PIDS[0]}"
    killed_at=$(accepted_now run)
    run_to_end
    expect_middle "the master" "$killed_at" "$total"
    expect_taken_over 1 0
    expect_reported "[]"
    expect_answer
    expect_true "nothing was restored or nothing handed in" \
      "$(log_says run '(last("taken_over")["units_restored"] > 0 and
        last("work_goes_on")["units_handed_in"] > 0)')"
    # The log shows what was accepted every tenth of a second.
    expect_true "what was accepted before the death was lost" \
      "$(log_says run "(last('taken_over')['units_restored'] +
        last('work_goes_on')['units_handed_in'] >= $killed_at)")"
    ;;
  busy)
    farm_start run 3 "$FARMS_TEST_BIN/units_program" --units 4 --sleep-us 6000000 --store "$store" \
      --stragglers wait --takeover on
    farm_ranks 3
    wait_for 'min((last("progress") or {}).get("leases", {}).values() or [0]) > 0 and
      len(last("progress")["leases"]) == 2' 60
    kill_process KILL "${FARM_PIDS[0]}"
    run_to_end
    expect_eq "count" "{'count': 4}" "$(out_says run answer)"
    expect_eq "executions" 4 "$(out_says run executions)"
    expect_eq "take-overs" 1 "$(log_says run 'count("taken_over")')"
    # The units take 6 s; what took over did not wait for them.
    expect_true "the take-over waited for a unit" \
      "$(log_says run 'last("work_goes_on")["after_ms"] < 2000')"
    expect_farm_gone
    ;;
  idle)
    farm_start run 4 "$FARMS_TEST_BIN/units_program" --units 1 --sleep-us 6000000 --store "$store" \
      --stragglers wait --takeover on
    farm_ranks 4
    wait_for 'sum((last("progress") or {}).get("leases", {}).values()) == 1' 60
    kill_process KILL "${FARM_PIDS[0]}"
    run_to_end
    expect_eq "count" "{'count': 1}" "$(out_says run answer)"
    expect_eq "executions" 1 "$(out_says run executions)"
    expect_eq "take-overs" 1 "$(log_says run 'count("taken_over")')"
    expect_farm_gone
    ;;
  checkpoint)
    export SLOW_DISK_FOLDER=$store SLOW_DISK_FSYNC_MS=300
    export LD_PRELOAD=$FARMS_TEST_BIN/libslow_disk.so
    farm_start run 4 "${job[@]}"
    unset LD_PRELOAD
    farm_ranks 4
    at_units run $((total / 4))
    wait_for 'events[-1]["kind"] != "generation_durable" and
      count("epoch_opened") > count("generation_durable")' 60
    kill_process KILL "${FARM_PIDS[0]}"
    run_to_end
    expect_taken_over 1 0
    expect_answer
    ;;
  shutdown)
    farm_start run 4 "${job[@]}"
    farm_ranks 4
    wait_for '(last("progress") or {}).get("accepted", 0) > 23000' 200
    wait_for 'count("worker_left") > 0 or count("finish") > 0 or
      (last("progress") or {}).get("pending", 1) == 0' 200
    kill -s KILL "${FARM_PIDS[0]}" 2>/dev/null || true
    run_to_end
    expect_farm_gone
    expect_true "the store is not complete" "$(store_says "$store" 'complete or committed > 0')"
    if [ -s "$JOBS_TMP/run.out" ]; then expect_answer; fi
    ;;
  twice)
    farm_start run 5 "${job[@]}"
    farm_ranks 5
    at_units run $((total / 5))
    kill_process KILL "${FARM_PIDS[0]}"
    wait_for 'count("work_goes_on") == 1' 60
    rank=$(log_says run 'last("taken_over")["rank"]')
    at_units run $((total / 2))
    kill_process KILL "${FARM_PIDS[$rank]}"
    run_to_end
    # The second one to die was a worker too: what it alone had finished is lost with it.
    expect_taken_over 2 "$rank" $((total / 4))
    expect_answer
    ;;
  shards)
    units=400
    program=("$FARMS_TEST_BIN/units_program" --units "$units" --sleep-us 20000
      --result-bytes 200000 --interval 0.4 --stragglers wait)
    farm_run whole 3 "${program[@]}" --store "$JOBS_TMP/whole" --shard off
    expect_eq "undisturbed: exit code" 0 "$JOB_EXIT"
    farm_start run 4 "${program[@]}" --store "$store" --shard 100000 --takeover on
    farm_ranks 4
    at_units run $((units / 3))
    kill_process KILL "${FARM_PIDS[0]}"
    run_to_end
    expect_taken_over 1 0 $((units / 4))
    expect_eq "complete, accepted, committed, failed" "(True, $units, $units, 0)" \
      "$(out_says run '(complete, units_accepted, units_committed, units_failed)')"
    expect_eq "what the folds took" "$units" "$(out_says run "answer['count']")"
    expect_farm_gone
    expect_store_sound "$store"
    "$FARMS_BIN/steadfarm" results "$JOBS_TMP/whole" --canonical >"$JOBS_TMP/whole.txt"
    "$FARMS_BIN/steadfarm" results "$store" --canonical >"$JOBS_TMP/store.txt"
    cmp "$JOBS_TMP/whole.txt" "$JOBS_TMP/store.txt" ||
      fail "the results differ from those of a run that nobody disturbed"
    owners=$(find "$store/shards" -name 'shard-*' | sed 's/.*shard-\([^-]*\)-.*/\1/' | sort -u)
    echo "owners for whom shards were written:" "$owners"
    [ "$(wc -w <<<"$owners")" -ge 2 ] || fail "no shards of both masters are left"
    ;;
  both)
    farm_start run 5 "${job[@]}"
    farm_ranks 5
    at_units run $((total / 4))
    kill_process KILL "${FARM_PIDS[1]}"
    kill_process KILL "${FARM_PIDS[0]}"
    run_to_end
    expect_taken_over 1 0 $((total / 4))
    expect_eq "who took over" 2 "$(log_says run 'last("taken_over")["rank"]')"
    expect_reported "[1]"
    expect_answer
    ;;
  stopped)
    farm_start run 4 "${job[@]}"
    farm_ranks 4
    at_units run $((total / 4))
    kill_process STOP "${FARM_PIDS[0]}"
    wait_for 'count("work_goes_on") == 1' 60
    kill_process CONT "${FARM_PIDS[0]}"
    run_to_end
    expect_answer_of_two() {
      expect_eq "answers" 1 "$(grep -c '"answer"' "$JOBS_TMP/run.out")"
      expect_eq "take-overs" 1 "$(log_says run 'count("taken_over")')"
    }
    expect_answer_of_two
    expect_eq "answer" "$answer" "$(out_says run answer)"
    expect_eq "how both end" "[(0, 'complete'), (65, 'fenced')]" \
      "$(log_says run 'sorted((e["exit_code"], e["outcome"]) for e in events
        if e["kind"] == "finish")')"
    expect_eq "what the old master says" 1 \
      "$(grep -cE "error: .*taken over the store $store.*owner epoch" "$JOBS_TMP/run.err")"
    expect_farm_gone
    expect_store_sound "$store"
    ;;
  *) fail "unknown case $case" ;;
esac
