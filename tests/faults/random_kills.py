"""Many runs of one farm, each with kills at random moments. See random_kills.sh."""

import argparse
import collections
import itertools
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time

RANKS = 5
UNITS = 120
ANSWER = UNITS * (UNITS - 1) // 2 + UNITS * 1_000_000
WORK_S = 3.0  # a little more than a run takes that nobody disturbs
# For a whole run, by what a user has who sets nothing: a launcher that hangs is ended after
# --launch (300 s), a rank gives a start up after STEADFARM_START_TIMEOUT (120 s).
BOUND_S = 900
OWN_EXIT_CODES = (0, 65, 70, 74, 75, 76)
KILLED = int(os.environ.get("LAUNCHER_KILLED", "137"))  # Hydra says 9 where a rank was killed
VICTIMS = ("worker", "two workers", "master", "launcher", "everything")


def processes_of(store):
    """Process ids of the program's ranks: {pid: rank}. Known by the store among their words."""
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if not words[0].endswith(b"/stragglers_program") or store.encode() not in words:
                continue
            environment = (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        for variable in environment:
            name, _, value = variable.partition(b"=")
            if name in (b"OMPI_COMM_WORLD_RANK", b"PMIX_RANK", b"SLURM_PROCID", b"PMI_RANK"):
                found[int(entry.name)] = int(value)
                break
    return found


def children_of(pid):
    try:
        tasks = list(pathlib.Path(f"/proc/{pid}/task").iterdir())
        return [int(c) for task in tasks for c in (task / "children").read_text().split()]
    except OSError:
        return []


def kill(pids):
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def launcher_of(top, supervised):
    """The launcher's process: the command itself, or the child of the supervisor's keeper."""
    if not supervised:
        return [top]
    return [pid for keeper in children_of(top) for pid in children_of(keeper)]


def strike(victim, rng, top, supervised, store):
    ranks = processes_of(store)
    workers = [pid for pid, rank in ranks.items() if rank > 0]
    if victim == "worker":
        chosen = rng.sample(workers, min(1, len(workers)))
    elif victim == "two workers":
        chosen = rng.sample(workers, min(2, len(workers)))
    elif victim == "master":
        chosen = [pid for pid, rank in ranks.items() if rank == 0]
    elif victim == "launcher":
        chosen = launcher_of(top, supervised)
    else:
        chosen = list(ranks) + launcher_of(top, supervised)
    kill(chosen)
    return len(chosen)


class Run:
    def __init__(self, arguments, number):
        self.rng = random.Random(arguments.seed * 1_000_003 + number)
        self.supervised = self.rng.random() < 0.7
        self.folder = pathlib.Path(arguments.folder) / f"run{number}"
        self.folder.mkdir()
        self.store = str(self.folder / "store")
        program = [arguments.program, "--units", str(UNITS), "--unit-ms", "30", "--store",
                   self.store, "--interval", "0.3", "--heartbeat", "0.25", "--timeout", "3",
                   "--json", "--progress", "off", "--log", str(self.folder / "log")]
        self.words = [*arguments.launch, str(RANKS), *program]
        if self.supervised:
            supervisor = [f"{arguments.bin}/steadfarm", "run", "--backoff", "0.1", "--"]
            self.words = supervisor + self.words
        self.killed = 0
        self.plan = []
        for _ in range(self.rng.choice((1, 1, 2, 3))):
            self.plan.append((self.rng.uniform(0, WORK_S), self.rng.choice(VICTIMS)))

    def text(self):
        kills = ", ".join(f"{victim} after {at:.2f} s" for at, victim in self.plan)
        return f"{'supervised' if self.supervised else 'alone'}: {kills}"

    def go(self):
        """What became of it, in words; raises AssertionError if that is not allowed."""
        begun = time.monotonic()
        with open(self.folder / "out", "wb") as out, open(self.folder / "err", "wb") as err:
            process = subprocess.Popen(self.words, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                       start_new_session=True)
        try:
            for after, victim in self.plan:  # each counts from the one before
                try:
                    process.wait(after)
                    break
                except subprocess.TimeoutExpired:
                    self.killed += strike(victim, self.rng, process.pid, self.supervised,
                                          self.store)
            code = process.wait(BOUND_S)
            self.wait_for_ranks(begun)
        except subprocess.TimeoutExpired as hang:
            raise AssertionError(f"it hangs: no end within {BOUND_S} s") from hang
        finally:
            kill([process.pid, *processes_of(self.store)])
        seconds = time.monotonic() - begun
        return f"{self.judge(code)}, {self.killed} processes killed, {seconds:.1f} s"

    def wait_for_ranks(self, begun):
        """Ranks outlive a launcher that was killed, but not for long."""
        while processes_of(self.store):
            assert time.monotonic() - begun < BOUND_S, "ranks live on after the end"
            time.sleep(0.05)

    def judge(self, code):
        lines = (self.folder / "out").read_text(errors="replace").splitlines()
        objects = [json.loads(line) for line in lines if line.startswith('{"complete"')]
        complete = [each for each in objects if each["complete"]]
        for each in complete:
            assert each["answer"] == ANSWER, f"a wrong answer: {each}"
        if self.supervised:
            # The supervisor itself is never killed.
            assert code == 0, f"exit code {code}"
            assert complete, "the supervisor is content without an answer"
            return f"complete after {complete[-1]['restarts']} restarts"
        if complete:
            return "complete"
        # Where ranks die before MPI has started, 1 is the launcher's own word for it.
        started = (self.folder / "log").exists()
        no_start = code == 1 and not started
        by_signal = code < 0 or code > 128 or code == KILLED
        assert by_signal or code in OWN_EXIT_CODES or no_start, f"exit code {code}"
        return f"ended with {code}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, required=True, help="in which somebody was killed")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--first", type=int, default=0, help="begin with this run of the seed")
    parser.add_argument("--bin", required=True)
    parser.add_argument("--program", required=True)
    parser.add_argument("--folder", required=True)
    parser.add_argument("launch", nargs="+")
    arguments = parser.parse_args()
    outcomes = collections.Counter()
    runs = killed = 0
    for number in itertools.count(arguments.first):
        if runs == arguments.runs:
            break
        run = Run(arguments, number)
        try:
            outcome = run.go()
        except AssertionError as wrong:
            print(f"run {number}, {run.text()}: FAILED: {wrong}; see {run.folder}", flush=True)
            for name in ("err", "log"):
                if not (run.folder / name).exists():
                    continue
                tail = (run.folder / name).read_text(errors="replace").splitlines()[-15:]
                print("\n".join(f"  {name}: {line}" for line in tail))
            return 1
        runs += run.killed > 0
        killed += run.killed
        outcomes[outcome.split(",")[0]] += 1
        print(f"run {number}, {run.text()}: {outcome}", flush=True)
        shutil.rmtree(run.folder)
    print(f"{runs} runs with {killed} kills, and {outcomes.total() - runs} that were over before; "
          f"no hang, no wrong answer: {dict(outcomes)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
