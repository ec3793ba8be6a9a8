#!/usr/bin/env python3
"""Networks quantised by onnxruntime's tools, as QDQ and as QLinear operators, in phosphene and onnxruntime.

    tests/peers/quantized_networks.py PROGRAM [CASES]

onnxruntime computes a QDQ file in integers, or in floats when it optimises nothing. How far these two are apart is its own rounding;
phosphene must be no further from the integers than that, or than two steps of the output's scale. Needs onnx and onnxruntime; the cases of
mobilenet also torch and torchvision.
"""
import pathlib
import sys

import numpy

import peer

CASES = ["tin200/qdq", "tin200/qlinear", "mobilenet/qdq", "mobilenet/qlinear"]
PICTURES = 8


def network_of(name, work):
    """A float file with an open batch, and pictures [n, 3, h, w] as it wants them."""
    random = numpy.random.default_rng(0)
    if name == "tin200":
        smooth = random.normal(0, 1, (PICTURES, 3, 8, 8)).repeat(8, 2).repeat(8, 3)
        return pathlib.Path(__file__).resolve().parents[2] / "models/tin200.onnx", smooth.astype(numpy.float32)
    import torch
    import torchvision
    torch.manual_seed(0)
    network = peer.randomise(torchvision.models.mobilenet_v2(weights=None), torch.randn(2, 3, 224, 224))
    file = f"{work}/float.onnx"
    torch.onnx.export(network, (torch.randn(2, 3, 224, 224),), file, dynamo=False, opset_version=17, input_names=["image"],
                      output_names=["scores"], dynamic_axes={"image": {0: "batch"}, "scores": {0: "batch"}})
    return file, random.normal(0, 1, (PICTURES, 3, 224, 224)).astype(numpy.float32)


def judge(program, case, work):
    import onnxruntime
    from onnxruntime import quantization
    from onnxruntime.quantization import shape_inference
    name, form = case.split("/")
    file, pictures = network_of(name, work)
    prepared, quantised = f"{work}/prepared.onnx", f"{work}/quantised.onnx"
    shape_inference.quant_pre_process(str(file), prepared, skip_symbolic_shape=True)
    entry = peer.session_of(prepared).get_inputs()[0].name

    class Pictures(quantization.CalibrationDataReader):
        left = [pictures[i:i + 1] for i in range(PICTURES)]

        def get_next(self):
            return {entry: self.left.pop()} if self.left else None

    formats = {"qdq": quantization.QuantFormat.QDQ, "qlinear": quantization.QuantFormat.QOperator}
    quantization.quantize_static(prepared, quantised, Pictures(), quant_format=formats[form], per_channel=True,
                                 activation_type=quantization.QuantType.QUInt8, weight_type=quantization.QuantType.QInt8, reduce_range=True)

    def onnxruntime_says(level):
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = level
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(quantised, options, providers=["CPUExecutionProvider"])
        return session.get_outputs()[0].name, session.run(None, {entry: pictures[:2]})[0]

    output, wanted = onnxruntime_says(onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL)
    _, in_floats = onnxruntime_says(onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL)
    arrays = peer.run_phosphene(program, quantised, work, {entry: pictures[:2]})
    if isinstance(arrays, str):
        return {"problem": arrays}
    values = next(iter(arrays.values()))
    levels = numpy.unique(wanted)
    step = float(numpy.diff(levels).min()) / float(abs(wanted).max())  # outputs are multiples of their scale
    rounding = max(peer.relative_error(in_floats, wanted), 2 * step)
    error = peer.relative_error(values, wanted)
    return {"off": error, "rounding": rounding, "note": f"{output}: {error:.2e} of the largest value, onnxruntime's rounding {rounding:.2e}"}


def within_rounding(result):
    return "problem" not in result and result["off"] <= 1.01 * result["rounding"]


if __name__ == "__main__":
    sys.exit(peer.survey(__doc__, CASES, judge, within_rounding))
