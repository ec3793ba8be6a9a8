"""The same prior for a network of new data (section 3.2 of the paper: a prior of ImageNet, a network of places).

Two classifiers are trained apart, each on pictures that no prior has seen: one under study, one that judges. The units of the first are
drawn through each prior: rank, percentile and margin over its real pictures, transfer to the judge, kernel distance to real pictures.
"""
import argparse
import pathlib

from . import common


def main(arguments):
    parser = argparse.ArgumentParser(prog="tools/paper new-data", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True, help="pictures of the network under study: train/CLASS and val/CLASS (MiniPlaces)")
    parser.add_argument("--judge-data", type=pathlib.Path, required=True, help="others of the same classes, for the judge")
    parser.add_argument("--out", "-o", type=pathlib.Path, default=common.ROOT / "build/paper/new-data")
    parser.add_argument("--priors", default="builtin,fourier,maco,random,shuffled")
    parser.add_argument("--layer", default="logits")
    parser.add_argument("--units", default="0,2,4,6,8,10,12,14,16,18,20,22,24,26,28,30,32,34,36,38,40,42,44,46,48,50,52,54,56,58,60,62,64,66,68,70,72,74,"
                        "76,78,80,82,84,86,88,90,92,94,96,98", help="default: every second of 100")
    parser.add_argument("--train", default="--size 128 --blocks 2 --widths 32,64,128,160 --epochs 8", help="options of train classifier")
    parser.add_argument("--draw", default="--precision auto", help="further options of compare")
    a = parser.parse_args(arguments)
    a.out.mkdir(parents=True, exist_ok=True)
    study, judge = (common.trained(a.out / f"{name}.onnx", data, *a.train.split()) for name, data in (("study", a.data), ("judge", a.judge_data)))
    print(common.phosphene("compare", study, "--layer", a.layer, "--units", a.units, "--priors", a.priors, "--data", a.data, "--judge", judge,
                           *a.draw.split(), "-o", a.out / a.layer.replace("/", "-")))
    return 0
