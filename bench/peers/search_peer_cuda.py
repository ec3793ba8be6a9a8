#!/usr/bin/env python3
"""One search step in PyTorch 2 on a GPU, eager and compiled (torch.compile, mode "reduce-overhead": recorded as CUDA graphs).

--pair embedded      the embedded pair
--pair original      DeePSiM's fc6 generator into CaffeNet
--precision f32,bf16 f32 is true float32, without TF32

Each way runs with contiguous and with channels-last tensors, and the faster counts. Prints milliseconds per step and image. The last line
is the result as JSON: {"milliseconds": {"f32": {"64": {"eager": ..., "compiled": ...}}}, ...}.
"""

import argparse
import json

import torch

import networks
from search_peer import make_pair, time_steps


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pair", default="embedded")
    parser.add_argument("--batch", default="64", help="batch sizes")
    parser.add_argument("--precision", default="f32,bf16")
    parser.add_argument("--steps", type=int, default=50, help="timed steps of each way, after --warmup others")
    parser.add_argument("--warmup", type=int, default=10)
    options = parser.parse_args()
    torch.manual_seed(0)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = True

    result = {}
    for precision in options.precision.split(","):
        dtype = torch.bfloat16 if precision == "bf16" else torch.float32
        result[precision] = {}
        for batch in map(int, options.batch.split(",")):
            times = result[precision][str(batch)] = {}
            for layout in (torch.contiguous_format, torch.channels_last):
                generator, classifier, code_size, classes = make_pair(options.pair)
                pair = [networks.frozen(network.eval().to("cuda", dtype, memory_format=layout)) for network in (generator, classifier)]

                def logits(code, pair=pair):
                    return pair[1](pair[0](code))["fc8"]

                torch.compiler.reset()  # after a few shapes of one function it would run eagerly
                for way, function in (("eager", logits), ("compiled", torch.compile(logits, mode="reduce-overhead", dynamic=False))):
                    took = time_steps(function, pair, batch, code_size, classes, options.steps, options.warmup, device="cuda")
                    times[way] = min(took, times.get(way, took))
                    print(f"{precision}, batch {batch}, {way}, {layout}: {took:.4f} ms per step and image", flush=True)
    print(json.dumps({"milliseconds": result, "pair": options.pair, "torch": torch.__version__, "device": torch.cuda.get_device_name()}))


if __name__ == "__main__":
    main()
