"""Network: the network under study."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Mapping
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _fields, _phosphene
from ._error import Error
from ._phosphene import Layer, Session
from ._session import default_session


class Layers(Mapping[str, Layer]):
    """Layers by name, in the order of the graph: layers["conv4"]; with tab completion. A name may also be the path of a module
    ("layer4.1.conv2") or a unique part of a name. A miss is an Error that names the nearest."""

    def __init__(self, model: _phosphene.Model) -> None:
        self._model = model
        self._layers = {layer.name: layer for layer in model.layers}

    def __getitem__(self, name: str) -> Layer:
        return self._layers.get(name) or self._layers[self._model.find_layer(name)]

    def __contains__(self, name: object) -> bool:
        return name in self._layers

    def __iter__(self) -> Iterator[str]:
        return iter(self._layers)

    def __len__(self) -> int:
        return len(self._layers)

    def _ipython_key_completions_(self) -> list[str]:
        return list(self._layers)

    def __repr__(self) -> str:
        width = max(map(len, self._layers), default=0)
        return "\n".join(f"{layer.name:{width}}  {layer.op:20}  {_shape(layer):>20}  {_units(layer):>6} units" for layer in _shown(self))


class Network:
    """The network under study: its layers, units, preprocessing and labels. Immutable."""

    name: str  #: file stem or embedded name
    sha256: str  #: of the file
    layers: Layers
    preprocess: str  #: how pixels become the network's input, in words: "caffe size=227x227"
    preprocess_known: bool  #: False: neither the file nor the caller said it, a default is assumed
    labels: list[str]  #: of the output's classes; empty: unknown

    def __init__(self, model: str | PathLike[str], session: Session | None = None, **fields: Any) -> None:
        self.session = session or default_session()
        self.fields = {"network": model, **fields}
        self._model = _phosphene.Model(self.session, _fields.request(self.fields))
        self.name, self.sha256 = self._model.name, self._model.sha256
        self.preprocess, self.preprocess_known = self._model.preprocess, self._model.preprocess_known
        self.labels = self._model.labels
        self.layers = Layers(self._model)

    def run(self, images: ArrayLike | Iterable[ArrayLike], values: Iterable[str] = ()) -> dict[str, NDArray[np.float32]]:
        """What layers compute of pictures: arrays [n, ...] by the name that was asked for; of no names, the outputs.

        images: uint8 [n, h, w, channels], or a list of [h, w, channels], 0 to 255; each is preprocessed as `preprocess` says.
        """
        names = list(values)
        results = self._model.run(self.session, _pictures(images), names)
        return {asked: array for asked, (_, array) in zip(names or [name for name, _ in results], results)}

    def gradient(self, images: ArrayLike | Iterable[ArrayLike], layer: str, weights: int | ArrayLike) -> NDArray[np.float32]:
        """The gradient of sum(weights * value of the layer) at each picture: [n, channels, h, w], at the network's input values, not at
        pixels (Simonyan et al. 2014, arXiv 1312.6034).

        images: as for `run`. weights: a unit, whose values count at all positions; or an array of one weight a unit, or one for each of
        the layer's values of one picture. Error for another number of weights.
        """
        if isinstance(weights, int):
            units = self._model.units(layer)
            if not 0 <= weights < units:
                what, todo = f"there is no unit {weights}", f"give one from 0 to {units - 1}"
                raise Error(f"{layer} > {what}; {todo}", layer, what, todo)
            one = np.zeros(units, np.float32)
            one[weights] = 1
            weights = one
        flat = np.asarray(weights, np.float32).ravel().tolist()
        return self._model.gradient(self.session, _pictures(images), layer, flat)

    def __repr__(self) -> str:
        assumed = "" if self.preprocess_known else " (assumed)"
        return f"{self.name}: {len(self.layers)} layers, {len(self.labels)} labels, preprocess \"{self.preprocess}\"{assumed}\n{self.layers!r}"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td style='text-align:left'>{html.escape(layer.name)}</td><td>{html.escape(layer.op)}</td><td>{_shape(layer)}</td>"
            f"<td>{_units(layer)}</td></tr>" for layer in _shown(self.layers))
        assumed = "" if self.preprocess_known else " (assumed)"
        return (f"<b>{html.escape(self.name)}</b>: {len(self.labels)} labels, preprocess {html.escape(self.preprocess)}{assumed}"
                f"<table><tr><th>layer</th><th>operator</th><th>shape</th><th>units</th></tr>{rows}</table>")


def _pictures(images: ArrayLike | Iterable[ArrayLike]) -> list[NDArray[np.uint8]]:
    return [np.ascontiguousarray(image, dtype=np.uint8) for image in images]  # type: ignore[union-attr]


def _shown(layers: Layers) -> list[Layer]:
    return [layer for layer in layers.values() if layer.computes]


def _shape(layer: Layer) -> str:
    return "x".join("?" if extent < 0 else str(extent) for extent in layer.shape)


def _units(layer: Layer) -> str:
    return "?" if layer.units < 0 else str(layer.units)
