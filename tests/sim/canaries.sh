#!/bin/bash
# Proof that the simulation bites: each patch in canaries/ puts a known defect into a scratch copy
# of one source; the simulator built with it must fail within 1,000 seeds (most do within 100).
set -euo pipefail
build=${STEADFARM_BUILD:?the build folder}
source=${STEADFARM_SOURCE:?the source folder}
seeds=1000
escaped=0
names=("$@")
if [ $# -eq 0 ]; then
  for patch in "$source"/tests/sim/canaries/*.patch; do names+=("$(basename "$patch" .patch)"); done
fi
# All at once; one that does not build is found below.
cmake --build "$build" --target "${names[@]/#/canary_}" >"$build/tests/canaries.log" 2>&1 || true
for name in "${names[@]}"; do
  if ! cmake --build "$build" --target "canary_$name" >"$build/tests/canary_$name.log" 2>&1; then
    echo "canary $name: does not build"
    log=$build/tests/canary_$name.log
    grep -E "no longer applies|error" -A 3 "$log" || tail -20 "$log"
    escaped=1
    continue
  fi
  code=0
  said=$("$build/tests/canary_$name" --seeds $seeds --base 1 2>&1) || code=$?
  line=$(printf '%s\n' "$said" | grep -a -m 1 '^seed ' || true)
  case $code in
    70 | 71 | 72 | 73) echo "canary $name: caught at ${line%%; replay*}" ;;
    0)
      echo "canary $name: ESCAPED from $seeds seeds"
      escaped=1
      ;;
    *)
      echo "canary $name: ended with $code, which says nothing: $said"
      escaped=1
      ;;
  esac
done
exit $escaped
