#!/usr/bin/env python3
"""What a generation costs while its store grows: 200 generations of the same change, without
shards, with the same results in shards, and with small ones alone; interleaved. Prints a table;
with --raw the cost of every generation goes into a file, as one JSON object.

    generations.py [--build DIR] [--runs 5] [--generations 200] [--folder DIR] [--raw FILE]

The ratio is the median of the last 50 generations over that of the first 50: 1 means flat.
Compaction comes now and then, so the same of the means says what it adds.
"""

import argparse
import datetime
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile

PART = 50
# Without shards 64 results of 16 KiB come to the master, and make a result segment of their own.
LARGE = ["--results", "0", "--large-results", "64", "--large-bytes", "16384"]
CASES = {
    "small results": ["--results", "1000"],
    "large results, no shards": LARGE,
    "large results in shards": [*LARGE, "--shards"],
}


def program(build):
    return os.path.join(build, "bin", "bench_store")


def run(build, folder, generations, options):
    store = os.path.join(folder, "store")
    command = [program(build), "--store", store, "--raw",
               "--generations", str(generations), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    shutil.rmtree(store)
    return json.loads(done.stdout.splitlines()[-1])


def parts(costs):
    return costs[:PART], costs[-PART:]


def judge(runs):
    row = {}
    for name in ("wall_ms", "cpu_ms", "written_bytes"):
        pairs = [parts(one[name]) for one in runs]
        ratios = [statistics.median(last) / statistics.median(first) for first, last in pairs]
        means = [statistics.fmean(last) / statistics.fmean(first) for first, last in pairs]
        row[name] = {
            "first": statistics.median(statistics.median(first) for first, _ in pairs),
            "last": statistics.median(statistics.median(last) for _, last in pairs),
            "ratio": statistics.median(ratios),
            "ratio_lowest": min(ratios),
            "ratio_highest": max(ratios),
            "ratio_of_means": statistics.median(means),
        }
    return row


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--generations", type=int, default=200)
    parser.add_argument("--folder", help="where the stores are written; it must be there")
    parser.add_argument("--raw", metavar="FILE", help="the cost of every generation, as JSON")
    arguments = parser.parse_args()
    if arguments.generations < 2 * PART:
        parser.error(f"--generations {arguments.generations}: at least {2 * PART}, to compare the "
                     f"last {PART} with the first {PART}")
    if arguments.runs < 1:
        parser.error(f"--runs {arguments.runs}: at least 1")
    if arguments.folder and not os.path.isdir(arguments.folder):
        parser.error(f"--folder {arguments.folder}: there is no such folder; make it, on the file "
                     "system that is to be measured")
    if not os.access(program(arguments.build), os.X_OK):
        parser.error(f"{program(arguments.build)} is not there; build the target bench_store, or "
                     "give --build DIR")
    # Opened first: a name that cannot be written to is noticed before the work is done.
    raw_file = open(arguments.raw, "w", encoding="utf-8") if arguments.raw else None
    raw = {name: [] for name in CASES}
    loads = []
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        for _ in range(arguments.runs):
            for name, options in CASES.items():
                loads.append(os.getloadavg()[0])
                raw[name].append(run(arguments.build, folder, arguments.generations, options))
    summary = {name: judge(runs) for name, runs in raw.items()}
    for name, row in summary.items():
        for what, of in row.items():
            print(f"{name:26} {what:14} first {of['first']:12.3f}  last {of['last']:12.3f}  "
                  f"ratio {of['ratio']:.2f} "
                  f"({of['ratio_lowest']:.2f} to {of['ratio_highest']:.2f}), "
                  f"of means {of['ratio_of_means']:.2f}")
    print(f"load {min(loads):.1f} to {max(loads):.1f} on {os.cpu_count()} processors")
    if raw_file is None:
        return
    with raw_file:
        json.dump({
            "command": sys.argv, "when": datetime.datetime.now(datetime.timezone.utc).isoformat(),
            "machine": platform.platform(), "processors": os.cpu_count(),
            "load_lowest": min(loads), "load_highest": max(loads),
            "summary": summary, "raw": raw}, raw_file)
        raw_file.write("\n")


if __name__ == "__main__":
    main()
