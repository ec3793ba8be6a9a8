#!/usr/bin/python3
"""Measures everything that bench/README.md promises and prints it as a table, with what this machine can do at best.

    bench/table.py build/release/phosphene              all rows (about half an hour on two cores)
    bench/table.py build/release/phosphene pair start   these
    --rounds N      interleaved rounds of each comparison; the median counts (default: 5)
    --report FILE   also writes the table there, in Markdown
    --work DIR      folder for the exported networks (default: a temporary one)
    --photos DIR    JPEGs for the row photos, as tiny-imagenet-200/val/images

Rows: pair (DeePSiM's generator for fc6 into CaffeNet), command (16 units of it, the whole command), squeezenet1_1, resnet50, mobilenet_v2,
vit_b_16 (behind the embedded generator), train, start, sweep, bf16, adam, photos (the pass of an atlas over real pictures), opencv. The networks are exported from bench/peers/ and from
torchvision with random weights, so that both sides run the same. Needs python3-torch, python3-torchvision, libopenblas0-pthread; and for
the row opencv libopencv-dnn-dev at build time.
"""
import argparse
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "peers"))
UNITS, STEPS = 16, 200  # of the whole command
PRECISIONS = ["f32", "bf16"] if "avx512_bf16" in pathlib.Path("/proc/cpuinfo").read_text() else ["f32"]


class Bench:
    def __init__(self, options):
        self.program, self.rounds, self.work = str(pathlib.Path(options.program).resolve()), options.rounds, pathlib.Path(options.work)
        self.lines, self.peaks, self.plain, self.photos = [], {}, {}, options.photos

    def add(self, work, ours, peer="", ratio="", peak=""):
        self.lines.append([work, ours, peer, ratio, peak])
        print("  ".join(cell for cell in self.lines[-1] if cell), flush=True)

    def run(self, *arguments, **environment):
        """Standard output, standard error and seconds of one command; its peak memory goes to `mebibytes`."""
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
            start = time.perf_counter()
            process = subprocess.Popen([self.program, *map(str, arguments)], stdout=out, stderr=errors, env=os.environ | environment)
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - start
            process.returncode, self.mebibytes = os.waitstatus_to_exitcode(status), usage.ru_maxrss / 1024
            texts = []
            for file in (out, errors):
                file.seek(0)
                texts.append(file.read())
        if process.returncode:
            sys.exit(f"{' '.join(map(str, arguments))}: {texts[1].strip().splitlines()[-1]}")
        return *texts, seconds

    def export(self, name, make, example, fixed=False):
        """The network as ONNX, in a process of its own, so that PyTorch's memory comes back. fixed: for the example's batch alone."""
        file = self.work / f"{name}.onnx"
        if not file.exists():
            child = os.fork()
            if child == 0:
                import torch
                torch.manual_seed(0)
                network = make().eval()
                with open(os.devnull, "w") as silence:
                    os.dup2(silence.fileno(), 2)
                    torch.onnx.export(network, torch.randn(*example), str(file), opset_version=14, input_names=["input"],
                                      output_names=["output"], dynamic_axes={} if fixed else {"input": {0: "n"}, "output": {0: "n"}})
                os._exit(0)
            if os.waitpid(child, 0)[1]:
                sys.exit(f"{name} could not be exported: is python3-torch installed?")
        return file

    def torchvision(self, name, batch=0):
        """With an open batch, unless one is given. No two weights are alike: exporters and readers stumble over shared ones."""
        def make():
            import torch
            import torchvision
            network = torchvision.models.get_model(name, weights=None)
            with torch.no_grad():
                for weight in [*network.parameters(), *network.buffers()]:
                    if weight.is_floating_point():
                        weight += 1e-3 * torch.rand_like(weight)
            return network
        return self.export(f"{name}_{batch}" if batch else name, make, (batch or 2, 3, 224, 224), bool(batch))

    def compare(self, title, arguments, batches):
        """Rows of `phosphene bench --peer`: milliseconds per step and image."""
        rows = self.work / "rows.json"
        self.run("bench", *arguments, "--peer", "--repeats", self.rounds, "--json", rows, "--batch", ",".join(map(str, batches)),
                 "--precision", ",".join(PRECISIONS))
        result = json.loads(rows.read_text())
        self.peaks = self.peaks or result
        for row in result["rows"]:
            self.add(f"{title}, batch {row['batch']}, {row['precision']}: ms per step and image", f"{row['milliseconds']:.2f}",
                     f"{row['peer_best_milliseconds']:.1f} (frozen), {row['peer_plain_milliseconds']:.1f} (plain)",
                     f"{row['peer_best_milliseconds'] / row['milliseconds']:.1f}, "
                     f"{row['peer_plain_milliseconds'] / row['milliseconds']:.1f}", f"{100 * row['of_peak']:.0f} %")
            self.plain[title, row["batch"]] = row["peer_plain_milliseconds"]
        first = next(row for row in result["rows"] if row["batch"] == max(batches))
        self.add(f"{title}, batch {first['batch']}, {first['precision']}: resident MiB", f"{first['mib']:.0f}",
                 f"{first['peer_best_mib']:.0f} (frozen), {first['peer_plain_mib']:.0f} (plain)",
                 f"{first['peer_best_mib'] / first['mib']:.2f}, {first['peer_plain_mib'] / first['mib']:.2f}")


def original_pair(bench):
    def generator():
        import original_pair
        return original_pair.Generator()

    def classifier():
        import original_pair
        import torch

        class Logits(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.network = original_pair.Classifier()

            def forward(self, x):
                return self.network(x)["fc8"]
        return Logits()
    return bench.export("caffenet", classifier, (2, 3, 227, 227)), bench.export("deepsim_fc6", generator, (2, 4096))


def pair(bench):
    network, generator = original_pair(bench)
    bench.compare("DeePSiM fc6 + CaffeNet", [network, "--prior", generator, "--peer-pair", "original"], [1, 16])


def command(bench):
    """One unit after another in plain PyTorch would take UNITS x STEPS of its steps at batch 1, without loading: its best case."""
    if ("DeePSiM fc6 + CaffeNet", 1) not in bench.plain:
        pair(bench)
    network, generator = original_pair(bench)
    arguments = ["synth", network, "--layer", "output", "--units", f"0-{UNITS - 1}", "--prior", generator, "--steps", STEPS]
    theirs = bench.plain["DeePSiM fc6 + CaffeNet", 1] * UNITS * STEPS / 1000
    for precision in PRECISIONS:
        seconds = statistics.median(
            bench.run(*arguments, "--precision", precision, "-o", bench.work / "command")[2] for _ in range(min(3, bench.rounds)))
        bench.add(f"DeePSiM fc6 + CaffeNet, {UNITS} units x {STEPS} steps, whole command, {precision}: s", f"{seconds:.1f}",
                  f"{theirs:.0f} (plain, one by one: steps x measured ms)", f"{theirs / seconds:.0f}")


def network_row(name, batch):
    def row(bench):
        # The file of a transformer, exported with an open batch, asks the batch where only a constant serves; for one picture it fits any.
        network = bench.torchvision(name, 1 if name.startswith("vit") else 0)
        bench.compare(f"embedded prior + {name}", [network, "--peer-pair", name], [batch])
    return row


def train(bench):
    text = bench.run("bench", "--train", "--peer", "--steps", 15, "--repeats", bench.rounds)[0]
    speeds = [float(speed) for speed in re.findall(r"([0-9.]+) images/s", text)]
    bench.add(f"generator training step of the embedded pair, {PRECISIONS[-1]}: images/s", f"{speeds[0]:.1f}",
              f"{max(speeds[1:]):.1f}{' (autocast)' if 'bf16' in PRECISIONS else ''}", f"{speeds[0] / max(speeds[1:]):.1f}")


def start(bench):
    """From the command to the first step, which the second step's time is taken away from."""
    network = bench.torchvision("resnet50")
    seconds = []
    for _ in range(bench.rounds):
        one, two = [bench.run("synth", network, "--layer", "output", "--units", "0", "--steps", steps, "-o", bench.work / "start")[2]
                    for steps in (1, 2)]
        seconds.append(one - max(0, two - one))
    bench.add("start of synth for ResNet-50 (load, chain, compile, first layout): s", f"{statistics.median(seconds):.2f}")


def sweep(bench):
    """1,000 units of three layers of tin200, 50 steps each, against 16 of them."""
    def cost(units, count):
        _, told, seconds = bench.run("synth", "tin200", "--units", units, "--steps", 50, "--batch", 16, "-o", bench.work / "sweep")
        return 1000 * seconds / count, int(re.findall(r"lanes busy (\d+) %", told)[-1])
    few, _ = cost("fc6/norm:0-15", 16)
    many, busy = cost("fc6/norm:0-399,fc7/norm:0-399,fc8:all", 1000)
    bench.add("tin200, 50 steps: ms a unit, 1,000 units of three layers (peer: 16 units of one)", f"{many:.0f}", f"{few:.0f}",
              f"{few / many:.2f}", f"lanes busy {busy} %")


def results(bench, *arguments, **environment):
    folder = bench.work / "results"
    seconds = bench.run("synth", "tin200", "--layer", "fc8", "--batch", 16, *arguments, "-o", folder, **environment)[2]
    return json.loads((folder / "results.json").read_text())["images"], seconds


def bf16(bench):
    """Two searches part whatever rounds differently: float32 in AVX2 sums in another order, and is the measure."""
    if "bf16" not in PRECISIONS:
        print("this processor does not multiply bf16")
        return
    exact, slow = results(bench)
    for what, (other, seconds) in {"bf16 against f32": results(bench, "--precision", "bf16"),
                                   "f32 in AVX2 against f32 in AVX-512": results(bench, DNNL_MAX_CPU_ISA="AVX2")}.items():
        first = [{image["units"] for image in images if image["rank"] == 1} for images in (other, exact)]
        change = [100 * (a["activation"] / b["activation"] - 1) for a, b in zip(other, exact)]
        bench.add(f"all units of fc8 of tin200, {what}: median change of the final activation",
                  f"{statistics.median(change):+.2f} % (without signs {statistics.median(map(abs, change)):.2f} %)",
                  f"{len(first[0])} and {len(first[1])} rank first, {len(first[0] & first[1])} of them the same", f"{slow / seconds:.1f}")


def adam(bench):
    whole, slow = results(bench, "--rule", "adam", "--patience", 0)
    early, fast = results(bench, "--rule", "adam")
    steps = [statistics.mean(len(image["activations"]) for image in images) for images in (early, whole)]
    first = [sum(image["rank"] == 1 for image in images) for images in (early, whole)]
    loss = statistics.median((b["activation"] - a["activation"]) / abs(b["activation"]) for a, b in zip(early, whole))
    bench.add("all units of fc8 of tin200, rule adam, early end: steps a unit", f"{steps[0]:.0f}", f"{steps[1]:.0f} without",
              f"{slow / fast:.1f}", f"activation {100 * loss:.1f} % lower, {first[0]} and {first[1]} rank first")


def photos(bench):
    """One of two parts of an atlas, of which each picture is there twice: nothing but the pass, and one picture drawn in one step."""
    if not bench.photos:
        print("row photos: give --photos DIR")
        return
    import numpy
    twice = bench.work / "photos"
    twice.mkdir(exist_ok=True)
    for file in pathlib.Path(bench.photos).resolve().rglob("*"):
        for name in "ab":
            link = twice / f"{file.stem}-{name}{file.suffix}"
            if file.is_file() and not link.is_symlink():
                link.symlink_to(file)
    array, atlas, seconds, alone = bench.work / "x.npy", bench.work / "part.atlas", [], []
    numpy.save(array, numpy.random.default_rng(0).standard_normal((16, 3, 64, 64), dtype=numpy.float32))
    for _ in range(bench.rounds):
        atlas.unlink(missing_ok=True)
        told = bench.run("atlas", "build", "tin200", "--layers", "fc8:0", "--steps", 1, "--data", twice, "--part", "1/2", "-o", atlas)[1]
        count, *parts = re.search(r"(\d+) real pictures read: waiting for them ([0-9.]+) s, forward passes ([0-9.]+) s, counting ([0-9.]+) s", told).groups()
        seconds.append(sum(map(float, parts)))
        mebibytes = bench.mebibytes
        alone.append(int(count) / 16 * float(re.search(r"([0-9.]+) ms", bench.run("run", "tin200", "--input", array, "--time", 99)[0]).group(1)) / 1000)
    whole, forward = statistics.median(seconds), statistics.median(alone)
    bench.add(f"{int(count):,} JPEGs through all layers of tin200, for an atlas: s", f"{whole:.1f}", f"{forward:.1f} (forward passes alone)", f"{whole / forward:.2f}")
    bench.add("the same, whole command: resident MiB", f"{mebibytes:.0f}")


def opencv(bench):
    """Forward alone, which is all that OpenCV does."""
    peer = pathlib.Path(bench.program).parent / "tests" / "opencv_forward"
    if not peer.exists():
        print(f"no {peer}: OpenCV's dnn was not there when phosphene was built")
        return
    import numpy
    network, array = bench.torchvision("resnet50", 16), bench.work / "x.npy"
    numpy.save(array, numpy.random.default_rng(0).standard_normal((16, 3, 224, 224), dtype=numpy.float32))
    ours, theirs = [], []
    for _ in range(bench.rounds):
        ours.append(float(re.search(r"([0-9.]+) ms", bench.run("run", network, "--input", array, "--time", 3)[0]).group(1)) / 16)
        theirs.append(float(subprocess.run([peer, network, "16", "3"], capture_output=True, text=True, check=True).stdout) / 16)
    mine, other = statistics.median(ours), statistics.median(theirs)
    bench.add("ResNet-50, forward alone, batch 16, f32: ms an image", f"{mine:.2f}", f"{other:.2f} (OpenCV dnn)", f"{other / mine:.1f}")


ROWS = {"pair": pair, "command": command, "squeezenet1_1": network_row("squeezenet1_1", 16), "resnet50": network_row("resnet50", 16),
        "mobilenet_v2": network_row("mobilenet_v2", 16), "vit_b_16": network_row("vit_b_16", 8), "train": train, "start": start,
        "sweep": sweep, "bf16": bf16, "adam": adam, "photos": photos, "opencv": opencv}


def processor():
    names = re.findall(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return f"{names[0] if names else platform.machine()}, {len(os.sched_getaffinity(0))} threads"


def table(bench):
    lines = ["| work | phosphene | peer | ratio | of peak |", "| --- | --- | --- | --- | --- |"]
    lines += ["| " + " | ".join(line) + " |" for line in bench.lines]
    told = [processor()]
    if bench.peaks:
        told += [f"{peak['precision']} {peak['name']} {peak['gflops']:.0f} GFLOP/s" for peak in bench.peaks["peaks"]]
        told += [f"memory copy {bench.peaks['copy_gbs']:.0f} GB/s", bench.peaks["peer"]]
    return "; ".join(told) + f"; medians of {bench.rounds} interleaved rounds\n\n" + "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("rows", nargs="*", choices=[[], *ROWS])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--report")
    parser.add_argument("--work")
    parser.add_argument("--photos")
    options = parser.parse_intermixed_args()
    with tempfile.TemporaryDirectory(prefix="phosphene-bench.") as scratch:
        options.work = options.work or scratch
        pathlib.Path(options.work).mkdir(parents=True, exist_ok=True)
        bench = Bench(options)
        for name in options.rows or ROWS:
            ROWS[name](bench)
        print("\n" + table(bench))
        if options.report:
            pathlib.Path(options.report).write_text(table(bench))


if __name__ == "__main__":
    main()
