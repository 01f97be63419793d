# shellcheck shell=bash
# Whether this machine can have a cluster of virtual hosts, by trying what it takes.
# Sourced by lib.sh; run as a program it says so with its exit code: 0 yes, 77 no.

# cluster_machine_check: prints why not, if not. Programs do not count: they can be installed.
cluster_machine_check() {
  if [ "$(id -u)" -ne 0 ]; then
    echo "cluster: not root; namespaces, mounts and virtual networks need it (try sudo)" >&2
    return 1
  fi
  local program
  for program in unshare nsenter setpriv ip mount; do
    if command -v "$program" >/dev/null; then continue; fi
    echo "cluster: no program '$program' (packages util-linux, iproute2)" >&2
    return 1
  done
  local trouble
  # shellcheck disable=SC2016
  if trouble=$(unshare --net --uts --mount --ipc --pid --fork --kill-child --mount-proc \
    bash -ec 'ip link add switch type bridge
      ip link add port type veth peer name cable
      ip link set port master switch up
      mount -t tmpfs cgroup /sys/fs/cgroup
      mkdir /sys/fs/cgroup/freezer
      mount -t cgroup -o freezer cgroup /sys/fs/cgroup/freezer' 2>&1); then
    return 0
  fi
  echo "cluster: this machine allows no namespaces, bridge, veth or freezer: $trouble" >&2
  return 1
}

cluster_check() {
  cluster_machine_check || return 1
  local program missing=()
  for program in /usr/sbin/sshd ssh ssh-keygen munged slurmctld slurmd sbatch srun; do
    command -v "$program" >/dev/null || missing+=("$program")
  done
  [ "${#missing[@]}" -gt 0 ] || return 0
  echo "cluster: missing: ${missing[*]} (packages: openssh-server openssh-client munge" \
    "slurmctld slurmd slurm-client)" >&2
  return 1
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then cluster_machine_check || exit 77; fi
