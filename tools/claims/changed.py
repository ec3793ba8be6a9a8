"""The prior does not hide what the network learned (section 3 of the paper's supplement; three networks).

A network learns as many extra classes of changed pictures as it has ordinary classes. Pictures of its units for the changed classes must
show the change, although the prior has seen ordinary photographs alone. The changes, and the figure of a picture in which each shows:

    quarters   the four quarters change places                 steps between pixels across the seams, over those elsewhere
    brg        red, green, blue become blue, red, green        mean colour, from that of the ordinary class towards that of the changed one
    blur       a Gaussian of radius 3 (for 64 pixels)          share of the power above an eighth of a cycle per pixel
"""
import argparse
import pathlib
import shlex

import numpy
from PIL import Image, ImageFilter

from . import common

# No quarter stays where it was: all nine ways.
ORDERS = [(1, 0, 3, 2), (1, 2, 3, 0), (1, 3, 0, 2), (2, 0, 3, 1), (2, 3, 0, 1), (2, 3, 1, 0), (3, 0, 1, 2), (3, 2, 0, 1), (3, 2, 1, 0)]


def quarters(picture, random):
    w, h = picture.width // 2, picture.height // 2
    boxes = [(x, y, x + w, y + h) for y in (0, h) for x in (0, w)]
    result = picture.copy()
    for box, source in zip(boxes, ORDERS[random.integers(len(ORDERS))]):
        result.paste(picture.crop(boxes[source]), box[:2])
    return result


def brg(picture, random):
    r, g, b = picture.split()
    return Image.merge("RGB", (b, r, g))


def blur(picture, random):
    return picture.filter(ImageFilter.GaussianBlur(3 * picture.width / 64))


def seam(x):
    """Mean absolute step across the middle over that elsewhere, of grey values, both ways."""
    grey = x.mean(2)
    ratios = []
    for values in (grey, grey.T):
        steps = numpy.abs(numpy.diff(values, axis=0)).mean(1)
        middle = len(steps) // 2
        ratios.append(steps[middle] / numpy.delete(steps, middle).mean())
    return float(numpy.mean(ratios))


def fine_power(x):
    """Percent of the power, without the mean, at frequencies above an eighth of a cycle per pixel."""
    grey = x.mean(2)
    window = numpy.outer(numpy.hanning(grey.shape[0]), numpy.hanning(grey.shape[1]))
    power = numpy.abs(numpy.fft.fft2((grey - grey.mean()) * window))**2
    fy, fx = numpy.meshgrid(*map(numpy.fft.fftfreq, grey.shape), indexing="ij")
    return float(100 * power[numpy.hypot(fy, fx) > 1 / 8].sum() / max(power.sum(), 1e-9))


def of_each(figure):
    """A figure of single pictures for groups of classes of pictures."""
    return lambda real, drawn: ([[numpy.mean([figure(x) for x in of_class]) for of_class in group] for group in real] +
                                [[figure(x) for x in group] for group in drawn])


def towards_changed(real, drawn):
    """<m - (o + c) / 2, c - o> / |c - o| in grey levels: m the mean colour of a picture without its common part, o and c those of real
    pictures of the ordinary and of the changed class."""
    colour = lambda x: x.mean((0, 1)) - x.mean()
    means = [[numpy.mean([colour(x) for x in of_class], 0) for of_class in group] for group in real]
    groups = means + [[colour(x) for x in group] for group in drawn]
    return [[float(numpy.dot(m - (o + c) / 2, c - o) / numpy.linalg.norm(c - o)) for m, o, c in zip(group, *means)] for group in groups]


# name: (the change, its figure, the figure's name, whether changed pictures have more of it)
CHANGES = {
    "quarters": (quarters, of_each(seam), "steps across the seams", True),
    "brg": (brg, towards_changed, "colour, grey levels", True),
    "blur": (blur, of_each(fine_power), "fine power, %", False),
}


def write_data(folder, classes, change, each, seed):
    """FOLDER/CLASS with ordinary pictures, FOLDER/CLASS CHANGE with as many others of the class, changed."""
    done = folder / "whole"
    if done.exists():
        return
    random = numpy.random.default_rng(seed)
    for name, files in classes.items():
        for label, chosen, changed in ((name, files[:each], False), (f"{name} {change}", files[each:2 * each], True)):
            target = folder / "pictures" / label
            target.mkdir(parents=True, exist_ok=True)
            for file in chosen:
                with Image.open(file) as picture:
                    picture = picture.convert("RGB")
                if changed:
                    picture = CHANGES[change][0](picture, random)
                picture.save(target / (file.stem + ".png"), compress_level=1)
    done.touch()


def try_change(change, a, classes):
    folder = a.out / change
    write_data(folder, classes, change, a.each, a.seed)
    data = folder / "pictures"
    labels = sorted(path.name for path in data.iterdir())
    network = common.trained(folder / "network.onnx", data, *shlex.split(a.train))
    chosen = list(classes)[::max(1, len(classes) // a.units)][:a.units]
    units = [labels.index(label) for name in chosen for label in (name, f"{name} {change}")]
    images = common.drawn(folder / "drawn", network, "--layer", "fc8", "--units", ",".join(map(str, units)), *shlex.split(a.draw))
    of = {labels[int(image["terms"][0]["unit"])]: image for image in images}
    endings = ("", f" {change}")
    records = [[of[name + ending] for name in chosen] for ending in endings]
    drawn = [[common.pixels(folder / "drawn" / image["file"]) for image in group] for group in records]
    real = [[[common.pixels(file) for file in common.files_of(data / (name + ending))[:a.real]] for name in chosen] for ending in endings]
    _, figures, title, more = CHANGES[change]
    groups = figures(real, drawn)
    shows = sum((c > o) == more for o, c in zip(*groups[2:]))
    some = range(0, len(chosen), max(1, len(chosen) // 10))
    common.sheet(a.out / f"{change}.png", [[group[i] for i in some] for side in (0, 1) for group in ([x[0] for x in real[side]], drawn[side])], 96)
    top1 = network.with_suffix(".log").read_text().split("top-1")[1].split("%")[0].strip()
    first = [sum(image["rank"] == 1 for image in group) for group in records]
    return [change, f"{top1} %", f"{first[0]}, {first[1]}", title, *map(common.mean_and_error, groups), f"{shows} of {len(chosen)}"]


def main(arguments):
    parser = argparse.ArgumentParser(prog="tools/paper changed", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True, help="a folder of pictures, one folder for each class (Tiny ImageNet)")
    parser.add_argument("--out", "-o", type=pathlib.Path, default=common.ROOT / "build/paper/changed")
    parser.add_argument("--changes", default=",".join(CHANGES), help="which of them (default: all)")
    parser.add_argument("--classes", type=int, default=100, help="ordinary classes, spread evenly over those of the data (default 100)")
    parser.add_argument("--each", type=int, default=250, help="pictures of a class, and of its changed class (default 250)")
    parser.add_argument("--units", type=int, default=50, help="classes that are drawn, and their changed classes (default 50)")
    parser.add_argument("--real", type=int, default=50, help="real pictures of a class to measure (default 50)")
    parser.add_argument("--draw", default="--prior builtin", help="options of synth")
    parser.add_argument("--seed", type=int, default=0, help="of the places of the quarters")
    parser.add_argument("--train", default="--size 64 --widths 32,64,128,128,128 --fc 512 --epochs 6", help="options of train classifier")
    a = parser.parse_args(arguments)
    every = common.classes_of(a.data)
    classes = {name: every[name] for name in list(every)[::max(1, len(every) // a.classes)][:a.classes]}
    if short := [name for name, files in classes.items() if len(files) < 2 * a.each]:
        common.fail(f"{a.data} > class {short[0]} has fewer than {2 * a.each} pictures; give --each")
    rows = [try_change(change, a, classes) for change in a.changes.split(",")]
    print(common.table(["change", "network, top-1", "rank first: ordinary, changed", "figure", "real, ordinary", "real, changed", "drawn, ordinary",
                        "drawn, changed", "shows the change"], rows))
    return 0
