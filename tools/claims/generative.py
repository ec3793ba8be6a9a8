"""A generative method (section 3.1 of the paper; PPGN, section 4): new pictures, not copies; several units in one picture.

    novelty   distance of a drawn picture to the nearest training picture of the prior, beside that of held-out pictures: in a judge's
              features (Euclidean), and in pixels (root mean square over 32x32 pixels, grey levels)
    pairs     one picture for two units at once: the ranks of both

Kernel distance, transfer and variety are figures of `phosphene eval`.
"""
import argparse
import pathlib
import shlex

import numpy
from PIL import Image

from . import common


def small(pictures):
    """[n, 32 * 32 * 3] of the centre squares."""

    def read(file):
        with Image.open(file) as picture:
            picture = picture.convert("RGB")
            side = min(picture.size)
            x, y = (picture.width - side) // 2, (picture.height - side) // 2
            return numpy.asarray(picture.crop((x, y, x + side, y + side)).resize((32, 32), Image.Resampling.BOX), dtype=numpy.float32).ravel()

    return numpy.stack([read(file) for file in pictures])


def nearest(some, others, scale=1.0):
    """Median distance of a row of `some` to its nearest row of `others`."""
    squares = (some**2).sum(1)[:, None] - 2 * some @ others.T + (others**2).sum(1)[None]
    return numpy.median(numpy.sqrt(numpy.maximum(squares.min(1), 0) * scale))


def novelty(a, drawn):
    random = numpy.random.default_rng(0)
    pick = lambda files, most: [files[i] for i in sorted(random.permutation(len(files))[:most])]
    training = pick(common.files_of(a.data / "train"), a.training)
    held_out = pick(common.files_of(a.data / "val"), a.held_out)
    of = [common.features_of(a.judge, a.judge_layer, files, a.out / "features" / name, shlex.split(a.judge_options))
          for name, files in (("drawn", drawn), ("held-out", held_out), ("training", training))]
    pixel = [small(files) for files in (drawn, held_out, training)]
    rows = [["features of the judge", *(f"{nearest(some, of[2]):.3g}" for some in of[:2])],
            ["pixels, grey levels", *(f"{nearest(some, pixel[2], 1 / pixel[2].shape[1]):.3g}" for some in pixel[:2])]]
    return common.table([f"distance to the nearest of {len(training)} training pictures", f"{len(drawn)} drawn", f"{len(held_out)} held out"], rows)


def pairs(a, units):
    random = numpy.random.default_rng(1)
    chosen = sorted({tuple(sorted(int(u) for u in random.choice(units, 2, replace=False))) for _ in range(len(units))})
    images = common.drawn(a.out / "pairs", a.network, "--layer", a.layer, "--units", ",".join(f"{u}+{v}" for u, v in chosen), *shlex.split(a.draw))
    ranks = [sorted(term["rank"] for term in image["terms"]) for image in images]
    ranks = numpy.array(ranks)
    share = lambda below: f"{(ranks[:, 1] <= below).sum()} of {len(ranks)}"
    return common.table(["pairs", "both among the first two", "both among the first five", "median rank of the lower"],
                        [[len(ranks), share(2), share(5), f"{numpy.median(ranks[:, 1]):.0f}"]])


def main(arguments):
    parser = argparse.ArgumentParser(prog="tools/paper generative", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", default="tin200")
    parser.add_argument("--layer", default="fc8")
    parser.add_argument("--units", default="0:200:4", help="FIRST:END:STEP")
    parser.add_argument("--draw", default="--prior builtin --precision auto", help="options of synth")
    parser.add_argument("--data", type=pathlib.Path, required=True, help="the prior's training pictures in train/, held-out ones in val/")
    parser.add_argument("--judge", required=True, help="a network that had no part in the prior")
    parser.add_argument("--judge-layer", required=True, help="its features")
    parser.add_argument("--judge-options", default="", help="further options of run for the judge, as --preprocess")
    parser.add_argument("--training", type=int, default=20000)
    parser.add_argument("--held-out", type=int, default=1000)
    parser.add_argument("--out", "-o", type=pathlib.Path, default=common.ROOT / "build/paper/generative")
    a = parser.parse_args(arguments)
    units = list(range(*map(int, a.units.split(":"))))
    images = common.drawn(a.out / "drawn", a.network, "--layer", a.layer, "--units", ",".join(map(str, units)), *shlex.split(a.draw))
    print(novelty(a, [a.out / "drawn" / image["file"] for image in images]), "\n", pairs(a, units), sep="\n")
    return 0
