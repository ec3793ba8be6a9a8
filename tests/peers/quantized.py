#!/usr/bin/env python3
"""A MobileNet v2 that onnxruntime's tools quantise, in phosphene and in onnxruntime.

    tests/peers/quantized.py PHOSPHENE [--size 96]

Small, with random weights; each way in which onnxruntime.quantization writes it (QDQ and QLinear operators, signed and unsigned, one scale a tensor and one a channel).
onnxruntime itself gives other numbers with and without its optimisations, since each rounds at other places: that difference is the yardstick. A file passes where
phosphene differs from onnxruntime by no more than that, or by one step of the output's scale. Exit code 0: all pass. Needs pip install onnx onnxruntime."""
import argparse
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

BLOCKS = [(16, 1, 1), (24, 2, 6), (24, 1, 6), (32, 2, 6), (32, 1, 6)]  # channels, stride, expansion


def mobilenet(size, rng):
    nodes, weights, channels = [], [], 16

    def conv(x, cin, cout, k, stride, group, act, name):
        w = rng.normal(0, (2 / (cin // group * k * k))**0.5, (cout, cin // group, k, k)).astype(np.float32)
        weights.extend([numpy_helper.from_array(w, name + ".w"), numpy_helper.from_array(rng.normal(0, 0.1, cout).astype(np.float32), name + ".b")])
        nodes.append(helper.make_node("Conv", [x, name + ".w", name + ".b"], [name], name, kernel_shape=[k, k], strides=[stride] * 2, pads=[k // 2] * 4, group=group))
        if act:
            nodes.append(helper.make_node("Clip", [name, "zero", "six"], [name + ".act"], name + ".act"))
        return name + (".act" if act else "")

    weights.extend([numpy_helper.from_array(np.float32(0), "zero"), numpy_helper.from_array(np.float32(6), "six")])
    x = conv("x", 3, channels, 3, 2, 1, True, "stem")
    for i, (out, stride, expansion) in enumerate(BLOCKS):
        wide = channels * expansion
        y = conv(x, channels, wide, 1, 1, 1, True, f"b{i}.expand") if expansion > 1 else x
        y = conv(y, wide, wide, 3, stride, wide, True, f"b{i}.depth")
        y = conv(y, wide, out, 1, 1, 1, False, f"b{i}.project")
        if stride == 1 and out == channels:
            nodes.append(helper.make_node("Add", [x, y], [f"b{i}.sum"], f"b{i}.sum"))
            y = f"b{i}.sum"
        x, channels = y, out
    x = conv(x, channels, 64, 1, 1, 1, True, "head")
    nodes.append(helper.make_node("GlobalAveragePool", [x], ["pool"], "pool"))
    nodes.append(helper.make_node("Flatten", ["pool"], ["flat"], "flat"))
    weights.extend([numpy_helper.from_array(rng.normal(0, 0.3, (10, 64)).astype(np.float32), "fc.w"), numpy_helper.from_array(np.zeros(10, np.float32), "fc.b")])
    nodes.append(helper.make_node("Gemm", ["flat", "fc.w", "fc.b"], ["y"], "fc", transB=1))
    graph = helper.make_graph(nodes, "mobilenet", [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 3, size, size])],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["N", 10])], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    return model


class Pictures(CalibrationDataReader):
    def __init__(self, pictures):
        self.left = iter(pictures)

    def get_next(self):
        picture = next(self.left, None)
        return None if picture is None else {"x": picture}


def by_onnxruntime(file, x, optimised):
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL if optimised else ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    return ort.InferenceSession(str(file), options, providers=["CPUExecutionProvider"]).run(["y"], {"x": x})[0]


def by_phosphene(program, file, x, folder):
    np.save(folder / "x.npy", x)
    subprocess.run([program, "run", file, "--input", f"x={folder / 'x.npy'}", "--value", "y", "--out", folder / "out", "--threads", "1"], check=True,
                   stdout=subprocess.DEVNULL)
    return np.load(next((folder / "out").glob("*y*.npy")))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--size", type=int, default=96)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="phosphene-quantized-"))
    pictures = [rng.normal(0, 1, (1, 3, options.size, options.size)).astype(np.float32) for _ in range(8)]
    onnx.save(mobilenet(options.size, rng), folder / "float.onnx")
    failed = count = 0
    x = np.concatenate(pictures[:2])
    real = by_onnxruntime(folder / "float.onnx", x, False)
    for form in (QuantFormat.QDQ, QuantFormat.QOperator):
        for activation, weight in ((QuantType.QUInt8, QuantType.QInt8), (QuantType.QUInt8, QuantType.QUInt8), (QuantType.QInt8, QuantType.QInt8)):
            for per_channel in (False, True):
                name = f"{form.name} {activation.name}/{weight.name}{' per channel' if per_channel else ''}"
                file = folder / "quantised.onnx"
                quantize_static(folder / "float.onnx", file, Pictures(pictures), quant_format=form, activation_type=activation, weight_type=weight,
                                per_channel=per_channel)
                plain, fast = by_onnxruntime(file, x, False), by_onnxruntime(file, x, True)
                ours = by_phosphene(options.program, file, x, folder)
                step = float(np.diff(np.unique(plain)).min())
                own, difference = float(np.abs(fast - plain).max()), float(np.abs(ours - plain).max())
                passed = difference <= max(own, step) * 1.01
                count, failed = count + 1, failed + (not passed)
                print(f"{'ok' if passed else 'FAILED':6} {name}: phosphene differs by {difference:.4g}, onnxruntime from itself by {own:.4g}, a step is {step:.4g}, "
                      f"quantising changed {float(np.abs(plain - real).max()):.4g}", flush=True)
    print(f"{count - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
