#!/usr/bin/python3
"""Damages files that phosphene reads beside others, as fuzz.py does single ones: the weights of an ONNX model in a file of their own (and the
model that names it), the IDX files of a data set, a training's checkpoint, the cache of decoded pictures.

    tests/fuzz/fuzz_folders.py PHOSPHENE [--count 70] [--seed N]
"""
import argparse
import gzip
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import zlib

sys.dont_write_bytecode = True
import fuzz  # beside this file


def png(side):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = b"".join(b"\0" + bytes((x * 7 + y * 5) % 256 for x in range(3 * side)) for y in range(side))
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def idx(shape, values):
    return struct.pack(f">HBB{len(shape)}I", 0, 8, len(shape), *shape) + bytes(values)


def external_model():
    """y = x w, x [1, 4], w [4, 6] at byte 16 of weights.bin."""
    def text(field, content):
        return [field, 2, content if isinstance(content, bytes) else content.encode()]

    def value(name, dims):
        shape = fuzz.encode([text(1, fuzz.encode([[1, 0, extent]])) for extent in dims])
        return fuzz.encode([text(1, name), text(2, fuzz.encode([text(1, fuzz.encode([[1, 0, 1], text(2, shape)]))]))])

    places = [text(13, fuzz.encode([text(1, k), text(2, v)])) for k, v in [("location", "weights.bin"), ("offset", "16"), ("length", "96")]]
    weight = fuzz.encode([[1, 0, 4], [1, 0, 6], [2, 0, 1], text(8, "w")] + places + [[14, 0, 1]])
    node = fuzz.encode([text(1, "x"), text(1, "w"), text(2, "y"), text(4, "MatMul")])
    graph = fuzz.encode([text(1, node), text(5, weight), text(11, value("x", [1, 4])), text(12, value("y", [1, 6]))])
    return fuzz.encode([[1, 0, 8], text(7, graph), text(8, fuzz.encode([text(1, ""), [2, 0, 17]]))])


TRAIN = "train classifier --widths 4,4,4,4,4 --fc 8 --epochs 4 --batch 8 --warm-up 1 --checkpoint-minutes 60 --threads 1".split()


def fill(folder, files):
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def starts(program, folder):
    """(kind of damage, file to damage, all files, arguments)"""
    def train(steps):
        return TRAIN + ["--data", folder / "data", "-o", folder / "net.onnx", "--stop-after", str(steps)]

    digits = {}
    for part, count in [("train", 24), ("t10k", 8)]:
        digits[f"data/{part}-images-idx3-ubyte"] = idx((count, 28, 28), [i * 13 % 256 for i in range(count * 28 * 28)])
        digits[f"data/{part}-labels-idx1-ubyte"] = idx((count, ), [i % 3 for i in range(count)])
    zipped = {name + ".gz": gzip.compress(content) for name, content in digits.items()}
    external = {"model.onnx": external_model(), "weights.bin": bytes(112)}
    inspect = ["inspect", folder / "model.onnx"]
    found = [
        ("onnx", "model.onnx", external, inspect),
        ("weights", "weights.bin", external, inspect),
        ("idx", "data/train-images-idx3-ubyte", digits, train(1)),
        ("idx", "data/train-labels-idx1-ubyte", digits, train(1)),
        ("gzip", "data/train-images-idx3-ubyte.gz", zipped, train(1)),
    ]
    # What phosphene itself writes.
    for kind, files, pattern in [("checkpoint", digits, "net*.checkpoint*"),
                                 ("cache", {f"data/{c}/{i}.png": png(28) for c in "ab" for i in range(8)}, "cache/*")]:
        fill(folder, files)
        subprocess.run([program] + [str(a) for a in train(1)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        made = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        found.append((kind, str(next(folder.glob(pattern)).relative_to(folder)), made, train(2)))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--count", type=int, default=70)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 1000000007)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    print(f"seed {options.seed}")
    home = pathlib.Path(tempfile.mkdtemp(prefix="phosphene-fuzz-"))
    folder = home / "folder"
    os.environ["PHOSPHENE_CACHE"] = str(folder / "cache")
    accepted = refused = failed = 0
    kinds = starts(options.program, folder)
    for number in range(options.count):
        kind, name, files, arguments = kinds[number % len(kinds)]
        if number < len(kinds):
            fill(folder, files)
            if fuzz.judge(options.program, arguments) != (None, 0):
                print(f"failed: {name} before any damage")
                failed += 1
        damaged = fuzz.damaged(files[name], kind, rng)
        fill(folder, dict(files, **{name: damaged}))
        wrong, code = fuzz.judge(options.program, arguments)
        if wrong:
            failed += 1
            kept = home / f"{number}-{pathlib.Path(name).name}"
            kept.write_bytes(damaged)
            print(f"failed: {name}, {kept}: {wrong}")
        accepted, refused = accepted + (code == 0), refused + (code == 1)
    print(f"{options.count} files, {accepted} accepted, {refused} refused, {failed} failed")
    shutil.rmtree(folder if failed else home)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
