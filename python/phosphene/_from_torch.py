"""from_torch: a live PyTorch module becomes a network, by way of an ONNX file."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import logging
import os
import shutil
import tempfile
import warnings
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._error import Error
from ._network import Network
from ._phosphene import Session

if TYPE_CHECKING:
    import torch

_OPSET = 17
_PICTURE = "image"


def from_torch(module: torch.nn.Module, example: torch.Tensor | Sequence[torch.Tensor], preprocess: str | None = None,
               labels: str | os.PathLike[str] | None = None, file: str | os.PathLike[str] | None = None, session: Session | None = None,
               **fields: Any) -> Network:
    """The network of a PyTorch module, exported to ONNX in inference mode. The module itself stays as it is.

    example: a picture as the module takes it, [n, 1 or 3, h, w]; or all inputs of the module, the picture first. The picture's size is the
    example's; inputs after the first are then given by fix="NAME=VALUE", under the names that they have in forward().
    preprocess, labels: as load() takes them. None: what the module's `pretrained_cfg` says (timm), else an assumption, with a warning:
    "torchvision" for three channels, "grey range=0..1" for one.
    file: where to keep the ONNX file; None: a temporary one, which goes with the network.

    Layers are named by the path of their module: net.layers["layer4.1.conv2"]. The exporter that traces comes first; where it fails, the one
    of torch.export, if the package onnxscript is there. Error where the module cannot be exported, with what each exporter said.
    """
    torch = _torch()
    examples = (example,) if isinstance(example, torch.Tensor) else tuple(example) if isinstance(example, (tuple, list)) else ()
    name = type(module).__name__
    if not isinstance(module, torch.nn.Module):
        raise _error(name, "it is no torch.nn.Module", "give the module itself")
    if not examples or not all(isinstance(each, torch.Tensor) for each in examples):
        raise _error(name, "the example is no tensor", "give a picture [n, 1 or 3, h, w], or a tuple of all inputs")
    if examples[0].ndim != 4 or examples[0].shape[1] not in (1, 3):
        raise _error(name, f"the example has the shape {list(examples[0].shape)}", "give a picture [n, 1 or 3, h, w]")
    folder = None if file else tempfile.mkdtemp(prefix="phosphene-")
    try:
        path = Path(file) if file else Path(str(folder)) / f"{name}.onnx"
        _export(torch, module, examples, path)
        words = preprocess or _preprocess_of(module)
        net = Network(path, session, preprocess=words or _assumed(name, examples[0].shape[1]), labels=labels, **fields)
    except BaseException:
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
        raise
    net.preprocess_known = words is not None
    if folder:
        weakref.finalize(net, shutil.rmtree, folder, ignore_errors=True)
    return net


def _torch() -> Any:
    try:
        import torch
    except ImportError as error:
        raise _error("from_torch", f"PyTorch is not there ({error})", "pip install torch") from error
    return torch


def _export(torch: Any, module: torch.nn.Module, examples: tuple[torch.Tensor, ...], path: Path) -> None:
    name = type(module).__name__
    if len(examples) == 1 and examples[0].shape[0] == 1:
        examples = (torch.cat([examples[0], examples[0]]),)  # a batch of one could become a constant
    inputs = [_PICTURE, *_later_inputs(module, len(examples))]
    modes = {each: each.training for each in module.modules()}
    said = []
    try:
        module.eval()
        for title, export in _exporters(torch):
            try:
                with warnings.catch_warnings(), torch.no_grad():
                    warnings.simplefilter("ignore", DeprecationWarning)
                    warnings.simplefilter("ignore", FutureWarning)
                    export(module, examples, path, inputs)
                return
            except Exception as error:  # exporters raise whatever the module raises
                reason = error.__cause__ or error  # torch.export wraps it in pages of advice
                lines = str(reason).strip().splitlines()
                said.append(f"{title}: {type(reason).__name__}: {lines[0].strip() if lines else ''}")
    finally:
        for each, training in modes.items():
            each.training = training
    raise _error(name, f"PyTorch cannot export it ({'; '.join(said)})",
                 "give an example that module(example) takes; replace what ONNX does not have; or export a part of the module")


def _exporters(torch: Any) -> list[tuple[str, Callable[[Any, tuple[Any, ...], Path, list[str]], None]]]:
    both = "dynamo" in inspect.signature(torch.onnx.export).parameters

    def trace(module: Any, examples: tuple[Any, ...], path: Path, inputs: list[str]) -> None:
        more = {"dynamo": False} if both else {}
        torch.onnx.export(module, examples, str(path), opset_version=_OPSET, input_names=inputs, dynamic_axes={_PICTURE: {0: "batch"}}, **more)

    def dynamo(module: Any, examples: tuple[Any, ...], path: Path, inputs: list[str]) -> None:
        batch = ({0: torch.export.Dim("batch")}, *(None for _ in examples[1:]))
        # Optimised, a convolution would swallow the normalisation behind it, and its name with it.
        program = torch.onnx.export(module, examples, dynamo=True, input_names=inputs, dynamic_shapes=batch, optimize=False, verbose=False)
        _name_by_modules(program.model)
        program.save(str(path), external_data=False)

    return [("tracing", trace), *([("torch.export", dynamo)] if both and importlib.util.find_spec("onnxscript") else [])]


def _name_by_modules(model: Any) -> None:
    """Nodes and values get the path of their module, as the tracing exporter names them: "/layer4/1/conv2/Conv", "/layer4/1/conv2/Conv_output_0"."""
    outputs = {value.name for value in model.graph.outputs}
    counts: dict[str, int] = {}
    for node in model.graph:
        path = _path_of(node.metadata_props.get("pkg.torch.onnx.name_scopes") or "[]")
        if not path:
            continue
        stem = f"/{path}/{node.op_type}"
        counts[stem] = counts.get(stem, -1) + 1
        node.name = f"{stem}_{counts[stem]}" if counts[stem] else stem
        for number, value in enumerate(node.outputs):
            if value.name and value.name not in outputs:
                value.name = f"{node.name}_output_{number}"


def _path_of(scopes: str) -> str:
    """"['', 'layer4', 'layer4.1', 'layer4.1.conv2', 'conv2d_19']" -> "layer4/1/conv2"; the last one is the node's own."""
    names = ast.literal_eval(scopes)
    return str(names[-2]).replace(".", "/") if len(names) > 1 else ""


def _later_inputs(module: torch.nn.Module, count: int) -> list[str]:
    names = [name for name, parameter in inspect.signature(module.forward).parameters.items()
             if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)]
    return [names[i] if i < len(names) and names[i] != _PICTURE else f"input{i}" for i in range(1, count)]


def _preprocess_of(module: torch.nn.Module) -> str | None:
    """What timm writes into its models: mean and deviation of pixels from 0 to 1."""
    said = getattr(module, "pretrained_cfg", None) or {}
    if not isinstance(said, dict) or not said.get("mean") or not said.get("std"):
        return None
    mean, std = (",".join(str(number) for number in said[key]) for key in ("mean", "std"))
    return f"{'grey' if len(said['mean']) == 1 else 'rgb'} range=0..1 mean={mean} std={std}"


def _assumed(name: str, channels: int) -> str:
    words = "torchvision" if channels == 3 else "grey range=0..1"
    logging.getLogger("phosphene").warning(
        '%s: how pixels become its input is not known; assumed is "%s"; give preprocess= where it was trained otherwise', name, words)
    return words


def _error(where: str, what: str, todo: str) -> Error:
    return Error(f"{where} > {what}; {todo}", where, what, todo)
