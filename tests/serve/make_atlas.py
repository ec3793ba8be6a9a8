#!/usr/bin/env python3
"""Makes an atlas of a network that does not exist, for tests of the pages: every table has rows, of any number of units, with any names.

    make_atlas.py FILE.atlas [--units 200] [--hidden 48] [--seeds 2] [--name NAME] [--mark TEXT] [--sample 64 --shift 1 --fresh 3]

--mark is put into every name, label and reason: a page that takes it for markup shows that. --sample: every unit answers to so many pictures, unit
U + --shift as unit U of an atlas without; the last --fresh units answer as no other. Needs Pillow.
"""

import argparse
import hashlib
import io
import json
import random
import re
import sqlite3
import struct
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent.parent
SCHEMA = re.search(r'R"sql\((.*?)\)sql"', (ROOT / "src/phosphene/atlas/schema.cpp").read_text(), re.S).group(1)
VERDICTS = [("sound", "green"), ("doubtful", "amber"), ("misleading", "red"), ("unmeasured", "grey")]
POOL = 50
WORDS = "goldfish,newt,heron,lion,beetle,monarch,orchid,pizza,anchor,teapot,violin,lighthouse,tractor,umbrella,volcano,zebra".split(",")


def webp(rng, side, lossless=True, small=6):
    """A picture of soft random colours."""
    seed = Image.frombytes("RGB", (small, small), bytes(rng.randrange(256) for _ in range(3 * small * small)))
    out = io.BytesIO()
    seed.resize((side, side), Image.BICUBIC).save(out, "WEBP", lossless=lossless, quality=80, method=0)
    return out.getvalue()


class Maker:
    def __init__(self, file, options):
        Path(file).unlink(missing_ok=True)
        self.db = sqlite3.connect(file)
        self.db.executescript(SCHEMA + f"PRAGMA application_id={0x50484f53}; PRAGMA user_version=1;")
        self.options, self.rng, self.job = options, random.Random(options.name), 0
        self.pictures = [(webp(self.rng, options.side), webp(self.rng, 64, lossless=False)) for _ in range(POOL)]  # made once: that takes the longest

    def row(self, table, *values):
        self.db.execute(f"INSERT INTO {table} VALUES ({','.join('?' * len(values))})", values)

    def label(self, number):
        return f"{WORDS[number % len(WORDS)]} {number // len(WORDS) + 1}, Species {number}{self.options.mark}"

    def meta(self):
        digest = hashlib.sha256(self.options.name.encode()).hexdigest()
        values = {
            "network": {"name": self.options.name + self.options.mark, "file": "nowhere.onnx", "sha256": digest, "kind": "classifier", "height": 96,
                        "width": 96, "channels": 3, "preprocess": {}, "parameters": 1234567},
            "labels": [self.label(i) for i in range(self.options.units)],
            "prior": {"name": "blobs" + self.options.mark, "sha256": "0" * 64, "code": 8},
            "data": {"folder": "photos", "sha256": "1" * 64, "pictures": 1000, "unread": 0, "sample": self.options.sample},
            "judge": {"name": "second" + self.options.mark, "file": "elsewhere.onnx", "sha256": "3" * 64}, "plan": {"version": "test"}, "figures": True}
        for key, value in values.items():
            self.row("meta", key, json.dumps(value))

    def layer(self, number, name, op, units, output):
        recipe = json.dumps({"network": self.options.name, "layer": name, "units": "all", "steps": 40, "objective": "activation", "prior": "blobs"})
        shape = [units] if output else [units, 6, 6]
        drawn = units > 0 and number > 0
        self.row("layer", number, name, name.strip("/").split("/")[0], op, json.dumps(shape), units, "output" if output else "hidden", int(output), 4321, 98765,
                 number if drawn else None, recipe if drawn else None)
        if number:
            self.row("edge", number - 1, number)
        if drawn:
            for unit in range(units):
                self.unit(number, unit, self.label(unit) if output else None)

    def unit(self, layer, unit, label):
        rng = self.rng
        highest, deviation = rng.uniform(5, 12), rng.uniform(0.5, 2)
        verdict, colour = VERDICTS[unit % len(VERDICTS)]
        best = None
        for seed in range(self.options.seeds):
            activation = highest + rng.uniform(-2, 4)
            figures = (activation, 1 + unit % 3, rng.random() if label else None, rng.random(), (activation - highest) / deviation, rng.random())
            judged = (rng.randrange(1, 40), rng.random())
            reasons = json.dumps([f"Its activation is above every real picture's{self.options.mark}.", "The layers on the way agree."])
            key = hashlib.sha256(f"{layer} {unit} {seed}".encode()).hexdigest()[:32]
            curve = [activation * (1 - 0.9 ** step) for step in range(40)]
            picture, thumbnail = self.pictures[self.job % POOL]
            self.row("job", self.job, layer, unit, seed)
            self.row("picture", self.job, key, layer, unit, seed, "center", activation, figures[1], figures[2], 0, 0, 0, self.options.side, self.options.side,
                     figures[3], figures[4], figures[5], json.dumps([[0, rng.random()], [layer, rng.random()]]), *judged, verdict, colour, reasons,
                     hashlib.sha256(picture).hexdigest(), struct.pack("<40f", *curve), b"\0\0" * 8, thumbnail, picture)
            self.job += 1
            if best is None or activation > best[1][0]:
                best = (seed, figures, judged, verdict, colour, reasons)
        seed, figures, judged, verdict, colour, reasons = best
        self.row("unit", layer, unit, label, 0.0, highest, highest / 4, deviation, rng.random(), seed, *figures, *judged, verdict, colour, reasons,
                 rng.uniform(-1, 1), rng.uniform(-1, 1))
        if unit < self.options.measured or self.options.sample:
            self.row("distribution", layer, unit, struct.pack("<32I", *(int(400 * 0.8 ** i) for i in range(32))),
                     struct.pack("<101f", *(highest * i / 100 for i in range(101))), self.responses(layer, unit))
        if unit < self.options.measured:
            self.measured(layer, unit, highest)

    def responses(self, layer, unit):
        units = self.options.units if layer == 2 else self.options.hidden
        fresh = self.options.name if unit >= units - self.options.fresh else ""
        rng, noise = random.Random(f"{layer} {(unit - self.options.shift) % units} {fresh}"), random.Random(f"{self.options.name} {layer} {unit}")
        return struct.pack(f"<{self.options.sample}e", *(rng.gauss(0, 1) + noise.gauss(0, 0.3) for _ in range(self.options.sample)))

    def measured(self, layer, unit, highest):
        rng = self.rng
        for kind, number in (("top", 9), ("tenth", 10)):
            for place in range(number):
                share = 1 - place / 30 if kind == "top" else (place + 0.5) / 10
                self.row("example", layer, unit, kind, place, rng.randrange(self.options.photos), highest * share, 16, 24, 48, 48)
        for place in range(5):
            self.row("unit_class", layer, unit, place, (unit + place) % self.options.classes, highest / 2, 3 - place / 2)
        for scope in ("layer", "network"):
            for place in range(6):
                other = layer if scope == "layer" else 3 - layer
                self.row("likeness", layer, unit, scope, place, other, (unit + place + 1) % min(self.options.units, self.options.hidden), 0.9 - place / 10)

    def make(self):
        options = self.options
        self.meta()
        for number in range(options.classes):
            self.row("class", number, self.label(number), 50, number)
        for photo in range(options.photos):
            self.row("photo", photo, f"class{photo % 7}/photo {photo}{options.mark.replace('/', '')}.jpg", photo % options.classes, 96, 96, "2" * 64,
                     webp(self.rng, 96, lossless=False, small=9))
        for place in range(options.sample):
            self.row("sample", place, place, f"sample {place}.jpg")
        self.layer(0, "stem", "Conv", 16, False)
        self.layer(1, f"/block1/Relu_output_0{options.mark}", "Relu", options.hidden, False)
        self.layer(2, "scores", "Gemm", options.units, True)
        self.db.commit()
        self.db.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--name", default="testnet")
    parser.add_argument("--mark", default="")
    for name, usual in (("units", 200), ("hidden", 48), ("seeds", 2), ("side", 96), ("photos", 40), ("classes", 20), ("measured", 10**9), ("sample", 0),
                        ("shift", 0), ("fresh", 0)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    options = parser.parse_args()
    options.classes = min(options.classes, options.units)
    Maker(options.file, options).make()


if __name__ == "__main__":
    main()
