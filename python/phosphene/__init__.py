"""phosphene draws what the neurons of an image network want to see.

    import phosphene as ph
    net = ph.load("tin200")
    result = ph.render(net, "fc8:34")
    result.images, result.activations, result.ranks
"""

from typing import Any

from . import _load  # noqa: F401  first: it loads the compiled module
from ._atlas import Atlas, Units
from ._error import Error
from ._evolve import Evolution, evolve, optimizers
from ._from_torch import from_torch
from ._network import Layers, Network
from ._objective import Objective, channel, direction
from ._phosphene import (AtlasExample, AtlasLayer, AtlasNeighbour, AtlasPicture, AtlasUnit, Layer, RequestField, RunProgress, RunReport, Session,
                         UnitOutcome, Verdict, version)
from ._prior import Prior, prior
from ._render import fields, load, render, render_into, replay, stream
from ._result import Failure, Picture, Result
from ._stream import Stream
from ._wall import Wall, wall

__version__ = version().split()[0]
__all__ = ["Atlas", "AtlasExample", "AtlasLayer", "AtlasNeighbour", "AtlasPicture", "AtlasUnit", "Error", "Evolution", "Failure", "Layer",
           "Layers", "Network", "Objective", "Picture", "Prior", "RequestField", "Result", "RunProgress", "RunReport", "Session",
           "Stream", "UnitOutcome", "Units", "Verdict", "Wall", "channel", "direction", "evolve", "fields", "from_torch", "load",
           "optimizers", "prior", "render", "render_into", "replay", "stream", "version", "wall"]


def __getattr__(name: str) -> Any:
    """phosphene.torch is imported when it is used, so that phosphene does not import PyTorch."""
    if name != "torch":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return importlib.import_module(".torch", __name__)
