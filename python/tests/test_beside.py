"""Beside other libraries in one process: imports in every order, thread counts, memory."""

import importlib.util
import itertools
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

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


def python(*lines, **environment):
    folder = os.path.join(os.path.dirname(ph.__file__), "share", "phosphene", "models")
    code = "\n".join([f"MODEL = {os.path.join(folder, 'tin200.onnx')!r}", *lines])
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **environment})


@pytest.mark.parametrize("before", [names for count in range(len(USE) + 1) for names in itertools.combinations(USE, count)], ids="+".join)
def test_import_order(before):
    """phosphene after any set of the others and before the rest of them."""
    missing = [module for module in before if not installed(module)]
    if missing:
        pytest.skip(f"{missing[-1]} is not installed")
    first = [USE[module] for module in before]
    then = [USE[module] for module in USE if module not in before and installed(module)]
    done = python(*first, DRAW, *then, DRAW)
    if done.returncode and python(*first, *then).returncode:
        pytest.skip("they do not bear each other, without phosphene either")
    assert done.returncode == 0, done.stderr


class Strangers:
    """A library that offers, under all names that libphosphene takes from protobuf, oneDNN, SQLite and the like, code that ends the process; and a
    malloc that is not libc's. (OpenSSL's names are left alone: Python's own hashlib takes them.)"""

    def __init__(self, folder):
        self.library = next(Path(ph.__file__).parent.rglob("libphosphene.so*"))
        wanted = subprocess.run(["nm", "-D", "--undefined-only", self.library], check=True, capture_output=True, text=True).stdout
        taken = re.findall(r" U (\w*google8protobuf\w*|(?:dnnl|sqlite3|png|jpeg|WebP)\w+)", wanted)
        assert {"dnnl", "sqlite3", "png", "jpeg"} <= {name.split("_")[0] for name in taken} and any("protobuf" in name for name in taken)
        self.file = self.make(folder / "strangers.s", '.section .note.GNU-stack,"",@progbits\n.text\n' + "".join(f".globl {name}\n{name}: .long 0\n" for name in taken))
        self.malloc = self.make(folder / "malloc.c", "#include <stddef.h>\nvoid* __libc_malloc(size_t);\nvoid* malloc(size_t size) { return __libc_malloc(size); }\n"
                                                     "size_t malloc_usable_size(void* memory) { return memory ? 1 : 0; }\n")
        self.load = f"import ctypes; ctypes.CDLL({str(self.file)!r}, mode=ctypes.RTLD_GLOBAL)"

    def make(self, source, text):
        source.write_text(text)
        subprocess.run(["cc", "-shared", "-fPIC", source, "-o", source.with_suffix(".so")], check=True)
        return source.with_suffix(".so")


@pytest.fixture(scope="module")
def strangers(tmp_path_factory):
    if not shutil.which("cc") or not shutil.which("nm"):
        pytest.skip("needs a compiler and nm")
    return Strangers(tmp_path_factory.mktemp("strangers"))


def test_what_others_offer_to_all_is_not_taken(strangers):
    done = python(strangers.load, DRAW)
    assert done.returncode == 0, done.stderr
    assert python(strangers.load, f"ctypes.CDLL({str(strangers.library)!r})", DRAW).returncode < 0  # loaded like any library, it takes it


def test_another_malloc_beside_strangers_is_said(strangers):
    assert python(DRAW, strangers.load, DRAW, LD_PRELOAD=str(strangers.malloc)).returncode == 0
    done = python(strangers.load, DRAW, LD_PRELOAD=str(strangers.malloc))
    assert done.returncode == 1 and "import phosphene first" in done.stderr, done.stderr


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

