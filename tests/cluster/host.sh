#!/usr/bin/env bash
# host.sh NUMBER DIR: the first process of a virtual host (see lib.sh). Killing it kills the host.
set -euo pipefail
number=$1
dir=$2
# shellcheck source=tests/cluster/inside.sh
source "$(dirname "${BASH_SOURCE[0]}")/inside.sh"

hostname "node$number"
ip link set lo up
own_tmp "$dir"
mount -t tmpfs -o mode=1777 shm /dev/shm
# Slurm 22.05 wants a freezer, also where it tracks processes by other means.
mount -t tmpfs cgroup /sys/fs/cgroup
mkdir /sys/fs/cgroup/freezer
mount -t cgroup -o freezer cgroup /sys/fs/cgroup/freezer
# The other end of the cable is plugged in from outside.
for ((i = 0; i < 500; ++i)); do
  if ip link show eth0 >/dev/null 2>&1; then break; fi
  sleep 0.02
done
ip address add "10.77.0.$((10 + number))/24" dev eth0
# The same after a restart, as others remember it.
ip link set eth0 address "$(printf '02:77:00:00:00:%02x' "$number")"
ip link set eth0 up

/usr/sbin/sshd -D -e -f "$dir/ssh/sshd_config" &
if [ -e "$dir/etc/slurm/slurm.conf" ]; then
  mkdir "/tmp/spool.node$number"
  slurmd -D -N "node$number" &
fi
reap_for_ever
