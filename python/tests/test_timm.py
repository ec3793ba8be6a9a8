"""A vision transformer of timm, as its users have it: from_torch, layers by their paths, the preprocessing that timm says."""

import warnings

import numpy as np
import phosphene as ph
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")
timm = pytest.importorskip("timm", reason="timm is not installed")


@pytest.mark.parametrize("exporter", ["tracing", "torch.export"])
def test_a_vision_transformer(exporter, monkeypatch):
    from phosphene import _from_torch

    chosen = [each for each in _from_torch._exporters(torch) if each[0] == exporter]
    if not chosen:
        pytest.skip(f"this PyTorch has no exporter by {exporter}, or onnxscript is not installed")
    monkeypatch.setattr(_from_torch, "_exporters", lambda _: chosen)
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of tracing: shapes become constants
        module = timm.create_model("vit_tiny_patch16_224", depth=3).eval()
        net = ph.from_torch(module, torch.zeros(1, 3, 224, 224), session=ph.Session(threads=1))
    assert net.preprocess_known and "mean=0.5" in net.preprocess
    mlp, head = net.layers["blocks.1.mlp.fc1"], net.layers["head"]
    assert (mlp.units, head.units) == (768, 1000)

    pixels = np.random.default_rng(0).integers(0, 256, (2, 224, 224, 3), dtype=np.uint8)
    kept = {}
    module.blocks[1].mlp.fc1.register_forward_hook(lambda _, __, output: kept.update(fc1=output.numpy()))
    with torch.no_grad():
        scores = module(torch.from_numpy(pixels).permute(0, 3, 1, 2) / 255 * 2 - 1).numpy()
    values = net.run(pixels, values=["blocks.1.mlp.fc1", "head"])
    np.testing.assert_allclose(values["head"], scores, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(values["blocks.1.mlp.fc1"].reshape(kept["fc1"].shape), kept["fc1"], rtol=1e-3, atol=1e-4)

    result = ph.render(net, ["head:17", "blocks.1.mlp.fc1:5"], prior="fourier", steps=3, batch=2)
    assert result.images.shape == (2, 224, 224, 3) and not result.errors
