"""The same prior for a network of new data (section 3.2 of the paper: a prior of ImageNet, a network of places).

A classifier, trained here on pictures that no prior has seen, is under study; a network of the same classes that was trained apart judges.
The units of the first are drawn through each prior: rank, percentile and margin over its real pictures, transfer to the judge, kernel
distance to real pictures.
"""
import argparse
import pathlib
import shlex

from . import common


def main(arguments):
    parser = argparse.ArgumentParser(prog="tools/paper new-data", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True, help="pictures of the network under study: train/CLASS and val/CLASS (MiniPlaces)")
    judge = parser.add_mutually_exclusive_group(required=True)
    judge.add_argument("--judge", help="the judge, a finished network")
    judge.add_argument("--judge-data", type=pathlib.Path, help="other pictures of the same classes, to train the judge on")
    parser.add_argument("--judge-options", default="", help="of compare for the judge, as --judge-preprocess")
    parser.add_argument("--out", "-o", type=pathlib.Path, default=common.ROOT / "build/paper/new-data")
    parser.add_argument("--priors", default="builtin,maco,fourier,random,shuffled")
    parser.add_argument("--layer", default="logits")
    parser.add_argument("--units", default=",".join(map(str, range(0, 100, 2))), help="default: every second of 100")
    parser.add_argument("--train", default="--size 128 --blocks 2 --widths 32,64,128,160 --epochs 5", help="options of train classifier")
    parser.add_argument("--draw", default="--precision auto", help="further options of compare")
    a = parser.parse_args(arguments)
    a.out.mkdir(parents=True, exist_ok=True)
    study = common.trained(a.out / "study.onnx", a.data, *shlex.split(a.train))
    judge = a.judge or common.trained(a.out / "judge.onnx", a.judge_data, *shlex.split(a.train))
    print(common.phosphene("compare", study, "--layer", a.layer, "--units", a.units, "--priors", a.priors, "--data", a.data, "--judge", judge,
                           *shlex.split(a.judge_options), *shlex.split(a.draw), "-o", a.out / a.layer.replace("/", "-")))
    return 0
