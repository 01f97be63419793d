#!/usr/bin/env bash
# rack.sh DIR: the first process of a cluster's own namespaces (see lib.sh). It has the switch that
# the hosts are plugged into, the name service, munge, and the controller of Slurm; jobs are started
# from here. With it everything ends: hosts, network, mounts.
set -euo pipefail
dir=$1
# shellcheck source=tests/cluster/inside.sh
source "$(dirname "${BASH_SOURCE[0]}")/inside.sh"

hostname head
ip link set lo up
ip link add switch type bridge
ip address add 10.77.0.1/24 dev switch
ip link set switch up

own_tmp "$dir"
mount -t tmpfs -o mode=1777 shm /dev/shm
mount -t tmpfs -o mode=755 run /run
mkdir -m 755 /run/sshd /run/munge
mount --bind "$dir/etc/hosts" /etc/hosts
mount --bind "$dir/etc/ssh_config" /etc/ssh/ssh_config
if [ -e "$dir/etc/slurm/slurm.conf" ]; then
  mount --bind "$dir/etc/slurm" /etc/slurm
  # As root, with a key of its own: the machine's munge, if it has one, is left alone.
  munged --force --key-file="$dir/etc/munge.key" --seed-file=/run/munge/seed \
    --log-file="$dir/log/munged.log" --pid-file=/run/munge/munged.pid
  slurmctld -D >"$dir/log/slurmctld.out" 2>&1 &
fi
touch "$dir/rack.ready"
reap_for_ever
