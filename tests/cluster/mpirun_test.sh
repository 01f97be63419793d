#!/usr/bin/env bash
# mpirun over three hosts under `steadfarm run`: a host with workers dies, then gets its second
# chance and is given up; the host with the master dies; a host is cut off the network for good, and
# for a moment. Each run ends with the results of the undisturbed one.
set -euo pipefail
# shellcheck source=tests/cluster/farms.sh
source "$STEADFARM_SOURCE/tests/cluster/farms.sh"

cluster_for_test 3
run_undisturbed
# Quicker than the supervisor's own choice, so that a cut cable is noticed in five seconds.
for prefix in OMPI PRTE; do # Open MPI 4 and 5
  export "${prefix}_MCA_oob_tcp_keepalive_time=3" "${prefix}_MCA_oob_tcp_keepalive_intvl=1" \
    "${prefix}_MCA_oob_tcp_keepalive_probes=2"
done

end_of_run() {  # NAME
  job_wait "$JOB_PID" 120 || fail "$1 did not end"
  expect_eq "$1: exit code" 0 "$JOB_EXIT"
  expect_same_answer "$1"
  expect_went_on "$1" "$(run_says "$1" "values('command_end', 'committed')")"
}
hosts_of_starts() { run_says "$1" 'values("command_start", "hosts")'; }

# ---- a host with workers dies; later another rank; the host is tried again and given up ----
hosts_start workers 6
at_units workers $((UNITS / 5))
expect_mid_run workers "host with workers killed"
host_kill 3
run_wait workers 'count("host_lost", host="node3") == 1' 60
at_new_units workers 1 60
rank_pid "$(host_init 2)" 3 30
kill_process KILL "$RANK_PID"
run_wait workers 'count("host_lost_for_good", host="node3") == 1' 60
end_of_run workers
all="'node1', 'node2', 'node3'"
expect_eq "workers: hosts of the starts" \
  "[[$all], ['node1', 'node2'], [$all], ['node1', 'node2']]" "$(hosts_of_starts workers)"
expect_eq "workers: ranks of the starts" "[6, 4, 4]" \
  "$(log_says workers 'values("start", "ranks")')"
grep -q 'WARNING: host node3 is lost: .* not used again' "$JOBS_TMP/workers.err" ||
  fail "workers: nobody says aloud that the host is given up"
host_restart 3

# ---- the host of the master dies; nobody may go on without it before mpirun notices ----
hosts_start master 6 --takeover off
at_units master $((UNITS / 5))
expect_mid_run master "host with the master killed"
host_kill 1
end_of_run master
expect_eq "master: hosts of the starts" "[[$all], ['node2', 'node3']]" "$(hosts_of_starts master)"
host_restart 1

# ---- the cable of a host is pulled out; it is put back when the run has gone on without it ----
# mpirun of Open MPI 5 leaves the others at work until it notices; they must not be done by then.
HOSTS_SLEEP_US=60000
hosts_start cut 6
HOSTS_SLEEP_US=20000
at_units cut $((UNITS / 5))
expect_mid_run cut "host cut off"
host_cut 2
run_wait cut 'count("host_lost", host="node2") == 1' 60
host_mend 2
end_of_run cut
expect_eq "cut: hosts of the starts" "[[$all], ['node1', 'node3']]" "$(hosts_of_starts cut)"

# ---- pulled out and put back before anybody has had enough: nothing is lost ----
hosts_start moment 6
at_units moment $((UNITS / 5))
expect_mid_run moment "host cut off for a moment"
host_cut 2
sleep 1 # how long it is off
host_mend 2
end_of_run moment
expect_eq "moment: starts" 1 "$(run_says moment 'count("command_start")')"
expect_eq "moment: workers lost" 0 "$(out_says moment workers_lost)"
