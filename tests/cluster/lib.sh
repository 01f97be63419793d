# shellcheck shell=bash disable=SC2034
# A cluster of virtual hosts on this machine, with sshd and a real Slurm. For tests, which source
# it after tests/lib/jobs.sh or what builds on that, and for up.sh and down.sh.
#
# All of a cluster lives in namespaces of its own, the rack: its network with a switch and a cable
# to each host, its mounts, its process numbers. The rack's first process ends everything in it, and
# a guard outside ends that one, also when the test that asked for the cluster is killed. So nothing
# is left behind, nothing of the machine is changed, and two clusters do not see each other. A host
# is made of namespaces within the rack; it has its own /tmp, /dev/shm, address and process numbers.
#
# Names: the rack is `head` (10.77.0.1), the hosts `node1`, `node2`, ... (10.77.0.11, ...).

CLUSTER_SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
CLUSTER_DIR=
# Open MPI 4 and 5 call it by different names.
CLUSTER_SHARED_MEMORY=vader
if mpirun --version 2>/dev/null | grep -qF '(Open MPI) 5.'; then CLUSTER_SHARED_MEMORY=sm; fi
# shellcheck source=tests/cluster/slurm_files.sh
source "$CLUSTER_SOURCE/tests/cluster/slurm_files.sh"
# shellcheck source=tests/cluster/check.sh
source "$CLUSTER_SOURCE/tests/cluster/check.sh"

cluster_say() { echo "cluster: $*" >&2; }

# cluster_alive DIR: whether a cluster runs there.
cluster_alive() {
  local pid
  pid=$(cat "$1/unshare.pid" 2>/dev/null) && [ -n "$pid" ] &&
    { tr "\0" " " <"/proc/$pid/cmdline"; } 2>/dev/null | grep -qF "rack.sh $1 "
}

cluster_child() {  # PID: its only child
  local pid=
  # The kernel ends that list with a blank, not with a line end.
  read -r pid _ <"/proc/$1/task/$1/children" || true
  [ -n "$pid" ] && echo "$pid"
}

rack_pid() { cluster_child "$(cat "$CLUSTER_DIR/unshare.pid")" 2>/dev/null; }

# cluster_poll SECONDS WHAT COMMAND...: until it succeeds.
cluster_poll() {
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    if [ "$SECONDS" -ge "$end" ]; then
      cluster_say "gave up waiting for $what; see $CLUSTER_DIR/log"
      return 1
    fi
    sleep 0.05
  done
}

# cluster_up HOSTS DIR [OWNER] [FOLDER...]: DIR and the folders are seen by every host under their
# own names. It ends with the process OWNER; 0, the default, is until cluster_down.
cluster_up() {
  local hosts=$1 dir owner=${3:-0} i
  dir=$(realpath -m "$2")
  CLUSTER_DIR=$dir
  if cluster_alive "$dir"; then
    [ "$(cat "$dir/count")" = "$hosts" ] && return 0
    cluster_say "$(cat "$dir/count") hosts run in $dir already; take them down first"
    return 1
  fi
  cluster_check || return 1
  mkdir -p "$dir/etc" "$dir/ssh" "$dir/log" "$dir/hosts"
  chmod 700 "$dir"
  rm -rf "$dir/rack.ready" "$dir/unshare.pid" "$dir/state"
  echo "$hosts" >"$dir/count"
  realpath -m "$dir" "$CLUSTER_SOURCE" "${@:4}" | sort -u >"$dir/shared"
  cluster_write_files "$dir" "$hosts"
  slurm_write_files "$dir" "$hosts"
  setsid bash "$CLUSTER_SOURCE/tests/cluster/guard.sh" "$owner" "$dir" \
    </dev/null >"$dir/log/rack.log" 2>&1 &
  echo $! >"$dir/guard.pid"
  disown
  cluster_poll 20 "the rack" test -e "$dir/rack.ready" || return 1
  for ((i = 1; i <= hosts; ++i)); do host_start "$i" || return 1; done
  for ((i = 1; i <= hosts; ++i)); do host_wait "$i" || return 1; done
  cluster_poll 60 "Slurm to have $hosts hosts" slurm_has_idle "$hosts"
}

cluster_write_files() {  # DIR HOSTS
  local dir=$1 i
  [ -f "$dir/ssh/id" ] || ssh-keygen -q -t ed25519 -N '' -f "$dir/ssh/id"
  [ -f "$dir/ssh/host" ] || ssh-keygen -q -t ed25519 -N '' -f "$dir/ssh/host"
  cp "$dir/ssh/id.pub" "$dir/ssh/authorized_keys"
  printf '%s\n' "HostKey $dir/ssh/host" "AuthorizedKeysFile $dir/ssh/authorized_keys" \
    'StrictModes no' 'UsePAM no' 'PermitRootLogin yes' 'PidFile none' 'MaxStartups 100' \
    >"$dir/ssh/sshd_config"
  printf '%s\n' 'Host *' "  IdentityFile $dir/ssh/id" '  StrictHostKeyChecking no' \
    '  UserKnownHostsFile /dev/null' '  LogLevel ERROR' '  ConnectTimeout 3' \
    '  BatchMode yes' >"$dir/etc/ssh_config"
  {
    printf '127.0.0.1 localhost\n10.77.0.1 head\n'
    for ((i = 1; i <= $2; ++i)); do echo "10.77.0.$((10 + i)) node$i"; done
  } >"$dir/etc/hosts"
}

cluster_down() {  # [DIR]
  local dir=${1:-$CLUSTER_DIR} guard
  if [ -z "$dir" ] || ! cluster_alive "$dir"; then return 0; fi
  CLUSTER_DIR=$dir
  guard=$(cat "$dir/guard.pid")
  kill -s TERM "$guard" 2>/dev/null || kill -s KILL "$(cat "$dir/unshare.pid")"
  cluster_poll 20 "the cluster to end" cluster_is_down "$dir"
}

cluster_is_down() { ! cluster_alive "$1"; }

# cluster_enter COMMAND...: on the head, with an environment that is good for its hosts: this
# machine's folder for temporary files is none of theirs.
cluster_enter() {
  cluster_enter_words
  "${CLUSTER_ENTER[@]}" "$@"
}

# The same as words, for job_start and others that want a program; in CLUSTER_ENTER.
cluster_enter_words() {
  CLUSTER_ENTER=(nsenter --target "$(rack_pid)" --net --uts --mount --ipc --pid "--wd=$PWD"
    env -u TMPDIR -u OMPI_MCA_btl_vader_backing_directory -u OMPI_MCA_btl_sm_backing_directory
    "OMPI_MCA_btl=tcp,$CLUSTER_SHARED_MEMORY,self")
}

slurm_has_idle() { [ "$(cluster_enter sinfo -h -t idle -o %D)" = "$1" ]; }

# ---- hosts, by number ----

host_start() {
  local number=$1 rack init
  rack=$(rack_pid)
  setsid nsenter --target "$rack" --net --uts --mount --ipc --pid \
    unshare --net --uts --mount --ipc --pid --fork --kill-child --mount-proc \
    bash "$CLUSTER_SOURCE/tests/cluster/host.sh" "$number" "$CLUSTER_DIR" \
    </dev/null >>"$CLUSTER_DIR/log/node$number.log" 2>&1 &
  echo $! >"$CLUSTER_DIR/hosts/$number"
  disown
  cluster_poll 10 "node$number to start" host_init "$number" || return 1
  init=$(host_init "$number")
  # The kernel takes its time to clear up after a host that has died a moment ago.
  nsenter --target "$rack" --net ip link delete "port$number" 2>/dev/null || true
  nsenter --target "$rack" --net ip link add "port$number" type veth peer name eth0 netns "$init"
  nsenter --target "$rack" --net ip link set "port$number" master switch up
}

# The process number, as this machine sees it, of a host's first process.
host_init() {
  local launcher unshare init
  launcher=$(cat "$CLUSTER_DIR/hosts/$1")
  unshare=$(cluster_child "$launcher") && init=$(cluster_child "$unshare") || return 1
  # Not before it is in its own namespaces, and has become what it is.
  grep -qzF host.sh "/proc/$init/cmdline" && echo "$init"
}

host_answers() { cluster_enter ssh "node$1" true; }
host_wait() { cluster_poll 20 "sshd of node$1" host_answers "$1"; }

# Like a power cut: everything on the host is gone at the same moment.
host_kill() {
  local init
  init=$(host_init "$1") || {
    cluster_say "node$1 is down already"
    return 1
  }
  kill -s KILL "$init"
  cluster_poll 20 "node$1 to die" host_is_gone "$init"
}
host_is_gone() { [ ! -e "/proc/$1" ]; }

host_restart() {
  if host_init "$1" >/dev/null 2>&1; then host_kill "$1" || return 1; fi
  host_start "$1" && host_wait "$1"
}

# The cable, pulled out and put back.
host_cut() { nsenter --target "$(rack_pid)" --net ip link set "port$1" down; }
host_mend() { nsenter --target "$(rack_pid)" --net ip link set "port$1" up; }
