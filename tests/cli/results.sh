#!/usr/bin/env bash
# `steadfarm results`: every committed result by unit key, as a table, CSV, JSON and canonically, of
# finished, broken and live stores.
set -euo pipefail
# shellcheck source=tests/lib/farms.sh
source "$STEADFARM_SOURCE/tests/lib/farms.sh"

results() { "$FARMS_BIN/steadfarm" results "$@"; }
sums=$FARMS_TEST_BIN/sums_program
texts=$FARMS_TEST_BIN/units_program

# ---- named fields ----
"$sums" --units 300 --store "$JOBS_TMP/sums" >"$JOBS_TMP/sums.out" 2>&1 || fail "sums_program"
results "$JOBS_TMP/sums" --csv >"$JOBS_TMP/sums.csv" 2>"$JOBS_TMP/sums.err"
results "$JOBS_TMP/sums" --json >"$JOBS_TMP/sums.json"
results "$JOBS_TMP/sums" >"$JOBS_TMP/sums.table"
results "$JOBS_TMP/sums" --canonical >"$JOBS_TMP/sums.canonical"
expect_eq "words about a complete store" "" "$(cat "$JOBS_TMP/sums.err")"
expect_eq "head" "unit,value,steps,pair[0],pair[1]" "$(head -n 1 "$JOBS_TMP/sums.csv")"
"$JOBS_PYTHON" - "$JOBS_TMP" <<'END'
import csv, json, math, struct, sys
folder = sys.argv[1]
rows = list(csv.DictReader(open(folder + "/sums.csv")))
lines = [json.loads(line) for line in open(folder + "/sums.json")]
table = [line.split() for line in open(folder + "/sums.table")]
canonical = [line.split() for line in open(folder + "/sums.canonical")]
assert len(rows) == len(lines) == 300 and len(table) == 301 and len(canonical) == 301
assert len({len(line) for line in open(folder + "/sums.table")}) == 1, "the table is not aligned"
assert table[0] == "unit value steps pair[0] pair[1]".split(), table[0]
f32 = lambda x: struct.unpack("f", struct.pack("f", x))[0]
for i, (row, line, cells, word) in enumerate(zip(rows, lines, table[1:], canonical)):
    value = math.ldexp(math.sin(i * 2654435761 % 1000003), i % 40)
    assert int(row["unit"]) == line["unit"] == int(cells[0]) == int(word[1]) == i
    assert abs(line["value"] - value) <= 1e-15 * abs(value), (i, line, value)
    assert float(row["value"]) == line["value"] == float(cells[1])
    assert int(row["steps"]) == line["steps"] == i % 97
    assert line["pair"] == [f32(f32(i) / 3), -f32(f32(i) / 3)], line
    assert f32(float(row["pair[0]"])) == line["pair"][0]
    raw = bytes.fromhex(word[2])
    assert word[0] == "result" and struct.unpack("<d", raw[:8])[0] == line["value"]
    assert raw[28:] == bytes([97 + i % 26]) * (i % 5), "the part without a name"
assert canonical[-1][0] == "fold" and len(canonical[-1]) == 2
END

# ---- the same from the HDF5 files, without our code ----
/usr/bin/python3 - "$JOBS_TMP/sums" "$JOBS_TMP/sums.json" <<'END'
import glob, json, sys
import h5py
rows = {}
for name in glob.glob(sys.argv[1] + "/segment-*.h5"):
    with h5py.File(name, "r") as file:
        if "results" not in file: continue
        keys, fields = file["results/keys"][:], file["results/fields"]
        assert fields["value"].dtype == "<f8" and fields["steps"].dtype == "<i4"
        assert fields["pair"].dtype == "<f4" and fields["pair"].shape == (len(keys), 2)
        assert set(fields) == {"value", "steps", "pair"}
        for i, (high, low) in enumerate(keys):
            rows[int(low)] = {"unit": int(low), "value": float(fields["value"][i]),
                              "steps": int(fields["steps"][i]),
                              "pair": [float(x) for x in fields["pair"][i]]}
assert [rows[i] for i in range(300)] == [json.loads(line) for line in open(sys.argv[2])]
END

# ---- text, and whole numbers of a key ----
"$texts" --units 30 --result-bytes 7 --store "$JOBS_TMP/texts" >"$JOBS_TMP/texts.out" 2>&1 ||
  fail "units_program"
expect_eq "text in CSV" '27,"bbbbbbb"' "$(results "$JOBS_TMP/texts" --csv | sed -n 29p)"
expect_eq "text in JSON" '{"unit":27,"text":"bbbbbbb"}' \
  "$(results "$JOBS_TMP/texts" --json | sed -n 28p)"
expect_eq "text in a table" '  27  bbbbbbb' "$(results "$JOBS_TMP/texts" | sed -n 29p)"

# ---- a store without results says so, and is no error ----
"$texts" --units 30 --store "$JOBS_TMP/none" >"$JOBS_TMP/none.out" 2>&1 || fail "units_program"
expect_eq "output without results" "" "$(results "$JOBS_TMP/none" 2>"$JOBS_TMP/none.err")"
expect_eq "warning without results" 1 \
  "$(grep -c 'warning: 30 units are done, but the program keeps no results' "$JOBS_TMP/none.err")"
expect_eq "canonical without results" "fold 1e00000000000000" \
  "$(results --canonical "$JOBS_TMP/none" 2>/dev/null)"

# ---- a live store: what is committed, by key, each once; and more later ----
farm_start_plain live 3 "$sums" --units 200000 --sleep-us 150 --store "$JOBS_TMP/live" \
  --interval 0.05 --keep 2
farm_ranks 3
log_wait "$JOBS_TMP/live.log" 'count("generation_durable") >= 3' 60 || fail "nothing was published"
count=0
for ((look = 0; look < 8; ++look)); do
  results "$JOBS_TMP/live" --json >"$JOBS_TMP/live.json" 2>"$JOBS_TMP/look.err" ||
    fail "results of a live store: $(cat "$JOBS_TMP/look.err")"
  grep -q 'warning: the job is not complete' "$JOBS_TMP/look.err" || fail "no word of it"
  now=$("$JOBS_PYTHON" -c 'import json, sys
units = [json.loads(line)["unit"] for line in open(sys.argv[1])]
assert all(a < b for a, b in zip(units, units[1:])), "not by rising key"
print(len(units))' "$JOBS_TMP/live.json")
  [ "$now" -ge "$count" ] || fail "there were $count results, now there are $now"
  count=$now
done
[ "$count" -gt 0 ] || fail "no results"
process_alive "$JOB_PID" || fail "the run ended before the looks did; it proves nothing"
kill_process USR2 "$JOB_PID"
job_wait "$JOB_PID" 20 || fail "the run did not stop"
expect_eq "results after the stop" "$(store_says "$JOBS_TMP/live" committed)" \
  "$(results "$JOBS_TMP/live" --json 2>/dev/null | wc -l)"

# ---- what goes wrong ----
refused() {  # CODE WORDS ARGS...
  local code=$1 words=$2 actual=0
  shift 2
  results "$@" >"$JOBS_TMP/refused.out" 2>"$JOBS_TMP/refused.err" || actual=$?
  expect_eq "exit code of: results $*" "$code" "$actual"
  expect_eq "lines of: results $*" 1 "$(wc -l <"$JOBS_TMP/refused.err")"
  grep -qE -- "$words" "$JOBS_TMP/refused.err" || fail "results $*: $(cat "$JOBS_TMP/refused.err")"
}
refused 64 'STORE'
refused 64 '--csv' "$JOBS_TMP/sums" --csv --json
refused 64 '--yaml' "$JOBS_TMP/sums" --yaml
refused 65 "$JOBS_TMP/absent" "$JOBS_TMP/absent"
mkdir "$JOBS_TMP/bare"
refused 65 "there is no store in $JOBS_TMP/bare" "$JOBS_TMP/bare"
segment=$(basename "$(find "$JOBS_TMP/sums" -name 'segment-*' -size +8k | head -n 1)")
chmod 600 "$JOBS_TMP/sums/$segment"
printf 'X' | dd of="$JOBS_TMP/sums/$segment" bs=1 seek=4000 conv=notrunc status=none
code=0
results "$JOBS_TMP/sums" >"$JOBS_TMP/older.out" 2>"$JOBS_TMP/older.err" || code=$?
expect_eq "results of a damaged store: exit code" 65 "$code"
for words in "warning: .*$segment: its digest does not match" "error: these are not the newest"; do
  grep -q "$words" "$JOBS_TMP/older.err" || fail "damaged: $(cat "$JOBS_TMP/older.err")"
done
code=0
results "$JOBS_TMP/texts" >/dev/full 2>"$JOBS_TMP/full.err" || code=$?
expect_eq "exit code with a full disk" 70 "$code"
