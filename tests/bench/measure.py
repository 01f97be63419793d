#!/usr/bin/env python3
"""Measures dispatch beside a bare MPI loop: interleaved, median and spread, raw output kept.

    measure.py [--build DIR] [--runs 5] [--raw FILE]

Every round runs each case once, so that a change of the machine's mood hits all of them.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys

UNITS = 200_000
LAUNCHER = os.path.join(os.path.dirname(__file__), "..", "lib", "launcher.sh")


def cases():
    for ranks in (2, 3, 4):
        for batch in (1, 16, 256):
            name = f"raw loop, {batch} a message"
            yield name, ranks, ["raw_mpi_loop", "--units", UNITS, "--bytes", 64, "--batch", batch,
                                "--outstanding", 2]
        yield "steadfarm", ranks, ["bench_dispatch", "--units", UNITS, "--bytes", 64]
        yield "steadfarm --range", ranks, ["bench_dispatch", "--units", UNITS, "--bytes", 64,
                                           "--range"]
    for ranks in (2, 3):
        work = ["--units", 50_000, "--bytes", 64, "--work-us", 50]
        yield "raw loop, 1 a message, 50 us", ranks, ["raw_mpi_loop", *work, "--batch", 1,
                                                      "--outstanding", 2]
        yield "steadfarm, 50 us", ranks, ["bench_dispatch", *work]
        yield "steadfarm, 50 us, store, checkpoint every 0.5 s", ranks, [
            "bench_dispatch", *work, "--store", "STORE", "--fresh", "--interval", 0.5]


def run(build, store, ranks, command):
    words = [str(word).replace("STORE", store) for word in command]
    words[0] = os.path.join(build, "bin", words[0])
    done = subprocess.run(["bash", LAUNCHER, "run", "-n", str(ranks), *words, "--json"],
                          capture_output=True, text=True, timeout=300, check=True)
    return json.loads(done.stdout.strip().splitlines()[-1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--raw", default="bench-raw.jsonl")
    parser.add_argument("--only", type=int, metavar="RANKS", help="cases of this many ranks")
    arguments = parser.parse_args()
    store = os.path.abspath(arguments.raw) + ".store"
    results = {}
    with open(arguments.raw, "w", encoding="utf-8") as raw:
        for number in range(arguments.runs):
            for name, ranks, command in cases():
                if arguments.only not in (None, ranks):
                    continue
                result = run(arguments.build, store, ranks, command)
                raw.write(json.dumps({"run": number, "case": name, "ranks": ranks,
                                      "result": result}) + "\n")
                raw.flush()
                results.setdefault((name, ranks), []).append(result)
    print("| case | ranks | units/s, median | lowest to highest | other |")
    print("| --- | --- | --- | --- | --- |")
    for (name, ranks), runs in results.items():
        rates = [r["units_per_s"] for r in runs]
        other = ""
        if "bytes_per_pending_unit" in runs[0]:
            per_unit = statistics.median(r["bytes_per_pending_unit"] for r in runs)
            other = f"{per_unit:.1f} B a pending unit"
        if runs[0].get("generations", 0) > 0:
            generations = statistics.median(r["generations"] for r in runs)
            stall = max(r["stall_ms_max"] for r in runs)
            other += f", {generations:.0f} generations, longest stall {stall:.1f} ms"
        print(f"| {name} | {ranks} | {statistics.median(rates):,.0f} | {min(rates):,.0f} to "
              f"{max(rates):,.0f} | {other} |")
    subprocess.run(["rm", "-rf", store], check=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
