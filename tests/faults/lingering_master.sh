#!/usr/bin/env bash
# Rank 0 works on the outcome for longer than a process waits for an MPI_Finalize that hangs, while
# the workers wait for it there. They must not give up: a plain launcher would end rank 0 as well.
set -euo pipefail
# shellcheck source=tests/lib/farms.sh
source "$STEADFARM_SOURCE/tests/lib/farms.sh"

farm_run linger 3 "$FARMS_TEST_BIN/units_program" --units 50 --linger-ms 12000
expect_eq "exit code" 0 "$JOB_EXIT"
expect_eq "the answer of rank 0" "{'count': 50}" "$(out_says linger answer)"
