#!/usr/bin/env bash
# fault.sh kill|restart|cut|mend NUMBER [DIR]: does that to a host of a cluster.
set -euo pipefail
# shellcheck source=tests/cluster/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
CLUSTER_DIR=$(realpath -m "${3:-${XDG_CACHE_HOME:-$HOME/.cache}/steadfarm/cluster}")
case ${1:-} in
  kill | restart | cut | mend) "host_$1" "${2:?the number of a host}" ;;
  *)
    echo "usage: fault.sh kill|restart|cut|mend NUMBER [DIR]" >&2
    exit 64
    ;;
esac
