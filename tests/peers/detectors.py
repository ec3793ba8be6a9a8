#!/usr/bin/env python3
"""Detectors and segmenters: hidden units of each are drawn, whatever phosphene cannot compute behind them.

    tests/peers/detectors.py PROGRAM [NAMES]

torchvision's SSDlite, Faster R-CNN, DeepLab and LR-ASPP, and a head as YOLO's with non-maximum suppression inside; random weights,
exported by PyTorch's tracing exporter. Layers that a file names are compared with onnxruntime, where they depend on the picture alone.
Needs torch, torchvision, onnx and onnxruntime (tests/peers/run.sh installs them).
"""
import sys

import numpy

import peer

SIDE = 224


def yolo():
    """Three scales of boxes on a small backbone; the best boxes by torchvision's nms."""
    import torch
    import torchvision
    from torch import nn

    def block(c_in, c_out):
        return nn.Sequential(nn.Conv2d(c_in, c_out, 3, 2, 1, bias=False), nn.BatchNorm2d(c_out), nn.SiLU())

    class Yolo(nn.Module):

        def __init__(self, classes=5):
            super().__init__()
            self.stem = nn.Sequential(block(3, 16), block(16, 32))
            self.deep = nn.ModuleList([block(32, 64), block(64, 96), block(96, 128)])
            self.heads = nn.ModuleList([nn.Conv2d(c, 5 + classes, 1) for c in (64, 96, 128)])

        def forward(self, image):
            x, found = self.stem(image), []
            for deep, head in zip(self.deep, self.heads):
                x = deep(x)
                raw = head(x)
                n, c, h, w = raw.shape
                y, z = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
                grid = torch.stack((z, y), 2).reshape(1, h * w, 2).to(raw.dtype)
                flat = raw.reshape(n, c, h * w).permute(0, 2, 1).sigmoid()
                centre, size = (flat[..., :2] * 2 - 0.5 + grid) * (SIDE / w), (flat[..., 2:4] * 2)**2 * 40
                found.append(torch.cat((centre - size / 2, centre + size / 2, flat[..., 4:5] * flat[..., 5:]), 2))
            all_boxes = torch.cat(found, 1)
            boxes, scores = all_boxes[0, :, :4], all_boxes[0, :, 4:].amax(1)
            kept = torchvision.ops.nms(boxes, scores, 0.5)
            return boxes[kept], scores[kept]

    return Yolo()


NETWORKS = {
    "SSD": lambda tv: tv.detection.ssdlite320_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=5),
    "Faster R-CNN": lambda tv: tv.detection.fasterrcnn_mobilenet_v3_large_320_fpn(weights=None, weights_backbone=None, num_classes=5),
    "DeepLab": lambda tv: tv.segmentation.deeplabv3_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=5),
    "LR-ASPP": lambda tv: tv.segmentation.lraspp_mobilenet_v3_large(weights=None, weights_backbone=None, num_classes=5),
    "YOLO": lambda tv: yolo(),
}


def judge(program, name, work):
    import onnx
    import torch
    import torchvision
    torch.set_num_threads(1)
    torch.manual_seed(len(name))
    network = NETWORKS[name](torchvision.models).eval()
    detects = name in ("SSD", "Faster R-CNN")
    picture = torch.rand(1, 3, SIDE, SIDE)
    file = f"{work}/net.onnx"
    torch.onnx.export(network, ([picture[0]],) if detects else (picture,), file, dynamo=False, opset_version=17)
    layers = peer.layers_of(program, file)
    if isinstance(layers, str):
        return {"problem": layers}
    hidden = [layers[len(layers) // 5], layers[len(layers) // 2]]
    for layer in hidden:
        problem = peer.draw(program, file, layer, work)
        if problem:
            return {"problem": f"{layer}: {problem}"}
    model = onnx.load(file)
    entry = model.graph.input[0].name
    del model.graph.output[:]
    model.graph.output.extend(onnx.ValueInfoProto(name=layer) for layer in hidden)
    onnx.save(model, f"{work}/hidden.onnx")
    x = picture[0].numpy() if detects else picture.numpy()
    wanted = peer.session_of(f"{work}/hidden.onnx").run(None, {entry: x})
    arrays = peer.run_phosphene(program, file, work, {entry: x}, values=hidden)
    if isinstance(arrays, str):
        return {"problem": arrays}
    # Files carry names with other characters replaced; sizes tell the two apart where needed.
    errors = [min(peer.relative_error(array, value) for array in arrays.values()) for value in wanted]
    return {"error": max(errors), "note": f"{len(layers)} layers; drawn: {', '.join(hidden)}"}


if __name__ == "__main__":
    sys.exit(peer.survey(__doc__, list(NETWORKS), judge))
