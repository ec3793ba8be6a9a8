"""Atlas: the file that `phosphene atlas build` makes of a whole network."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from . import _phosphene
from ._phosphene import AtlasExample, AtlasLayer, AtlasNeighbour, AtlasPicture, AtlasUnit

_FIGURES = ("layer", "unit", "label", "verdict", "activation", "rank", "probability", "percentile", "margin", "path", "judge_rank", "lowest",
            "highest", "mean", "deviation", "active", "top_class", "seed", "colour", "reasons")


class Units(Sequence[AtlasUnit]):
    """Units of an atlas, in order. None: a figure that was not measured."""

    def __init__(self, units: Sequence[AtlasUnit]) -> None:
        self._units = units

    @overload
    def __getitem__(self, index: int) -> AtlasUnit: ...
    @overload
    def __getitem__(self, index: slice) -> Units: ...
    def __getitem__(self, index: int | slice) -> AtlasUnit | Units:
        return Units(self._units[index]) if isinstance(index, slice) else self._units[index]

    def __len__(self) -> int:
        return len(self._units)

    def __iter__(self) -> Iterator[AtlasUnit]:
        return iter(self._units)

    def __repr__(self) -> str:
        return f"{len(self)} units" + "".join(f"\n{unit!r}" for unit in self._units[:20]) + ("\n..." if len(self) > 20 else "")

    def to_pandas(self) -> Any:
        """A pandas.DataFrame with a row a unit and a column a figure. ImportError where pandas is not installed."""
        try:
            import pandas  # type: ignore[import-untyped, import-not-found, unused-ignore]
        except ImportError as error:
            raise ImportError("to_pandas() needs pandas; pip install pandas") from error
        return pandas.DataFrame({name: [getattr(unit, name) for unit in self._units] for name in _FIGURES})


class Atlas:
    """The file of a whole network, to read; docs/atlas-format.md defines every figure. It may grow while it is read.

    Layers go by name, path or id. Error for a file, layer or unit that there is not.
    """

    def __init__(self, file: str | os.PathLike[str]) -> None:
        self.file = os.fspath(file)
        self._atlas = _phosphene.Atlas(self.file)

    @property
    def layers(self) -> list[AtlasLayer]:
        """In the order of the network."""
        return self._atlas.layers()

    @property
    def complete(self) -> bool:
        """Everything is drawn and measured."""
        return self._atlas.complete

    def meta(self, key: str) -> Any:
        """What the file says of its "network", "prior", "labels", "data", "judge" or "plan"; None: nothing."""
        return json.loads(self._atlas.meta(key))

    def units(self, layer: str | None = None) -> Units:
        """All units of a layer; without one, of all layers."""
        names = [one.name for one in self.layers] if layer is None else [layer]
        return Units([unit for name in names for unit in self._atlas.units(name)])

    def unit(self, layer: str, unit: int) -> AtlasUnit:
        """What is known of a unit: label, verdict, reasons, figures. Error for a layer or a unit that the atlas does not have."""
        return self._atlas.unit(layer, unit)

    def pictures(self, layer: str, unit: int) -> list[AtlasPicture]:
        """What was measured of the drawn pictures of a unit, by seed."""
        return self._atlas.pictures(layer, unit)

    def image(self, layer: str, unit: int, seed: int | None = None) -> NDArray[np.uint8]:
        """A drawn picture [h, w, 3]; without a seed, the one that stands for the unit. Error where it is not drawn."""
        chosen = self.unit(layer, unit).seed if seed is None else seed
        return self._atlas.picture(layer, unit, 0 if chosen is None else chosen)

    def examples(self, layer: str, unit: int) -> list[AtlasExample]:
        """Real pictures: the most exciting first, then one from each tenth of the unit's range. Empty without real pictures."""
        return self._atlas.examples(layer, unit)

    def photo(self, example: AtlasExample | int) -> NDArray[np.uint8]:
        """A real picture [h, w, 3] as the network saw it."""
        return self._atlas.photo(example if isinstance(example, int) else example.photo)

    def neighbours(self, layer: str, unit: int) -> list[AtlasNeighbour]:
        """Units that answer alike: those of the same layer first, then those of others, the most alike first."""
        return self._atlas.neighbours(layer, unit)

    def __repr__(self) -> str:
        network = self.meta("network") or {}
        return f"Atlas of {network.get('name', '?')}: " + ", ".join(f"{layer.name} {layer.drawn}/{layer.planned}" for layer in self.layers)
