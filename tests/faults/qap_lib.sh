# shellcheck shell=bash disable=SC2034
# What is known of the QAPLIB files, and how an answer is checked without the program's help.

# shellcheck source=tests/lib/farms.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib/farms.sh"
QAP_DATA=$STEADFARM_SOURCE/examples/qap/data
declare -A QAP_OPTIMA=([nug12]=578 [had12]=1652 [scr12]=31410 [rou12]=235528 [tai12a]=224416
  [chr12a]=9552 [esc16a]=68 [nug14]=1014)

# expect_optimum RUN FILE VALUE: the run is complete and says this value and a permutation that has
# this cost by the file.
expect_optimum() {
  expect_true "$1: is not complete, or units failed" \
    "$(out_says "$1" 'complete and units_failed == 0')"
  expect_eq "$1: optimum" "$3" "$(out_says "$1" 'answer["optimum"]')"
  expect_eq "$1: cost of its permutation" "$3" "$("$JOBS_PYTHON" - "$2" "$JOBS_TMP/$1.out" <<'END'
import json
import sys

numbers = [int(word) for word in open(sys.argv[1]).read().split()]
n = numbers[0]
a = [numbers[1 + i * n : 1 + (i + 1) * n] for i in range(n)]
b = [numbers[1 + n * n + i * n : 1 + n * n + (i + 1) * n] for i in range(n)]
answer = json.loads(open(sys.argv[2]).read().splitlines()[-1])["answer"]
p = [location - 1 for location in answer["permutation"]]
assert sorted(p) == list(range(n)), f"no permutation: {answer}"
print(sum(a[i][j] * b[p[i]][p[j]] for i in range(n) for j in range(n)))
END
)"
}

# serial_nodes NAME FILE BOUND: what the same search explores without MPI, in SERIAL_NODES.
serial_nodes() {
  "$FARMS_BIN/qap" --serial --json --fixed-bound "$3" "$2" >"$JOBS_TMP/$1-serial.out" ||
    fail "$1: the serial search failed"
  SERIAL_NODES=$(out_says "$1-serial" nodes)
}
