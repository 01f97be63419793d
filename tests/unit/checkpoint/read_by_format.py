"""Reads a store with nothing but FORMAT.md and h5py, and prints every result as a line,
then the hints of pending spawned units, then the saved states of pending units, then the shards
that nothing in the generation speaks of.

usage: read_by_format.py STORE
"""

import os
import re
import sys

import h5py


def newest_manifest(store):
    names = [n for n in os.listdir(store) if n.startswith("manifest-")]
    return max(names, key=lambda n: int(n.split("-")[1]))


def read_manifest(path):
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    assert lines[0] == "steadfarm-manifest 2", lines[0]
    assert lines[-1] == "" and lines[-2].startswith("digest "), "no digest at the end"
    fields, segments, folds, inputs = {}, [], [], []
    for line in lines[1:-2]:
        key, value = line.split(" ", 1)
        if key == "segment":
            segments.append(value.split(" "))
        elif key == "fold":
            folds.append(value)
        elif key == "input":
            inputs.append(value.split(" ", 1))
        else:
            assert key not in fields, key
            fields[key] = value
    assert int(fields["segments"]) == len(segments)
    assert int(fields["folds"]) == len(folds) and int(fields["inputs"]) == len(inputs)
    job = ("identity", "program", "build", "seed", "unit", "result", "stored", "units")
    assert all(key in fields for key in job), "the job's lines"
    kind, count, _digest = fields["units"].split(" ")
    assert kind in ("range", "submitted") and int(count) >= 0, fields["units"]
    return fields, segments


def pieces(group, data):
    keys = group["keys"][:]
    offsets = group["offsets"][:]
    content = group[data][:] if data in group else []
    assert keys.shape[1] == 2 and len(offsets) == len(keys) + 1
    for (high, low), begin, end in zip(keys, offsets[:-1], offsets[1:]):
        yield (int(high), int(low)), bytes(content[begin:end])


def shard_paths(group):
    for owner, nonce, counter in group["names"][:]:
        nonce = f"{int(nonce):016x}"
        yield f"shards/{nonce[-2:]}/shard-{int(owner)}-{nonce}-{int(counter)}.h5"


def read_sharded(store, file, fingerprint):
    """The results that this segment says lie in shards."""
    wanted = {}
    for key, (shard, row, size) in zip(file["sharded/keys"][:], file["sharded/places"][:]):
        wanted.setdefault(int(shard), []).append((tuple(map(int, key)), int(row), int(size)))
    rows = zip(shard_paths(file["shards"]), file["shards/sizes"][:], file["shards/digests"][:])
    for place, (name, (count, size), _digest) in enumerate(rows):
        path = os.path.join(store, name)
        assert os.path.getsize(path) == int(size), name
        with h5py.File(path, "r") as shard:
            assert shard.attrs["format"] == b"steadfarm-segment"
            assert int(shard.attrs["generation"]) == 0
            assert int(shard.attrs["owner_epoch"]) == int(name.split("-")[1])
            assert shard.attrs["fingerprint"].decode() == fingerprint
            assert set(shard) == {"results"}
            found = list(pieces(shard["results"], "bytes"))
        assert len(found) == int(count), name
        for key, row, size in wanted[place]:
            assert found[row][0] == key and len(found[row][1]) == size, (name, row)
            yield found[row]


def orphans(store, named):
    """Shards that were written and that no segment of the generation names."""
    digits = "[0-9a-f]"
    form = re.compile(
        rf"shards/({digits}{{2}})/shard-[1-9][0-9]*-{digits}{{14}}({digits}{{2}})-[0-9]+\.h5"
    )
    for folder, _, names in sorted(os.walk(os.path.join(store, "shards"))):
        for name in sorted(names):
            path = os.path.relpath(os.path.join(folder, name), store)
            found = form.fullmatch(path)
            if found and found.group(1) == found.group(2) and path not in named:
                yield path


def main(store):
    fields, segments = read_manifest(os.path.join(store, newest_manifest(store)))
    units, hints, state, results, partials = {}, {}, None, {}, {}
    named = set()
    for name, role, count, size, _digest in segments:
        path = os.path.join(store, name)
        assert os.path.getsize(path) == int(size), name
        with h5py.File(path, "r") as file:
            assert file.attrs["format"] == b"steadfarm-segment"
            assert int(file.attrs["format_version"]) == 1
            assert name.split("-")[1] == f"{int(file.attrs['generation']):012d}"
            assert file.attrs["fingerprint"].decode() == fields["fingerprint"]
            found = dict(pieces(file["results"], "bytes")) if "results" in file else {}
            assert len(found) == int(count), name
            if "sharded" in file:
                named.update(shard_paths(file["shards"]))
                sharded = list(read_sharded(store, file, fields["fingerprint"]))
                assert not found.keys() & {key for key, _ in sharded}, "a key twice"
                found.update(sharded)
                assert len(found) == int(count) + len(sharded), "a key twice"
            assert not found.keys() & results.keys(), "a key twice"
            results.update(found)
            if role == "results":
                continue
            for high, low in file["removed"][:] if "removed" in file else []:
                units.pop((int(high), int(low)), None)
                partials.pop((int(high), int(low)), None)
            if "units" in file:
                group = file["units"]
                units.update(pieces(group, "bytes"))
                rows = group["hints"][:] if "hints" in group else [(0, 0, 0)] * len(group["keys"])
                for (high, low), row in zip(group["keys"][:], rows):
                    hints[int(high), int(low)] = [int(number) for number in row]
            if "partials" in file:
                group = file["partials"]
                for (key, data), sequence in zip(pieces(group, "bytes"), group["sequences"][:]):
                    partials[key] = data if sequence > 0 else None
            if "state" in file:
                state = dict(file["state"].attrs)
                pending = file["state/pending"][:] if "pending" in file["state"] else []
    if state is not None:
        for key in ("accepted", "failed", "executions", "spawned", "complete"):
            assert int(state[key]) == int(fields[key]), key
        indices = sum(int(end) - int(begin) for begin, end in pending)
        assert indices + len(units) == int(fields["pending"]), "pending"
    for (high, low), data in sorted(results.items()):
        print(high, low, data.hex())

    for high, low in sorted(units):
        if any(hints[high, low]):
            print("hints", high, low, *hints[high, low])

    def is_pending(key):
        if key[0] != 0:
            return key in units
        return any(begin <= key[1] < end for begin, end in pending)

    for (high, low), data in sorted(partials.items()):
        if data is not None and is_pending((high, low)):
            print("state", high, low, data.hex())

    for path in orphans(store, named):
        print("orphan", path)


if __name__ == "__main__":
    main(sys.argv[1])
