#!/usr/bin/env python3
"""clang-tidy 14 over every source of a build folder, in parallel, remembering what was clean.

    clang_tidy.py BUILD_FOLDER [PATH_PART ...]

A source is looked at again when its preprocessed text, the checks or the tool changed. Exit 0
if all are clean, 1 otherwise.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

TOOL = "clang-tidy-14"
ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
CACHE = CACHE / "steadfarm" / "clang-tidy"


def preprocessed(entry):
    """The text the compiler sees, or None if it cannot be made."""
    command = entry.get("arguments") or shlex.split(entry["command"])
    if pathlib.Path(command[0]).name == "ccache":
        command = command[1:]
    kept = []
    skip = False
    for word in command:
        if skip:
            skip = False
        elif word in ("-o", "-MF", "-MT", "-MQ"):
            skip = True
        elif word not in ("-c", "-MD", "-MMD"):
            kept.append(word)
    made = subprocess.run([*kept, "-E"], cwd=entry["directory"], capture_output=True, check=False)
    return made.stdout if made.returncode == 0 else None


def stamp_of(entry, basis):
    text = preprocessed(entry)
    if text is None:
        return None
    return CACHE / hashlib.sha256(basis + entry["file"].encode() + text).hexdigest()


def check(entry, build, basis):
    """Returns what clang-tidy said, empty if clean."""
    stamp = stamp_of(entry, basis)
    if stamp and stamp.exists():
        return ""
    # Warnings that gcc knows and clang does not are no concern of this check.
    ran = subprocess.run(
        [TOOL, "--quiet", "-p", str(build), "--extra-arg=-Wno-unknown-warning-option",
         entry["file"]],
        capture_output=True, text=True, check=False,
    )
    if ran.returncode == 0:
        if stamp:
            stamp.touch()
        return ""
    noise = re.compile(r"^\d+ warnings? |^Suppressed |^Use -")
    lines = [line for line in ran.stdout.splitlines() if not noise.match(line)]
    return "\n".join(lines) or ran.stderr


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    parts = sys.argv[2:]
    database = json.loads((build / "compile_commands.json").read_text())
    entries = {}
    for entry in database:
        path = pathlib.Path(entry["file"])
        ours = path.is_relative_to(ROOT) and not path.is_relative_to(build)
        if ours and (not parts or any(part in str(path) for part in parts)):
            entries.setdefault(entry["file"], entry)
    if not entries:
        print("clang-tidy: no sources found")
        return 1
    CACHE.mkdir(parents=True, exist_ok=True)
    version = subprocess.run([TOOL, "--version"], capture_output=True, check=True).stdout
    basis = version + (ROOT / ".clang-tidy").read_bytes()
    dirty = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for said in pool.map(lambda entry: check(entry, build, basis), entries.values()):
            if said:
                dirty += 1
                print(said, flush=True)
    print(f"clang-tidy: {len(entries)} sources, {dirty} not clean")
    return 1 if dirty else 0


if __name__ == "__main__":
    sys.exit(main())
