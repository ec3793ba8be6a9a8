"""The functions that draw. Every field of a request is a keyword: see fields()."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from typing import Any

from . import _fields, _phosphene
from ._network import Network
from ._objective import Objective
from ._phosphene import RequestField, RunReport, Session
from ._result import Result
from ._session import default_session
from ._stream import Progress, Stream

Unit = str | int | Objective
Units = Unit | Iterable[Unit] | None
Seeds = int | str | Iterable[int]


def load(model: str | os.PathLike[str], preprocess: str | None = None, labels: str | os.PathLike[str] | None = None,
         session: Session | None = None, **fields: Any) -> Network:
    """The network of a file, FILE.onnx or FILE.prototxt:FILE.caffemodel, or an embedded one: "tin200".

    preprocess: "caffe", "keras", "torchvision", "tf", "none", and words that override the name, as "bgr range=0..1 size=227x227"; None: what
    the file says. labels: a text file with one label a line. More fields: output, fix, input_size, random_weights, shuffle.
    Error for a file that is missing, damaged or not understood.
    """
    return Network(model, session, preprocess=preprocess, labels=labels, **fields)


def render(net: Network | str, units: Units = None, prior: str | os.PathLike[str] = "builtin", seeds: Seeds = 1, steps: int | None = None,
           progress: Progress = False, data: str | os.PathLike[str] | None = None, **fields: Any) -> Result:
    """Draws what units want to see.

    units: "layer:unit", "layer:3,17-20", "layer:all", a weighted sum "layer:3*0.5+7", an Objective as channel("layer", 3) - channel("other", 7),
    or a list of such: they are drawn as one batch.
    seeds: a number N is the seeds 0 to N - 1; a text or a list names them. Other fields by name, as fields() lists them: rule="momentum",
    views="scale=0.9..1.1", batch=8 ... The same request gives the same bits, also by `phosphene synth`.
    data: a folder of real pictures, with which each picture is compared: `verdict` of the result.
    Error for what is not there or does not fit. A job that fails is in `errors` of the result.
    """
    net, request = _request(net, units, prior, seeds, steps, fields)
    plan = _phosphene.plan(net.session, request)
    result = _collected(Stream(net.session, plan, progress))
    if data is not None:
        result.verdict = _phosphene.verdicts(net.session, plan, [picture.units for picture in result], os.fspath(data))
    return result


def stream(net: Network | str, units: Units = None, prior: str | os.PathLike[str] = "builtin", seeds: Seeds = 1, steps: int | None = None,
           progress: Progress = False, **fields: Any) -> Stream:
    """As render(), but pictures come one by one, as soon as they are done. Ctrl-C ends the run cleanly."""
    net, request = _request(net, units, prior, seeds, steps, fields)
    return Stream(net.session, _phosphene.plan(net.session, request), progress)


def render_into(folder: str | os.PathLike[str], net: Network | str, units: Units = None, prior: str | os.PathLike[str] = "builtin",
                seeds: Seeds = 1, steps: int | None = None, progress: Progress = False, **fields: Any) -> RunReport:
    """As `phosphene synth --out FOLDER`: pictures, page, results.json. On a folder that the same request began it goes on where that ended.

    Error where the folder holds pictures of another request.
    """
    net, request = _request(net, units, prior, seeds, steps, fields)
    return Stream(net.session, _phosphene.plan_into(net.session, request, folder), progress, os.fspath(folder)).wait()


def replay(recipe: dict[str, Any], session: Session | None = None, progress: Progress = False) -> Result:
    """Draws again what a result's `recipe`, or the content of a results.json, says: the same bits.

    Error where a model, a file or the version of phosphene is another one now.
    """
    session = session or default_session()
    return _collected(Stream(session, _phosphene.plan_again(session, json.dumps(recipe)), progress))


def fields() -> list[RequestField]:
    """Every field of a request: name, option of the command line, help, choices."""
    return _phosphene.Request.fields()


def _request(net: Network | str, units: Units, prior: str | os.PathLike[str], seeds: Seeds, steps: int | None,
             others: dict[str, Any]) -> tuple[Network, _phosphene.Request]:
    net = net if isinstance(net, Network) else load(net)
    asked = {"units": units, "prior": prior, "seeds": _fields.seeds_text(seeds), "steps": steps}
    return net, _fields.request({**net.fields, **asked, **others})


def _collected(pictures: Stream) -> Result:
    return Result(list(pictures), pictures.errors, pictures.recipe)
