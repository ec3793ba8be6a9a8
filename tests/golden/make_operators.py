#!/usr/bin/env python3
"""Writes tests/golden/operators/operators.json: operators as PyTorch computes them, in float64, with their gradients.

Each entry: name, op, attributes, inputs (shape, values, wanted: whether `gradients` has its gradient; null for an absent one), outputs, seeds
(dL/d(output)), gradients (one an input, null where not wanted). Run with python3-torch 1.13 or newer.
"""
import json
import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(20161)
torch.set_default_dtype(torch.float64)
ENTRIES = []


def rand(*shape, low=-1.0, high=1.0):
    # Rounded first, so that the file and PyTorch see the same numbers; distinct enough that no maximum is tied.
    values = torch.rand(*shape) * (high - low) + low
    return torch.round(values * 1e5) / 1e5


def constant(values):
    return ("constant", torch.tensor(values, dtype=torch.float64))


def numbers(tensor):
    return [float("%.6g" % v) for v in tensor.detach().reshape(-1).tolist()]


def entry(name, op, attributes, inputs, function):
    """function(*tensors) -> tensor or tuple; tuples ("constant", t) among the inputs are not given to it."""
    free = [x.clone().requires_grad_() for x in inputs if isinstance(x, torch.Tensor)]
    outputs = function(*free)
    outputs = outputs if isinstance(outputs, (tuple, list)) else (outputs,)
    seeds = [rand(*o.shape) for o in outputs]
    gradients = iter(torch.autograd.grad(sum((s * o).sum() for s, o in zip(seeds, outputs)), free))
    record = {"name": name, "op": op, "attributes": attributes, "inputs": [], "gradients": []}
    for x in inputs:
        if x is None:
            record["inputs"].append(None)
            record["gradients"].append(None)
            continue
        wanted = isinstance(x, torch.Tensor)
        tensor = x if wanted else x[1]
        record["inputs"].append({"shape": list(tensor.shape), "values": numbers(tensor)})
        record["gradients"].append(numbers(next(gradients)) if wanted else None)
    record["outputs"] = [{"shape": list(o.shape), "values": numbers(o)} for o in outputs]
    record["seeds"] = [numbers(s) for s in seeds]
    ENTRIES.append(record)


def convolutions():
    x = rand(2, 4, 6, 5)
    for name, w, stride, pad, dilation, group in [
        ("plain", rand(3, 4, 3, 3), (1, 1), (0, 0), (1, 1), 1),
        ("strided", rand(3, 4, 3, 2), (2, 1), (1, 2), (1, 1), 1),
        ("dilated", rand(3, 4, 2, 3), (1, 2), (2, 1), (3, 2), 1),
        ("grouped", rand(6, 2, 3, 3), (2, 2), (1, 1), (1, 1), 2),
        ("depthwise", rand(4, 1, 3, 3), (1, 1), (1, 1), (1, 1), 4),
    ]:
        attributes = {"strides": stride, "pads": pad + pad, "dilations": dilation, "group": group}
        entry("conv_" + name, "Conv", attributes, [x, w, rand(w.shape[0])],
              lambda a, b, c: F.conv2d(a, b, c, stride, pad, dilation, group))
    x = rand(2, 4, 4, 3)
    for name, w, stride, pad, extra, dilation, group in [
        ("plain", rand(4, 3, 3, 3), (1, 1), (0, 0), (0, 0), (1, 1), 1),
        ("upsampling", rand(4, 2, 4, 4), (2, 2), (1, 1), (0, 0), (1, 1), 1),
        ("output_padding", rand(4, 2, 3, 3), (2, 3), (1, 0), (1, 2), (1, 1), 1),
        ("grouped", rand(4, 2, 3, 2), (2, 1), (0, 1), (0, 0), (1, 2), 2),
    ]:
        attributes = {"strides": stride, "pads": pad + pad, "dilations": dilation, "group": group, "output_padding": extra}
        entry("conv_transpose_" + name, "ConvTranspose", attributes, [x, w, rand(w.shape[1] * group)],
              lambda a, b, c: F.conv_transpose2d(a, b, c, stride, pad, extra, group, dilation))


def pools():
    x = rand(1, 2, 7, 8)
    for name, kernel, stride, pad, ceil in [
        ("2x2", (2, 2), (2, 2), (0, 0), False),
        ("padded", (3, 3), (2, 2), (1, 1), False),
        ("uneven", (3, 2), (1, 3), (1, 0), False),
        ("ceil", (3, 3), (2, 2), (0, 0), True),
        ("ceil_padded", (3, 3), (2, 3), (1, 1), True),
    ]:
        attributes = {"kernel_shape": kernel, "strides": stride, "pads": pad + pad, "ceil_mode": int(ceil)}
        entry("max_pool_" + name, "MaxPool", attributes, [x], lambda a: F.max_pool2d(a, kernel, stride, pad, ceil_mode=ceil))
        for include in (False, True):
            entry("average_pool_%s_%s" % (name, "counted" if include else "not_counted"), "AveragePool",
                  dict(attributes, count_include_pad=int(include)), [x], lambda a: F.avg_pool2d(a, kernel, stride, pad, ceil, include))
    entry("global_average_pool", "GlobalAveragePool", {}, [x], lambda a: F.adaptive_avg_pool2d(a, 1))
    entry("global_max_pool", "GlobalMaxPool", {}, [x], lambda a: F.adaptive_max_pool2d(a, 1))


def products():
    entry("gemm", "Gemm", {"transB": 1, "alpha": 0.5, "beta": 2.0}, [rand(3, 5), rand(4, 5), rand(4)], lambda a, b, c: 0.5 * a @ b.T + 2 * c)
    entry("gemm_transposed", "Gemm", {"transA": 1}, [rand(5, 3), rand(5, 4), rand(3, 1)], lambda a, b, c: a.T @ b + c)
    entry("matmul", "MatMul", {}, [rand(2, 1, 3, 4), rand(5, 4, 2)], torch.matmul)
    entry("matmul_vector", "MatMul", {}, [rand(2, 3, 4), rand(4)], torch.matmul)


def normalisations():
    x, scale, bias, mean, var = rand(3, 4, 3, 2), rand(4), rand(4), rand(4), rand(4, low=0.5, high=2)
    entry("batch_norm", "BatchNormalization", {"epsilon": 1e-3}, [x, scale, bias, mean, var],
          lambda a, s, b, m, v: (a - m[:, None, None]) / torch.sqrt(v[:, None, None] + 1e-3) * s[:, None, None] + b[:, None, None])
    # Running statistics are left out: PyTorch keeps the unbiased variance, ONNX the population's.
    entry("batch_norm_training", "BatchNormalization", {"epsilon": 1e-3, "training_mode": 1},
          [x, scale, bias, ("constant", mean), ("constant", var)], lambda a, s, b: F.batch_norm(a, None, None, s, b, True, 0, 1e-3))
    y = rand(2, 7, 3, 3)
    # PyTorch's window of an even size leans the other way, so only odd sizes are compared.
    entry("lrn", "LRN", {"size": 5, "alpha": 0.5, "beta": 0.75, "bias": 2.0}, [y], lambda a: F.local_response_norm(a, 5, 0.5, 0.75, 2.0))
    entry("softmax", "Softmax", {"axis": 1}, [3 * y], lambda a: F.softmax(a, 1))
    entry("log_softmax", "LogSoftmax", {"axis": -1}, [3 * y], lambda a: F.log_softmax(a, -1))


def elementwise():
    x, p = rand(2, 3, 5, low=-3, high=3), rand(2, 3, 5, low=0.3, high=3)
    for op, f in [("Relu", F.relu), ("Sigmoid", torch.sigmoid), ("Tanh", torch.tanh), ("Softplus", lambda a: F.softplus(a, threshold=100)),
                  ("Exp", torch.exp), ("Abs", torch.abs), ("Neg", torch.neg), ("Erf", torch.erf), ("Identity", lambda a: a * 1)]:
        entry(op.lower(), op, {}, [x], f)
    for op, f in [("Log", torch.log), ("Sqrt", torch.sqrt), ("Reciprocal", torch.reciprocal)]:
        entry(op.lower(), op, {}, [p], f)
    entry("leaky_relu", "LeakyRelu", {"alpha": 0.25}, [x], lambda a: F.leaky_relu(a, 0.25))
    entry("clip", "Clip", {}, [x, constant(-0.5), constant(1.25)], lambda a: torch.clamp(a, -0.5, 1.25))
    a, b = rand(2, 3, 1, 4, low=0.5, high=2), rand(3, 5, 1, low=0.5, high=2)
    for op, f in [("Add", torch.add), ("Sub", torch.sub), ("Mul", torch.mul), ("Div", torch.div), ("Pow", torch.pow), ("Min", torch.minimum),
                  ("Max", torch.maximum)]:
        entry(op.lower(), op, {}, [a, b], f)


def movements():
    x = rand(2, 3, 4, 5)
    entry("concat", "Concat", {"axis": 2}, [rand(2, 3, 2), rand(2, 3, 4)], lambda a, b: torch.cat([a, b], 2))
    entry("split", "Split", {"axis": 1}, [x, constant([1, 2])], lambda a: torch.split(a, [1, 2], 1))
    entry("slice", "Slice", {}, [x, constant([1, -4]), constant([4, 1000]), constant([2, 3]), constant([1, 2])], lambda a: a[:, :, 1:4, -4::2])
    entry("slice_reversed", "Slice", {}, [x, constant([-1]), constant([-1000]), constant([1]), constant([-1])], lambda a: torch.flip(a, [1]))
    entry("pad", "Pad", {}, [x, constant([0, 0, 1, 2, 0, 0, 3, 0]), constant(0.5)], lambda a: F.pad(a, (2, 0, 1, 3), value=0.5))
    entry("pad_reflect", "Pad", {"mode": "reflect"}, [x, constant([0, 0, 1, 2, 0, 0, 3, 1])], lambda a: F.pad(a, (2, 1, 1, 3), "reflect"))
    entry("pad_edge", "Pad", {"mode": "edge"}, [x, constant([0, 0, 1, 2, 0, 0, 3, 1])], lambda a: F.pad(a, (2, 1, 1, 3), "replicate"))
    entry("transpose", "Transpose", {"perm": [2, 0, 3, 1]}, [x], lambda a: a.permute(2, 0, 3, 1))
    entry("flatten", "Flatten", {"axis": 1}, [x], lambda a: a.flatten(1))
    entry("reshape", "Reshape", {}, [x, constant([0, -1, 10])], lambda a: a.reshape(2, -1, 10))
    entry("gather", "Gather", {"axis": 1}, [x, constant([2, 0, 2])], lambda a: a[:, [2, 0, 2]])
    entry("expand", "Expand", {}, [rand(2, 1, 4), constant([2, 3, 4])], lambda a: a.expand(2, 3, 4))


def reductions():
    x = rand(2, 3, 4, 5)
    entry("reduce_sum", "ReduceSum", {"keepdims": 0}, [x, constant([1, 3])], lambda a: a.sum((1, 3)))
    entry("reduce_mean", "ReduceMean", {"axes": [2, 3]}, [x], lambda a: a.mean((2, 3), keepdim=True))
    entry("reduce_max", "ReduceMax", {"axes": [1]}, [x], lambda a: a.amax(1, keepdim=True))
    entry("reduce_min", "ReduceMin", {"axes": [1, 2]}, [x], lambda a: a.amin((1, 2), keepdim=True))
    entry("reduce_prod", "ReduceProd", {"axes": [-1], "keepdims": 0}, [x], lambda a: a.prod(-1))
    entry("reduce_l2", "ReduceL2", {"axes": [1]}, [x], lambda a: a.norm(dim=1, keepdim=True))


def resizes():
    x = rand(2, 2, 4, 5)
    sizes = constant([2, 2, 7, 11])
    entry("resize_linear", "Resize", {"mode": "linear"}, [x, None, None, sizes], lambda a: F.interpolate(a, (7, 11), mode="bilinear"))
    entry("resize_linear_shrunk", "Resize", {"mode": "linear", "coordinate_transformation_mode": "pytorch_half_pixel"},
          [x, None, None, constant([2, 2, 3, 2])], lambda a: F.interpolate(a, (3, 2), mode="bilinear"))
    entry("resize_linear_corners", "Resize", {"mode": "linear", "coordinate_transformation_mode": "align_corners"}, [x, None, None, sizes],
          lambda a: F.interpolate(a, (7, 11), mode="bilinear", align_corners=True))
    entry("resize_nearest", "Resize", {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"},
          [x, None, None, sizes], lambda a: F.interpolate(a, (7, 11), mode="nearest"))
    entry("resize_nearest_doubled", "Resize", {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"},
          [x, None, constant([1.0, 1.0, 2.0, 3.0])], lambda a: F.interpolate(a, scale_factor=(2, 3), mode="nearest"))
    entry("resize_nearest_centres", "Resize", {"mode": "nearest"}, [x, None, None, constant([2, 2, 8, 11])],
          lambda a: F.interpolate(a, (8, 11), mode="nearest-exact"))
    entry("resize_cubic", "Resize", {"mode": "cubic"}, [x, None, None, sizes], lambda a: F.interpolate(a, (7, 11), mode="bicubic"))


for make in (convolutions, pools, products, normalisations, elementwise, movements, reductions, resizes):
    make()
target = pathlib.Path(__file__).parent / "operators" / "operators.json"
target.parent.mkdir(exist_ok=True)
target.write_text("[\n" + ",\n".join(json.dumps(e, separators=(",", ":")) for e in ENTRIES) + "\n]\n")
print(len(ENTRIES), "entries,", target.stat().st_size, "bytes")
