"""What the claims share: running phosphene, reading its pictures, tables."""
import json
import os
import pathlib
import subprocess
import sys

import numpy
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("PHOSPHENE", str(ROOT / "build/release/phosphene"))
PICTURES = {".jpg", ".jpeg", ".png", ".webp"}


def fail(what):
    sys.exit(f"error: {what}")


def phosphene(*arguments):
    """Runs the program, which shows its progress itself; returns what it printed."""
    command = [PROGRAM, *map(str, arguments)]
    print("$", *command, file=sys.stderr, flush=True)
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(done.returncode)  # it has said why
    return done.stdout


def trained(network, data, *options):
    """A classifier, trained where it is not there yet."""
    if not network.exists():
        log = phosphene("train", "classifier", "--data", data, *options, "-o", network)
        network.with_suffix(".log").write_text(log)
    return network


def drawn(folder, network, *options):
    """The records of a folder of pictures, drawn where it is not finished."""
    if not (folder / "results.json").exists():
        phosphene("synth", network, *options, "-o", folder)
    results = json.loads((folder / "results.json").read_text())
    if results.get("errors"):
        fail(f"{folder}/results.json > some pictures could not be drawn; see its errors")
    return results["images"]


def values_of(network, layer, pictures, folder, options=()):
    """[n, ...]: a layer's values on picture files, computed where they are not in the folder yet."""
    if not list(folder.glob("*.npy")):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "pictures.txt").write_text("".join(f"{file}\n" for file in pictures))
        phosphene("run", network, "--images", folder / "pictures.txt", "--value", layer, *options, "-o", folder)
    return numpy.load(next(folder.glob("*.npy")))


def features_of(judge, layer, pictures, folder, options=()):
    """[n, f]: the same, the mean over all places."""
    values = values_of(judge, layer, pictures, folder, options)
    return values.reshape(len(values), values.shape[1], -1).mean(2)


def files_of(folder):
    """The pictures in a folder and its folders, sorted."""
    return sorted(file for file in folder.rglob("*") if file.suffix.lower() in PICTURES)


def classes_of(data):
    """{name: pictures} of DATA/train/CLASS or DATA/CLASS."""
    root = data / "train" if (data / "train").is_dir() else data
    if not root.is_dir():
        fail(f"{data} > no such folder; give a folder with a folder for each class")
    return {folder.name: files_of(folder) for folder in sorted(root.iterdir()) if folder.is_dir()}


def pixels(file):
    """[h, w, 3], float, 0 to 255."""
    with Image.open(file) as picture:
        return numpy.asarray(picture.convert("RGB"), dtype=numpy.float64)


def table(head, rows):
    """Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def mean_and_error(values):
    """"mean +- standard error" over units."""
    values = numpy.asarray(values, dtype=numpy.float64)
    return f"{values.mean():.2f} +- {values.std(ddof=1) / numpy.sqrt(len(values)):.2f}"


def sheet(file, rows, size, gap=4):
    """One picture of rows of pictures [h, w, 3]."""
    columns = max(map(len, rows))
    page = Image.new("RGB", (columns * (size + gap) + gap, len(rows) * (size + gap) + gap), "white")
    for y, row in enumerate(rows):
        for x, picture in enumerate(row):
            small = Image.fromarray(numpy.clip(picture, 0, 255).round().astype(numpy.uint8)).resize((size, size), Image.Resampling.LANCZOS)
            page.paste(small, (gap + x * (size + gap), gap + y * (size + gap)))
    page.save(file)
