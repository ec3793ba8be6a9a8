#!/usr/bin/env python3
"""One small member of each architecture family of timm, exported with an open batch by both exporters of PyTorch, in phosphene and onnxruntime.

    tests/peers/timm_families.py PROGRAM [CASES]        a case: FAMILY/script or FAMILY/dynamo; default: all

Outputs are held against onnxruntime's, gradients at the input against PyTorch's, at a batch of 3. Needs torch, timm, onnx, onnxscript and
onnxruntime (tests/peers/run.sh installs them). Weights are random (peer.py).
"""
import sys

import numpy

import peer

EXPORTERS = ("script", "dynamo")


# Small ones; those without a small member have fewer blocks.
MEMBERS = {
    "beit": "beit_base_patch16_224 depth=2",
    "byoanet": "botnet26t_256",
    "byobnet": "repvgg_a0",
    "cait": "cait_xxs24_224 depth=4",
    "coat": "coat_lite_tiny",
    "convit": "convit_tiny",
    "convmixer": "convmixer_1024_20_ks9_p14",
    "convnext": "convnextv2_atto",
    "cpubone": "cpubone_t0",
    "crossvit": "crossvit_tiny_240",
    "csatv2": "csatv2",
    "cspnet": "cs3darknet_s",
    "cspnext": "cspnext_tiny",
    "davit": "davit_tiny",
    "deepseek_vit": "deepseek_vit_412m depth=2",
    "deit": "deit_tiny_patch16_224",
    "densenet": "densenet121",
    "dla": "dla46_c",
    "dpn": "dpn48b",
    "edgenext": "edgenext_xx_small",
    "efficientformer": "efficientformer_l1",
    "efficientformer_v2": "efficientformerv2_s0",
    "efficientnet": "tinynet_e",
    "efficientvim": "efficientvim_m1",
    "efficientvit_mit": "efficientvit_b0",
    "efficientvit_msra": "efficientvit_m0",
    "eva": "eva02_tiny_patch14_224",
    "fasternet": "fasternet_t0",
    "fastvit": "fastvit_t8",
    "focalnet": "focalnet_tiny_srf",
    "gcvit": "gcvit_xxtiny",
    "gemma4_vit": "gemma4_vit_167m depth=2",
    "ghostnet": "ghostnetv2_100",
    "hardcorenas": "hardcorenas_a",
    "hgnet": "hgnetv2_b0",
    "hiera": "hiera_tiny_224",
    "hieradet_sam2": "sam2_hiera_tiny",
    "hrnet": "hrnet_w18_small",
    "iformer": "iformer_t",
    "inception_next": "inception_next_atto",
    "inception_resnet_v2": "inception_resnet_v2",
    "inception_v3": "inception_v3",
    "inception_v4": "inception_v4",
    "lcnetv2": "lcnetv2_small",
    "levit": "levit_128s",
    "lowformer": "lowformer_b0",
    "mambaout": "mambaout_femto",
    "maxxvit": "test_maxvit",
    "metaformer": "poolformer_s12",
    "mlp_mixer": "resmlp_12_224",
    "mobilenetv3": "mobilenetv3_small_050",
    "mobilenetv5": "mobilenetv5_300m",
    "mobilevit": "mobilevit_xxs",
    "mvitv2": "mvitv2_tiny",
    "naflexvit": "naflexvit_base_patch16_gap depth=2",
    "nasnet": "nasnetalarge",
    "nest": "nest_tiny",
    "nextvit": "nextvit_small",
    "nfnet": "test_nfnet",
    "pit": "pit_ti_224",
    "pnasnet": "pnasnet5large",
    "pvt_v2": "pvt_v2_b0",
    "qwen3_vit": "qwen3_vit_88m depth=2",
    "rdnet": "rdnet_tiny",
    "regnet": "regnetx_002",
    "repghost": "repghostnet_050",
    "repvit": "repvit_m0_9",
    "res2net": "res2net50_48w_2s",
    "resnest": "resnest14d",
    "resnet": "resnet10t",
    "resnetv2": "resnetv2_18",
    "rexnet": "rexnetr_100",
    "selecsls": "selecsls42",
    "senet": "legacy_seresnet18",
    "sequencer": "sequencer2d_s",
    "shvit": "shvit_s1",
    "sknet": "skresnet18",
    "starnet": "starnet_s050",
    "swiftformer": "swiftformer_xs",
    "swin_transformer": "swin_tiny_patch4_window7_224",
    "swin_transformer_v2": "swinv2_tiny_window8_256",
    "swin_transformer_v2_cr": "swinv2_cr_tiny_224",
    "tiny_vit": "tiny_vit_5m_224",
    "tnt": "tnt_s_patch16_224 depth=3",
    "tresnet": "tresnet_m",
    "twins": "twins_svt_small",
    "vgg": "vgg11",
    "visformer": "visformer_tiny",
    "vision_transformer": "vit_tiny_patch16_224",
    "vision_transformer_hybrid": "vit_tiny_r_s16_p8_224",
    "vision_transformer_relpos": "test_vit_relpos",
    "vision_transformer_sam": "samvit_base_patch16_224 depth=3",
    "vitamin": "vitamin_small_224",
    "volo": "volo_d1_224",
    "vovnet": "ese_vovnet19b_slim_dw",
    "xception": "legacy_xception",
    "xception_aligned": "xception41",
    "xcit": "xcit_nano_12_p16_224",
}


def export(network, picture, file, exporter):
    import torch
    if exporter == "script":
        torch.onnx.export(network, (picture,), file, dynamo=False, opset_version=17, input_names=["image"], output_names=["scores"],
                          dynamic_axes={"image": {0: "batch"}, "scores": {0: "batch"}})
    else:
        torch.onnx.export(network, (picture,), file, dynamo=True, external_data=False, input_names=["image"], output_names=["scores"],
                          dynamic_shapes=({0: torch.export.Dim("batch")},), verbose=False)


def judge(program, case, work):
    import timm
    import torch
    family, exporter = case.split("/")
    name, *changes = MEMBERS[family].split()
    torch.manual_seed(sum(map(ord, family)))
    network = timm.create_model(name, pretrained=False, exportable=True, **{key: int(value) for key, value in (word.split("=") for word in changes)})
    shape = network.default_cfg.get("input_size", (3, 224, 224))
    network = peer.randomise(network, torch.randn(2, *shape))
    file = f"{work}/net.onnx"
    try:
        export(network, torch.randn(2, *shape), file, exporter)
    except Exception as error:
        return {"problem": f"the exporter failed: {str(error).strip().splitlines()[0][:160]}", "peer": True}
    x = torch.randn(3, *shape)
    try:
        wanted = peer.session_of(file).run(["scores"], {"image": x.numpy()})[0]
    except Exception as error:
        return {"problem": f"onnxruntime failed: {str(error).strip().splitlines()[0][:160]}", "peer": True}
    for parameter in network.parameters():
        parameter.requires_grad_(False)
    x.requires_grad_(True)
    scores = network(x)
    seed = torch.zeros_like(scores)
    seed[torch.arange(3), scores.argmax(1)] = 1
    scores.backward(seed)
    result = {"torch": peer.relative_error(wanted, scores.detach().numpy())}  # onnxruntime against it
    arrays = peer.run_phosphene(program, file, work, {"image": x.detach().numpy()}, {"scores": seed.numpy()}, timeout=900)
    if isinstance(arrays, str):
        return dict(result, problem=arrays)
    result["error"] = peer.relative_error(arrays["scores"], wanted)
    result["cosine"] = peer.cosine(arrays["grad_image"], x.grad.numpy())
    return result


if __name__ == "__main__":
    import timm
    import torch
    torch.set_num_threads(1)
    sys.exit(peer.survey(__doc__, [f"{family}/{exporter}" for exporter in EXPORTERS for family in MEMBERS], judge))
