# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""For tests: tiny random depth models of the Hugging Face families, as folders."""

import torch

_FOUR = {'out_features': ['stage1', 'stage2', 'stage3', 'stage4'], 'reshape_hidden_states': False}
_VIT = {'hidden_size': 16, 'num_hidden_layers': 4, 'num_attention_heads': 2}
_NECK = {'neck_hidden_sizes': [8, 8, 8, 8], 'fusion_hidden_size': 8}


def _hf():
    import transformers  # not with this file: each worker of pytest would import it

    return transformers


def depth_anything(kind='metric', max_depth=20):
    backbone = _hf().Dinov2Config(**_VIT, **_FOUR, mlp_ratio=2, image_size=56, patch_size=14)
    config = _hf().DepthAnythingConfig(
        backbone_config=backbone, patch_size=14, reassemble_hidden_size=16, **_NECK,
        head_hidden_size=4, depth_estimation_type=kind, max_depth=max_depth)
    return _hf().DepthAnythingForDepthEstimation(config), _hf().DPTImageProcessor(
        size={'height': 84, 'width': 84}, ensure_multiple_of=14, keep_aspect_ratio=True,
        image_mean=[0.485, 0.456, 0.406], image_std=[0.229, 0.224, 0.225])


def zoedepth(heads=1):
    bins = [{'name': name, 'n_bins': 8, 'min_depth': 1e-3, 'max_depth': depth}
            for name, depth in (('nyu', 10.0), ('kitti', 80.0))]
    backbone = _hf().BeitConfig(**_VIT, **_FOUR, intermediate_size=16, image_size=64,
                                patch_size=16, use_relative_position_bias=True)
    config = _hf().ZoeDepthConfig(
        backbone_config=backbone, **_NECK, bottleneck_features=8, num_relative_features=8,
        bin_embedding_dim=8, num_attractors=[4] * 4, bin_configurations=bins[:heads],
        patch_transformer_hidden_size=128, patch_transformer_intermediate_size=16,
        patch_transformer_num_attention_heads=2, num_patch_transformer_layers=4)
    return _hf().ZoeDepthForDepthEstimation(config), _hf().ZoeDepthImageProcessor(
        size={'height': 64, 'width': 96}, ensure_multiple_of=32)


def glpn(max_depth=10):
    config = _hf().GLPNConfig(
        depths=[1] * 4, hidden_sizes=[8] * 4, num_attention_heads=[1, 1, 2, 2],
        mlp_ratios=[2] * 4, decoder_hidden_size=8, max_depth=max_depth)
    return _hf().GLPNForDepthEstimation(config), _hf().GLPNImageProcessor()


def dpt():
    config = _hf().DPTConfig(**_VIT, intermediate_size=16, image_size=64, patch_size=16,
                          backbone_out_indices=[0, 1, 2, 3], **_NECK)
    return _hf().DPTForDepthEstimation(config), _hf().DPTImageProcessor(
        size={'height': 64, 'width': 64})


def dpt_on_dinov2():
    """Return one whose processor pads and reads 0 to 255, as facebook/dpt-dinov2-* do."""
    backbone = _hf().Dinov2Config(**_VIT, mlp_ratio=2, image_size=56, patch_size=14,
                               out_features=_FOUR['out_features'], apply_layernorm=False,
                               reshape_hidden_states=False)
    config = _hf().DPTConfig(backbone_config=backbone, **_NECK, use_bias_in_fusion_residual=False)
    return _hf().DPTForDepthEstimation(config), _hf().DPTImageProcessor(
        do_resize=False, do_rescale=False, do_pad=True, size_divisor=14,
        image_mean=[123.675, 116.28, 103.53], image_std=[58.395, 57.12, 57.375])


def saved(folder, model_and_processor):
    """Write both, with weights so large that the depth differs from pixel to pixel."""
    model, processor = model_and_processor
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim > 1:
                fan = parameter[0].numel()
                parameter.normal_(0, 1.5 / fan ** 0.5, generator=generator)
            elif 'norm' not in name:
                parameter.uniform_(0, 0.2, generator=generator)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder
