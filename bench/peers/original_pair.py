"""The pair of the paper in plain PyTorch: DeePSiM's fc6 generator (256x256) into CaffeNet (227x227), random weights, centre crop between."""

import torch
from torch import nn
from torch.nn import functional

CODE = 4096
CLASSES = 1000
CROP = (256 - 227) // 2
LEAK = 0.3


class Generator(nn.Module):
    """Three fully connected layers, then transposed convolutions: 4x4 stride 2, each of the first three followed by a 3x3."""

    def __init__(self):
        super().__init__()
        dense = []
        for _ in range(3):
            dense += [nn.Linear(4096, 4096), nn.LeakyReLU(LEAK, inplace=True)]
        self.dense = nn.Sequential(*dense)
        layers, channels = [], 256
        for doubled, same in [(256, 512), (256, 256), (128, 128), (64, None), (32, None), (3, None)]:
            layers += [nn.ConvTranspose2d(channels, doubled, 4, stride=2, padding=1), nn.LeakyReLU(LEAK, inplace=True)]
            channels = doubled
            if same:
                layers += [nn.ConvTranspose2d(channels, same, 3, padding=1), nn.LeakyReLU(LEAK, inplace=True)]
                channels = same
        self.layers = nn.Sequential(*layers[:-1])  # nothing squashes the picture

    def forward(self, code):
        picture = self.layers(self.dense(code).reshape(-1, 256, 4, 4))
        return picture[:, :, CROP:CROP + 227, CROP:CROP + 227]


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        relu = nn.ReLU(inplace=True)
        pool = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        norm = nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75)
        self.features = nn.Sequential(
            nn.Conv2d(3, 96, 11, stride=4), relu, pool, norm,
            nn.Conv2d(96, 256, 5, padding=2, groups=2), relu, pool, norm,
            nn.Conv2d(256, 384, 3, padding=1), relu,
            nn.Conv2d(384, 384, 3, padding=1, groups=2), relu,
            nn.Conv2d(384, 256, 3, padding=1, groups=2), relu, pool)
        self.fc6 = nn.Linear(9216, 4096)
        self.fc7 = nn.Linear(4096, 4096)
        self.fc8 = nn.Linear(4096, CLASSES)

    def forward(self, x):
        x = functional.relu(self.fc6(self.features(x).flatten(1)))
        return {"fc8": self.fc8(functional.relu(self.fc7(x)))}
