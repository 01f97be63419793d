#!/usr/bin/env bash
# What stands behind mpirun dies in mid-run, under `steadfarm run` over three hosts: mpirun's daemon
# on a host with workers, the one on the host with the master, and mpirun itself. The farm is
# started again, and ends with the results of the undisturbed run. And mpirun does not return,
# though the farm has got to its end.
set -euo pipefail
# shellcheck source=tests/cluster/farms.sh
source "$STEADFARM_SOURCE/tests/cluster/farms.sh"

cluster_for_test 3
run_undisturbed

# daemon_pid HOST: that of mpirun's daemon there, in DAEMON_PID.
daemon_pid() {
  local pid
  for pid in $(descendants_of "$(host_init "$1")"); do
    # By its program: the kernel's short name may be that of its first thread.
    case $(readlink "/proc/$pid/exe" || true) in
      */orted | */prted)
        DAEMON_PID=$pid
        return 0
        ;;
    esac
  done
  fail "no daemon of mpirun on node$1"
}

in_middle() {  # NAME WHAT
  hosts_start "$1" 6
  at_units "$1" $((UNITS / 5))
  expect_mid_run "$1" "$2"
}

expect_started_again() {  # NAME
  job_wait "$JOB_PID" 120 || fail "$1 did not end"
  expect_eq "$1: exit code" 0 "$JOB_EXIT"
  expect_same_answer "$1"
  expect_went_on "$1" "$(run_says "$1" "values('command_end', 'committed')")"
  expect_eq "$1: starts" 2 "$(run_says "$1" 'count("command_start")')"
}

# ---- the daemon of a host with workers: nothing more is heard from there ----
in_middle daemon "daemon killed"
daemon_pid 3
kill_process KILL "$DAEMON_PID"
expect_started_again daemon
expect_eq "daemon: hosts of the starts" "[['node1', 'node2', 'node3'], ['node1', 'node2']]" \
  "$(run_says daemon 'values("command_start", "hosts")')"

# ---- that of the master's host ----
in_middle master "daemon of the master's host killed"
daemon_pid 1
kill_process KILL "$DAEMON_PID"
expect_started_again master

# ---- mpirun: no host is to blame ----
in_middle mpirun "mpirun killed"
mpirun_pid
kill_process KILL "$MPIRUN_PID"
expect_started_again mpirun
all="['node1', 'node2', 'node3']"
expect_eq "mpirun: hosts of the starts" "[$all, $all]" \
  "$(run_says mpirun 'values("command_start", "hosts")')"

# ---- mpirun of Open MPI 4 does not return where the others outlived a rank on another host ----
RUN_OPTIONS=(--silence 8)
MPIRUN+=("${MPIRUN_RECOVERY[@]}")
in_middle stays "worker killed"
rank_pid "$(host_init 2)" 3 30 || fail "no rank 3 on node2"
kill_process KILL "$RANK_PID"
job_wait "$JOB_PID" 120 || fail "stays did not end"
expect_eq "stays: exit code" 0 "$JOB_EXIT"
expect_same_answer stays
expect_eq "stays: ranks lost" "[3]" "$(log_says stays 'values("worker_lost", "rank")')"
ends=$(run_says stays 'values("command_end", "how")')
if [ "$LAUNCHER" = openmpi4 ]; then
  expect_eq "stays: how its starts ended" "['silent', 'exited']" "$ends"
else
  expect_eq "stays: how its start ended" "['exited']" "$ends"
fi
