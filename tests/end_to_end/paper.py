#!/usr/bin/python3
"""A small form of tools/paper: figures against values known by hand, and each claim on pictures made here.

    tests/end_to_end/paper.py PROGRAM FOLDER
"""
import os
import pathlib
import shutil
import subprocess
import sys

import numpy
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
sys.dont_write_bytecode = True
from claims import changed, generative, hidden  # noqa: E402

COLOURS = {"blue": (40, 60, 220), "green": (50, 200, 70), "red": (220, 40, 50), "yellow": (220, 210, 40)}


def near(value, wanted, tolerance=1e-6):
    if not numpy.allclose(value, wanted, atol=tolerance):
        sys.exit(f"FAILED: {value}, wanted {wanted}")


def figures():
    """Each figure where its value is known."""
    grey = lambda values: numpy.repeat(numpy.asarray(values, float)[:, :, None], 3, 2)
    ramp = numpy.add.outer(numpy.arange(8), numpy.arange(8))  # steps of 1 everywhere
    near(changed.seam(grey(ramp)), 1)
    stepped = ramp + 3 * (numpy.arange(8) > 3)[:, None] + 3 * (numpy.arange(8) > 3)  # of 4 across both seams
    near(changed.seam(grey(stepped)), 4)
    x = numpy.arange(64)
    near(changed.fine_power(grey(numpy.tile(numpy.sin(2 * numpy.pi * x / 32), (64, 1)))), 0, 0.1)
    near(changed.fine_power(grey(numpy.tile(numpy.sin(2 * numpy.pi * x / 4), (64, 1)))), 100, 0.1)
    near(changed.fine_power(grey(numpy.zeros((8, 8)))), 0)
    ordinary, other = (numpy.full((4, 4, 3), colour, float) for colour in ((90, 0, 0), (0, 90, 0)))
    half = 90 / numpy.sqrt(2)  # half the distance between the two colours
    near(changed.towards_changed([[[ordinary]], [[other]]], [[ordinary], [(ordinary + other) / 2]]), [[-half], [half], [-half], [0]])
    near(generative.nearest(numpy.array([[0., 0.], [6., 8.]]), numpy.array([[3., 4.], [30., 40.]])), 5)
    apart = numpy.eye(10)
    near(hidden.matches(apart, apart, numpy.random.default_rng(0)), 10)
    near(hidden.matches(apart[::-1], apart, numpy.random.default_rng(0)), 0)
    assert hidden.crop_like(Image.new("RGB", (128, 64)), {"y": 8, "x": 16, "height": 16, "width": 32}, 64).size == (64, 16)
    picture = Image.fromarray(numpy.arange(12, dtype=numpy.uint8).reshape(2, 2, 3))
    near(numpy.asarray(changed.brg(picture, None))[0, 0], [2, 0, 1])
    moved = numpy.asarray(changed.quarters(picture, numpy.random.default_rng(0))).reshape(4, 3)
    before = numpy.asarray(picture).reshape(4, 3)
    assert sorted(map(tuple, moved)) == sorted(map(tuple, before)) and not (moved == before).all(1).any(), moved


def write_pictures(folder):
    """Discs of a colour for each class, on grey."""
    random = numpy.random.default_rng(0)
    y, x = numpy.mgrid[:64, :64]
    for split, count in (("train", 24), ("val", 6)):
        for name, colour in COLOURS.items():
            (folder / split / name).mkdir(parents=True, exist_ok=True)
            for i in range(count):
                cy, cx, radius = random.uniform(20, 44), random.uniform(20, 44), random.uniform(8, 20)
                picture = random.normal(120, 10, (64, 64, 3))
                picture[numpy.hypot(y - cy, x - cx) < radius] = colour
                Image.fromarray(numpy.clip(picture, 0, 255).astype(numpy.uint8)).save(folder / split / name / f"{i}.png")


def paper(*arguments):
    done = subprocess.run([str(ROOT / "tools/paper"), *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"FAILED: tools/paper {arguments[0]}: exit code {done.returncode}\n{done.stderr[-2000:]}")
    rows = [line for line in done.stdout.splitlines() if line.startswith("| ")]
    assert rows and not any("nan" in row for row in rows), done.stdout
    return done.stdout, done.stderr


def main(program, folder):
    os.environ["PHOSPHENE"] = program
    figures()
    shutil.rmtree(folder, ignore_errors=True)
    write_pictures(folder / "pictures")
    train = "--size 64 --widths 8,8,16,16,16 --fc 32 --epochs 8 --batch 16 --threads 1"
    draw = "--prior builtin --steps 6 --batch 8"
    of_changed = ("changed", "--data", folder / "pictures", "--classes", 4, "--each", 12, "--units", 4, "--real", 6, "--train", train, "--draw", draw, "-o",
                  folder / "changed")
    table, _ = paper(*of_changed)
    assert all(f"| {change} |" in table for change in changed.CHANGES), table
    again, log = paper(*of_changed)
    assert again == table and "synth" not in log and "train" not in log, log  # all is there
    study = folder / "changed/blur/network.onnx"
    table, _ = paper("generative", "--network", study, "--layer", "fc8", "--units", "0:8:1", "--draw", draw, "--data", folder / "pictures", "--judge",
                     folder / "changed/brg/network.onnx", "--judge-layer", "fc7", "--training", 50, "--held-out", 10, "-o", folder / "generative")
    assert "features of the judge" in table and "pairs" in table, table
    table, _ = paper("hidden", "--network", study, "--layers", "conv3,fc6", "--units", 10, "--seeds", "0", "--priors", "builtin,fourier", "--draw",
                     "--steps 4 --batch 8 --objective log-probability", "--data", folder / "pictures/train", "--judge", folder / "changed/brg/network.onnx", "--judge-layer", "fc7",
                     "-o", folder / "hidden")
    assert "| conv3 |" in table and "of 10 |" in table, table
    table, _ = paper("new-data", "--data", folder / "pictures", "--judge-data", folder / "pictures", "--priors", "builtin,random", "--layer", "fc8",
                     "--units", "0-3", "--train", train, "--draw", "--steps 6 --batch 4", "-o", folder / "new-data")
    assert "builtin" in table and "random" in table and "kernel distance" in table, table


if __name__ == "__main__":
    main(str(pathlib.Path(sys.argv[1]).resolve()), pathlib.Path(sys.argv[2]).resolve() / "paper")
