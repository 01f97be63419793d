# shellcheck shell=bash disable=SC2034
# The Debian packages this project needs, and how to get them. Works without root through sudo.

# What the programs need.
STEADFARM_BUILD_PACKAGES=(
  build-essential cmake ninja-build pkg-config libopenmpi-dev openmpi-bin libhdf5-dev hdf5-tools
  librandom123-dev libcli11-dev libspdlog-dev nlohmann-json3-dev libxxhash-dev libcereal-dev
  libhwloc-dev python3
)
# What only the tests need.
STEADFARM_TEST_PACKAGES=(
  libgtest-dev libbenchmark-dev shellcheck python3-h5py git util-linux iproute2 debootstrap locales
)
# What a cluster of virtual hosts takes: tests/cluster. Their services stay off on this machine.
STEADFARM_CLUSTER_PACKAGES=(
  iproute2 procps openssh-server openssh-client munge slurmctld slurmd slurm-client
)
# The style is that of these versions. Releases that do not have them do not check it.
STEADFARM_STYLE_PACKAGES=(clang-format-14 clang-tidy-14 clang-14)

deps_installed() {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Prints those of the given packages that are not installed.
deps_missing() {
  local package
  for package in "$@"; do
    deps_installed "$package" || echo "$package"
  done
}

deps_as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    env DEBIAN_FRONTEND=noninteractive "$@"
  elif command -v sudo >/dev/null; then
    sudo env DEBIAN_FRONTEND=noninteractive "$@"
  else
    echo "steadfarm: not root and no sudo; as root, run: $*" >&2
    return 1
  fi
}

# True if this release has the style tools at all: Debian 12 does, 13 does not.
deps_style_to_be_had() {
  apt-cache show "${STEADFARM_STYLE_PACKAGES[@]}" >/dev/null 2>&1 ||
    grep -qs '^VERSION_ID="12"' /etc/os-release
}

# deps_install PACKAGE...: installs what is missing. STEADFARM_NO_INSTALL=1 forbids it.
deps_install() {
  if ! command -v dpkg-query >/dev/null; then
    echo "steadfarm: not a Debian system; taking it that the dependencies are here" >&2
    return 0
  fi
  local missing
  mapfile -t missing < <(deps_missing "$@")
  [ "${#missing[@]}" -gt 0 ] || return 0
  if [ "${STEADFARM_NO_INSTALL:-0}" = 1 ]; then
    echo "steadfarm: missing packages (STEADFARM_NO_INSTALL=1): ${missing[*]}" >&2
    return 1
  fi
  echo "Installing: ${missing[*]}"
  local log
  log=$(mktemp)
  if ! deps_as_root apt-get install -y -qq --no-install-recommends \
    -o DPkg::Lock::Timeout=300 "${missing[@]}" >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    return 1
  fi
  rm -f "$log"
}

# Fetches the package lists if any of the given packages is missing. Quiet, but for errors.
deps_update() {
  command -v dpkg-query >/dev/null || return 0
  [ -n "$(deps_missing "$@")" ] || return 0
  [ "${STEADFARM_NO_INSTALL:-0}" = 1 ] && return 0
  deps_as_root apt-get update -qq -o DPkg::Lock::Timeout=300 >/dev/null
}

# What the programs need, to build and run them.
deps_for_programs() {
  deps_update "${STEADFARM_BUILD_PACKAGES[@]}" && deps_install "${STEADFARM_BUILD_PACKAGES[@]}"
}

# What the tests need besides. Style tools are installed where the release has them.
deps_for_tests() {
  local all=("${STEADFARM_BUILD_PACKAGES[@]}" "${STEADFARM_TEST_PACKAGES[@]}")
  deps_update "${all[@]}" || return 1
  if deps_style_to_be_had; then
    all+=("${STEADFARM_STYLE_PACKAGES[@]}")
    deps_update "${STEADFARM_STYLE_PACKAGES[@]}" || return 1
  fi
  deps_install "${all[@]}"
}

# For the cluster of virtual hosts. What these packages would start as services does not start:
# the cluster starts its own, in its own namespaces.
deps_for_cluster() {
  [ -n "$(deps_missing "${STEADFARM_CLUSTER_PACKAGES[@]}")" ] || return 0
  deps_update "${STEADFARM_CLUSTER_PACKAGES[@]}" || return 1
  local policy=/usr/sbin/policy-rc.d made='' code=0
  if [ ! -e "$policy" ] && [ "${STEADFARM_NO_INSTALL:-0}" != 1 ]; then
    deps_as_root sh -c "printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy" && made=1
  fi
  deps_install "${STEADFARM_CLUSTER_PACKAGES[@]}" || code=$?
  [ -z "$made" ] || deps_as_root rm -f "$policy"
  return "$code"
}

# True if the style can be checked on this machine.
deps_have_style_tools() {
  command -v clang-format-14 >/dev/null && command -v clang-tidy-14 >/dev/null
}

# ccache speeds up later builds where it is; nothing depends on it.
deps_use_ccache() {
  if command -v ccache >/dev/null; then
    export CMAKE_C_COMPILER_LAUNCHER=${CMAKE_C_COMPILER_LAUNCHER:-ccache}
    export CMAKE_CXX_COMPILER_LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER:-ccache}
  fi
}
