#!/usr/bin/env bash
# enter.sh [DIR] COMMAND...: runs a command on the head of the cluster in DIR, which is an absolute
# path; by default that of up.sh without one.
set -euo pipefail
# shellcheck source=tests/cluster/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
CLUSTER_DIR=$(realpath -m "${XDG_CACHE_HOME:-$HOME/.cache}/steadfarm/cluster")
if [ -f "${1:-}/unshare.pid" ]; then
  CLUSTER_DIR=$(realpath "$1")
  shift
fi
cluster_alive "$CLUSTER_DIR" || {
  echo "cluster: none is up in $CLUSTER_DIR" >&2
  exit 1
}
cluster_enter "${@:-bash}"
