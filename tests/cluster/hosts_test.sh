#!/usr/bin/env bash
# The cluster itself: two at once do not see each other, a host that is killed takes everything on
# it along and comes back empty, a cable can be pulled, and nothing is left behind, even if whoever
# brought the cluster up is killed.
set -euo pipefail
# shellcheck source=tests/cluster/farms.sh
source "$STEADFARM_SOURCE/tests/cluster/farms.sh"

machine_state() { ip -brief link; ip netns list; cat /proc/mounts /etc/hosts; }
machine_state >"$JOBS_TMP/machine-before"
cluster_for_test 2
on() { cluster_enter ssh "node$1" "${@:2}"; }

expect_eq "name and address" "node2 10.77.0.12" "$(on 2 'hostname; hostname -I' | xargs)"
on 1 "touch /tmp/own '$JOBS_TMP/shared'"
on 2 "test -e '$JOBS_TMP/shared' && test ! -e /tmp/own" || fail "what is shared is not as it should"
expect_eq "Slurm's hosts" "node1 node2 " "$(cluster_enter srun -N2 hostname | sort | tr '\n' ' ')"

# A second cluster, by the scripts for people.
bash "$CLUSTER_SOURCE/tests/cluster/up.sh" 1 "$JOBS_TMP/other" >"$JOBS_TMP/up.txt" ||
  fail "a second cluster did not come up"
bash "$CLUSTER_SOURCE/tests/cluster/up.sh" 1 "$JOBS_TMP/other" >/dev/null ||
  fail "up.sh on a cluster that is up is no success"
expect_eq "hosts of the other" 1 \
  "$(bash "$CLUSTER_SOURCE/tests/cluster/enter.sh" "$JOBS_TMP/other" sinfo -h -o %D)"
bash "$CLUSTER_SOURCE/tests/cluster/down.sh" "$JOBS_TMP/other"
bash "$CLUSTER_SOURCE/tests/cluster/down.sh" "$JOBS_TMP/other" || fail "down.sh twice is a failure"
expect_eq "Slurm after the other has gone" 2 "$(cluster_enter sinfo -h -t idle -o %D)"

# A cable, a power cut, a restart.
host_cut 1
if on 1 true 2>/dev/null; then fail "a host answers without its cable"; fi
host_mend 1
poll_until 20 "node1 to answer again" on 1 true || fail "node1 is not back on the network"
on 1 'sleep 1000 >/dev/null 2>&1 &'
init=$(host_init 1)
mapfile -t there < <(descendants_of "$init")
[ "${#there[@]}" -ge 3 ] || fail "nothing runs on node1"
host_kill 1
for pid in "${there[@]}"; do process_gone "$pid" || fail "process $pid outlived its host"; done
host_restart 1
on 1 'test ! -e /tmp/own' || fail "node1 remembers its /tmp"
poll_until 30 "Slurm to have node1 back" slurm_has_idle 2 || fail "Slurm lost node1"

# The owner is killed, and with it goes its cluster.
job_start owner bash -c "source '$CLUSTER_SOURCE/tests/cluster/lib.sh'
  cluster_up 1 '$JOBS_TMP/owned' \$\$ && touch '$JOBS_TMP/owned-is-up'; sleep 1000"
poll_until 60 "the owned cluster" test -e "$JOBS_TMP/owned-is-up" || fail "it did not come up"
kill_process KILL "$JOB_PID"
poll_until 20 "the owned cluster to end" cluster_is_down "$JOBS_TMP/owned" ||
  fail "a cluster outlived its owner"

cluster_down "$JOBS_TMP/cluster"
machine_state >"$JOBS_TMP/machine-after"
diff "$JOBS_TMP/machine-before" "$JOBS_TMP/machine-after" || fail "something is left behind"
echo "up, down, cut, killed and restarted; nothing is left behind"
