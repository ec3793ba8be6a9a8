#!/usr/bin/python3
"""Damages files of five formats and gives them to phosphene, which must answer every one of them with a result or with one clear line.

    tests/fuzz/fuzz.py PHOSPHENE [--count 200] [--seed N]

Formats: ONNX, Caffe definition, Caffe weights, npy, PNG and JPEG. Damages: flipped bits, cut ends, blocks exchanged, bytes put in or taken
out, and for the two protobuf formats numbers, declared sizes and whole tensors changed in place. For each file the program must end by
itself within 5 seconds with code 0 or 1, hold less than 1 GiB, and with code 1 print exactly one line "error: WHERE > WHAT; what to do".
The last line is "N files, N accepted, N refused, N failed"; files that failed are kept and named.
"""
import argparse
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECONDS = 5
MEBIBYTES = 1024

# --- protobuf's wire format: a message is a list of [field, wire type, value]


def varint(value):
    out = bytearray()
    while True:
        out.append((value & 127) | (128 if value > 127 else 0))
        value >>= 7
        if not value:
            return bytes(out)


def decode(data):
    """The fields of a message; IndexError where the bytes end inside a number."""
    fields, i = [], 0

    def number():
        nonlocal i
        value = shift = 0
        while True:
            byte = data[i]
            i += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while i < len(data):
        key = number()
        wire = key & 7
        if wire == 0:
            value = number()
        else:
            size = {1: 8, 5: 4}.get(wire) or number()
            value = data[i:i + size]
            i += size
        fields.append([key >> 3, wire, value])
    return fields


def encode(fields):
    out = bytearray()
    for field, wire, value in fields:
        out += varint(field << 3 | wire)
        if wire == 0:
            out += varint(value)
        else:
            out += (varint(len(value)) if wire == 2 else b"") + bytes(value)
    return bytes(out)


# The messages worth opening: field numbers that lead from the top to nodes, tensors, layers, blobs and shapes.
INSIDE = {
    "onnx": {7: {1: {5: {}}, 5: {}, 11: {2: {1: {2: {1: {}}}}}, 12: {2: {}}}, 8: {}},
    "caffemodel": {100: {7: {7: {}}, 106: {}, 117: {}, 121: {}}},
}
HUGE = [0, 1, 2**31 - 1, 2**31, 2**32, 2**40, 2**63 - 1, 2**64 - 1]


def structured(data, inside, rng):
    """One field somewhere inside is changed, doubled, dropped or exchanged with another of its kind."""
    try:
        fields = decode(data)
    except IndexError:  # an earlier change left no message here
        return data
    nested = [f for f in fields if f[0] in inside and f[1] == 2]
    if nested and rng.random() < 0.9:
        chosen = rng.choice(nested)
        chosen[2] = structured(chosen[2], inside[chosen[0]], rng)
        return encode(fields)
    if not fields:
        return data
    chosen = rng.choice(fields)
    kind = rng.randrange(5)
    if kind == 0 and chosen[1] == 0:
        chosen[2] = rng.choice(HUGE + [chosen[2] + 1])
    elif kind == 1:
        fields.append(list(chosen))
    elif kind == 2:
        fields.remove(chosen)
    elif kind == 3:
        other = rng.choice([f for f in fields if f[1] == chosen[1]])
        chosen[2], other[2] = other[2], chosen[2]
    else:
        chosen[2] = rng.choice(HUGE) if chosen[1] == 0 else rng.randbytes(len(chosen[2]) if chosen[1] != 2 else rng.randrange(64))
    return encode(fields)


def damaged(data, kind, rng):
    if kind in INSIDE and rng.random() < 0.5:
        for _ in range(rng.choice([1, 1, 1, 2, 4])):
            data = structured(data, INSIDE[kind], rng)
        return data
    data = bytearray(data)
    # Half of the damage is done to the head, where the structure is.
    span = len(data) if rng.random() < 0.5 else min(len(data), 400)
    way = rng.randrange(5)
    if way == 0:
        for _ in range(rng.choice([1, 2, 8, 64])):
            data[rng.randrange(span)] ^= 1 << rng.randrange(8)
    elif way == 1:
        del data[rng.randrange(span):]
    elif way == 2:
        size = rng.randrange(1, max(2, span // 4))
        a, b = rng.randrange(span - size + 1), rng.randrange(span - size + 1)
        data[a:a + size], data[b:b + size] = data[b:b + size], data[a:a + size]
    elif way == 3:
        at = rng.randrange(span)
        data[at:at] = rng.choice([rng.randbytes(rng.randrange(1, 16)), b"\xff" * 9 + b"\x01", b"9" * 12])
    else:
        at = rng.randrange(span)
        del data[at:at + rng.randrange(1, 16)]
    return bytes(data)


# --- sound files to start from

DEFINITION = """name: "small"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 32 dim: 32 } } }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
        convolution_param { num_output: 8 kernel_size: 5 stride: 2 pad: 2 } }
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1" pooling_param { pool: MAX kernel_size: 3 stride: 2 } }
layer { name: "norm1" type: "LRN" bottom: "pool1" top: "norm1" lrn_param { local_size: 5 alpha: 0.0001 } }
layer { name: "fc2" type: "InnerProduct" bottom: "norm1" top: "fc2" inner_product_param { num_output: 10 } }
layer { name: "prob" type: "Softmax" bottom: "fc2" top: "prob" }
"""


def blob(shape, rng):
    count = 1
    for extent in shape:
        count *= extent
    values = struct.pack(f"<{count}f", *[rng.uniform(-0.1, 0.1) for _ in range(count)])
    return encode([[7, 2, encode([[1, 2, b"".join(varint(extent) for extent in shape)]])], [5, 2, values]])


def weights(rng):
    layers = [("conv1", "Convolution", (8, 3, 5, 5), (8,)), ("fc2", "InnerProduct", (10, 512), (10,))]
    return encode([[1, 2, b"small"]] + [[
        100, 2,
        encode([[1, 2, name.encode()], [2, 2, kind.encode()], [7, 2, blob(shape, rng)], [7, 2, blob(bias, rng)]])
    ] for name, kind, shape, bias in layers])


def npy(shape):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    count = 1
    for extent in shape:
        count *= extent
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + struct.pack(f"<{count}f", *[0.5] * count)


def sources(folder, rng):
    """(name, what kind, suffix, sound bytes, the command's arguments for a damaged file)"""
    definition = folder / "small.prototxt"
    definition.write_text(DEFINITION)
    array = folder / "x.npy"
    array.write_bytes(npy((1, 3, 64, 64)))
    pictures = ROOT / "docs" / "pictures"
    onnx = [path for path in pathlib.Path("/usr/share/libonnx-testdata/data/node").glob("*/model.onnx")]
    network = (ROOT / "models" / "tin200.onnx").read_bytes()

    def some_onnx():
        return network if not onnx or rng.random() < 0.5 else rng.choice(onnx).read_bytes()

    return [
        ("onnx", "onnx", ".onnx", some_onnx, lambda f: ["inspect", f]),
        ("onnx run", "onnx", ".onnx", lambda: network, lambda f: ["run", f, "--input", array, "--top", "1", "--threads", "1"]),
        ("definition", "text", ".prototxt", DEFINITION.encode, lambda f: ["inspect", f, "--random-weights", "1"]),
        ("weights", "caffemodel", ".caffemodel", lambda: weights(rng), lambda f: ["inspect", f"{definition}:{f}"]),
        ("npy", "npy", ".npy", lambda: npy((1, 3, 64, 64)), lambda f: ["run", "tin200", "--input", f, "--top", "1"]),
        ("png", "png", ".png", lambda: next(pictures.glob("*.png")).read_bytes(), lambda f: ["run", "tin200", "--image", f, "--top", "1"]),
        ("jpeg", "jpeg", ".jpg", lambda: next(pictures.glob("*.jpg")).read_bytes(), lambda f: ["run", "tin200", "--image", f, "--top", "1"]),
    ]


def judge(program, arguments):
    """None, or what is wrong; and the exit code."""
    start = time.monotonic()
    with tempfile.TemporaryFile() as err:
        child = subprocess.Popen([program] + [str(a) for a in arguments], stdout=subprocess.DEVNULL, stderr=err)
        while True:
            pid, status, usage = os.wait4(child.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() - start > SECONDS:
                child.kill()
                os.wait4(child.pid, 0)
                return f"no end within {SECONDS} s", -1
            time.sleep(0.005)
        child.returncode = code = os.waitstatus_to_exitcode(status)
        err.seek(0)
        lines = err.read().decode(errors="replace").rstrip("\n").split("\n")
    errors = [line for line in lines if line.startswith("error: ")]
    if usage.ru_maxrss > MEBIBYTES * 1024:
        return f"{usage.ru_maxrss >> 10} MiB of memory", code
    if code not in (0, 1):
        return f"exit code {code}: {lines[-1:]}", code
    if code == 1 and (len(errors) != 1 or lines[-1:] != errors or "; " not in errors[0]):
        return f"no single clear line: {lines}", code
    return None, code


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 1000000007)
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    rng = random.Random(options.seed)
    print(f"seed {options.seed}")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="phosphene-fuzz-"))
    accepted = refused = failed = 0
    starts = sources(folder, rng)
    for number in range(options.count):
        name, kind, suffix, sound, command = starts[number % len(starts)]
        file = folder / f"{number}{suffix}"
        file.write_bytes(damaged(sound(), kind, rng))
        wrong, code = judge(options.program, command(file))
        if options.verbose:
            print(number, name, code, wrong or "")
        if wrong:
            failed += 1
            print(f"failed: {name}, {file}: {wrong}")
            continue
        accepted, refused = accepted + (code == 0), refused + (code == 1)
        file.unlink()
    print(f"{options.count} files, {accepted} accepted, {refused} refused, {failed} failed")
    if not failed:
        for left in folder.iterdir():
            left.unlink()
        folder.rmdir()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
