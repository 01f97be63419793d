#!/usr/bin/env bash
# down.sh [DIR]: takes down what up.sh has brought up. Nothing to do is no error.
set -euo pipefail
# shellcheck source=tests/cluster/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cluster_down "$(realpath -m "${1:-${XDG_CACHE_HOME:-$HOME/.cache}/steadfarm/cluster}")"
