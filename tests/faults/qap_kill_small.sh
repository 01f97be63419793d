#!/usr/bin/env bash
# Every QAPLIB file but the long one, under kills: a worker that holds units, later everything,
# then a second start on fewer ranks. With a fixed bound the nodes are those of the serial search,
# not one more or less. A pause in each unit makes the run last long enough to be hit.
set -euo pipefail
# shellcheck source=tests/faults/qap_lib.sh
source "$STEADFARM_SOURCE/tests/faults/qap_lib.sh"

FARMS_TIMEOUT=1

for name in "${!QAP_OPTIMA[@]}"; do
  if [ "$name" = esc16a ]; then continue; fi # qap_kill.sh
  file=$QAP_DATA/$name.dat
  optimum=${QAP_OPTIMA[$name]}
  bound=$((optimum + 1))
  store=$JOBS_TMP/$name-store
  serial_nodes "$name" "$file" "$bound"
  grain=$((SERIAL_NODES / 300 + 1))
  job=(qap "$file" --fixed-bound "$bound" --grain "$grain" --store "$store" --interval 0.2)

  # How many units that makes; the kills aim by it.
  farm_run "$name-whole" 4 "${job[@]/$store/$store-whole}"
  expect_eq "$name: nodes undisturbed" "$SERIAL_NODES" "$(out_says "$name-whole" nodes)"
  units=$(out_says "$name-whole" units_accepted)
  pause_us=$((6000000 / units)) # three workers take two seconds

  farm_start "$name" 4 "${job[@]}" --pause-us "$pause_us" --stragglers wait
  farm_ranks 4
  at_units_held "$name" $((units / 5)) 2
  kill_process KILL "${FARM_PIDS[2]}"
  log_wait "$JOBS_TMP/$name.log" 'count("worker_lost", rank=2) == 1' 30 ||
    fail "$name: the loss of a worker was not noticed"
  killed_at=$(accepted_now "$name")
  expect_middle "$name: a worker" "$killed_at" "$units"
  expect_true "$name: the victim held no units" \
    "$(log_says "$name" 'last("worker_lost")["leases"] > 0')"
  at_units "$name" $((killed_at + (units - killed_at) / 3))
  unset 'FARM_PIDS[2]'
  farm_kill_all
  expect_middle "$name: everything" "$(accepted_now "$name")" "$units"
  expect_committed "$name" "$store"

  farm_run "$name-second" 3 "${job[@]}"
  expect_eq "$name: exit code of the second start" 0 "$JOB_EXIT"
  expect_optimum "$name-second" "$file" "$optimum"
  expect_eq "$name: nodes after the kills" "$SERIAL_NODES" "$(out_says "$name-second" nodes)"
  expect_eq "$name: units over the job's life" "$units" "$(out_says "$name-second" units_accepted)"
  expect_eq "$name: units restored" "$COMMITTED" \
    "$(log_says "$name-second" 'last("start")["units_restored"]')"
  expect_store_sound "$store"
done
