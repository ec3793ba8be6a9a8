"""Objective: what one picture raises, a weighted sum of units of one or more layers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from ._error import Error
from ._phosphene import Layer


class Objective:
    """F = sum of weight * activation, over units. Objectives add, subtract, and take factors; render() takes one wherever it takes a text.

    str() is the text that a request has: "conv4:17+3*-0.5". Where a convolutional unit sits is the request's field `at`: "center", "mean"
    over the map, "3,4".
    """

    def __init__(self, terms: Mapping[tuple[str, int], float]) -> None:
        self.terms = dict(terms)  #: weight by (layer, unit)

    def __add__(self, other: Objective) -> Objective:
        if not isinstance(other, Objective):
            return NotImplemented
        terms = dict(self.terms)
        for unit, weight in other.terms.items():
            terms[unit] = terms.get(unit, 0.0) + weight
        return Objective(terms)

    def __radd__(self, other: int) -> Objective:  # what sum() begins with
        return self if other == 0 else NotImplemented

    def __sub__(self, other: Objective) -> Objective:
        return self + -1 * other if isinstance(other, Objective) else NotImplemented

    def __mul__(self, factor: float) -> Objective:
        if isinstance(factor, Objective):
            return NotImplemented
        return Objective({unit: float(weight * factor) for unit, weight in self.terms.items()})

    __rmul__ = __mul__

    def __truediv__(self, divisor: float) -> Objective:
        return self * (1 / divisor)

    def __neg__(self) -> Objective:
        return self * -1

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Objective) and self.terms == other.terms

    def __hash__(self) -> int:
        return hash(frozenset(self.terms.items()))

    def __str__(self) -> str:
        text, before = [], None
        for (layer, unit), weight in self.terms.items():
            text.append(("" if layer == before else f"{layer}:") + str(unit) + ("" if weight == 1 else f"*{weight!r}"))
            before = layer
        return "+".join(text)

    def __repr__(self) -> str:
        text = str(self)
        return f"Objective({text if len(text) < 80 else f'{len(self.terms)} units, {text[:60]}...'})"


def channel(layer: str | Layer, unit: int) -> Objective:
    """Unit `unit` of a layer: channel("conv4", 17) - 0.5 * channel("conv4", 3). Layers are named as everywhere, also by a module's path."""
    return Objective({(layer if isinstance(layer, str) else layer.name, int(unit)): 1.0})


def direction(layer: str | Layer, vector: ArrayLike) -> Objective:
    """The direction `vector` [units] in the space of a layer's units: F = sum of vector[u] * activation[u]. Error for a vector without numbers."""
    name = layer if isinstance(layer, str) else layer.name
    weights = np.asarray(vector, dtype=np.float64)
    if weights.ndim != 1 or not np.isfinite(weights).all() or not weights.any():
        what, todo = f"an array of shape {list(weights.shape)} is no direction", "give one finite number for each unit, not all of them 0"
        raise Error(f"layer {name} > {what}; {todo}", f"layer {name}", what, todo)
    return Objective({(name, int(unit)): float(weights[unit]) for unit in np.flatnonzero(weights)})
