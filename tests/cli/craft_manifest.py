"""Changes the newest manifest of a store and makes its digest right again.

usage: craft_manifest.py STORE twice            name the first segment a second time
       craft_manifest.py STORE sparse BYTES     make every generation's first segment so large: a
                                                hole, but for the bytes it has
"""

import glob
import os
import re
import sys

import ctypes
import ctypes.util


def xxh3_128(data):
    library = ctypes.CDLL(ctypes.util.find_library("xxhash"))

    class Hash(ctypes.Structure):
        _fields_ = [("low", ctypes.c_uint64), ("high", ctypes.c_uint64)]

    library.XXH3_128bits.restype = Hash
    library.XXH3_128bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
    found = library.XXH3_128bits(data, len(data))
    return f"{found.high:016x}{found.low:016x}"


def rewrite(path, change):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    body = change(text[:text.rindex("digest ")])
    os.chmod(path, 0o600)
    with open(path, "w", encoding="utf-8") as file:
        file.write(body + "digest " + xxh3_128(body.encode()) + "\n")
    os.chmod(path, 0o400)


def twice(body):
    count = re.search(r"^segments (\d+)$", body, re.M)
    line = re.search(r"^segment .*\n", body, re.M).group()
    return body.replace(count.group(), f"segments {int(count.group(1)) + 1}") + line


def main():
    store, what = sys.argv[1:3]
    manifests = sorted(glob.glob(os.path.join(glob.escape(store), "manifest-*")))
    if what == "twice":
        rewrite(manifests[-1], twice)
        return
    size = sys.argv[3]
    for path in manifests:
        with open(path, encoding="utf-8") as file:
            segment = re.search(r"^segment (\S+)", file.read(), re.M)
        if segment is None:
            continue
        name = os.path.join(store, segment.group(1))
        os.chmod(name, 0o600)
        os.truncate(name, int(size))
        os.chmod(name, 0o400)
        rewrite(path, lambda body: re.sub(r"^(segment \S+ \w+ \d+) \d+", rf"\g<1> {size}", body,
                                          count=1, flags=re.M))


main()
