#!/usr/bin/python3
"""Runs torchvision's classification networks in phosphene and in PyTorch and compares logits and gradients.

    tests/peers/zoo.py PHOSPHENE                    all of them, one after another
    tests/peers/zoo.py PHOSPHENE --quick            one small network a family
    tests/peers/zoo.py PHOSPHENE resnet18 swin_t    these
    --opset N          export at this opset (default: 14; PyTorch 1.13 knows 7 to 17)
    --time ROUNDS      also forward + backward at batch 1 in both, in turn; the median counts
    --report FILE.md   also writes the table there
    --work DIR         folder for the exported files, each deleted after use (default: a temporary one)

Weights are random but not degenerate: what torchvision sets to 0 or to one constant (heads, layer scales, scales and shifts of
normalisations) gets small random values, and every BatchNorm takes the statistics of two random pictures. The shifts of BatchNorms lie
around 1.5: with values around 0 so many rectifiers open or close within rounding that two float32 gradients of PyTorch's own (another
thread count, say) have a cosine of 0.9997 only.

A network passes when max |logit error| / max |logit| <= 1e-4 and the cosine between the gradients of one logit at the input is >= 0.9999.
Exit code 0: all pass. Needs python3-torch, python3-torchvision (Debian's run under /usr/bin/python3).
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

VALUE_LIMIT = 1e-4  # float32 sums in another order, through up to 200 layers
COSINE_LIMIT = 0.9999  # a rectifier whose input is within rounding of 0 may open in one and not in the other
QUICK = [
    "squeezenet1_1", "mobilenet_v2", "mobilenet_v3_small", "shufflenet_v2_x0_5", "mnasnet0_5", "densenet121", "efficientnet_b0", "resnet18",
    "regnet_y_400mf", "googlenet", "convnext_tiny", "vit_b_16", "swin_t"
]


def image_size(name):
    """The size that torchvision's weights of this name were trained at, as far as the architecture depends on it."""
    return 299 if name == "inception_v3" else 224


def family(name):
    return re.match(r"[a-z]+(_v\d|_resnet)?", name).group(0)


def build(name):
    import torch
    import torchvision
    torch.manual_seed(20161 + sum(map(ord, name)))
    extra = {"init_weights": True} if name in ("googlenet", "inception_v3") else {}
    if name in ("googlenet", "inception_v3"):
        extra["aux_logits"] = False
    network = torchvision.models.get_model(name, weights=None, **extra)
    with torch.no_grad():
        for key, parameter in network.named_parameters():
            if parameter.numel() > 1 and parameter.min() != parameter.max():
                continue
            if key.endswith("layer_scale"):
                parameter.uniform_(0.2, 0.4)
            elif parameter.dim() > 1:
                parameter.normal_(0, parameter[0].numel()**-0.5)
            elif key.endswith("weight"):
                parameter.uniform_(0.7, 1.3)
            elif not key.endswith("logit_scale"):
                parameter.normal_(0, 0.05)
        # Swin v2 zeroes the keys' part of a bias at every run, which PyTorch 1.13 exports wrongly; so it is 0 from the start.
        if name.startswith("swin_v2"):
            for key, parameter in network.named_parameters():
                if key.endswith("qkv.bias"):
                    parameter.view(3, -1)[1] = 0
        # One pass in which every BatchNorm, and nothing else, is in training mode.
        network.eval()
        norms = [m for m in network.modules() if isinstance(m, torch.nn.BatchNorm2d)]
        for norm in norms:
            norm.train()
            norm.momentum = 1.0
            norm.bias.normal_(1.5, 0.3)
        if norms:
            network(torch.randn(2, 3, image_size(name), image_size(name)))
        network.eval()
    return network


def run_phosphene(program, model, work, rounds=0):
    command = [program, "run", model, "--input", f"{work}/x.npy", "--seed", f"logits={work}/seed.npy", "--out", f"{work}/out"]
    if rounds:
        command += ["--time", str(rounds)]
    return subprocess.run(command, capture_output=True, text=True, timeout=3000)


def median_milliseconds(function, rounds):
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        function()
        times.append(1e3 * (time.perf_counter() - start))
    return statistics.median(times)


def judge(program, name, work, opset, rounds):
    """Compares one network; the result is a dictionary, with "problem" when something could not be done."""
    import numpy
    import torch
    torch.set_num_threads(os.cpu_count())
    network = build(name)
    result = {"name": name, "family": family(name), "parameters": sum(p.numel() for p in network.parameters())}
    side = image_size(name)
    x = torch.randn(1, 3, side, side)
    model = f"{work}/{name}.onnx"
    # zero_() has no ONNX form there, fill_(0) has.
    zero, torch.Tensor.zero_ = torch.Tensor.zero_, lambda tensor: tensor.fill_(0)
    # Traced with gradients on, or torch takes its fused attention, which has no ONNX form.
    torch.onnx.export(network, x, model, opset_version=opset, input_names=["x"], output_names=["logits"])
    torch.Tensor.zero_ = zero
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    x.requires_grad_(True)
    logits = network(x)
    seed = torch.zeros_like(logits)
    seed[0, logits.argmax()] = 1  # never one that a rectifier at the end has closed
    logits.backward(seed)
    numpy.save(f"{work}/x.npy", x.detach().numpy())
    numpy.save(f"{work}/seed.npy", seed.numpy())
    # PyTorch's copy of a large network must not stand in phosphene's way.
    if not rounds:
        del network
    start = time.perf_counter()
    ran = run_phosphene(program, model, work)
    result["seconds"] = time.perf_counter() - start
    if ran.returncode != 0:
        result["problem"] = (ran.stderr.strip() or f"exit code {ran.returncode}").splitlines()[-1]
        return result
    values = numpy.load(f"{work}/out/logits.npy").astype(numpy.float64)
    gradient = numpy.load(f"{work}/out/grad_x.npy").astype(numpy.float64).ravel()
    wanted, wanted_gradient = logits.detach().numpy().astype(numpy.float64), x.grad.numpy().astype(numpy.float64).ravel()
    result["spread"] = float(wanted.std() / abs(wanted).max())
    result["error"] = float(abs(values - wanted).max() / abs(wanted).max())
    result["cosine"] = float(gradient @ wanted_gradient / (numpy.linalg.norm(gradient) * numpy.linalg.norm(wanted_gradient)))
    if rounds:

        def step():
            x.grad = None
            network(x).backward(seed)

        step()
        ours, theirs = [], []
        for _ in range(rounds):
            theirs.append(median_milliseconds(step, 3))
            ours.append(float(re.search(r"([0-9.]+) ms", run_phosphene(program, model, work, 3).stdout).group(1)))
        result["milliseconds"], result["peer_milliseconds"] = statistics.median(ours), statistics.median(theirs)
    return result


def passes(result):
    return "problem" not in result and result["error"] <= VALUE_LIMIT and result["cosine"] >= COSINE_LIMIT


def row(result):
    cells = [result["family"], result["name"], f"{result.get('parameters', 0) / 1e6:.1f} M"]
    if "problem" in result:
        return cells + [result["problem"], "", "", ""]
    times = [f"{result[key]:.1f}" if key in result else "" for key in ("milliseconds", "peer_milliseconds")]
    return cells + [f"{result['error']:.1e}", f"{result['cosine']:.7f}"] + times


def report(results, file, opset, rounds):
    lines = [
        "# torchvision's networks in phosphene", "",
        f"Written by `tests/peers/zoo.py build/release/phosphene --report docs/zoo.md{f' --time {rounds}' if rounds else ''}`: every "
        "classification network of torchvision 0.14 with random weights, exported by PyTorch 1.13 at opset "
        f"{opset}, at batch 1. Value error: max |logit error| / max |logit|. Cosine: between the gradients of one logit at the input." +
        (" Milliseconds: forward and backward to the input, float32, medians of interleaved rounds, two cores; PyTorch with frozen weights."
         if rounds else ""), "",
        f"{sum(map(passes, results))} of {len(results)} pass (value error <= {VALUE_LIMIT:g}, cosine >= {COSINE_LIMIT:g}).", "",
    ]
    columns = ["family", "network", "parameters", "value error", "cosine"] + (["phosphene, ms", "PyTorch, ms"] if rounds else [])
    lines += ["| " + " | ".join(cells) + " |" for cells in [columns, ["---"] * len(columns)]]
    lines += ["| " + " | ".join(row(result)[:len(columns)]) + " |" for result in sorted(results, key=lambda r: (r["family"], r.get("parameters", 0)))]
    pathlib.Path(file).write_text("\n".join(lines) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--opset", type=int, default=14)
    parser.add_argument("--time", type=int, default=0)
    parser.add_argument("--report")
    parser.add_argument("--work")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_intermixed_args()
    if options.one:
        print(json.dumps(judge(options.program, options.names[0], options.work, options.opset, options.time)))
        return 0
    try:
        import torch
        import torchvision
    except ImportError as problem:
        print(f"skipped: {problem}; apt-get install python3-torch python3-torchvision")
        return 0
    names = options.names or (QUICK if options.quick else torchvision.models.list_models(module=torchvision.models))
    results = []
    for name in names:
        # A process a network, so that memory comes back.
        work = tempfile.mkdtemp(prefix="zoo.", dir=options.work)
        try:
            command = [sys.executable, "-W", "ignore", __file__, options.program, name, "--one", "--work", work]
            command += ["--opset", str(options.opset), "--time", str(options.time)]
            ran = subprocess.run(command, capture_output=True, text=True)
            last = (ran.stdout.strip() or "{").splitlines()[-1]
            try:
                result = json.loads(last)
            except json.JSONDecodeError:
                told = ran.stderr.strip().splitlines()
                result = {"name": name, "family": family(name), "problem": told[-1] if told else f"the peer ended with {ran.returncode}"}
        finally:
            shutil.rmtree(work)
        results.append(result)
        print(f"{'ok  ' if passes(result) else 'FAIL'} " + "  ".join(f"{cell:<14}" for cell in row(result)) +
              f" {result.get('seconds', 0):6.1f} s  spread {result.get('spread', 0):.2g}", flush=True)
    if options.report:
        report(results, options.report, options.opset, options.time)
    good = sum(map(passes, results))
    print(f"{good} of {len(results)} networks agree with PyTorch")
    return 0 if good == len(results) else 1


if __name__ == "__main__":
    sys.exit(main())
