"""Hidden units (section 3.4 of the paper): does a unit's picture show what the unit responds to in real pictures?

A blind test by figures. Each unit has drawn pictures and 9 real ones: those crops of its receptive field that excite it most. A second
network, which sees the drawn pictures of one unit, chooses its real ones among those of ten units of the layer, by the cosine of the mean
features, each without the layer's mean. Chance is 10 %.
"""
import argparse
import pathlib
import shlex

import numpy
from PIL import Image

from . import common

TOP, CHOICES = 9, 10


def at_centre(values):
    """[n, units] of [n, units] or, at the centre of the map, of [n, units, h, w]."""
    return values if values.ndim == 2 else values[:, :, values.shape[2] // 2, values.shape[3] // 2]


def crop_like(picture, shown, side):
    """The part of a real picture that a drawn one of `side` pixels shows; shown: y, x, height, width."""
    width, height = picture.size
    box = (shown["x"] * width / side, shown["y"] * height / side, (shown["x"] + shown["width"]) * width / side,
           (shown["y"] + shown["height"]) * height / side)
    return picture.crop(tuple(round(edge) for edge in box))


def write_real(folder, records, top, pictures, side):
    """UNIT-RANK.png: the crops of the real pictures that excite each unit most."""
    folder.mkdir(parents=True, exist_ok=True)
    for unit, record in records.items():
        for rank, index in enumerate(top[unit]):
            with Image.open(pictures[index]) as picture:
                crop_like(picture.convert("RGB"), record["shown"], side).save(folder / f"{unit:05}-{rank}.png")


def matches(drawn, real, random):
    """How many rows of `drawn` [units, f] find their own row of `real` among CHOICES of them; both of the same units."""
    centred = [values - real.mean(0) for values in (drawn, real)]
    drawn, real = (values / (numpy.linalg.norm(values, axis=1, keepdims=True) + 1e-9) for values in centred)
    found = 0
    for unit in range(len(drawn)):
        others = random.permutation([i for i in range(len(real)) if i != unit])[:CHOICES - 1]
        found += drawn[unit] @ real[unit] > max(drawn[unit] @ real[i] for i in others)
    return found


def mean_by_unit(files, values):
    """[units, f], ascending units: the mean of the rows whose file begins with UNIT."""
    units = numpy.array([int(file.name.split("-")[0]) for file in files])
    return numpy.stack([values[units == unit].mean(0) for unit in sorted(set(units))])


def try_layer(layer, a, pictures):
    activations = at_centre(common.values_of(a.network, layer, pictures, a.out / "values" / layer.replace("/", "-")))
    alive = [unit for unit in range(activations.shape[1]) if activations[:, unit].std() > 0]
    units = sorted(int(u) for u in numpy.random.default_rng(2).permutation(alive)[:a.units])
    top = {unit: numpy.argsort(-activations[:, unit], kind="stable")[:TOP] for unit in units}
    row = [layer, len(units)]
    for prior in a.priors.split(","):
        folder = a.out / f"{layer.replace('/', '-')}-{pathlib.Path(prior).stem}"
        images = common.drawn(folder / "drawn", a.network, "--layer", layer, "--units", ",".join(map(str, units)), "--seeds", a.seeds, "--prior", prior,
                              *shlex.split(a.draw))
        records = {int(image["terms"][0]["unit"]): image for image in images}
        named = folder / "named"  # UNIT-SEED.png
        named.mkdir(exist_ok=True)
        for image in images:
            with Image.open(folder / "drawn" / image["file"]) as picture:
                picture.save(named / f"{int(image['terms'][0]['unit']):05}-{image['seed']}.png")
        real = a.out / "real" / layer.replace("/", "-")
        if not real.exists():
            write_real(real, records, top, pictures, a.side)
        rows = []
        for of in (named, real):
            files = common.files_of(of)
            rows.append(mean_by_unit(files, common.features_of(a.judge, a.judge_layer, files, of / "features", shlex.split(a.judge_options))))
        found = matches(*rows, numpy.random.default_rng(3))
        row.append(f"{found} of {len(units)}")
    return row


def main(arguments):
    parser = argparse.ArgumentParser(prog="tools/paper hidden", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", default="tin200")
    parser.add_argument("--layers", default="conv2/norm,conv4/norm,fc6/norm", help="layers before their ReLU")
    parser.add_argument("--units", type=int, default=40, help="of each layer, chosen at random (default 40)")
    parser.add_argument("--seeds", default="0-2")
    parser.add_argument("--priors", default="builtin,maco,fourier")
    parser.add_argument("--side", type=int, default=64, help="pixels of a drawn picture before it is cropped (default 64)")
    parser.add_argument("--draw", default="--precision auto", help="further options of synth")
    parser.add_argument("--data", type=pathlib.Path, required=True, help="real pictures, a folder")
    parser.add_argument("--most", type=int, default=3000, help="of them, chosen at random (default 3000)")
    parser.add_argument("--judge", required=True, help="the second network")
    parser.add_argument("--judge-layer", required=True, help="its features")
    parser.add_argument("--judge-options", default="", help="further options of run for the judge, as --preprocess")
    parser.add_argument("--out", "-o", type=pathlib.Path, default=common.ROOT / "build/paper/hidden")
    a = parser.parse_args(arguments)
    files = common.files_of(a.data)
    if len(files) < TOP:
        common.fail(f"{a.data} > holds {len(files)} pictures; give a folder with more")
    pictures = [files[i] for i in sorted(numpy.random.default_rng(4).permutation(len(files))[:a.most])]
    rows = [try_layer(layer, a, pictures) for layer in a.layers.split(",")]
    print(common.table(["layer", "units", *(f"{pathlib.Path(prior).stem} finds its real pictures" for prior in a.priors.split(","))], rows))
    return 0
