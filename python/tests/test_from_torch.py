"""from_torch: a live module becomes a network, or an error that says what to do."""

import logging
import sys

import numpy as np
import phosphene as ph
import pytest

torch = pytest.importorskip("torch", reason="torch is not installed")
nn = torch.nn


class Block(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(channels, channels, 3, padding=1), nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x):
        return torch.relu(x + self.conv2(torch.relu(self.bn1(self.conv1(x)))))


class Small(nn.Module):
    """A residual network of 16 pixels and ten classes."""

    def __init__(self, channels=3):
        super().__init__()
        self.stem = nn.Conv2d(channels, 8, 3, stride=2, padding=1)
        self.layer1 = nn.Sequential(Block(8), Block(8))
        self.dropout = nn.Dropout(0.5)
        self.fc = nn.Linear(8, 10)

    def forward(self, x):
        return self.fc(self.dropout(self.layer1(self.stem(x)).mean((2, 3))))


def made(channels=3, **more):
    torch.manual_seed(0)
    module = Small(channels)
    return module, ph.from_torch(module, torch.zeros(1, channels, 16, 16), session=ph.Session(threads=1), **more)


def test_layers_have_the_paths_of_modules_and_compute_the_same():
    module, net = made(preprocess="rgb range=0..1")
    assert net.name == "Small" and net.preprocess_known and net.layers["layer1.1.conv2"].units == 8
    pixels = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), dtype=np.uint8)
    kept = {}
    module.layer1[1].conv2.register_forward_hook(lambda _, __, output: kept.update(conv2=output.numpy()))
    with torch.no_grad():
        scores = module.eval()(torch.from_numpy(pixels).permute(0, 3, 1, 2) / 255).numpy()
    values = net.run(pixels, values=["layer1.1.conv2", "fc"])
    np.testing.assert_allclose(values["fc"], scores, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(values["layer1.1.conv2"], kept["conv2"], rtol=1e-4, atol=1e-5)
    result = ph.render(net, ph.channel("layer1.1.conv2", 5) + ph.channel("fc", 2), prior="fourier", steps=3, batch=1)
    assert result.images.shape == (1, 16, 16, 3)
    assert np.array_equal(ph.replay(result.recipe, net.session).images, result.images)


def test_the_module_stays_as_it_is():
    module = Small().train()
    module.layer1.eval()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    ph.from_torch(module, torch.rand(1, 3, 16, 16), preprocess="none")
    assert module.training and not module.layer1.training and module.dropout.training
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())


def test_what_is_assumed_is_said(caplog):
    with caplog.at_level(logging.WARNING, "phosphene"):
        _, net = made()
    assert 'Small: how pixels become its input is not known; assumed is "torchvision"' in caplog.text
    assert not net.preprocess_known and "torchvision" in net.preprocess and "(assumed)" in repr(net)


def test_what_timm_says_is_taken(caplog):
    module = Small()
    module.pretrained_cfg = {"mean": (0.5, 0.4, 0.3), "std": (0.2, 0.2, 0.1)}
    net = ph.from_torch(module, torch.zeros(1, 3, 16, 16))
    assert net.preprocess_known and "not known" not in caplog.text
    meant = ph.from_torch(module, torch.zeros(1, 3, 16, 16), preprocess="rgb range=0..1 mean=0.5,0.4,0.3 std=0.2,0.2,0.1")
    assert net.preprocess == meant.preprocess


def test_hooks_and_a_grey_network():
    module = Small(1)
    seen = []
    module.stem.register_forward_hook(lambda *_: seen.append(1))
    net = ph.from_torch(module, torch.zeros(4, 1, 16, 16))
    assert seen and net.preprocess.startswith("grey")
    result = ph.render(net, "fc:3", prior="pixel", steps=2, batch=1)
    assert result.images.shape == (1, 16, 16, 3)
    assert net.run(np.zeros((2, 16, 16, 1), np.uint8))


def test_what_a_hook_changes_is_part_of_the_network():
    module = Small().eval()
    module.layer1.register_forward_hook(lambda _, __, output: output * 2)
    net = ph.from_torch(module, torch.zeros(1, 3, 16, 16), preprocess="rgb range=0..1")
    pixels = np.random.default_rng(0).integers(0, 256, (1, 16, 16, 3), dtype=np.uint8)
    with torch.no_grad():
        scores = module(torch.from_numpy(pixels).permute(0, 3, 1, 2) / 255).numpy()
    np.testing.assert_allclose(net.run(pixels, values=["fc"])["fc"], scores, rtol=1e-4, atol=1e-5)


def test_two_inputs():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, x, gain):
            return self.conv(x) * gain

    example = (torch.zeros(2, 3, 8, 8), torch.tensor([2.0]))
    net = ph.from_torch(Two(), example, preprocess="none", fix="gain=3")
    assert len(ph.render(net, f"{list(net.layers)[-1]}:1", prior="pixel", steps=1, batch=1)) == 1
    with pytest.raises(ph.Error, match="gain"):
        ph.render(ph.from_torch(Two(), example, preprocess="none"), "conv:1", prior="pixel", steps=1, batch=1)


def test_the_file_is_kept_where_it_is_wanted_and_else_goes(tmp_path):
    _, net = made(file=tmp_path / "kept.onnx", preprocess="none")
    assert (tmp_path / "kept.onnx").exists() and net.name == "kept"
    _, net = made(preprocess="none")
    file = net.fields["network"]
    assert file.exists()
    del net
    assert not file.exists()


class Stubborn(nn.Module):
    def forward(self, x):
        raise RuntimeError("this module says no\nin two lines")


@pytest.mark.parametrize("module, example, said", [
    (Stubborn(), torch.zeros(1, 3, 8, 8), "Stubborn > PyTorch cannot export it .*RuntimeError: this module says no"),
    (Small(), torch.zeros(1, 16), r"Small > the example has the shape \[1, 16\]; give a picture"),
    (Small(), torch.zeros(1, 7, 16, 16), r"the example has the shape \[1, 7, 16, 16\]"),
    (Small(), (), "the example is no tensor"),
    (lambda x: x, torch.zeros(1, 3, 8, 8), "it is no torch.nn.Module"),
])
def test_what_cannot_be_exported_says_why(module, example, said):
    with pytest.raises(ph.Error, match=said) as caught:
        ph.from_torch(module, example)
    assert caught.value.todo and "\n" not in str(caught.value)


def test_the_exporter_of_torch_export_names_layers_by_module_too(monkeypatch):
    pytest.importorskip("onnxscript", reason="onnxscript is not installed")
    from phosphene import _from_torch

    exporters = _from_torch._exporters(torch)
    if len(exporters) < 2:
        pytest.skip("this release of PyTorch has one exporter")
    monkeypatch.setattr(_from_torch, "_exporters", lambda _: exporters[1:])
    module, net = made(preprocess="rgb range=0..1")
    pixels = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), dtype=np.uint8)
    with torch.no_grad():
        scores = module.eval()(torch.from_numpy(pixels).permute(0, 3, 1, 2) / 255).numpy()
    np.testing.assert_allclose(next(iter(net.run(pixels).values())), scores, rtol=1e-4, atol=1e-5)
    assert net.layers["layer1.1.conv2"].units == 8


def test_without_pytorch(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ph.Error, match="from_torch > PyTorch is not there .*; pip install torch"):
        ph.from_torch(None, None)
