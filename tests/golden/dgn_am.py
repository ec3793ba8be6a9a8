"""Golden of the published DGN-AM rule, by an implementation of its own in PyTorch, float64.

    /usr/bin/python3 tests/golden/dgn_am.py        writes tests/golden/dgn_am/

A small generator (16x16 pictures, RGB, pixels 0..255) and a small network (13x13, BGR, own mean and scale) with fixed random weights; two output
units and one convolutional unit, 50 steps each. steps.npy holds the code at the start and after every step, activations.npy the
activation at every iteration, images.npy the picture of the last iteration, before the last update. Unlike the published program, the
network is shown the picture as a file can hold it: pixels from 0 to 255.
"""
import json
import os

import numpy as np
import onnx
import torch
from torch import nn

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "dgn_am")
CODE, STEPS, LR0, LR1, DECAY = 12, 50, 2.0, 1e-10, 0.99
MEAN, SCALE = [0.48, 0.45, 0.40], 1.0 / 255  # of the network, in BGR


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(CODE, 32)
        self.fc2 = nn.Linear(32, 8 * 4 * 4)
        self.up1 = nn.ConvTranspose2d(8, 6, 4, stride=2, padding=1)
        self.up2 = nn.ConvTranspose2d(6, 3, 4, stride=2, padding=1)
        self.act = nn.LeakyReLU(0.3)

    def forward(self, code):
        h = self.act(self.fc1(code))
        h = self.act(self.fc2(h)).reshape(-1, 8, 4, 4)
        return 128 + 60 * self.up2(self.act(self.up1(h)))


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.pool = nn.MaxPool2d(2)
        self.fc = nn.Linear(8 * 6 * 6, 5)

    def forward(self, x):
        conv = self.conv(x)
        return self.fc(torch.flatten(self.pool(torch.relu(conv)), 1)), conv


def fixed(module, seed):
    rng = np.random.RandomState(seed)
    for name, p in sorted(module.named_parameters()):
        fan = p.shape[1] * (4 if "up" in name else 1) if p.dim() > 1 else 1
        fan *= 9 if "conv" in name and p.dim() > 1 else 1
        scale = 1.4 / np.sqrt(fan) if p.dim() > 1 else 0.1
        p.data = torch.from_numpy((rng.standard_normal(p.shape) * scale).astype(np.float32))
    return module.eval()


def export(module, file, sample, names_in, names_out, metadata):
    torch.onnx.export(module, sample, file, opset_version=13, input_names=names_in, output_names=names_out,
                      dynamic_axes={n: {0: "n"} for n in names_in + names_out})
    model = onnx.load(file)
    for key, value in metadata.items():
        model.metadata_props.add(key="phosphene." + key, value=json.dumps(value))
    onnx.checker.check_model(model)
    onnx.save(model, file)


def search(generator, network, objective, y, upper):
    """Section by section the published procedure; one code, one objective."""
    mean = torch.tensor(MEAN, dtype=torch.float64).reshape(3, 1, 1)
    codes, activations, image = [y.clone()], [], None
    for i in range(STEPS):
        s = LR0 + (LR1 - LR0) * i / STEPS
        y = y.detach().requires_grad_(True)
        x = generator(y[None])[0]
        top = (16 - 13) // 2
        v = x.clamp(0, 255)[:, top:top + 13, top:top + 13]  # what a picture file can hold
        v = v.flip(0) * SCALE - mean
        f = objective(*network(v[None]))
        g, = torch.autograd.grad(f, y)
        activations.append(f.item())
        image = x.detach()
        y = y.detach()
        if g.abs().max() > 0:
            y = DECAY * torch.minimum(torch.maximum(y + s * g / g.abs().mean(), torch.zeros_like(y)), upper)
        codes.append(y.clone())
    return torch.stack(codes).numpy(), np.array(activations), image.numpy()


def main():
    os.makedirs(HERE, exist_ok=True)
    generator, network = fixed(Generator(), 1), fixed(Network(), 2)
    picture = dict(PICTURE)
    export(generator, os.path.join(HERE, "generator.onnx"), torch.zeros(1, CODE), ["code"], ["image"],
           {"kind": "generator", "preprocess": picture})
    export(network, os.path.join(HERE, "network.onnx"), torch.zeros(1, 3, 13, 13), ["data"], ["fc", "conv"],
           {"kind": "classifier", "preprocess": dict(NETWORK)})
    rng = np.random.RandomState(3)
    starts = rng.standard_normal((3, CODE)).astype(np.float32)
    upper = rng.uniform(1, 3, CODE).astype(np.float32)
    objectives = [lambda fc, conv: fc[0, 1], lambda fc, conv: fc[0, 4], lambda fc, conv: conv[0, 5, 6, 6]]
    generator.double()
    network.double()
    runs = [search(generator, network, f, torch.from_numpy(y).double(), torch.from_numpy(upper).double())
            for f, y in zip(objectives, starts)]
    save = lambda name, values: np.save(os.path.join(HERE, name), np.asarray(values, dtype=np.float32))
    save("starts.npy", starts)
    save("upper.npy", upper)
    save("steps.npy", np.stack([r[0] for r in runs]))
    save("activations.npy", np.stack([r[1] for r in runs]))
    save("images.npy", np.stack([r[2] for r in runs]))
    for _, a, image in runs:
        print("%.4f -> %.4f, pixels %.0f to %.0f" % (a[0], a[-1], image.min(), image.max()))


PICTURE = {"order": "rgb", "scale": 1.0, "mean": [0, 0, 0], "deviation": [1, 1, 1], "height": 16, "width": 16, "resize": 0}
NETWORK = {"order": "bgr", "scale": SCALE, "mean": MEAN, "deviation": [1, 1, 1], "height": 13, "width": 13, "resize": 0}

if __name__ == "__main__":
    main()
