#!/usr/bin/env bash
# guard.sh OWNER DIR: keeps a cluster's rack and takes it down when it is told to (SIGTERM) or
# when the owner, a process, is gone; 0 is nobody. Killed itself, by SIGKILL
# too, it takes the rack along.
set -euo pipefail
owner=$1
dir=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# The time a process started at tells it from a later one with the same number.
started_at() {
  local line
  line=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
  awk '{ print $20 }' <<<"${line##*) }"
}
born=$(started_at "$owner")

setpriv --pdeathsig KILL unshare --net --uts --mount --ipc --pid --fork --kill-child --mount-proc \
  bash "$here/rack.sh" "$dir" &
rack=$!
trap 'kill -s KILL "$rack" 2>/dev/null || true' EXIT
trap 'exit 0' TERM INT HUP
echo "$rack" >"$dir/unshare.pid"
while kill -0 "$rack" 2>/dev/null; do
  if [ "$owner" != 0 ] && [ "$(started_at "$owner")" != "$born" ]; then exit 0; fi
  sleep 0.3 &
  wait $! || true
done
