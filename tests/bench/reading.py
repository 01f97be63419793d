#!/usr/bin/env python3
"""How long it takes to verify and to open a store of some gigabytes, by one thread and by several,
from the page cache and from the disk; interleaved. Prints a table.

    reading.py [--build DIR] [--runs 5] [--files 200] [--threads N] [--folder DIR] [--raw FILE]

The files hold 10 MiB each. From the disk: their pages are given back to the system before each run
(posix_fadvise), which is no more than that: a disk may have a cache of its own.
"""

import argparse
import datetime
import json
import os
import platform
import statistics
import subprocess
import tempfile

RESULTS = 640  # of 16 KiB, in a file


def forget(store):
    for path, _, names in os.walk(store):
        for name in names:
            file = os.open(os.path.join(path, name), os.O_RDONLY)
            os.fsync(file)
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(file)


def bench(program, store, *options):
    done = subprocess.run([program, "--store", store, *options], capture_output=True, text=True,
                          check=True)
    return json.loads(done.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--folder", help="where the store is written; it must be there")
    parser.add_argument("--raw", metavar="FILE", help="every run, as JSON")
    arguments = parser.parse_args()
    program = os.path.join(arguments.build, "bin", "bench_store")
    if arguments.runs < 1 or arguments.files < 4 or arguments.threads < 2:
        parser.error("give at least one run, four files and two threads")
    if arguments.folder and not os.path.isdir(arguments.folder):
        parser.error(f"--folder {arguments.folder}: there is no such folder; make it, on the file "
                     "system that is to be measured")
    if not os.access(program, os.X_OK):
        parser.error(f"{program} is not there; build the target bench_store, or give --build DIR")
    cases = [(what, cache, threads) for what in ("verify", "open") for cache in ("cache", "disk")
             for threads in (1, arguments.threads)]
    seconds = {case: [] for case in cases}
    loads = []
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        store = os.path.join(folder, "store")
        bench(program, store, "--generations", str(arguments.files), "--frontier", "100",
              "--change", "5", "--results", "0", "--large-results", str(RESULTS))
        size = sum(os.path.getsize(os.path.join(store, name)) for name in os.listdir(store))
        bench(program, store, "--read", "verify")  # now all of it is in the cache
        for _ in range(arguments.runs):
            for what, cache, threads in cases:
                if cache == "disk":
                    forget(store)
                loads.append(os.getloadavg()[0])
                done = bench(program, store, "--read", what, "--threads", str(threads))
                seconds[what, cache, threads].append(done["ms"] / 1000)
                if cache == "disk":
                    bench(program, store, "--read", "verify")
    print(f"{size / 1e9:.2f} GB in {arguments.files} files of results and a state each; load "
          f"{min(loads):.1f} to {max(loads):.1f} on {os.cpu_count()} processors")
    for (what, cache, threads), times in seconds.items():
        median = statistics.median(times)
        print(f"{what:6} from the {cache:5}  {threads} thread{'s' if threads > 1 else ' '}  "
              f"{median:6.2f} s ({min(times):.2f} to {max(times):.2f})  "
              f"{size / median / 1e6:6.0f} MB/s")
    if arguments.raw:
        with open(arguments.raw, "w", encoding="utf-8") as file:
            json.dump({
                "when": datetime.datetime.now(datetime.timezone.utc).isoformat(),
                "machine": platform.platform(), "processors": os.cpu_count(), "bytes": size,
                "load_lowest": min(loads), "load_highest": max(loads),
                "seconds": {" ".join(map(str, case)): times for case, times in seconds.items()},
            }, file)
            file.write("\n")


if __name__ == "__main__":
    main()
