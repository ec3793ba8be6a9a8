"""Drawing: the same bits as the program, the columns of a result, folders, replay."""

import json

import numpy as np
import phosphene as ph
import pytest


def test_bits_are_those_of_the_program(net, program, drawn):
    result = ph.render(net, "fc8:34,13", seeds=2, steps=5, batch=4, threads=2)
    there = drawn(program("synth", "tin200", "--layer", "fc8", "--units", "34,13", "--seeds", "0-1", "--prior", "builtin", "--steps", "5",
                          "--batch", "4", "--threads", "2"))
    assert len(result) == 4 and result.labels[0] == "lion"
    assert np.array_equal(result.images, np.stack(there.images))
    assert np.array_equal(result.codes, there.codes)
    for picture, entry in zip(result, there.json["images"]):
        assert picture.activations.tolist() == entry["activations"]
        assert (picture.seed, picture.rank, picture.probability) == (entry["seed"], entry["rank"], entry["probability"])


def test_columns(net):
    result = ph.render(net, ["fc8:34", "conv2/norm:3"], steps=3, batch=1)
    assert isinstance(result.images, list)  # a unit of conv2 sees a part
    assert [image.shape[2] for image in result.images] == [3, 3] and result.images[0].dtype == np.uint8
    assert result.activations.shape == result.ranks.shape == result.probabilities.shape == (2,)
    assert np.isfinite(result.probabilities[0]) and np.isnan(result.probabilities[1])
    assert result.codes.shape[0] == 2 and result.codes.dtype == np.float32
    assert result[0].activation == result[0].activations[-1] and len(result[0].activations) == 3
    assert result.recipe["recipe"]["steps"] == 3 and len(result.recipe["network"]["sha256"]) == 64
    assert result.errors == [] and "lion" in repr(result)
    assert result._repr_html_().count("data:image/png;base64,") == 2


def test_a_png_of_a_picture_reads_back(net):
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    import io

    picture = ph.render(net, "fc8:34", steps=1, batch=1)[0]
    assert np.array_equal(np.asarray(image.open(io.BytesIO(picture._repr_png_()))), picture.image)


def test_fields_by_their_names(net):
    result = ph.render(net, layer="fc8", units="34", steps=2, batch=1, rule="momentum", lr0="2:1", objective="both", at="center")
    recipe = result.recipe["recipe"]
    assert (recipe["rule"], recipe["lr0"], recipe["lr1"], recipe["objective"]) == ("momentum", 2, 1, "both")
    assert {"steps", "rule", "views", "batch"} <= {field.name for field in ph.fields()}


@pytest.mark.parametrize("seeds, meant", [(2, [0, 1]), ("3-4,7", [3, 4, 7]), ([5, 1], [5, 1]), (np.int64(1), [0])])
def test_seeds(net, seeds, meant):
    assert ph.render(net, "fc8:34", steps=1, batch=1, seeds=seeds).recipe["recipe"]["seeds"] == meant


def test_replay(net, program, drawn):
    result = ph.render(net, "fc8:34", steps=3, batch=2, seeds=[7])
    assert np.array_equal(ph.replay(result.recipe).images, result.images)
    folder = program("synth", "tin200", "--layer", "fc8", "--units", "3", "--steps", "3", "--batch", "1")
    assert np.array_equal(ph.replay(json.loads((folder / "results.json").read_text())).images, np.stack(drawn(folder).images))
    with pytest.raises(ph.Error, match="sha256"):
        ph.replay({**result.recipe, "network": {"name": "tin200", "sha256": "0" * 64}})


def test_render_into_goes_on(net, tmp_path, drawn):
    folder = tmp_path / "out"
    first = ph.render_into(folder, net, "fc8:34", steps=3, seeds=2)
    assert (first.drawn, first.failed, first.stopped) == (2, 0, False)
    assert (folder / "index.html").exists()
    there = drawn(folder)
    (folder / there.json["images"][0]["file"]).unlink()
    assert ph.render_into(folder, net, "fc8:34", steps=3, seeds=2).drawn == 1
    assert np.array_equal(drawn(folder).images, there.images)
    with pytest.raises(ph.Error, match="steps is 3 there, 4 here"):
        ph.render_into(folder, net, "fc8:34", steps=4, seeds=2)


def test_run_gives_what_the_program_gives(net, program, tmp_path):
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    pixels = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), dtype=np.uint8)
    image.fromarray(pixels[1]).save(tmp_path / "picture.png")
    values = net.run(pixels, values=["fc6", "conv1"])
    assert list(values) == ["fc6", "conv1"] and values["conv1"].shape == (2, 64, 32, 32)
    there = np.load(program("run", "tin200", "--image", str(tmp_path / "picture.png"), "--value", "fc6") / "fc6.npy")
    np.testing.assert_allclose(values["fc6"][1], there[0], rtol=1e-4, atol=1e-4)  # batches of one and two sum in other orders
    assert [array.shape for array in net.run(pixels[:1]).values()] == [(1, 200)]


def test_the_gradient_is_that_of_the_program(net, program, tmp_path):
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    pixels = np.random.default_rng(1).integers(0, 256, (2, 64, 64, 3), dtype=np.uint8)
    image.fromarray(pixels[0]).save(tmp_path / "picture.png")
    weights = np.zeros((1, 200), np.float32)
    weights[0, 34] = 1
    np.save(tmp_path / "weights.npy", weights)
    folder = program("run", "tin200", "--image", str(tmp_path / "picture.png"), "--value", "fc8", "--seed", f"fc8={tmp_path / 'weights.npy'}")
    there = np.load(next(folder.glob("grad_*.npy")))
    here = net.gradient(pixels, "fc8", 34)
    assert here.shape == (2, *there.shape[1:])
    np.testing.assert_allclose(here[0], there[0], rtol=1e-3, atol=1e-5 * np.abs(there).max())
    np.testing.assert_array_equal(net.gradient(pixels, "fc8", weights), here)
    with pytest.raises(ph.Error, match="no unit 200"):
        net.gradient(pixels, "fc8", 200)
    with pytest.raises(ph.Error, match="3 weights for a layer of 200 units"):
        net.gradient(pixels, "fc8", [1, 2, 3])


def test_the_prior_draws_the_codes_of_a_result(net):
    result = ph.render(net, "fc8:34", steps=2, batch=1)
    prior = ph.prior("builtin", net)
    pictures = prior(result.codes)
    assert prior.code_shape == (result.codes.shape[1],) and prior.upper.shape == prior.code_shape
    assert np.abs(pictures.astype(int) - result.images).max() <= 1  # another program of the same graph may round otherwise
    assert prior(result.codes[0]).shape == (1, 64, 64, 3)


def test_a_network_shows_itself(net):
    assert "conv4/norm" in repr(net) and "<table>" in net._repr_html_()
    assert net.layers["fc8"].units == 200 and net.layers["conv2/norm"].shape[1] == 192
    assert "fc8" in net.layers._ipython_key_completions_() and len(net.labels) == 200
