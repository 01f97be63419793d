#!/usr/bin/env python3
"""How long a relaunch takes: a worker of plain mpirun is killed, which ends all ranks, and
`steadfarm run` starts the farm again.

    measure_relaunch.py BUILD [--runs N] [--ranks N]

Prints one line a run and the median and the worst of all, in seconds: from the kill to the end of
mpirun, from there to the first unit that the next start accepts, and of that the launcher's own
start, which is the time `mpirun -n RANKS true` takes at that moment. The supervisor waits a second
before it starts again (--backoff), which counts.
"""

import argparse
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

ENVIRONMENT = dict(
    os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
    PRTE_ALLOW_RUN_AS_ROOT="1", PRTE_ALLOW_RUN_AS_ROOT_CONFIRM="1",
    OMPI_MCA_mpi_yield_when_idle="1")
PATIENCE_S = 60


def events(path):
    """The whole lines of a log so far."""
    try:
        with open(path, "rb") as file:
            return [json.loads(line) for line in file.read().split(b"\n")[:-1] if line]
    except FileNotFoundError:
        return []


def wait_for(what, condition):
    """Polls; gives back when it became true, by the monotonic clock."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if condition():
            return time.monotonic()
        time.sleep(0.005)
    sys.exit(f"gave up waiting for {what}")


def rank_of(supervisor, rank):
    """The process id of a rank among the descendants of the supervisor."""
    todo = [supervisor]
    while todo:
        pid = todo.pop()
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                if f"OMPI_COMM_WORLD_RANK={rank}".encode() in file.read().split(b"\0"):
                    return pid
            with open(f"/proc/{pid}/task/{pid}/children") as file:
                todo += [int(word) for word in file.read().split()]
        except OSError:
            pass
    return None


def one_run(build, ranks, folder):
    mpirun = ["mpirun", "--oversubscribe", "-n", str(ranks)]
    log, run_log = os.path.join(folder, "farm.log"), os.path.join(folder, "run.log")
    command = [os.path.join(build, "bin", "steadfarm"), "run", "--log", run_log, "--", *mpirun,
               os.path.join(build, "tests", "units_program"), "--units", "100000", "--sleep-us",
               "5000", "--interval", "0.2", "--store", os.path.join(folder, "store"), "--log", log]
    begin = time.monotonic()
    subprocess.run([*mpirun, "true"], env=ENVIRONMENT, check=True, stderr=subprocess.DEVNULL)
    launcher = time.monotonic() - begin
    job = subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
    try:
        wait_for("durable units", lambda: any(e.get("committed", 0) > 100 for e in events(log)))
        os.kill(rank_of(job.pid, ranks - 1), signal.SIGKILL)
        killed = time.monotonic()
        ended = wait_for("the end of mpirun", lambda: any(
            e["kind"] == "command_end" for e in events(run_log)))

        def has_new_unit():
            lines = events(log)
            starts = [i for i, e in enumerate(lines) if e["kind"] == "start"]
            return len(starts) > 1 and any(
                e["kind"] == "progress" and e["accepted"] > lines[starts[1]]["units_restored"]
                for e in lines[starts[1]:])

        first = wait_for("the first new unit", has_new_unit)
        return ended - killed, first - ended, launcher
    finally:
        job.send_signal(signal.SIGTERM)
        try:
            job.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            job.kill()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--ranks", type=int, default=4)
    arguments = parser.parse_args()
    rows = []
    for _ in range(arguments.runs):
        folder = tempfile.mkdtemp(prefix="steadfarm-measure.")
        try:
            rows.append(one_run(arguments.build, arguments.ranks, folder))
        finally:
            shutil.rmtree(folder)
        print("kill to end %.2f, end to first unit %.2f, launcher %.2f" % rows[-1], flush=True)
    for name, values in zip(("kill to end", "end to first unit", "launcher's own start"),
                            zip(*rows)):
        print(f"{name}: median {statistics.median(values):.2f} s, worst {max(values):.2f} s")


if __name__ == "__main__":
    main()
