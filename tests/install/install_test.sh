#!/usr/bin/env bash
# Installs to a scratch folder and builds and runs a project from outside against that alone: the
# tree's own headers, and its build folder, are out of its reach.
set -euo pipefail
# shellcheck source=tests/lib/farms.sh
source "$STEADFARM_SOURCE/tests/lib/farms.sh"

prefix=$JOBS_TMP/prefix
cmake --install "$STEADFARM_BUILD" --prefix "$prefix" >"$JOBS_TMP/install.out" 2>&1 ||
  fail "cmake --install: $(tail -n 5 "$JOBS_TMP/install.out")"

# Moved elsewhere: nothing may depend on where it was installed.
mv "$prefix" "$JOBS_TMP/moved"
prefix=$JOBS_TMP/moved
if grep -rlF -e "$STEADFARM_SOURCE/" -e "$STEADFARM_BUILD/" "$prefix" --include='*.cmake' \
  --include='*.hpp' --include='*.h'; then
  fail "the files above name the folder they were built in"
fi
if grep -rnE '#include *[<"](mpi|hdf5|H5.*)\.h[>"]' "$prefix/include"; then
  fail "the headers above pull in MPI or HDF5"
fi
expect_eq "modes of the headers" 644 "$(find "$prefix/include" -type f -printf '%m\n' | sort -u)"

# Every header compiles by itself, as an outsider sees it.
headers=0
while read -r header; do
  echo "#include <$header>" >"$JOBS_TMP/header.cpp"
  "${CXX:-c++}" -std=c++20 -fsyntax-only -Wall -Wextra -Werror -I "$prefix/include" \
    "$JOBS_TMP/header.cpp" || fail "$header does not compile alone"
  headers=$((headers + 1))
done < <(cd "$prefix/include" && find steadfarm -maxdepth 1 -name '*.hpp')
[ "$headers" -ge 8 ] || fail "only $headers public headers are installed"

cp -r "$STEADFARM_SOURCE/tests/install/project" "$JOBS_TMP/project"
cmake -S "$JOBS_TMP/project" -B "$JOBS_TMP/outside" -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_PREFIX_PATH="$prefix" >"$JOBS_TMP/configure.out" 2>&1 || fail "configuring the project"
cmake --build "$JOBS_TMP/outside" >"$JOBS_TMP/build.out" 2>&1 || fail "building the project"
program=$JOBS_TMP/outside/outside

expect_eq "alone" 333833500 "$("$program" 2>"$JOBS_TMP/alone.err")"
"${MPIRUN[@]}" -n 4 "$program" --store "$JOBS_TMP/store" >"$JOBS_TMP/ranks.out" \
  2>"$JOBS_TMP/ranks.err" || fail "on 4 ranks: exit code $?"
expect_eq "on 4 ranks" 333833500 "$(cat "$JOBS_TMP/ranks.out")"
"$program" --help >"$JOBS_TMP/help.out" || fail "--help"
grep -q -- --store "$JOBS_TMP/help.out" || fail "--help says nothing of --store"

"$prefix/bin/steadfarm" verify "$JOBS_TMP/store" >"$JOBS_TMP/verify.out" || fail "steadfarm verify"
"$prefix/bin/steadfarm" version >"$JOBS_TMP/version.out" || fail "steadfarm version"

# A version that is not there is not found.
sed -i 's/steadfarm 0.1 /steadfarm 0.2 /' "$JOBS_TMP/project/CMakeLists.txt"
if cmake -S "$JOBS_TMP/project" -B "$JOBS_TMP/newer" -DCMAKE_PREFIX_PATH="$prefix" \
  >"$JOBS_TMP/newer.out" 2>&1; then
  fail "version 0.2 was found"
fi
grep -q 'version: 0.1' "$JOBS_TMP/newer.out" || fail "it failed for another reason"
