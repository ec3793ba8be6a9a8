#!/usr/bin/env python3
"""Published generators as priors, exported as docs/priors.md says: their real definitions with random weights.

    tests/peers/generators.py PROGRAM [NAMES]

Of each, a picture is compared with onnxruntime's and the gradient at its code with PyTorch's; then a unit of the embedded classifier is
drawn through it. Needs torch, onnx, onnxruntime, diffusers, pytorch-pretrained-biggan and stylegan2-pytorch (tests/peers/run.sh installs
them).
"""
import json
import pathlib
import subprocess
import sys

import numpy

import peer


def wrapped(forward, *modules):
    import torch

    class Generator(torch.nn.Module):

        def __init__(self):
            super().__init__()
            self.parts = torch.nn.ModuleList(modules)

        def forward(self, *inputs):
            return forward(*inputs)

    return Generator().eval()


# Each gives a module, named inputs of a batch of one, and what --prior-fix holds.
def biggan():
    import torch
    from pytorch_pretrained_biggan import BigGAN, BigGANConfig
    stages = [(False, 16, 16), (True, 16, 16), (False, 16, 16), (True, 16, 8), (False, 8, 8), (True, 8, 4), (False, 4, 4), (True, 4, 2), (False, 2, 2),
              (True, 2, 1)]
    config = dict(output_dim=128, z_dim=128, class_embed_dim=128, channel_width=32, num_classes=1000, layers=stages, attention_layer_position=8, eps=1e-4,
                  n_stats=51)
    gan = BigGAN(BigGANConfig.from_dict(config))

    # Random weights have no statistics yet: spectral norms settle in training mode, each normalisation takes those of 8 codes.
    def measure(norm, inputs):
        norm.running_means[:] = inputs[0].mean((0, 2, 3))
        norm.running_vars[:] = inputs[0].var((0, 2, 3))

    torch.nn.init.ones_(gan.generator.bn.weight)  # the package leaves these as memory was
    torch.nn.init.zeros_(gan.generator.bn.bias)
    with torch.no_grad():
        for _ in range(5):
            gan.generator(torch.randn(8, 256), 0.4)
        hooks = [norm.register_forward_pre_hook(measure) for norm in gan.modules() if hasattr(norm, "running_means")]
        gan.eval().generator(torch.randn(8, 256), 0.4)
    for hook in hooks:
        hook.remove()
    module = wrapped(lambda z, embedding: gan.generator(torch.cat((z, embedding), 1), 0.4), gan)
    return module, {"z": (128,), "embedding": (128,)}, {"embedding": 0.1}


def stylegan2():
    import types
    import torch
    sys.modules.setdefault("aim", types.SimpleNamespace(Run=object, Session=object))  # a tracker of trainings
    torch.cuda.is_available = lambda: True  # it asks at import, for training
    from stylegan2_pytorch.stylegan2_pytorch import Generator, StyleVectorizer
    mapping, synthesis = StyleVectorizer(512, 8, lr_mul=0.1), Generator(128, 512, network_capacity=8, transparent=False)
    module = wrapped(lambda z, noise: synthesis(mapping(z)[:, None].expand(-1, synthesis.num_layers, -1), noise), mapping, synthesis)
    return module, {"z": (512,), "noise": (128, 128, 1)}, {"noise": 0}


def autoencoder():
    from diffusers import AutoencoderKL
    coder = AutoencoderKL(block_out_channels=(32, 64, 64), down_block_types=("DownEncoderBlock2D",) * 3, up_block_types=("UpDecoderBlock2D",) * 3,
                          layers_per_block=1, latent_channels=4, norm_num_groups=8)
    return wrapped(lambda latents: coder.decode(latents / 0.18215).sample, coder), {"latents": (4, 16, 16)}, {}


def vq():
    from diffusers import VQModel
    coder = VQModel(block_out_channels=(32, 64), down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2, layers_per_block=1,
                    latent_channels=4, num_vq_embeddings=64, norm_num_groups=8)
    return wrapped(lambda latents: coder.decode(latents, force_not_quantize=True).sample, coder), {"latents": (4, 32, 32)}, {}


def tiny():
    from diffusers import AutoencoderTiny
    coder = AutoencoderTiny()
    return wrapped(lambda latents: coder.decode(latents).sample, coder), {"latents": (4, 16, 16)}, {}


GENERATORS = {"BigGAN": biggan, "StyleGAN2": stylegan2, "AutoencoderKL": autoencoder, "VQModel": vq, "AutoencoderTiny (TAESD)": tiny}


def judge(program, name, work):
    import torch
    torch.manual_seed(len(name))
    module, shapes, fixed = GENERATORS[name]()
    inputs = [torch.full((1, *shape), float(fixed[key])) if key in fixed else torch.randn(1, *shape) for key, shape in shapes.items()]
    file = f"{work}/generator.onnx"
    # StyleGAN2 makes the weights of its convolutions for each picture: the classic exporter wants their batch to be constant. A grid of
    # latents stays open.
    axes = {} if name == "StyleGAN2" else {key: {0: "n"} for key in (*shapes, "image")}
    if "latents" in shapes:
        axes = {"latents": {0: "n", 2: "h", 3: "w"}, "image": {0: "n", 2: "height", 3: "width"}}
    torch.onnx.export(module, tuple(inputs), file, dynamo=False, opset_version=17, input_names=list(shapes), output_names=["image"], dynamic_axes=axes)
    code = next(iter(shapes))
    leaves = [tensor.requires_grad_(key == code) for key, tensor in zip(shapes, inputs)]
    image = module(*leaves)
    seed = torch.randn(image.shape, generator=torch.Generator().manual_seed(1))
    (image * seed).sum().backward()
    arrays = {key: tensor.detach().numpy() for key, tensor in zip(shapes, inputs)}
    given = {}
    for key, array in arrays.items():  # files of their own: a generator has several
        numpy.save(f"{work}/{key}.npy", array)
        given[key] = f"{work}/{key}.npy"
    numpy.save(f"{work}/seed.npy", seed.numpy())
    out = pathlib.Path(work) / "out"
    run = [program, "run", file, "--out", str(out), "--threads", "1", "--seed", f"image={work}/seed.npy"]
    ran = subprocess.run(run + [word for key, path in given.items() for word in ("--input", f"{key}={path}")], capture_output=True, text=True, timeout=600)
    if ran.returncode != 0:
        return {"problem": ran.stderr.strip().splitlines()[-1]}
    wanted = peer.session_of(file).run(None, arrays)[0]
    drawn = pathlib.Path(work) / "drawn"
    draw = [program, "synth", "tin200", "--layer", "fc8", "--units", "0", "--prior", file, "--prior-preprocess", "tf", "--bounds", "none", "--lr", "0.2", "--steps", "5"]
    draw += ["--prior-input", code] + [word for key, value in fixed.items() for word in ("--prior-fix", f"{key}={value}")]
    ran = subprocess.run(draw + ["--threads", "1", "-o", str(drawn)], capture_output=True, text=True, timeout=900)
    if ran.returncode != 0:
        return {"problem": ran.stderr.strip().splitlines()[-1]}
    curve = json.loads((drawn / "results.json").read_text())["images"][0]["activations"]
    if max(curve[1:]) <= curve[0]:
        return {"problem": f"the activation did not rise: {curve}"}
    return {
        "error": peer.relative_error(numpy.load(out / "image.npy"), wanted),
        "cosine": peer.cosine(numpy.load(out / f"grad_{code}.npy"), leaves[0].grad.numpy()),
        "note": f"activation {curve[0]:.2f} to {max(curve):.2f}",
    }


if __name__ == "__main__":
    sys.exit(peer.survey(__doc__, list(GENERATORS), judge))
