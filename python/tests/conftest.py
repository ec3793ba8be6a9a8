import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import phosphene as ph

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's job in the background begins with Ctrl-C ignored


@pytest.fixture(scope="session")
def net():
    return ph.load("tin200")


@pytest.fixture
def small_network(tmp_path):
    """Makes a file of a network of four units fc, and of more layers."""

    def make(more=""):
        file = tmp_path / "net.prototxt"
        file.write_text('input: "data" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8\n'
                        'layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc" inner_product_param { num_output: 4 } }\n' + more)
        return file

    return make


@pytest.fixture
def program(tmp_path):
    """Calls the program phosphene: $PHOSPHENE_PROGRAM, else the one of the package; gives the folder it wrote into."""
    first = [os.environ["PHOSPHENE_PROGRAM"]] if os.environ.get("PHOSPHENE_PROGRAM") else [sys.executable, "-m", "phosphene"]

    def call(*arguments):
        folder = tmp_path / "program"
        subprocess.run([*first, *arguments, "--out", folder], check=True, capture_output=True, text=True)
        return folder

    return call


class Drawn:
    """What the program wrote into a folder."""

    def __init__(self, folder: Path):
        image = pytest.importorskip("PIL.Image", reason="Pillow is not installed, which reads what the program wrote")
        self.json = json.loads((folder / "results.json").read_text())
        self.codes = np.load(folder / "codes.npy")
        self.images = [np.asarray(image.open(folder / entry["file"]).convert("RGB")) for entry in self.json["images"]]


@pytest.fixture
def drawn():
    return Drawn
