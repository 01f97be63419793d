#!/usr/bin/env bash
# Makes the golden stores of a format version, with the programs of that version:
#   tests/golden/make_golden.sh BUILD_FOLDER tests/golden/format-N
# Of each kind there is a complete store, one that was stopped and can be resumed, and what
# `steadfarm results --canonical` says of the complete one. They are made once, when a format is
# released, and never again.
set -euo pipefail
build=$(realpath "$1") out=$2
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
export STEADFARM_BUILD=$build
# shellcheck source=tests/lib/launcher.sh
source "$here/../lib/launcher.sh"

[ ! -e "$out" ] || { echo "$out is there already: golden stores are made once" >&2; exit 1; }
mkdir -p "$out"
stores=$(mktemp -d)
trap 'rm -rf "$stores"' EXIT
# Few checkpoints, also on a slow machine, so that the stores stay small.
run() { "${MPIRUN[@]}" -n 3 "$build/tests/make_golden" "$@" --interval 60; }
for kind in range-unnamed range-by-file-name units shards; do
  mkdir "$out/$kind"
  run "$kind" --store "$stores/$kind-complete"
  MAKE_GOLDEN_STOP_AFTER=20 run "$kind" --store "$stores/$kind-interrupted" && code=0 || code=$?
  [ "$code" = 75 ] || { echo "$kind was to be stopped, and ended with $code" >&2; exit 1; }
  "$build/bin/steadfarm" results --canonical "$stores/$kind-complete" >"$out/$kind/canonical.txt"
  for state in complete interrupted; do
    "$build/bin/steadfarm" verify "$stores/$kind-$state"
    cp -R "$stores/$kind-$state" "$out/$kind/$state"
  done
done
chmod -R u+rwX,go+rX "$out"
du -sh "$out"/*
