#!/usr/bin/env bash
# Debian 13 beside this machine, in a chroot: Open MPI 5 with ULFM and HDF5 1.14.
#
#   tests/debian13.sh [all]            builds there and runs tests, or all of them
#   tests/debian13.sh mpich [all]      the same with MPICH, which lives there beside Open MPI
#   tests/debian13.sh run COMMAND...   runs a command there
#   tests/debian13.sh clean            removes it
#
# It is made on the first run, from the package sources of this machine, and kept in
# ~/.cache/steadfarm/debian13 together with one build folder a source folder. Inside, the sources
# are /steadfarm (read-only) and the build folder is /build. Everything is mounted, and every
# process runs, in namespaces of its own: nothing of it outlives this script.
#
# Without a word it runs what depends on MPI and HDF5: the store, the transport, its ULFM cases,
# every rank, host and daemon that is killed or stopped, and relaunch. `all` runs the whole suite.
# The core is the same code as outside, so Release only: no sanitizers, canaries, style or
# benchmarks, fewer seeds of the simulation.
# MPICH's launcher ends all ranks with one, so nothing that needs survivors (the label recovery) is
# run with it; `steadfarm run` is what makes a run survive there. Its wrapper and its launcher are
# named: left alone, CMake takes what `mpicc` and `mpiexec` happen to be.
# Exit code 77: this machine cannot do it; the reason is printed.
set -euo pipefail
SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=tests/lib/deps.sh
source "$SOURCE/tests/lib/deps.sh"

CACHE=$HOME/.cache/steadfarm/debian13
ROOT=$CACHE/root
BUILD=$CACHE/build-$(basename "$SOURCE")-$(cksum <<<"$SOURCE" | cut -d ' ' -f 1)
RELEASE=trixie

cannot() {
  echo "No Debian 13 here: $*"
  exit 77
}

usage() {
  echo "usage: tests/debian13.sh [all | mpich [all] | run COMMAND... | clean]" >&2
  exit 64
}

check_machine() {
  local id
  id=$(. /etc/os-release 2>/dev/null && echo "${ID:-}")
  [ "$id" = debian ] || cannot "this is no Debian, so there are no sources to make it from"
  if [ "$(id -u)" -ne 0 ]; then
    # The same again as root, with the cache of who asked for it.
    sudo -n true 2>/dev/null || cannot "neither root nor sudo"
    exec sudo env HOME="$HOME" STEADFARM_NO_INSTALL="${STEADFARM_NO_INSTALL:-0}" \
      bash "$SOURCE/tests/debian13.sh" "$@"
  fi
  unshare --mount --pid --fork true 2>/dev/null || cannot "no right to make namespaces"
}

# source_of RELEASE: where this machine gets that release from, by apt's own word.
source_of() {
  # shellcheck disable=SC2016  # apt's own variables
  apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
    sed -n "s/^$1 //p" | head -n 1
}

# apart SCRIPT ARGS...: a bash script in a mount and a process namespace that end with it, and
# with this script, however that ends.
apart() {
  setpriv --pdeathsig KILL \
    unshare --mount --propagation private --pid --fork --kill-child bash -c "$@"
}

# make_root: all in a folder of another name, so that half of it is never taken for the whole.
make_root() {
  local codename mirror security half=$CACHE/root.half
  codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
  mirror=$(source_of "$codename")
  security=$(source_of "$codename-security")
  [ -n "$mirror" ] || cannot "apt has no source for $codename to take Debian 13 from as well"
  if [ "${STEADFARM_NO_INSTALL:-0}" = 1 ] && ! deps_installed debootstrap; then
    cannot "debootstrap is missing (STEADFARM_NO_INSTALL=1)"
  fi
  deps_update debootstrap && deps_install debootstrap
  echo "Making Debian 13 in $ROOT from $mirror"
  rm -rf "$half"
  mkdir -p "$half"
  local http_proxy=${http_proxy:-}
  if [ -z "$http_proxy" ]; then eval "$(apt-config shell http_proxy Acquire::http::Proxy)"; fi
  [ -z "$http_proxy" ] || export http_proxy
  local options=(--variant=minbase)
  case $mirror in https:*) options+=(--include=ca-certificates) ;; esac
  apart 'exec debootstrap "$@"' bash "${options[@]}" "$RELEASE" "$half" "$mirror" \
    >"$CACHE/debootstrap.log" 2>&1 || {
    tail -n 20 "$CACHE/debootstrap.log"
    return 1
  }
  {
    echo "deb $mirror $RELEASE main"
    [ -z "$security" ] || echo "deb $security $RELEASE-security main"
  } >"$half/etc/apt/sources.list"
  # How this machine's apt gets at them: proxies, what it does not check.
  apt-config dump | grep -E '^Acquire::(https?|Check-|Retries|Force)' \
    >"$half/etc/apt/apt.conf.d/90of-the-machine" || true
  if [ -e /etc/ssl/certs/ca-certificates.crt ]; then
    mkdir -p "$half/etc/ssl/certs"
    cp /etc/ssl/certs/ca-certificates.crt "$half/etc/ssl/certs/"
  fi
  # What is lost in a crash is made anew.
  echo force-unsafe-io >"$half/etc/dpkg/dpkg.cfg.d/fast"
  mkdir -p "$half/steadfarm" "$half/build" "$half/ccache"
  mv "$half" "$ROOT"
}

# inside COMMAND...: runs it in the chroot. Its exit code is the command's.
inside() {
  mkdir -p "$BUILD/tmp" "$CACHE/ccache"
  chmod 1777 "$BUILD/tmp"
  # shellcheck disable=SC2016  # expanded there
  apart '
    set -eu
    root=$1 source=$2 build=$3 cache=$4
    shift 4
    # A mount of its own, so that what runs there can make mount namespaces within.
    mount --bind "$root" "$root"
    mount -t proc proc "$root/proc"
    mount --rbind /sys "$root/sys"
    mount --rbind /dev "$root/dev"
    mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
    mount --bind -o ro "$source" "$root/steadfarm"
    mount -o remount,bind,ro "$root/steadfarm"
    mount --bind "$build" "$root/build"
    mount --bind "$build/tmp" "$root/tmp"
    mount --bind "$cache" "$root/ccache"
    for file in hosts resolv.conf; do
      if [ -e "/etc/$file" ]; then cat "/etc/$file" >"$root/etc/$file"; fi
    done
    # Not only chroot: whoever enters these namespaces from within must see the same root.
    cd "$root"
    pivot_root . .
    umount --lazy .
    cd /
    exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
      DEBIAN_FRONTEND=noninteractive CCACHE_DIR=/ccache CCACHE_NOHASHDIR=1 \
      ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
      ${STEADFARM_ENTER:+$STEADFARM_ENTER} "$@"' \
    bash "$ROOT" "$SOURCE" "$BUILD" "$CACHE/ccache" "$@" 8>&- 9>&-
}

# Makes sure that the chroot is whole and has what is needed, and keeps others from making it at
# the same time. Held as a shared lock to the end, so that nobody removes it meanwhile.
prepare() {
  mkdir -p "$CACHE"
  chmod 0700 "$CACHE"
  exec 8>"$CACHE/lock"
  if [ ! -d "$ROOT" ]; then
    flock --exclusive 8
    # Somebody else may have made it meanwhile.
    if [ ! -d "$ROOT" ]; then make_root; fi
  fi
  flock --shared 8
  # Quick if nothing is missing; apt has a lock of its own. The style is that of Debian 12's tools.
  # shellcheck disable=SC2016  # expanded there
  inside bash -c '
    set -eu
    source /steadfarm/tests/lib/deps.sh
    all=("${STEADFARM_BUILD_PACKAGES[@]}" "${STEADFARM_TEST_PACKAGES[@]}" ccache)
    deps_update "${all[@]}"
    deps_install "${all[@]}"
    if bash /steadfarm/tests/cluster/check.sh; then deps_for_cluster; fi'
}

# With MPICH: its packages, a build folder of its own, no tests that need survivors.
prepare_mpich() {
  prepare
  BUILD=$BUILD-mpich
  CONFIGURE=(-DMPI_C_COMPILER=mpicc.mpich -DMPIEXEC_EXECUTABLE=/usr/bin/mpiexec.mpich)
  LEFT_OUT+='|recovery|cluster'
  # shellcheck disable=SC2016  # expanded there
  inside bash -c '
    set -eu
    source /steadfarm/tests/lib/deps.sh
    deps_update mpich libmpich-dev
    deps_install mpich libmpich-dev'
}

# run_tests PATTERN [TARGET...]: builds and runs the tests of these names.
CONFIGURE=()
LEFT_OUT='tidy|bench'
# shellcheck disable=SC2016  # expanded there
run_tests() {
  exec 9>"$BUILD.lock"
  flock --exclusive 9
  rm -rf "$BUILD/tmp"
  inside bash -c '
    set -euo pipefail
    cd /steadfarm
    source tests/lib/deps.sh
    deps_use_ccache
    jobs=$1 left_out=$2 pattern=$3 configure=()
    shift 3
    while [[ $1 == -D* ]]; do
      configure+=("$1")
      shift
    done
    cmake --preset release -B /build "${configure[@]}" >/build/configure.log 2>&1 || {
      cat /build/configure.log
      exit 1
    }
    cmake --build /build -j "$jobs" --target "$@"
    /build/bin/steadfarm version
    if [ "$1" = all ]; then /build/tests/simulator --fresh 200 --keep-going; fi
    bash tests/cluster/check.sh || left_out+="|cluster"
    # Many of these wait most of their time, and say so by PROCESSORS.
    ctest --test-dir /build --output-on-failure -j "$((2 * jobs))" --no-tests=error \
      -R "$pattern" -LE "^($left_out)$" -E "^sim_(canaries|fresh)$" 2>&1 | tee /build/ctest-run.log
    # A test that did not run is a failure here as everywhere.
    if grep -A 100 "^The following tests did not run:" /build/ctest-run.log; then exit 1; fi
    ' bash "${STEADFARM_JOBS:-$(nproc)}" "$LEFT_OUT" "$1" "${CONFIGURE[@]}" "${@:2}"
}

check_machine "$@"
case ${1:-} in
  "")
    prepare
    tests='^transport_(mpi|kill_rank|environment)|^(uts_kill_T1L|random_kills|stopped_worker)$'
    tests+='|^cluster_(mpirun|neighbours|daemons)$|^(worker_kills|stuck_mpi)_|^farms_in_a_row$'
    tests+='|^supervised_(kill|ends)$|^checkpoint_'
    tests+='|^master_(flow|busy|idle|checkpoint|shutdown|twice|shards|both|stopped)(_tcp)?$'
    run_tests "$tests" transport_mpi_test kill_rank_program environment_program uts \
      units_program stragglers_program kill_at stuck_mpi slow_disk steadfarm_cli farms_in_a_row \
      checkpoint_{unit,memory,hdf5,crash,format}_test
    ;;
  all)
    prepare
    run_tests . all
    ;;
  mpich)
    prepare_mpich
    case ${2:-} in
      "")
        tests='^transport_(mpi_(single|multiple|reversed|subset)|environment)|^farms?_'
        tests+='|^supervised_kill$'
        run_tests "$tests" transport_mpi_test environment_program farm_contract \
          farm_in_application farms_in_a_row uts steadfarm_cli
        ;;
      all) run_tests . all ;;
      *) usage ;;
    esac
    ;;
  run)
    prepare
    inside "${@:2}"
    ;;
  clean)
    mkdir -p "$CACHE"
    exec 8>"$CACHE/lock"
    flock --exclusive --nonblock 8 || {
      echo "it is in use"
      exit 1
    }
    rm -rf "$CACHE"
    ;;
  *) usage ;;
esac
