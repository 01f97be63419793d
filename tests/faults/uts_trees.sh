#!/usr/bin/env bash
# The small published trees on 4 ranks, undisturbed: exact numbers, enough units, exit code 0.
set -euo pipefail
# shellcheck source=tests/lib/farms.sh
source "$STEADFARM_SOURCE/tests/lib/farms.sh"

tree() {  # NAME NODES DEPTH LEAVES
  farm_run "$1" 4 uts --tree "$1"
  expect_eq "$1: exit code" 0 "$JOB_EXIT"
  expect_eq "$1: answer" "{'nodes': $2, 'depth': $3, 'leaves': $4}" "$(out_says "$1" answer)"
  expect_eq "$1: complete, ranks, failed, lost" "(True, 4, 0, 0)" \
    "$(out_says "$1" '(complete, ranks, units_failed, workers_lost)')"
  expect_true "$1: executions differ from units" \
    "$(out_says "$1" 'executions == units_accepted and nodes_per_s > 0 and seconds > 0')"
}
tree T1 4130071 10 3305118
tree T2 4117769 81 2342762
tree T3 4112897 1572 3599034
tree T4 4132453 134 3108986
tree T5 4147582 20 2181318
expect_true "T3 makes fewer than 1,000 units" "$(out_says T3 'units_accepted >= 1000')"

# The same tree by its parameters, and more ranks than there is work for at first.
farm_run parameters 9 uts -t 0 -b 2000 -q 0.124875 -m 8 -r 42
expect_eq "T3 by its parameters" "$(out_says T3 answer)" "$(out_says parameters answer)"
