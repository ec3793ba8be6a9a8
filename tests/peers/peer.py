"""What the comparisons with other frameworks share: random weights that are not degenerate, a run of phosphene, and the judgement.

A network agrees when max |output error| / max |output| <= 1e-4 (float32 sums in another order, through up to 200 layers) and, where
the peer has gradients, the cosine between the gradients of one output at the input is >= 0.9999 (a rectifier whose input is within
rounding of 0 may open in one and not in the other).
"""
import argparse
import json
import multiprocessing
import os
import pathlib
import shutil
import subprocess
import tempfile

import numpy

VALUE_LIMIT = 1e-4
COSINE_LIMIT = 0.9999


def randomise(network, picture):
    """Draws what initialisation sets to 0 or to one constant, and lets every BatchNorm take the statistics of two random pictures [2, c, h, w].

    The shifts of BatchNorms lie around 1.5: around 0 so many rectifiers open or close within rounding that two float32 gradients of
    PyTorch's own (with another number of threads) have a cosine of 0.9997 only."""
    import torch
    norms = [m for m in network.modules() if isinstance(m, torch.nn.modules.batchnorm._BatchNorm) and m.affine]
    with torch.no_grad():
        for key, parameter in network.named_parameters():
            if not parameter.is_floating_point() or (parameter.numel() > 1 and parameter.min() != parameter.max()):
                continue
            if "scale" in key or "gamma" in key or parameter.numel() == 1:
                parameter.uniform_(0.2, 0.4)
            elif parameter.dim() > 1:
                parameter.normal_(0, parameter[0].numel()**-0.5)
            elif key.endswith("weight"):
                parameter.uniform_(0.7, 1.3)
            else:
                parameter.normal_(0, 0.05)
        network.eval()
        for norm in norms:
            norm.train()
            norm.momentum = 1.0
            norm.bias.normal_(1.5, 0.3)
        if norms:
            network(picture)
    return network.eval()


def run_phosphene(program, model, work, arrays, seeds=(), values=(), timeout=600):
    """`phosphene run` on arrays {input: array}; the arrays that it wrote {name: array}, or a line that says why not."""
    out = pathlib.Path(work) / "out"
    shutil.rmtree(out, ignore_errors=True)
    command = [program, "run", str(model), "--out", str(out), "--threads", "1"]
    for name, array in arrays.items():
        file = f"{work}/input.npy"
        numpy.save(file, array)
        command += ["--input", file]
    for name, seed in dict(seeds).items():
        file = f"{work}/seed.npy"
        numpy.save(file, seed)
        command += ["--seed", f"{name}={file}"]
    if values:
        command += ["--value", *values]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
    except subprocess.TimeoutExpired:
        return f"phosphene took more than {timeout} s"
    if ran.returncode != 0:
        return (ran.stderr.strip() or f"phosphene ended with {ran.returncode}").splitlines()[-1]
    return {file.stem: numpy.load(file) for file in out.glob("*.npy")}


def layers_of(program, model):
    """Names of the convolutions and products that `inspect` lists, or a line that says why not."""
    ran = subprocess.run([program, "inspect", str(model), "--json"], capture_output=True, text=True, timeout=600)
    if ran.returncode != 0:
        return (ran.stderr.strip() or f"phosphene ended with {ran.returncode}").splitlines()[-1]
    return [layer["name"] for layer in json.loads(ran.stdout)["layers"] if layer["operator"] in ("Conv", "MatMul", "Gemm")]


def draw(program, model, layer, work, steps=3):
    """Searches unit 0 of a layer in pixels. Nothing, or a line that says why there is no picture of a higher activation."""
    out = pathlib.Path(work) / "drawn"
    shutil.rmtree(out, ignore_errors=True)
    command = [program, "synth", str(model), "--layer", layer, "--units", "0", "--prior", "pixel", "--steps", str(steps)]
    command += ["--preprocess", "rgb range=0..1", "--threads", "1", "--batch", "1", "-o", str(out)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=600)
    if ran.returncode != 0:
        return (ran.stderr.strip() or f"phosphene ended with {ran.returncode}").splitlines()[-1]
    image = json.loads((out / "results.json").read_text())["images"][0]
    rose = max(image["activations"][1:]) > image["activations"][0]
    return None if rose and (out / image["file"]).exists() else f"the activation did not rise: {image['activations']}"


def relative_error(values, wanted):
    values, wanted = numpy.asarray(values, numpy.float64), numpy.asarray(wanted, numpy.float64)
    if values.size != wanted.size:
        return float("inf")
    return float(abs(values.ravel() - wanted.ravel()).max() / max(abs(wanted).max(), 1e-30))


def cosine(a, b):
    a, b = numpy.asarray(a, numpy.float64).ravel(), numpy.asarray(b, numpy.float64).ravel()
    norms = numpy.linalg.norm(a) * numpy.linalg.norm(b)
    return float(a @ b / norms) if norms else 0.0


def session_of(model):
    import onnxruntime
    onnxruntime.set_default_logger_severity(4)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def agrees(result):
    return "problem" not in result and result.get("error", 0) <= VALUE_LIMIT and result.get("cosine", 1) >= COSINE_LIMIT


def told(result):
    if "problem" in result:
        return result["problem"]
    figures = []
    if "error" in result:
        figures.append(f"error {result['error']:.1e}")
    if "cosine" in result:
        figures.append(f"cosine {result['cosine']:.7f}")
    return "  ".join(figures + [result[key] for key in ("note",) if key in result])


def isolated(judge, arguments, seconds):
    """judge(*arguments) in a forked process, so that memory comes back and no crash ends the rest; what it prints is dropped."""
    ours, theirs = multiprocessing.get_context("fork").Pipe(duplex=False)

    def child():
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 1)
        os.dup2(silent, 2)
        try:
            theirs.send(judge(*arguments))
        except Exception as error:
            theirs.send({"problem": f"the peer failed: {type(error).__name__}: {str(error).strip()[:200]}".replace("\n", " "), "peer": True})

    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    theirs.close()
    try:
        result = ours.recv() if ours.poll(seconds) else {"problem": f"took more than {seconds} s"}
    except EOFError:
        process.join()
        result = {"problem": f"the peer ended with {process.exitcode}", "peer": True}
    process.kill()
    process.join()
    return result


def survey(doc, cases, judge, passes=agrees):
    """The main of a comparison. `cases` are names; judge(program, name, work) gives a dictionary: "problem", or "error" and "cosine"; "peer"
    says that the problem is the peer's own. The exit code is 0 when all pass that the peer itself can make."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("names", nargs="*", help="cases, or beginnings of their names; default: all")
    parser.add_argument("--work", help="folder for exported files, which are removed after use; default: a temporary one")
    parser.add_argument("--keep", action="store_true", help="keep the exported files")
    parser.add_argument("--report", help="also write the results to this JSON file, and go on with those that it has")
    options = parser.parse_intermixed_args()
    report = pathlib.Path(options.report) if options.report else None
    results = json.loads(report.read_text()) if report and report.exists() else {}
    chosen = [case for case in cases if not options.names or any(case.startswith(name) for name in options.names)]
    for name in chosen:
        if name not in results:
            work = tempfile.mkdtemp(prefix="peer.", dir=options.work)
            results[name] = isolated(judge, (options.program, name, work), 1800)
            if options.keep:
                pathlib.Path(work).rename(pathlib.Path(work).parent / name.replace("/", "_"))
            else:
                shutil.rmtree(work)
        word = "ok  " if passes(results[name]) else "peer" if results[name].get("peer") else "FAIL"
        print(f"{word} {name:<44} {told(results[name])}", flush=True)
        if report:
            report.write_text(json.dumps(results, indent=1) + "\n")
    judged = [results[name] for name in chosen if not results[name].get("peer")]
    good = sum(map(passes, judged))
    print(f"{good} of {len(judged)} agree; {len(chosen) - len(judged)} more could not be made by the peer")
    return 0 if good == len(judged) > 0 else 1
