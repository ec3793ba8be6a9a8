"""Search without gradients: ask and tell, and docs/evolve.md as a reader runs it."""

import json
import re
import sys
from pathlib import Path

import numpy as np
import phosphene as ph
import pytest

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "evolve.md"


@pytest.fixture(scope="module")
def prior(net):
    return ph.prior("tin200-fc6", net, threads=1)


@pytest.mark.parametrize("optimizer", ["cma-diagonal", "sphere", "genetic"])
def test_asks_and_is_told(prior, optimizer, tmp_path):
    search = ph.evolve(prior, optimizer, population=8, seed=2)
    codes = search.ask()
    assert codes.shape == (8, *prior.code_shape) and codes.dtype == np.float32
    assert np.array_equal(search.ask(), codes)
    scores = codes.mean(axis=1)
    search.tell(np.stack([scores - 1, scores + 1], axis=1))  # repeats
    best, score = search.best
    assert np.array_equal(best, codes[scores.argmax()]) and score == pytest.approx(scores.max(), abs=1e-6)
    assert (search.centre >= prior.lower).all() and (search.centre <= prior.upper).all()
    search.save(tmp_path / "state")
    again = ph.evolve(prior, optimizer, population=8, seed=2)
    assert again.load(tmp_path / "state") and again.generation == 1
    assert np.array_equal(again.ask(), search.ask())
    assert not again.load(tmp_path / "nowhere")
    with pytest.raises(ph.Error, match="seed is 2 there, 3 here"):
        ph.evolve(prior, optimizer, population=8, seed=3).load(tmp_path / "state")


def test_errors_say_what_to_do(prior):
    with pytest.raises(ph.Error, match="optimisers are"):
        ph.evolve(prior, "annealing")
    search = ph.evolve(prior, population=8)
    with pytest.raises(ph.Error, match="7 scores were told of 8 codes"):
        search.tell(np.zeros(7))
    with pytest.raises(ph.Error, match="nothing was told yet"):
        search.best
    with pytest.raises(ph.Error, match="no start codes"):
        ph.evolve(prior, start=np.zeros(5))
    assert set(ph.optimizers()) == {"cma-diagonal", "cma", "sphere", "genetic"}


def test_the_guide_runs(tmp_path, monkeypatch):
    pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=":")
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.S)
    assert len(blocks) == 2
    names: dict = {}
    for block in blocks:
        exec(compile(block, str(GUIDE), "exec"), names)
    assert names["phosphene"].wait() == 0
    results = json.loads(Path("out/red/results.json").read_text())
    assert results["generations"] == 5
    curve = results["threads"][0]["curve"]
    assert names["score"](Path("out/red/best-tin200-fc6.png")) == pytest.approx(max(entry["best"] for entry in curve), abs=1e-9)
    assert names["search"].generation == 5
