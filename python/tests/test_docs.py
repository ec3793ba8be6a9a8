"""docs/python.md: every block of code runs, in order, as one session of a reader."""

import re
from pathlib import Path

import pytest

TOUR = Path(__file__).resolve().parents[2] / "docs" / "python.md"
BLOCKS = [(found.group(1), TOUR.read_text()[:found.start(1)].count("\n")) for found in re.finditer(r"```python\n(.*?)```", TOUR.read_text(), re.S)]


def test_the_tour_runs(tmp_path, monkeypatch):
    assert len(BLOCKS) > 5
    monkeypatch.chdir(tmp_path)
    names = {}
    for code, line in BLOCKS:
        exec(compile("\n" * line + code, str(TOUR), "exec"), names)


def test_weights_of_a_sum():
    ph = pytest.importorskip("phosphene")
    result = ph.render("tin200", "fc8:17+3*-0.5", steps=1, batch=1)
    assert [(unit.unit, unit.weight) for unit in result[0].units] == [(17, 1.0), (3, -0.5)]
