"""An atlas that the program built, read from Python; and verdicts of renders, against those of the atlas."""

import json
import os
import sqlite3
import subprocess
import sys

import numpy as np
import phosphene as ph
import pytest


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    folder = tmp_path_factory.mktemp("photos")
    generator = np.random.default_rng(3)
    for number in range(24):
        pixels = generator.integers(0, 256, (6, 6, 3), dtype=np.uint8)
        image.fromarray(pixels).resize((64, 64), image.Resampling.BICUBIC).save(folder / f"{number:02}.png")
    return folder


@pytest.fixture(scope="module")
def file(tmp_path_factory, photos):
    out = tmp_path_factory.mktemp("atlas") / "net.atlas"
    program = [os.environ["PHOSPHENE_PROGRAM"]] if os.environ.get("PHOSPHENE_PROGRAM") else [sys.executable, "-m", "phosphene"]
    subprocess.run([*program, "atlas", "build", "tin200", "--layers", "fc8:0-5,conv2/norm:0-3", "--steps", "8", "--batch", "4", "--threads", "1",
                    "--data", photos, "-o", out], check=True, capture_output=True)
    return out


def test_figures_are_those_of_the_file(file):
    atlas, rows = ph.Atlas(file), sqlite3.connect(file)
    assert atlas.complete and "tin200" in repr(atlas)
    assert [layer.name for layer in atlas.layers] == [name for (name,) in rows.execute("SELECT name FROM layer ORDER BY id")]
    assert atlas.meta("network") == json.loads(rows.execute("SELECT value FROM meta WHERE key = 'network'").fetchone()[0])
    (fc8,) = [layer for layer in atlas.layers if layer.name == "fc8"]
    assert fc8.output and (fc8.units, fc8.drawn) == (200, 6)
    units = atlas.units("fc8")
    assert len(units) == 200 and len(units[:6]) == 6
    columns = "unit, label, verdict, activation, margin, percentile, path, highest, seed"
    for unit, row in zip(units, rows.execute(f"SELECT {columns} FROM unit WHERE layer = ? ORDER BY unit", (fc8.id,))):
        assert (unit.unit, unit.label, unit.verdict or None, unit.activation, unit.margin, unit.percentile, unit.path, unit.highest, unit.seed) == row
    assert len(atlas.units()) == sum(layer.units for layer in atlas.layers)


def test_pictures_and_real_ones(file, photos):
    atlas = ph.Atlas(file)
    (picture,) = atlas.pictures("fc8", 3)
    assert picture.verdict in ("sound", "doubtful", "misleading") and picture.reasons
    assert len(picture.activations) == 9 or len(picture.activations) == 8
    assert len(picture.code) == 1024
    image = atlas.image("fc8", 3)
    assert image.shape == (64, 64, 3) and np.array_equal(image, atlas.image("fc8", 3, picture.seed))
    top = [example for example in atlas.examples("fc8", 3) if example.top]
    assert len(top) == 9 and top[0].activation == max(example.activation for example in top)
    net = ph.load("tin200", session=ph.Session(threads=1))
    original = np.asarray(pytest.importorskip("PIL.Image").open(photos / top[0].name).convert("RGB"))
    assert net.run([original], values=["fc8"])["fc8"][0, 3] == pytest.approx(top[0].activation, rel=1e-3)
    assert np.abs(atlas.photo(top[0]).astype(int) - original).mean() < 12  # lossy
    assert atlas.neighbours("fc8", 3)[0].similarity <= 1


def test_pandas_is_optional(file, monkeypatch):
    units = ph.Atlas(file).units("fc8")
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="pip install pandas"):
        units.to_pandas()
    monkeypatch.undo()
    pytest.importorskip("pandas", reason="pandas is not installed")
    table = units.to_pandas()
    assert table.shape[0] == 200 and table["unit"].tolist() == list(range(200))
    assert table.loc[3, "activation"] == units[3].activation and table["activation"].isna().sum() == 194


def test_what_is_not_there_is_an_error(file, tmp_path):
    atlas = ph.Atlas(file)
    with pytest.raises(ph.Error, match='there is no layer "fc9"; layers are conv'):
        atlas.units("fc9")
    with pytest.raises(ph.Error, match="there is no unit 200; give one from 0 to 199"):
        atlas.unit("fc8", 200)
    with pytest.raises(ph.Error, match="has no picture of seed"):
        atlas.image("fc8", 100)
    with pytest.raises(ph.Error, match="there is no photo"):
        atlas.photo(10**6)
    with pytest.raises(ph.Error):
        ph.Atlas(tmp_path / "nowhere.atlas")


def test_verdicts_agree_with_the_atlas(file, photos):
    """The atlas rounds quantiles; path, which only the atlas measures, may make its word worse."""
    atlas = ph.Atlas(file)
    net = ph.load("tin200", session=ph.Session(threads=1))
    result = ph.render(net, "fc8:0-5", steps=8, batch=4, data=photos)
    assert result.verdict is not None and len(result.verdict) == 6
    for picture, verdict, unit in zip(result, result.verdict, atlas.units("fc8")):
        assert picture.activation == pytest.approx(unit.activation, rel=1e-4)
        assert verdict.margin == pytest.approx(unit.margin, rel=0.03, abs=0.03)  # the atlas knows deviations to the width of a bucket
        assert verdict.percentile == pytest.approx(unit.percentile, abs=0.05)
        assert verdict.word in ("sound", "doubtful", "misleading") and verdict.reasons
    sums = ph.render(net, "fc8:1+3", steps=2, batch=1, data=photos)
    assert sums.verdict is not None and sums.verdict[0].word == "unmeasured"
    assert ph.render(net, "fc8:1", steps=2, batch=1).verdict is None
