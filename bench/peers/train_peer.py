#!/usr/bin/python3
"""One generator training step of the embedded pair in PyTorch, as a good user would write it: prints images per second.

Each step: codes of the real images; the generator's step on image, feature (two pools), code and adversarial losses, and its moving average; the
discriminator's step. Adam for both. The last line is the result as JSON: {"images_per_second": median over the timed steps, ...}.
"""

import argparse
import json
import os
import statistics
import time

import torch
from torch.nn import functional

import networks


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--steps", type=int, default=5, help="timed steps, after --warmup others")
    parser.add_argument("--warmup", type=int, default=2)
    parser.add_argument("--threads", type=int, default=0, help="0: every core this process may use")
    parser.add_argument("--channels-last", action="store_true")
    parser.add_argument("--bf16", action="store_true", help="autocast to bfloat16")
    return parser.parse_args()


def relative(x, target):
    return functional.mse_loss(x.float(), target.float()) / target.float().pow(2).mean()


def train_step(nets, optimisers, average, images):
    encoder, generator, discriminator = nets
    with torch.no_grad():
        real = encoder(images, until="fc6")
    code = real["fc6"]

    discriminator.requires_grad_(False)
    drawn = generator(code)
    seen = encoder(drawn, until="fc6")
    feature = 0.5 * (relative(seen["pool2"], real["pool2"]) + relative(seen["pool5"], real["pool5"])) + relative(seen["fc6"], code)
    adversarial = functional.softplus(-discriminator(drawn, code).float()).mean()
    loss = functional.mse_loss(drawn.float(), images) + feature + 0.03 * adversarial
    optimisers[0].zero_grad(set_to_none=True)
    loss.backward()
    optimisers[0].step()
    with torch.no_grad():  # the moving average that is saved
        weights = list(generator.parameters())
        torch._foreach_mul_(average, 0.998)
        torch._foreach_add_(average, weights, alpha=0.002)

    discriminator.requires_grad_(True)
    loss = functional.softplus(-discriminator(images, code).float()).mean()
    loss = loss + functional.softplus(discriminator(drawn.detach(), code).float()).mean()
    optimisers[1].zero_grad(set_to_none=True)
    loss.backward()
    optimisers[1].step()


def main():
    options = parse()
    torch.manual_seed(0)
    torch.set_num_threads(options.threads or len(os.sched_getaffinity(0)))
    layout = torch.channels_last if options.channels_last else torch.contiguous_format
    nets = [networks.frozen(networks.Classifier()), networks.Generator(), networks.Discriminator()]
    nets = [net.to(memory_format=layout) for net in nets]
    optimisers = [torch.optim.Adam(net.parameters(), lr=rate, betas=(0.5, 0.99), foreach=True) for net, rate in zip(nets[1:], (4e-4, 2e-4))]
    average = [weight.detach().clone() for weight in nets[1].parameters()]
    images = torch.rand(options.batch, 3, networks.SIZE, networks.SIZE).mul(2).sub(1).to(memory_format=layout)

    seconds = []
    for step in range(options.warmup + options.steps):
        start = time.perf_counter()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=options.bf16):
            train_step(nets, optimisers, average, images)
        if step >= options.warmup:
            seconds.append(time.perf_counter() - start)
    print(json.dumps({
        "images_per_second": options.batch / statistics.median(seconds),
        "batch": options.batch,
        "threads": torch.get_num_threads(),
        "channels_last": options.channels_last,
        "bf16": options.bf16,
        "blas": networks.blas(),
        "torch": torch.__version__,
    }))


if __name__ == "__main__":
    main()
