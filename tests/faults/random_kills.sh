#!/usr/bin/env bash
# Kills at random moments: a worker, two, the master, the launcher, everything. A run under
# `steadfarm run` ends with the exact answer; one without it with the exact answer or an exit code
# of its own. All in bounded time: no run hangs.
#
#   random_kills.sh [RUNS [SEED [FIRST]]]    20 runs by default, not counted where all was over
#                                            before the kill; the seed says who is killed, and when;
#                                            FIRST begins with that run of the seed
#
# STEADFARM_LAUNCH names the launcher with its options, up to the number of ranks: by default mpirun
# with what lets the other ranks live on. For example "srun --mpi=pmix --no-kill
# --kill-on-bad-exit=0 --overcommit -n". Ranks may be on other hosts of a test cluster, as long as
# their processes are seen from here.
set -euo pipefail
# shellcheck source=tests/lib/farms.sh
source "$STEADFARM_SOURCE/tests/lib/farms.sh"

runs=${1:-20}
seed=${2:-$(date +%s)}
read -ra launch <<<"${STEADFARM_LAUNCH:-${MPIRUN[*]} ${MPIRUN_RECOVERY[*]} -n}"
export LAUNCHER_KILLED
echo "seed $seed: ${launch[*]}"
exec "$JOBS_PYTHON" "$STEADFARM_SOURCE/tests/faults/random_kills.py" --runs "$runs" \
  --seed "$seed" --first "${3:-0}" \
  --bin "$FARMS_BIN" --program "$FARMS_TEST_BIN/stragglers_program" --folder "$JOBS_TMP" \
  -- "${launch[@]}"
