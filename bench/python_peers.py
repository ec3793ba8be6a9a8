#!/usr/bin/env python3
"""Draws the same units of one network with phosphene and with other Python libraries, and prints a table: lines of code, seconds a picture,
rank and percentile of the unit, and its rank in a second network.

    bench/python_peers.py torchvision.models:resnet18 --layer fc --units 9,207 --images photos --judge other.onnx

MODULE is "package.module:function" and gives a torch.nn.Module for ImageNet's mean and deviation, pixels from 0 to 1; ARGUMENTS of the function
are JSON. Every picture has --size pixels and takes --steps steps. Each library runs as its README says, with its own defaults for the rest; those
that are not installed are left out. The percentile is the share of the pictures of --images whose activation of the unit is lower. All libraries
compute on the CPU with --threads threads.

Needs phosphene, torch; pip install torch-lucent torch-dreams horama. captum is not here: its releases have no feature visualisation.
"""

import argparse
import importlib
import importlib.util
import inspect
import json
import pathlib
import statistics
import sys
import time

import numpy as np
import phosphene as ph
import torch

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def lucent_defaults(module, net, layer, unit, options):
    from lucent.optvis import param, render

    return render.render_vis(module, f"{layer.replace('.', '_')}:{unit}", lambda: param.image(options.size), thresholds=(options.steps,),
                             show_image=False, progress=False)[0][0]


def torch_dreams_defaults(module, net, layer, unit, options):
    from torch_dreams import Dreamer

    drawn = Dreamer(module, quiet=True, device="cpu").render(
        [module.get_submodule(layer)], width=options.size, height=options.size, iters=options.steps,
        custom_func=lambda outputs: -outputs[0][:, unit].mean())
    return drawn.to_hwc_tensor().numpy()


def horama_fourier(module, net, layer, unit, options):
    from horama import fourier

    kept = {}
    hook = module.get_submodule(layer).register_forward_hook(lambda _, __, output: kept.update(output=output))

    def objective(images):
        module(images)
        return kept["output"][:, unit].mean()

    image = fourier(objective, total_steps=options.steps, image_size=options.size, model_input_size=options.size, device="cpu")[0]
    hook.remove()
    return image.permute(1, 2, 0).detach().numpy() * DEVIATION + MEAN


def phosphene_fourier(module, net, layer, unit, options):
    return ph.render(net, f"{layer}:{unit}", prior="fourier", at="mean", steps=options.steps, batch=1).images[0] / 255


def phosphene_maco(module, net, layer, unit, options):
    return ph.render(net, f"{layer}:{unit}", prior="maco", at="mean", steps=options.steps, batch=1).images[0] / 255


def phosphene_builtin(module, net, layer, unit, options):
    return ph.render(net, f"{layer}:{unit}", at="mean", steps=options.steps, batch=1).images[0] / 255


LIBRARIES = [("lucent", lucent_defaults), ("torch_dreams", torch_dreams_defaults), ("horama", horama_fourier), ("phosphene", phosphene_fourier),
             ("phosphene", phosphene_maco), ("phosphene", phosphene_builtin)]


def lines_of(function):
    """Lines of code: without the def, the return of several lines counted as it stands."""
    return sum(bool(line.strip()) for line in inspect.getsource(function).splitlines()[1:])


def units_of(values):
    """[n, units] of a layer's values: the mean over the map."""
    return values.reshape(*values.shape[:2], -1).mean(2)


def rank(values, unit):
    return int((values > values[unit]).sum()) + 1


def real_pictures(folder, count):
    from PIL import Image

    files = sorted(file for file in pathlib.Path(folder).rglob("*") if file.suffix.lower() in (".jpg", ".jpeg", ".png"))[:count]
    if not files:
        sys.exit(f"error: {folder} > no pictures; give a folder of JPEG or PNG files")
    return [np.asarray(Image.open(file).convert("RGB")) for file in files]


def measure(name, draw, module, net, real, judge, options):
    seconds, ranks, percentiles, elsewhere = [], [], [], []
    for unit in options.units:
        torch.manual_seed(0)
        start = time.perf_counter()
        image = draw(module, net, options.layer, unit, options)
        seconds.append(time.perf_counter() - start)
        pixels = (255 * np.clip(image, 0, 1)).round().astype(np.uint8)[None]
        values = units_of(net.run(pixels, values=[options.layer])[options.layer])[0]
        ranks.append(rank(values, unit))
        if real is not None:
            percentiles.append(100 * float((real[:, unit] < values[unit]).mean()))
        if judge is not None:
            elsewhere.append(rank(next(iter(judge.run(pixels).values()))[0], unit))
    median = lambda numbers, form: form.format(statistics.median(numbers)) if numbers else "not measured"  # noqa: E731
    return [name, str(lines_of(draw)), median(seconds, "{:.1f}"), median(ranks, "{:g}"), median(percentiles, "{:.1f} %"), median(elsewhere, "{:g}")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("module", metavar="MODULE")
    parser.add_argument("--arguments", type=json.loads, default={}, help='of the function, as \'{"weights": "DEFAULT"}\'')
    parser.add_argument("--layer", required=True, help="path of a module inside MODULE")
    parser.add_argument("--units", type=lambda text: [int(unit) for unit in text.split(",")], required=True)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--images", help="folder of real pictures, for the percentile")
    parser.add_argument("--most-images", type=int, default=500)
    parser.add_argument("--judge", help="a second network of the same classes, as ONNX file, for the last column")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    place, _, function = options.module.partition(":")
    module = getattr(importlib.import_module(place), function)(**options.arguments).eval()
    session = ph.Session(threads=options.threads)
    net = ph.from_torch(module, torch.zeros(1, 3, options.size, options.size), preprocess="torchvision", session=session)
    real = units_of(net.run(real_pictures(options.images, options.most_images), values=[options.layer])[options.layer]) if options.images else None
    judge = ph.load(options.judge, session=session) if options.judge else None
    rows = [["library and prior", "lines", "seconds a picture", "rank", "percentile", "rank in the judge"]]
    for library, draw in LIBRARIES:
        if importlib.util.find_spec(library) is None:
            print(f"{library} is not installed", file=sys.stderr)
            continue
        rows.append(measure(draw.__name__.replace("_", " "), draw, module, net, real, judge, options))
        print(f"{rows[-1][0]}: done", file=sys.stderr)
    print(f"median of {len(options.units)} units of {options.module} {options.layer}, {options.steps} steps, {options.size} pixels, "
          f"{options.threads} threads\n")
    for number, row in enumerate(rows):
        print("| " + " | ".join(row) + " |")
        if number == 0:
            print("|" + " --- |" * len(row))


if __name__ == "__main__":
    main()
