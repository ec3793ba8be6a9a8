"""Prior: what draws pictures of codes."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _fields, _phosphene
from ._network import Network
from ._result import coloured


class Prior:
    """What draws pictures of codes, for a network: prior(codes) gives pictures."""

    name: str
    code_shape: tuple[int, ...]  #: (size,) or (c, h, w)
    lower: NDArray[np.float32] | None  #: bounds of a code's values [size]; None: unbounded
    upper: NDArray[np.float32] | None

    def __init__(self, name: str | os.PathLike[str], net: Network, **fields: Any) -> None:
        self.session = net.session
        self._prior = _phosphene.Prior(net.session, _fields.request({**net.fields, "prior": name, **fields}))
        self.name, self.code_shape = self._prior.name, tuple(self._prior.code_shape)
        self.lower, self.upper = self._prior.lower, self._prior.upper

    def __call__(self, codes: ArrayLike) -> NDArray[np.uint8]:
        """Pictures [n, h, w, 3] of codes [n, size], [n, c, h, w], or of one code."""
        values = np.ascontiguousarray(codes, dtype=np.float32)
        size = self._prior.code_size
        rows = values.reshape(-1, size) if values.size and values.size % size == 0 else values.reshape(1, -1)
        return np.stack([coloured(pixels) for pixels in self._prior.draw(self.session, rows)])

    def __repr__(self) -> str:
        return f"Prior({self.name}, code {'x'.join(map(str, self.code_shape))})"


def prior(name: str | os.PathLike[str] = "builtin", net: Network | str = "tin200", **fields: Any) -> Prior:
    """The prior of that name or file for a network: "builtin", "pixel", "fourier", "maco", an embedded name, GEN.onnx. Error where it does not fit."""
    return Prior(name, net if isinstance(net, Network) else Network(net), **fields)
