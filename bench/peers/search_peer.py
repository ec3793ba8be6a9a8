#!/usr/bin/python3
"""One search step in PyTorch (code -> generator -> classifier -> unit, gradient back, update), float32.

--pair embedded      the embedded pair
--pair original      DeePSiM's fc6 generator into CaffeNet
--pair NAME          the embedded generator, resized, into a network of torchvision.models (random weights)
--plain              as scripts do it: the weights require gradients, and backward() computes them

Prints milliseconds per step and image. The last line is the result as JSON: {"milliseconds": {"1": ..., "16": ...}, ...}.
"""

import argparse
import json
import os
import resource
import statistics
import time

import torch

import networks
import original_pair


class Resized(torch.nn.Module):
    """The embedded generator's pictures at the size that a network of torchvision takes."""

    def __init__(self, size=224):
        super().__init__()
        self.generator, self.size = networks.Generator(), size

    def forward(self, code):
        return torch.nn.functional.interpolate(self.generator(code), size=self.size, mode="bilinear", align_corners=False)


class Torchvision(torch.nn.Module):
    def __init__(self, name):
        super().__init__()
        import torchvision
        self.network = torchvision.models.get_model(name, weights=None)

    def forward(self, x):
        return {"fc8": self.network(x)}


def make_pair(name):
    """generator, classifier, units of a code, classes"""
    if name == "embedded":
        return networks.Generator(), networks.Classifier(), networks.CODE, networks.CLASSES
    if name == "original":
        return original_pair.Generator(), original_pair.Classifier(), original_pair.CODE, original_pair.CLASSES
    return Resized(), Torchvision(name), networks.CODE, 1000


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pair", default="embedded")
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--batch", default="1,16", help="batch sizes")
    parser.add_argument("--steps", type=int, default=20, help="timed steps for each batch size, after --warmup others")
    parser.add_argument("--warmup", type=int, default=3)
    parser.add_argument("--threads", type=int, default=0, help="0: every core this process may use")
    parser.add_argument("--channels-last", action="store_true")
    return parser.parse_args()


def search_step(logits, networks, code, units, upper, plain=False, rate=8.0, decay=0.99):
    """logits: from codes to fc8, by way of the networks."""
    code.requires_grad_(True)
    activation = logits(code.to(next(networks[0].parameters()).dtype)).gather(1, units)
    if plain:
        activation.sum().backward()
        gradient = code.grad
        for network in networks:
            network.zero_grad()
    else:
        (gradient,) = torch.autograd.grad(activation.sum(), code)
    with torch.no_grad():
        code = code + rate * gradient / gradient.abs().mean(1, keepdim=True).clamp_min(1e-30)
        return torch.minimum(code.clamp_min(0), upper) * decay


def time_steps(logits, networks, batch, code_size, classes, steps, warmup, device="cpu", plain=False):
    """The median of `steps` steps, in milliseconds per step and image."""
    wait = torch.cuda.synchronize if device == "cuda" else lambda: None
    code = torch.randn(batch, code_size, device=device)
    units = torch.arange(batch, device=device).remainder(classes).unsqueeze(1)
    upper = torch.full((code_size,), 3.0, device=device)
    seconds = []
    for step in range(warmup + steps):
        wait()
        start = time.perf_counter()
        code = search_step(logits, networks, code, units, upper, plain)
        wait()
        if step >= warmup:
            seconds.append(time.perf_counter() - start)
    return 1000 * statistics.median(seconds) / batch


def main():
    options = parse()
    torch.manual_seed(0)
    torch.set_num_threads(options.threads or len(os.sched_getaffinity(0)))
    layout = torch.channels_last if options.channels_last else torch.contiguous_format
    generator, classifier, code_size, classes = make_pair(options.pair)
    generator, classifier = [network.eval().to(memory_format=layout) for network in (generator, classifier)]
    if not options.plain:
        generator, classifier = networks.frozen(generator), networks.frozen(classifier)

    def logits(code):
        return classifier(generator(code))["fc8"]

    milliseconds, peak_bytes = {}, {}
    for batch in sorted(int(text) for text in options.batch.split(",")):  # growing, so that each one's memory is the peak so far
        milliseconds[str(batch)] = time_steps(logits, (generator, classifier), batch, code_size, classes, options.steps, options.warmup,
                                              plain=options.plain)
        peak_bytes[str(batch)] = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(f"batch {batch}: {milliseconds[str(batch)]:.2f} ms per step and image")
    print(json.dumps({
        "peak_bytes": peak_bytes,
        "milliseconds": milliseconds,
        "threads": torch.get_num_threads(),
        "pair": options.pair,
        "plain": options.plain,
        "channels_last": options.channels_last,
        "blas": networks.blas(),
        "torch": torch.__version__,
    }))


if __name__ == "__main__":
    main()
