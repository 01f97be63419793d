# shellcheck shell=bash disable=SC2034
# Farms on virtual hosts, for tests. Source it after `set -euo pipefail`.

# shellcheck source=tests/lib/supervised.sh
source "$STEADFARM_SOURCE/tests/lib/supervised.sh"
# shellcheck source=tests/cluster/lib.sh
source "$STEADFARM_SOURCE/tests/cluster/lib.sh"

cluster_cleanup() {
  local code=$?
  set +e
  jobs_end
  cluster_down "$CLUSTER_DIR" || code=1
  if [ "$code" -ne 0 ]; then tail -n 5 "$CLUSTER_DIR"/log/{rack,slurmctld}.log >&2; fi
  (exit "$code")
  farms_cleanup
}
trap cluster_cleanup EXIT

# cluster_for_test HOSTS: skips the test on a machine that cannot have one.
cluster_for_test() {
  cluster_check || exit 77
  cluster_up "$1" "$JOBS_TMP/cluster" "$$" "$JOBS_TMP" "$STEADFARM_BUILD" ||
    fail "the cluster did not come up"
  cluster_enter_words
  # Two ranks on each host.
  HOSTFILE=$JOBS_TMP/hosts
  for ((i = 1; i <= $1; ++i)); do echo "node$i slots=2"; done >"$HOSTFILE"
}

# Units of 20 ms, of which the result is kept, so that two runs can be compared byte by byte.
UNITS=600
PROGRAM=("$FARMS_TEST_BIN/units_program" --units "$UNITS" --result-bytes 24 --interval 0.3
  --chunk 1)

# hosts_start NAME RANKS [OPTIONS...]: a supervised run of the program over the hosts of HOSTFILE.
HOSTS_SLEEP_US=20000 # what a unit takes there
hosts_start() {
  MPIRUN_OPTIONS=(--hostfile "$HOSTFILE")
  supervised_words "$1" "$2" "${PROGRAM[@]}" --sleep-us "$HOSTS_SLEEP_US" \
    --store "$JOBS_TMP/store-$1" "${@:3}"
  job_start "$1" "${CLUSTER_ENTER[@]}" "${SUPERVISED[@]}"
}

# expect_same_answer NAME: complete, every unit counted once, results as in the undisturbed run.
expect_same_answer() {
  expect_eq "$1: answer" "{'count': $UNITS}" "$(out_says "$1" answer)"
  expect_eq "$1: complete, accepted, failed" "(True, $UNITS, 0)" \
    "$(out_says "$1" '(complete, units_accepted, units_failed)')"
  local results=$JOBS_TMP/results-$1
  "$FARMS_BIN/steadfarm" results --canonical "$JOBS_TMP/store-$1" >"$results" ||
    fail "$1: its results cannot be read"
  cmp "$results" "$JOBS_TMP/results-undisturbed" || fail "$1: other results than undisturbed"
  expect_store_sound "$JOBS_TMP/store-$1"
}

# expect_went_on NAME COMMITTED: nothing durable was done again, as the farm's log NAME shows.
# COMMITTED is the list of what the supervisor found at the end of each command. A launcher may end
# before the ranks on other hosts do, so that the next start finds more than that.
expect_went_on() {
  local restored
  restored=$(log_says "$1" 'values("start", "units_restored")[1:]')
  expect_true "$1: starts began with $restored units, commands ended with $2" \
    "$("$JOBS_PYTHON" -c "print(all(r >= c for r, c in zip($restored, $2)))")"
}

# The run that the others are compared with needs no hosts.
run_undisturbed() {
  farm_run undisturbed 3 "${PROGRAM[@]}" --sleep-us 1000 --store "$JOBS_TMP/store-undisturbed"
  expect_eq "undisturbed: exit code" 0 "$JOB_EXIT"
  "$FARMS_BIN/steadfarm" results --canonical "$JOBS_TMP/store-undisturbed" \
    >"$JOBS_TMP/results-undisturbed"
  expect_eq "undisturbed: results, and the state of the fold" "$((UNITS + 1))" \
    "$(wc -l <"$JOBS_TMP/results-undisturbed")"
}

expect_mid_run() {  # NAME WHAT: by what is accepted now, of which the rest is still to come
  local now
  now=$(accepted_now "$1")
  expect_middle "$1: $2" "$now" "$UNITS"
}
