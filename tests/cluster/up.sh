#!/usr/bin/env bash
# up.sh HOSTS [DIR]: brings up a cluster of virtual hosts with sshd and a real Slurm, as root. DIR
# is a folder that every host sees, as are the home of this source tree and of whoever calls; by
# default ~/.cache/steadfarm/cluster. It stays until down.sh [DIR].
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/cluster/lib.sh
source "$here/lib.sh"
hosts=${1:-}
if ! [[ $hosts =~ ^[1-9][0-9]?$ ]]; then
  echo "usage: up.sh HOSTS [DIR], with 1 to 99 hosts" >&2
  exit 64
fi
dir=${2:-${XDG_CACHE_HOME:-$HOME/.cache}/steadfarm/cluster}
cluster_up "$hosts" "$dir" 0 "$HOME" || {
  code=$?
  cluster_down "$dir" || true
  exit "$code"
}
cat <<END
$hosts hosts, node1 to node$hosts, are up. On their head, from anywhere:
  $here/enter.sh ${2:+$2 }sinfo
  $here/enter.sh ${2:+$2 }ssh node1 hostname
  $here/enter.sh ${2:+$2 }bash
Do harm to a host: $here/fault.sh kill|restart|cut|mend NUMBER ${2:-}
Take all of it down: $here/down.sh ${2:-}
END
