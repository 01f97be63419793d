# shellcheck shell=bash disable=SC2034
# Jobs of the cluster's Slurm, made from the template in slurm/ as a user would. Source it after
# `set -euo pipefail`.

# shellcheck source=tests/cluster/farms.sh
source "$STEADFARM_SOURCE/tests/cluster/farms.sh"

# job_from_template NAME [TEMPLATE]: $JOBS_TMP/NAME.sbatch, with what a user changes changed. Units
# take SLEEP_US.
SLEEP_US=20000
job_from_template() {
  local name=$1 template=${2:-steadfarm.sbatch}
  sed -e "s|^program=.*|program=(${PROGRAM[*]} --sleep-us $SLEEP_US --json --progress off \
--log '$JOBS_TMP/$name.log' --heartbeat 0.25 --timeout 3)|" \
    -e "s|^store=.*|store=$JOBS_TMP/store-$name${SUFFIX:-}|" \
    -e "s|^watch_every=.*|watch_every=1|" -e "s|^launch_s=.*|launch_s=20|" \
    -e "s|^steadfarm=.*|steadfarm=$FARMS_BIN/steadfarm|" \
    "$STEADFARM_SOURCE/slurm/$template" >"$JOBS_TMP/$name.sbatch"
  if grep -q '^program=(\./' "$JOBS_TMP/$name.sbatch"; then
    fail "the template has no such line for the program"
  fi
}

# job_submit NAME NODES OPTIONS...: submits it, with two ranks a node. Its id is in JOB_ID.
job_submit() {
  local name=$1 nodes=$2
  shift 2
  JOB_ID=$(cluster_enter sbatch --parsable --job-name="$name" --nodes="$nodes" \
    --ntasks-per-node=2 --time=10 --output="$JOBS_TMP/$name.out" --error="$JOBS_TMP/$name.err" \
    "$@" "$JOBS_TMP/$name.sbatch") || fail "$name was not taken by sbatch"
}

job_requeued() { [ "$(job_field "$JOB_ID" Restarts)" -ge "${1:-1}" ]; }
job_field() { cluster_enter scontrol show job --oneliner "$1" | grep -oP "(?<= $2=)\S+"; }
job_is() { [ "$(job_field "$1" JobState)" = "$2" ]; }

# job_wait_for NAME ID STATE SECONDS
job_wait_for() {
  poll_until "$4" "job $2 to be $3" job_is "$2" "$3" && return 0
  cat "$JOBS_TMP/$1.err" >&2
  fail "$1: the job is $(job_field "$2" JobState), and not $3"
}

# What the job's supervisor has logged.
supervisor_says() { log_value "$JOBS_TMP/store-$1.run.log" "$2"; }

# job_rank HOST RANK: the process id, as this machine has it, in RANK_PID.
job_rank() { rank_pid "$(host_init "$1")" "$2" 30 || fail "no rank $2 on node$1"; }

slurm_all_idle() { poll_until 60 "Slurm to have all its hosts" slurm_has_idle "$1"; }

# expect_end_in_allocation NAME: complete in the same allocation, and nothing durable done again.
expect_end_in_allocation() {
  job_wait_for "$1" "$JOB_ID" COMPLETED 90
  expect_same_answer "$1"
  expect_eq "$1: requeues" 0 "$(job_field "$JOB_ID" Restarts)"
  expect_went_on "$1" "$(supervisor_says "$1" "values('command_end', 'committed')")"
}

# The deaths were noticed by the farm that went on, or by the supervisor that started it again.
expect_noticed() {  # NAME RANKS
  local lost restarts
  lost=$(log_says "$1" 'sorted(values("worker_lost", "rank"))')
  restarts=$(supervisor_says "$1" 'count("restart")')
  [ "$lost" = "[$2]" ] || [ "$restarts" -ge 1 ] || fail "$1: nobody noticed that $2 are dead"
  echo "$1: lost in the farm: $lost, restarts in the allocation: $restarts"
}
