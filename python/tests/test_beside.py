"""Beside other libraries in one process: imports in every order, thread counts, memory."""

import importlib.util
import itertools
import os
import subprocess
import sys

import numpy as np
import phosphene as ph
import pytest

DRAW = "import phosphene; assert phosphene.render('tin200', 'fc8:34', steps=1, batch=1).images.shape == (1, 64, 64, 3)"
USE = {
    "torch": "import torch; torch.ones(64, 64) @ torch.ones(64, 64)",
    "onnx": "import onnx; onnx.load(MODEL)",
    "onnxruntime": "import onnxruntime; onnxruntime.InferenceSession(MODEL, providers=['CPUExecutionProvider'])",
    "tensorflow": "import tensorflow; tensorflow.constant(1)",
}


def installed(module):
    found = importlib.util.find_spec(module)
    return found is not None and found.origin is not None


def python(code):
    folder = os.path.join(os.path.dirname(ph.__file__), "share", "phosphene", "models")
    return subprocess.run([sys.executable, "-c", f"MODEL = {os.path.join(folder, 'tin200.onnx')!r}\n{code}"], capture_output=True, text=True)


@pytest.mark.parametrize("module, first", list(itertools.product(USE, (True, False))))
def test_import_order(module, first):
    if not installed(module):
        pytest.skip(f"{module} is not installed")
    lines = [DRAW, USE[module]]
    done = python("\n".join(lines if first else lines[::-1]) + "\n" + DRAW)
    assert done.returncode == 0, done.stderr


def test_threads_of_torch_stay(net):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    ph.render(net, "fc8:34", steps=1, batch=1, threads=1)
    assert torch.get_num_threads() == 3
    torch.set_num_threads(before)


def test_threads_of_numpy_stay(net):
    threadpoolctl = pytest.importorskip("threadpoolctl", reason="threadpoolctl is not installed")
    np.ones((64, 64)) @ np.ones((64, 64))
    counts = lambda: {pool["filepath"]: pool["num_threads"] for pool in threadpoolctl.threadpool_info()}  # noqa: E731
    before = counts()
    ph.render(net, "fc8:34", steps=1, batch=1, threads=1)
    assert {file: count for file, count in counts().items() if file in before} == before


def test_memory_and_threads_stay_flat(small_network):
    net = ph.load(small_network(), random_weights=1, session=ph.Session(threads=1))

    def mib():
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20

    def draw(count):
        for seed in range(count):
            ph.render(net, "fc:3", prior="pixel", steps=1, batch=1, seeds=[seed])

    draw(20)
    before, threads = mib(), len(os.listdir("/proc/self/task"))
    draw(200)
    assert mib() - before < 2  # a leak of one program a render would be more
    assert len(os.listdir("/proc/self/task")) <= threads

