#!/usr/bin/env python3
"""Damaged files of every format that phosphene reads: none may crash it, hang it or fill the memory.

    tests/fuzz/fuzz.py PHOSPHENE FOLDER [--count 25] [--seed N] [--only FORMAT]

Each of the formats below is damaged COUNT times: bits flipped, cut short, two parts swapped, a part zeroed, numbers replaced by huge ones,
bytes inserted. phosphene reads each in a process with 1 GiB of address space and 5 seconds. It must end with 0 (the damage did no harm) or
with 1 and one line "error: ...". What fails is kept in FOLDER. The seed is printed; the same seed makes the same files.
"""
import argparse
import gzip
import os
import pathlib
import random
import resource
import shutil
import struct
import subprocess
import sys
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECONDS = 5
MEMORY = 1 << 30
HUGE = [b"\xff\xff\xff\x7f", b"\x7f\xff\xff\xff", b"\xff" * 4, b"\xff" * 8, b"\xff" * 9 + b"\x01", b"\x00\x00\x00\x80", b"\xff\xff\xff\xff\xff\xff\xff\x7f"]


def damage(data, rng):
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        if not data:
            break
        # Headers are where damage hurts; half of it goes there.
        at = rng.randrange(min(len(data), 256) if rng.random() < 0.5 else len(data))
        length = rng.randrange(1, 1 + min(64, len(data) - at))
        kind = rng.randrange(7)
        if kind == 0:
            for _ in range(rng.randrange(1, 9)):
                data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        elif kind == 1:
            data[at] = rng.randrange(256)
        elif kind == 2:
            del data[at:]
        elif kind == 3:
            other = rng.randrange(len(data) - length + 1)
            first, second = data[at:at + length], data[other:other + length]
            data[at:at + length], data[other:other + length] = second, first
        elif kind == 4:
            data[at:at + length] = bytes(length)
        elif kind == 5:
            number = rng.choice(HUGE)
            data[at:at + len(number)] = number
        else:
            data[at:at] = bytes(rng.randrange(256) for _ in range(length))
    return bytes(data)


def png(width, height):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = b"".join(b"\0" + bytes((x * 7 + y * 5 + c * 60) % 256 for x in range(width) for c in range(3)) for y in range(height))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(
        b"IEND", b"")


def npy(shape, values):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (63 - (len(header) + 10) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + struct.pack(f"<{len(values)}f", *values)


def idx(shape, values):
    return struct.pack(f">HBB{len(shape)}I", 0, 8, len(shape), *shape) + bytes(values)


# --- the ONNX message of a model whose weight lies in weights.bin, written by hand: field number and wire type, then the content
def varint(n):
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])


def field(number, content):
    if isinstance(content, int):
        return varint(number << 3) + varint(content)
    content = content.encode() if isinstance(content, str) else content
    return varint(number << 3 | 2) + varint(len(content)) + content


def external_model():
    def value(name, dims):
        shape = b"".join(field(1, field(1, d)) for d in dims)
        return field(1, name) + field(2, field(1, field(1, 1) + field(2, shape)))

    entries = b"".join(field(13, field(1, k) + field(2, v)) for k, v in [("location", "weights.bin"), ("offset", "16"), ("length", "96")])
    weight = field(1, 4) + field(1, 6) + field(2, 1) + field(8, "w") + entries + field(14, 1)
    node = field(1, "x") + field(1, "w") + field(2, "y") + field(3, "product") + field(4, "MatMul")
    graph = field(1, node) + field(2, "g") + field(5, weight) + field(11, value("x", [1, 4])) + field(12, value("y", [1, 6]))
    return field(1, 8) + field(7, graph) + field(8, field(1, "") + field(2, 17))


class Format:
    """`file` is damaged; `command` makes phosphene read it. Both are relative to a folder that `files` fills."""

    def __init__(self, name, file, files, command):
        self.name, self.file, self.files, self.command = name, file, files, command


TRAIN = "train classifier --widths 4,4,4,4,4 --fc 8 --epochs 4 --batch 8 --warm-up 1 --checkpoint-minutes 60 --threads 1 -o net.onnx --data"


def formats(program, work):
    golden = ROOT / "tests" / "golden" / "dgn_am"
    network, generator = (golden / "network.onnx").read_bytes(), (golden / "generator.onnx").read_bytes()
    picture = {"picture.png": png(12, 9), "net.onnx": network}
    photo = {"photo.jpg": (ROOT / "docs" / "pictures" / "demo.jpg").read_bytes(), "net.onnx": network}
    digits = {}
    for part, count in [("train", 24), ("t10k", 8)]:
        digits[f"data/{part}-images-idx3-ubyte"] = idx((count, 28, 28), [i * 13 % 256 for i in range(count * 28 * 28)])
        digits[f"data/{part}-labels-idx1-ubyte"] = idx((count, ), [i % 3 for i in range(count)])
    zipped = {name + ".gz": gzip.compress(content) for name, content in digits.items()}
    folders = {f"data/{c}/{i}.png": png(28, 28) for c in "ab" for i in range(8)}
    yield Format("onnx network", "net.onnx", {"net.onnx": network}, "inspect net.onnx")
    yield Format("onnx network", "net.onnx", picture, "run net.onnx --image picture.png --top 2 --threads 1")
    yield Format("onnx generator", "gen.onnx", {"net.onnx": network, "gen.onnx": generator},
                 "synth net.onnx --layer fc --prior gen.onnx --steps 2 --threads 1 -o out")
    yield Format("onnx external", "ext.onnx", {"ext.onnx": external_model(), "weights.bin": bytes(200)}, "inspect ext.onnx")
    yield Format("weights file", "weights.bin", {"ext.onnx": external_model(), "weights.bin": bytes(112)}, "inspect ext.onnx")
    yield Format("npy", "x.npy", {"x.npy": npy((1, 4), [1, 2, 3, 4]), "ext.onnx": external_model(), "weights.bin": bytes(200)},
                 "run ext.onnx --input x.npy --threads 1 -o out")
    yield Format("png", "picture.png", picture, "run net.onnx --image picture.png --top 2 --threads 1")
    yield Format("jpeg", "photo.jpg", photo, "run net.onnx --image photo.jpg --top 2 --threads 1")
    yield Format("idx", "data/train-images-idx3-ubyte", digits, TRAIN + " data --stop-after 1")
    yield Format("idx labels", "data/train-labels-idx1-ubyte", digits, TRAIN + " data --stop-after 1")
    yield Format("idx gzip", "data/train-images-idx3-ubyte.gz", zipped, TRAIN + " data --stop-after 1")
    # What phosphene itself writes.
    for name, files, pattern in [("checkpoint", digits, "net*.checkpoint*"), ("pixel cache", folders, "cache/*")]:
        home = work / "made"
        fill(home, files)
        ran = call(program, TRAIN + " data --stop-after 1", home, limited=False)
        found = [path for path in sorted(home.glob(pattern)) if path.is_file()]
        if ran.returncode != 0 or not found:
            sys.exit(f"error: {name} > was not written: {ran.stderr.decode().strip()}")
        made = {str(p.relative_to(home)): p.read_bytes() for p in home.rglob("*") if p.is_file()}
        yield Format(name, str(found[0].relative_to(home)), made, TRAIN + " data --stop-after 2")
    yield from others()


def others():
    """Formats to come: the text and the weights of Caffe models."""
    return []


def fill(folder, files):
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def limit():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def call(program, command, folder, limited=True):
    environment = dict(os.environ, PHOSPHENE_CACHE=str(folder / "cache"), OMP_NUM_THREADS="1")
    return subprocess.run([program] + command.split(), cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=SECONDS if limited else 120, preexec_fn=limit if limited else None)


def verdict(program, command, folder):
    """None, or what went wrong."""
    try:
        ran = call(program, command, folder)
    except subprocess.TimeoutExpired:
        return f"did not end in {SECONDS} s"
    if ran.returncode < 0:
        return f"was ended by signal {-ran.returncode}"
    lines = [line for line in ran.stderr.decode(errors="replace").splitlines() if line.startswith("error: ")]
    if ran.returncode == 0 or (ran.returncode == 1 and len(lines) == 1):
        return None
    return f"ended with {ran.returncode} and {len(lines)} error lines: {ran.stderr.decode(errors='replace')[-300:]}"


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("program")
    parser.add_argument("folder")
    parser.add_argument("--count", type=int, default=25)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "little"))
    parser.add_argument("--only")
    options = parser.parse_args()
    program, work = str(pathlib.Path(options.program).resolve()), pathlib.Path(options.folder).resolve() / "fuzz"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    print(f"seed {options.seed}")
    total = failed = 0
    for number, form in enumerate(formats(program, work)):
        if options.only and options.only != form.name:
            continue
        rng = random.Random(f"{options.seed} {number}")
        whole = work / "whole"
        fill(whole, form.files)
        problem = verdict(program, form.command, whole)
        if problem or call(program, form.command, whole).returncode != 0:
            print(f"FAIL {form.name}, undamaged: {problem or call(program, form.command, whole).stderr.decode().strip()}")
            failed += 1
            continue
        bad = 0
        for case in range(options.count):
            fill(whole, form.files)
            damaged = damage(form.files[form.file], rng)
            (whole / form.file).write_bytes(damaged)
            problem = verdict(program, form.command, whole)
            total += 1
            if problem:
                bad += 1
                kept = work / f"{form.name.replace(' ', '_')}_{number}_{case}"
                kept.write_bytes(damaged)
                print(f"FAIL {form.name}, case {case}: {problem}\n     kept in {kept}")
        failed += bad
        print(f"{'ok  ' if not bad else 'FAIL'} {form.name}: {options.count} damaged files, {form.command.split()[0]}", flush=True)
    print(f"{total} damaged files, {failed} failures")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
