#!/usr/bin/env python3
"""Times the pages of units, as a browser asks for them: all data of a page through one connection to `phosphene serve`.

    bench/pages.py build/release/phosphene FILE.atlas [--units 200]

A page's data: the unit's JSON, the drawing, the other seeds, the real pictures and the similar units. "cold": the file is first put out of
the system's memory, so that the disk is read.
"""
import argparse
import http.client
import json
import os
import random
import re
import statistics
import subprocess
import time


def fetched(connection, path):
    connection.request("GET", path)
    reply = connection.getresponse()
    body = reply.read()
    if reply.status != 200:
        raise RuntimeError(f"{path}: {reply.status}")
    return body


def page_of(connection, atlas, layer, unit):
    """Milliseconds and bytes of everything that a unit's page shows."""
    root = f"/-/data/{atlas}/"
    start = time.perf_counter()
    text = fetched(connection, f"{root}unit/{layer}/{unit}.json")
    page = json.loads(text)
    names = {f"photo/{example['photo']}.webp" for example in page["top"] + page["tenths"]}
    for picture in page["pictures"]:
        kind = "picture" if picture["seed"] == page["seed"] else "thumb"
        names.add(f"{kind}/{layer}-{unit}-{picture['seed']}.webp")
    for near in page["near"]:
        if near.get("seed") is not None:
            names.add(f"thumb/{near['layer']}-{near['unit']}-{near['seed']}.webp")
        elif near.get("photo") is not None:
            names.add(f"photo/{near['photo']}.webp")
    size = len(text) + sum(len(fetched(connection, root + name)) for name in names)
    return 1000 * (time.perf_counter() - start), size


def drawn_units(port):
    """The first atlas's id, and [(layer, unit)] of its layers with drawings."""
    connection = http.client.HTTPConnection("localhost", port)
    atlas = json.loads(fetched(connection, "/-/data/atlases.json"))["atlases"][0]
    return atlas["id"], [(layer["id"], unit) for layer in atlas["layers"] if layer["drawn"] for unit in range(layer["units"])]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("atlas")
    parser.add_argument("--units", type=int, default=200)
    options = parser.parse_args()
    server = subprocess.Popen([options.program, "serve", "--port", "0", options.atlas], stdout=subprocess.PIPE, text=True)
    try:
        port = int(re.search(r":(\d+)/", server.stdout.readline()).group(1))
        atlas, units = drawn_units(port)
        chosen = random.Random(0).sample(units, min(options.units, len(units)))
        print(f"{os.path.getsize(options.atlas) / 2**20:.1f} MiB, {len(units):,} units, pages of {len(chosen)} of them")
        connection = http.client.HTTPConnection("localhost", port)
        with open(options.atlas, "rb") as file:
            for cold in (True, False):
                times, sizes = [], []
                for layer, unit in chosen:
                    if cold:
                        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
                    milliseconds, size = page_of(connection, atlas, layer, unit)
                    times.append(milliseconds)
                    sizes.append(size)
                times.sort()
                print(f"{'cold' if cold else 'warm'}: median {statistics.median(times):.1f} ms, 95 % below {times[int(0.95 * (len(times) - 1))]:.1f} ms, "
                      f"longest {times[-1]:.1f} ms; {statistics.median(sizes) / 1024:.0f} KiB a page")
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    main()
