#!/usr/bin/env bash
# Branch and bound under kills. With a fixed bound every run must explore exactly the nodes of the
# serial search: with a worker killed, and after everything was killed and started again.
#
# esc16a takes long enough to be hit in the middle. The other files are done within a second; in
# qap_kill_small.sh a pause in each unit makes them last.
set -euo pipefail
# shellcheck source=tests/faults/qap_lib.sh
source "$STEADFARM_SOURCE/tests/faults/qap_lib.sh"

file=$QAP_DATA/esc16a.dat
optimum=${QAP_OPTIMA[esc16a]}
bound=$((optimum + 1))
arguments=(qap "$file" --fixed-bound "$bound" --grain 2000 --interval 0.3)
units=23000 # roughly what this grain makes; only there to aim with

serial_nodes esc16a "$file" "$bound"

# ---- a worker dies, the others carry on to the end ----
# Without second executions, its units come back by its loss alone, however short the run is.
farm_start worker 4 "${arguments[@]}" --store "$JOBS_TMP/worker-store" --stragglers wait
farm_ranks 4
at_units_held worker $((units / 4)) 3
kill_process KILL "${FARM_PIDS[3]}"
killed_at=$(accepted_now worker)
job_wait "$JOB_PID" 300 || fail "the run did not end after the loss of a worker"
expect_optimum worker "$file" "$optimum"
expect_eq "nodes with a worker killed" "$SERIAL_NODES" "$(out_says worker nodes)"
total=$(out_says worker units_accepted)
expect_middle "a worker" "$killed_at" "$total"
expect_victim worker 3
expect_farm_gone
expect_store_sound "$JOBS_TMP/worker-store"

# ---- everything dies; a second start on fewer ranks ----
store=$JOBS_TMP/store
farm_start first 4 "${arguments[@]}" --store "$store"
farm_ranks 4
at_units first $((units / 2))
farm_kill_all
expect_middle "everything" "$(accepted_now first)" "$total"
expect_committed first "$store"
farm_run second 3 "${arguments[@]}" --store "$store"
expect_eq "second start: exit code" 0 "$JOB_EXIT"
expect_optimum second "$file" "$optimum"
expect_eq "nodes after a second start" "$SERIAL_NODES" "$(out_says second nodes)"
expect_eq "units over the job's life" "$total" "$(out_says second units_accepted)"
expect_eq "units restored" "$COMMITTED" "$(log_says second 'last("start")["units_restored"]')"
expect_store_sound "$store"

for run in worker second; do
  expect_eq "permutation of $run" "$(out_says esc16a-serial 'answer["permutation"]')" \
    "$(out_says "$run" 'answer["permutation"]')"
done
