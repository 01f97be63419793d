#!/usr/bin/env python3
"""How much memory `steadfarm verify`, `inspect` and `results` take for a store with large shards.
Makes the store, runs each command once, and prints the largest resident size of each (ru_maxrss).

    reading_memory.py [--build DIR] [--commands DIR] [--shard MB] [--result KB] [--folder DIR]

The store has four shards of so many megabytes each. --commands: another build's bin folder, whose
`steadfarm` is measured instead, to compare with.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time

COMMANDS = (("verify", ["verify"]), ("inspect", ["inspect", "--json"]),
            ("results", ["results", "--canonical"]))


def measured(program, arguments):
    """Exit code, seconds, and the largest resident size in MB."""
    begun = time.monotonic()
    with open(os.devnull, "wb") as nowhere:
        child = subprocess.Popen([program, *arguments], stdout=nowhere)
        _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return child.returncode, time.monotonic() - begun, usage.ru_maxrss / 1000


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build")
    parser.add_argument("--commands", help="the folder of the `steadfarm` to measure")
    parser.add_argument("--shard", type=int, default=512, metavar="MB")
    parser.add_argument("--result", type=int, default=1000, metavar="KB", help="of each result")
    parser.add_argument("--folder", help="where the store is written; it must be there")
    arguments = parser.parse_args()
    maker = os.path.join(arguments.build, "bin", "bench_store")
    program = os.path.join(arguments.commands or os.path.join(arguments.build, "bin"), "steadfarm")
    for name in (maker, program):
        if not os.access(name, os.X_OK):
            parser.error(f"{name} is not there; build the targets bench_store and steadfarm_cli")
    if arguments.shard < 1 or arguments.result < 1:
        parser.error("give at least one megabyte and one kilobyte")
    results = max(1, arguments.shard * 1000 // arguments.result)
    failed = False
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        store = os.path.join(folder, "store")
        subprocess.run([maker, "--store", store, "--generations", "4", "--frontier", "1000",
                        "--change", "50", "--results", "100", "--shards", "--large-results",
                        str(results), "--large-bytes", str(arguments.result * 1000)],
                       stdout=subprocess.DEVNULL, check=True)
        sizes = [os.path.getsize(os.path.join(path, name))
                 for path, _, names in os.walk(os.path.join(store, "shards")) for name in names]
        print(f"{len(sizes)} shards, the largest of {max(sizes) / 1e6:.0f} MB, "
              f"with results of {arguments.result / 1000:g} MB")
        for name, words in COMMANDS:
            code, seconds, resident = measured(program, [*words, store])
            print(f"{name:8}  {resident:8.0f} MB  {seconds:7.1f} s  exit code {code}")
            failed = failed or code != 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
