"""Prior: what draws pictures of codes."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _fields, _phosphene
from ._network import Network
from ._wall import coloured


class Prior:
    """What draws pictures of codes, for a network: prior(codes) gives pictures. values() and vjp() are for an optimisation of your own."""

    name: str
    code_shape: tuple[int, ...]  #: (size,) or (c, h, w)
    lower: NDArray[np.float32] | None  #: bounds of a code's values [size]; None: unbounded
    upper: NDArray[np.float32] | None

    def __init__(self, name: str | os.PathLike[str], net: Network, **fields: Any) -> None:
        self.session = net.session
        self._prior = _phosphene.Prior(net.session, _fields.request({**net.fields, "prior": name, **fields}))
        self._program: _phosphene.PriorProgram | None = None
        self.name, self.code_shape = self._prior.name, tuple(self._prior.code_shape)
        self.lower, self.upper = self._prior.lower, self._prior.upper

    def __call__(self, codes: ArrayLike) -> NDArray[np.uint8]:
        """Pictures [n, h, w, 3] of codes [n, size], [n, *code_shape], or of one code, to look at."""
        return np.stack([coloured(pixels) for pixels in self._prior.draw(self.session, self._rows(codes))])

    def values(self, codes: ArrayLike) -> NDArray[np.float32]:
        """Pictures [n, channels, h, w] of codes, to compute with: red, green, blue (or one of grey), 0 to 1, but not clipped."""
        rows = self._rows(codes)
        return self._compiled(len(rows)).pictures(self.session, rows)

    def vjp(self, codes: ArrayLike, gradient: ArrayLike) -> NDArray[np.float32]:
        """dL/d(codes), of the shape of `codes`, for gradient = dL/d(values) [n, channels, h, w]: a vector times the Jacobian of values()."""
        rows = self._rows(codes)
        flat = np.ascontiguousarray(gradient, dtype=np.float32).reshape(-1)
        return self._compiled(len(rows)).gradient(self.session, rows, flat).reshape(np.shape(codes))

    def _rows(self, codes: ArrayLike) -> NDArray[np.float32]:
        """Codes as [n, size]; what does not fit, as one row, which is an Error of the library."""
        values = np.ascontiguousarray(codes, dtype=np.float32)
        size = self._prior.code_size
        return values.reshape(-1, size) if values.size and values.size % size == 0 else values.reshape(1, -1)

    def _compiled(self, count: int) -> _phosphene.PriorProgram:
        """The program of so many codes; the last one is kept."""
        if self._program is None or self._program.shape[0] != count:
            self._program = None  # its memory first
            self._program = _phosphene.PriorProgram(self.session, self._prior, count)
        return self._program

    def __repr__(self) -> str:
        return f"Prior({self.name}, code {'x'.join(map(str, self.code_shape))})"


def prior(name: str | os.PathLike[str] = "builtin", net: Network | str = "tin200", **fields: Any) -> Prior:
    """The prior of that name or file for a network: "builtin", "pixel", "fourier", "maco", an embedded name, GEN.onnx. Error where it does not fit."""
    return Prior(name, net if isinstance(net, Network) else Network(net), **fields)
