"""The embedded pair in plain PyTorch: the same layers and widths as src/phosphene/train/networks.cpp, random weights (speed does not depend on them)."""

import torch
from torch import nn
from torch.nn import functional

SIZE = 64                                 # pixels a side
CLASSES = 200
CODE = 1024                               # units of fc6, and of fc7
CLASSIFIER = [64, 192, 384, 256, 256]     # conv1 .. conv5; pools after the 1st, 2nd and 5th
GENERATOR_DENSE = 1024
GENERATOR = [256, 256, 128, 64, 32]       # channels at 4x4, then after each doubling
GENERATOR_LEAK = 0.3
DISCRIMINATOR = [32, 64, 128, 256]
EMBEDDING = 256                           # of the code, in the discriminator


class Classifier(nn.Module):
    """AlexNet's shape as it is deployed: batch normalization already folded away. forward() gives every layer up to `until`."""

    def __init__(self):
        super().__init__()
        self.conv, channels = nn.ModuleDict(), 3
        for number, width in enumerate(CLASSIFIER, 1):
            kernel, stride = (5, 2) if number == 1 else (3, 1)
            self.conv[f"conv{number}"] = nn.Conv2d(channels, width, kernel, stride=stride, padding=kernel // 2)
            channels = width
        self.fc6 = nn.Linear(channels * (SIZE // 16) ** 2, CODE)
        self.fc7 = nn.Linear(CODE, CODE)
        self.fc8 = nn.Linear(CODE, CLASSES)

    def forward(self, x, until="fc8"):
        values = {}
        for name, layer in self.conv.items():
            x = values[name] = functional.relu(layer(x), inplace=True)
            if name in ("conv1", "conv2", "conv5"):
                x = values["pool" + name[-1]] = functional.max_pool2d(x, 3, stride=2, padding=1)
        values["fc6"] = functional.relu(self.fc6(x.flatten(1)))
        if until == "fc8":
            values["fc8"] = self.fc8(functional.relu(self.fc7(values["fc6"])))
        return values


class Generator(nn.Module):
    """DeePSiM's: three fully connected layers, then pairs of transposed convolution 4x4 stride 2 and convolution 3x3; the last one draws."""

    def __init__(self):
        super().__init__()
        self.start = SIZE >> (len(GENERATOR) - 1)
        dense, width = [], CODE
        for out in (GENERATOR_DENSE, GENERATOR_DENSE, GENERATOR[0] * self.start**2):
            dense += [nn.Linear(width, out), nn.LeakyReLU(GENERATOR_LEAK, inplace=True)]
            width = out
        self.dense = nn.Sequential(*dense)
        pairs, channels = [], GENERATOR[0]
        for out in GENERATOR[1:]:
            pairs += [nn.ConvTranspose2d(channels, out, 4, stride=2, padding=1), nn.LeakyReLU(GENERATOR_LEAK, inplace=True)]
            pairs += [nn.Conv2d(out, out, 3, padding=1), nn.LeakyReLU(GENERATOR_LEAK, inplace=True)]
            channels = out
        # The last one draws; then two fixed filters take out what alternates from pixel to pixel.
        pairs[-2:] = [nn.Conv2d(channels, 3, 3, padding=1)]
        pairs += [nn.Conv2d(3, 3, (1, 9), padding=(0, 4), groups=3, bias=False), nn.Conv2d(3, 3, (9, 1), padding=(4, 0), groups=3, bias=False)]
        for filters in pairs[-2:]:
            filters.requires_grad_(False)
        self.pairs = nn.Sequential(*pairs)

    def forward(self, code):
        return self.pairs(self.dense(code).reshape(-1, GENERATOR[0], self.start, self.start))


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        layers, channels = [], 3
        for width in DISCRIMINATOR:
            layers += [nn.Conv2d(channels, width, 4, stride=2, padding=1), nn.LeakyReLU(0.2, inplace=True)]
            channels = width
        self.features = nn.Sequential(*layers)
        self.embedding = nn.Linear(CODE, EMBEDDING)
        self.judge = nn.Linear(channels * (SIZE >> len(DISCRIMINATOR)) ** 2 + EMBEDDING, EMBEDDING)
        self.score = nn.Linear(EMBEDDING, 1)

    def forward(self, image, code):
        embedded = functional.leaky_relu(self.embedding(code), 0.2)
        joined = torch.cat([self.features(image).flatten(1), embedded], 1)
        return self.score(functional.leaky_relu(self.judge(joined), 0.2)).squeeze(1)


def blas():
    """The matrix library that this process has loaded. PyTorch of Debian runs on the slow reference BLAS unless OpenBLAS is installed."""
    with open("/proc/self/maps") as maps:
        return "openblas" if "openblas" in maps.read() else "reference"


def frozen(network):
    return network.eval().requires_grad_(False)
