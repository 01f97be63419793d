#!/usr/bin/env bash
# Every QAPLIB file that is here: the known optimum, a permutation that costs as much, the same one
# at every run; and with a fixed bound the same nodes as the serial search.
set -euo pipefail
# shellcheck source=tests/faults/qap_lib.sh
source "$STEADFARM_SOURCE/tests/faults/qap_lib.sh"

seen=0
for file in "$QAP_DATA"/*.dat; do
  name=$(basename "$file" .dat)
  optimum=${QAP_OPTIMA[$name]:-}
  [ -n "$optimum" ] || fail "$file: no optimum is known to this test"
  seen=$((seen + 1))
  farm_run "$name" 4 qap "$file"
  expect_eq "$name: exit code" 0 "$JOB_EXIT"
  expect_optimum "$name" "$file" "$optimum"
  if [ "$name" = esc16a ]; then continue; fi # takes long; qap_kill.sh runs it again and again
  farm_run "$name-again" 3 qap "$file"
  expect_eq "$name: permutation of a second run" "$(out_says "$name" 'answer["permutation"]')" \
    "$(out_says "$name-again" 'answer["permutation"]')"
  serial_nodes "$name" "$file" "$((optimum + 1))"
  farm_run "$name-fixed" 4 qap "$file" --fixed-bound "$((optimum + 1))" --grain 100
  expect_optimum "$name-fixed" "$file" "$optimum"
  expect_eq "$name: nodes with a fixed bound" "$SERIAL_NODES" "$(out_says "$name-fixed" nodes)"
done
expect_eq "files" "${#QAP_OPTIMA[@]}" "$seen"
