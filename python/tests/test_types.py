"""Types: mypy --strict finds no fault in the package, nor in the tour as a reader would type it."""

import subprocess
import sys

import pytest
from test_docs import BLOCKS

pytest.importorskip("mypy", reason="mypy is not installed")


def mypy(*arguments, where):
    done = subprocess.run([sys.executable, "-m", "mypy", "--strict", "--no-incremental", *arguments], cwd=where, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_the_tour(tmp_path):
    (tmp_path / "tour.py").write_text("\n".join(code for code, _ in BLOCKS))
    status, said = mypy("tour.py", where=tmp_path)
    assert status == 0, said


def test_a_wrong_call_is_found(tmp_path):
    (tmp_path / "wrong.py").write_text('import phosphene as ph\n\nph.render(ph.load("tin200"), seeds=3.5)\nph.load("tin200").layers[3]\n')
    status, said = mypy("wrong.py", where=tmp_path)
    assert status == 1 and "wrong.py:3" in said and "wrong.py:4" in said, said


def test_the_package(tmp_path):
    status, said = mypy("-p", "phosphene", where=tmp_path)
    assert status == 0, said
