#!/usr/bin/env python3
"""One search step of the embedded pair in PyTorch (code -> generator -> classifier -> unit, gradient back, update), float32, frozen weights.

Prints milliseconds per step and image. The last line is the result as JSON: {"milliseconds": {"1": ..., "16": ...}, ...}.
"""

import argparse
import json
import os
import statistics
import time

import torch

import networks


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", default="1,16", help="batch sizes")
    parser.add_argument("--steps", type=int, default=20, help="timed steps for each batch size, after --warmup others")
    parser.add_argument("--warmup", type=int, default=3)
    parser.add_argument("--threads", type=int, default=0, help="0: every core this process may use")
    parser.add_argument("--channels-last", action="store_true")
    return parser.parse_args()


def search_step(generator, classifier, code, units, upper, rate=8.0, decay=0.99):
    code.requires_grad_(True)
    activation = classifier(generator(code))["fc8"].gather(1, units)
    (gradient,) = torch.autograd.grad(activation.sum(), code)
    with torch.no_grad():
        code = code + rate * gradient / gradient.abs().mean(1, keepdim=True).clamp_min(1e-30)
        return torch.minimum(code.clamp_min(0), upper) * decay


def main():
    options = parse()
    torch.manual_seed(0)
    torch.set_num_threads(options.threads or len(os.sched_getaffinity(0)))
    layout = torch.channels_last if options.channels_last else torch.contiguous_format
    generator = networks.frozen(networks.Generator()).to(memory_format=layout)
    classifier = networks.frozen(networks.Classifier()).to(memory_format=layout)
    upper = torch.full((networks.CODE,), 3.0)

    milliseconds = {}
    for batch in [int(text) for text in options.batch.split(",")]:
        code = torch.randn(batch, networks.CODE)
        units = torch.arange(batch).remainder(networks.CLASSES).unsqueeze(1)
        seconds = []
        for step in range(options.warmup + options.steps):
            start = time.perf_counter()
            code = search_step(generator, classifier, code, units, upper)
            if step >= options.warmup:
                seconds.append(time.perf_counter() - start)
        milliseconds[str(batch)] = 1000 * statistics.median(seconds) / batch
        print(f"batch {batch}: {milliseconds[str(batch)]:.2f} ms per step and image")
    print(json.dumps({
        "milliseconds": milliseconds,
        "threads": torch.get_num_threads(),
        "channels_last": options.channels_last,
        "blas": networks.blas(),
        "torch": torch.__version__,
    }))


if __name__ == "__main__":
    main()
