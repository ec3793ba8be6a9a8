#!/usr/bin/env python3
"""Vision towers of transformers, of random weights and few blocks, in phosphene and onnxruntime; an output and a hidden unit of each is drawn.

    tests/peers/towers.py PROGRAM [NAMES]

Exported by PyTorch's tracing exporter with an open batch. Outputs are held against onnxruntime's, gradients at the input against
PyTorch's, at a batch of 3. Needs torch, transformers, onnx and onnxruntime (tests/peers/run.sh installs them).
"""
import sys

import peer

TOWERS = {
    "CLIP": ("CLIPVisionConfig", "CLIPVisionModel", dict(num_hidden_layers=3)),
    "SigLIP": ("SiglipVisionConfig", "SiglipVisionModel", dict(num_hidden_layers=3)),
    "DINOv2": ("Dinov2Config", "Dinov2Model", dict(num_hidden_layers=3, image_size=224)),
    "ViT-MAE": ("ViTMAEConfig", "ViTMAEModel", dict(num_hidden_layers=3, mask_ratio=0.0)),
    "Swin v2": ("Swinv2Config", "Swinv2Model", dict(depths=[1, 1, 2, 1])),
    "ConvNeXt v2": ("ConvNextV2Config", "ConvNextV2Model", dict(depths=[1, 1, 2, 1], hidden_sizes=[24, 48, 96, 192])),
    "MobileViT": ("MobileViTConfig", "MobileViTModel", dict()),
}


def judge(program, name, work):
    import torch
    import transformers
    torch.set_num_threads(1)
    torch.manual_seed(len(name))
    config_class, model_class, changes = TOWERS[name]
    config = getattr(transformers, config_class)(**changes)
    if hasattr(config, "_attn_implementation"):
        config._attn_implementation = "eager"
    tower = getattr(transformers, model_class)(config)

    class Features(torch.nn.Module):
        """Pooled features, or the mean of all tokens."""

        def __init__(self):
            super().__init__()
            self.tower = tower

        def forward(self, image):
            if name == "ViT-MAE":  # keeps all patches in order instead of a random choice of them
                count = (image.shape[2] // config.patch_size) * (image.shape[3] // config.patch_size)
                order = torch.arange(count, dtype=image.dtype, device=image.device)[None].expand(image.shape[0], count)
                out = self.tower(image, noise=order)
            else:
                out = self.tower(image)
            pooled = getattr(out, "pooler_output", None)
            return pooled.flatten(1) if pooled is not None else out.last_hidden_state.mean(1)

    side = config.image_size if isinstance(config.image_size, int) else config.image_size[0]
    network = peer.randomise(Features(), torch.randn(2, 3, side, side))
    file = f"{work}/net.onnx"
    torch.onnx.export(network, (torch.randn(2, 3, side, side),), file, dynamo=False, opset_version=17, input_names=["image"],
                      output_names=["features"], dynamic_axes={"image": {0: "batch"}, "features": {0: "batch"}})
    x = torch.randn(3, 3, side, side)
    wanted = peer.session_of(file).run(["features"], {"image": x.numpy()})[0]
    x.requires_grad_(True)
    features = network(x)
    seed = torch.zeros_like(features)
    seed[:, 5] = 1
    features.backward(seed)
    arrays = peer.run_phosphene(program, file, work, {"image": x.detach().numpy()}, {"features": seed.numpy()})
    if isinstance(arrays, str):
        return {"problem": arrays}
    result = {"error": peer.relative_error(arrays["features"], wanted), "cosine": peer.cosine(arrays["grad_image"], x.grad.numpy())}
    problem = peer.draw(program, file, "features", work)
    if problem:
        return dict(result, problem=f"features: {problem}")
    layers = peer.layers_of(program, file)
    for hidden in layers[len(layers) // 2:]:
        problem = peer.draw(program, file, hidden, work)
        if not problem:
            return dict(result, note=f"drawn: features, {hidden}")
        if "does not depend on the picture" not in problem:  # as a table of positions
            return dict(result, problem=f"{hidden}: {problem}")


if __name__ == "__main__":
    sys.exit(peer.survey(__doc__, list(TOWERS), judge))
