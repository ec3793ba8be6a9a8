"""phosphene draws what the neurons of an image network want to see.

    import phosphene as ph
    net = ph.load("tin200")
    result = ph.render(net, "fc8:34")
    result.images, result.activations, result.ranks
"""

from ._error import Error
from ._network import Layers, Network
from ._phosphene import Layer, RequestField, RunProgress, RunReport, Session, UnitOutcome, version
from ._prior import Prior, prior
from ._render import fields, load, render, render_into, replay, stream
from ._result import Failure, Picture, Result
from ._stream import Stream

__version__ = version().split()[0]
__all__ = ["Error", "Failure", "Layer", "Layers", "Network", "Picture", "Prior", "RequestField", "Result", "RunProgress", "RunReport", "Session",
           "Stream", "UnitOutcome", "fields", "load", "prior", "render", "render_into", "replay", "stream", "version"]
