#!/usr/bin/python3
"""Makes the files that the fuzzers start from: OUT/FORMAT/NAME.

    tests/fuzz/in_process/corpus.py OUT

ONNX: the small models of Debian's libonnx-testdata, where it is installed, and a few of phosphene's own kinds. Caffe: the networks of tests/fixtures. All other formats:
small sound files, one for each way in which they are written."""
import json
import pathlib
import struct
import sys

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "fuzz"))
import fuzz  # the writers of single formats
import fuzz_folders

LARGEST = 4096  # bytes: small files are changed where it matters


def onnx_models():
    models = {}
    for path in sorted(pathlib.Path("/usr/share/libonnx-testdata/data").glob("*/*/model.onnx")):
        if path.stat().st_size <= LARGEST:
            models[path.parent.name] = path.read_bytes()
    models["external_weights"] = fuzz_folders.external_model()
    return models


def caffe_definitions():
    definitions = {"small": fuzz.DEFINITION.encode()}
    for path in sorted((ROOT / "tests" / "fixtures" / "caffe").glob("*.prototxt")):
        definitions[path.stem] = path.read_bytes()
    return definitions


def caffe_weights():
    """Of the network in formats.cpp; once by `layer`, once by the older `layers`."""
    def blob(shape):
        values = b"".join(struct.pack("<f", 0.1) for _ in range(shape[0] * shape[1] * shape[2] * shape[3]))
        extents = b"".join(fuzz.varint(extent) for extent in shape)
        return fuzz.encode([[7, 2, fuzz.encode([[1, 2, extents]])], [5, 2, values]])

    layers = [("conv1", "Convolution", 4, [(4, 3, 3, 3), (1, 1, 1, 4)]),
              ("bn1", "BatchNorm", 39, [(1, 1, 1, 4), (1, 1, 1, 4), (1, 1, 1, 1)]),
              ("scale1", "Scale", 39, [(1, 1, 1, 4), (1, 1, 1, 4)]),
              ("fc2", "InnerProduct", 14, [(1, 1, 5, 144), (1, 1, 1, 5)])]
    new = [[100, 2, fuzz.encode([[1, 2, name.encode()], [2, 2, kind.encode()]] + [[7, 2, blob(s)] for s in shapes])]
           for name, kind, _, shapes in layers]
    old = [[2, 2, fuzz.encode([[4, 2, name.encode()], [5, 0, number]] + [[6, 2, blob(s)] for s in shapes])]
           for name, _, number, shapes in layers]
    return {"layer": fuzz.encode([[1, 2, b"small"]] + new), "layers": fuzz.encode([[1, 2, b"small"]] + old)}


def arrays():
    def npy(kind, size, shape, order="False", version=1):
        head = f"{{'descr': '{kind}', 'fortran_order': {order}, 'shape': {shape}, }}"
        head += " " * (-(len(head) + 11) % 64) + "\n"
        count = 1
        for extent in shape:
            count *= extent
        length = struct.pack("<H", len(head)) if version == 1 else struct.pack("<I", len(head))
        return b"\x93NUMPY" + bytes([version, 0]) + length + head.encode() + bytes(size * count)

    return {"float32": npy("<f4", 4, (2, 3)), "float64": npy("<f8", 8, (4,)), "int64": npy("<i8", 8, (1, 2, 3)), "uint8": npy("|u1", 1, (5,)),
            "fortran": npy("<f4", 4, (2, 3), "True"), "scalar": npy("<f4", 4, ()), "version2": npy("<f4", 4, (2,), version=2)}


def pictures():
    found = {"made.png": fuzz_folders.png(3)}
    for path in sorted(ROOT.rglob("*")):
        if path.suffix in (".png", ".jpg", ".webp") and path.stat().st_size <= 4 * LARGEST and "build" not in path.relative_to(ROOT).parts:
            found[path.name] = path.read_bytes()
    # One pixel as JPEG (baseline) and WebP (lossless).
    found["pixel.jpg"] = bytes.fromhex(
        "ffd8ffe000104a46494600010100000100010000ffdb004300" + "01" * 64 + "ffc0000b080001000101011100ffc4001f0000010501010101010100000000000000000"
        "102030405060708090a0bffc400b5100002010303020403050504040000017d01020300041105122131410613516107227114328191a1082342b1c11552d1f0243362728209"
        "0a161718191a25262728292a3435363738393a434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2"
        "a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9faffda0008010100003f00fbd3ffd9")
    found["pixel.webp"] = bytes.fromhex("52494646240000005745425056503820180000003001009d012a0100010002003425a400037000fefb940000")
    return found


def labels():
    text = "goldfish, Carassius auratus\nlion\nÅland\n"
    return {"utf8": text.encode(), "mark": b"\xef\xbb\xbf" + text.encode(), "utf16": text.encode("utf-16"), "utf16be": b"\xfe\xff" + text.encode("utf-16-be"),
            "latin1": text.encode("latin-1"), "crlf": text.replace("\n", "\r\n").encode(), "one": b"lion"}


def results():
    term = {"layer": "fc8", "unit": 3, "at": "center", "weight": 1.0, "activation": 2.5, "rank": 1, "probability": 0.5}
    image = {"key": "0", "file": "1.png", "units": "3", "layer": "fc8", "label": "lion", "seed": 0, "activation": 2.5, "rank": 1, "probability": None,
             "stopped": False, "shown": {"y": 0, "x": 0, "height": 2, "width": 2}, "terms": [term, dict(term, at="3,4", weight=-0.5)],
             "activations": [1.0, 2.5]}
    recipe = {"network": "tin200", "layer": "fc8", "units": "3,5-7", "at": "mean", "prior": "builtin", "steps": 10, "seeds": "0-1"}
    return {"one": json.dumps({"version": "1", "recipe": recipe, "images": [image]}).encode(),
            "none": json.dumps({"version": "1", "recipe": {}, "images": []}).encode()}


def checkpoints():
    """Of the parameters in formats.cpp: y = x w' + b with two inputs and one output, each with two moments and an average."""
    made = {}
    for name, recipe in (("same", {"a": 1, "b": "x"}), ("tuned", {"a": 2, "b": "x"})):
        sections = [[part + moment, count] for part, count in (("y.bias", 1), ("y.weight", 2)) for moment in ("", " first", " second", " average")]
        head = {"recipe": recipe, "data": "d", "step": 7, "changes": [], "sections": sections}
        made[name] = b"phosphene checkpoint 1\n" + json.dumps(head).encode() + b"\n" + bytes(4 * sum(count for _, count in sections))
    return made


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    corpora = {"onnx": onnx_models, "prototxt": caffe_definitions, "caffemodel": caffe_weights, "npy": arrays, "picture": pictures, "labels": labels,
               "results": results, "checkpoint": checkpoints}
    for name, make in corpora.items():
        folder = pathlib.Path(sys.argv[1]) / name
        folder.mkdir(parents=True, exist_ok=True)
        for file, content in make().items():
            (folder / file).write_bytes(content)


if __name__ == "__main__":
    main()
