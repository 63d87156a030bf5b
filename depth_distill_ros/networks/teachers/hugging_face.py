# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Teachers from Hugging Face: 'hf:<hub id or folder>[,metric=yes][,max_depth=METRES]'.

The output of the supported families:

- Depth Anything (V2): metres (a sigmoid times max_depth) if depth_estimation_type is 'metric',
  else inverse depth up to scale and shift.
- ZoeDepth: metres (sums over bin centres). With several heads, the images of a batch vote for the
  head of all.
- GLPN: a sigmoid times max_depth. The published KITTI weights were trained with 80, but their
  configuration has 10.
- DPT: not in the configuration. MiDaS' (Intel/dpt-*) give inverse depth up to scale and shift,
  those on DINOv2 (facebook/dpt-dinov2-*-nyu, *-kitti) metres, which the user confirms with
  metric=yes.
"""

from __future__ import annotations

import os
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from depth_distill_ros.files import expanded
from depth_distill_ros.networks.model_folder import ModelError
from depth_distill_ros.networks.normalisation import denormalise
from depth_distill_ros.networks.teachers import options
from depth_distill_ros.networks.teachers.adapter import at_half, reason

_KEYS = {'metric': options.yes, 'max_depth': options.metres}
_FAMILIES = ('depth_anything', 'zoedepth', 'glpn', 'dpt')
_SCALED = ('depth_anything', 'glpn')
_METRIC = 'e.g. hf:depth-anything/Depth-Anything-V2-Metric-Indoor-Small-hf'
# of a second input that the first fusion does not have: never used, in no published file
_NEVER_RUN = 'fusion_stage.layers.0.residual_layer1.'


class HuggingFaceDepth(nn.Module):
    """
    A depth model with its image processor: from normalised images to metres at half their size.

    The processor (torchvision's, not PIL's) resizes, pads and normalises tensors, so that
    gradients reach the image.
    """

    def __init__(self, model: Any, processor: Any):
        super().__init__()
        self.model = model
        self._processor = processor
        self._padded = model.config.model_type == 'zoedepth' and processor.do_pad

    def forward(self, x: Tensor) -> Tensor:
        # from 0 to 255, which the processor rescales
        images = list(denormalise(x.float()) * 255)
        pixels = self._processor(images=images, input_data_format='channels_first',
                                 return_tensors='pt')['pixel_values']
        depth = self.model(pixel_values=pixels).predicted_depth.unsqueeze(1)
        if self._padded:
            depth = _without_padding(depth, x.shape[-2:])
        return at_half(depth, x.shape)


def _without_padding(depth: Tensor, size: torch.Size) -> Tensor:
    """Remove the reflected border that ZoeDepth's processor adds to an image of `size`."""
    top, left = (int((side / 2) ** 0.5 * 3) for side in size)
    height, width = size
    depth = interpolate(depth.float(), (height + 2 * top, width + 2 * left), mode='bilinear',
                        align_corners=True)
    return depth[..., top:top + height, left:left + width]


def load(text: str, size: tuple[int, int], needs_gradient: bool) -> nn.Module:
    """
    Return the depth model of '<hub id or folder>,options'.

    Options: metric=yes confirms that a DPT gives metres; max_depth=METRES replaces that of the
    configuration of Depth Anything or GLPN. There is no trial run with `size` and
    `needs_gradient`: these models take any size and pass gradients. Raises ModelError.
    """
    name, values = options.parse(text, _KEYS)
    try:
        from transformers import AutoConfig, AutoImageProcessor, AutoModelForDepthEstimation
    except ImportError as error:
        raise ModelError(f"hf:{name} needs transformers: "
                         "pip install 'transformers>=5.20'") from error
    folder = expanded(name)
    if name.startswith(('/', '.', '~')) and not folder.is_dir():
        raise ModelError(f'hf: no folder {folder}')
    source = str(folder) if folder.is_dir() else name
    config = _call(name, AutoConfig.from_pretrained, source)
    _check(name, config, values)
    if 'max_depth' in values:
        config.max_depth = values['max_depth']
    processor = _call(name, AutoImageProcessor.from_pretrained, source)
    model, info = _call(name, AutoModelForDepthEstimation.from_pretrained, source,
                           config=config, dtype=torch.float32, output_loading_info=True)
    missing = sorted(key for key in info['missing_keys'] if _NEVER_RUN not in key)
    if missing:
        raise ModelError(f'hf:{name} lacks {len(missing)} weights of its network, e.g. '
                         f'{missing[0]}; it is not this depth model')
    for key, weight in model.named_parameters():
        if not weight.isfinite().all():
            raise ModelError(f'hf:{name}: {key} holds NaN or infinity; the model is unusable')
    return HuggingFaceDepth(model, processor)


def _call(name: str, function: Any, *arguments: Any, **options: Any) -> Any:
    try:
        return function(*arguments, **options)
    except Exception as error:  # of many types
        cure = ('check the folder' if expanded(name).is_dir() else
                'check the id, connect to the internet once to have it downloaded, or name a '
                'local folder')
        raise ModelError(f'hf:{name} cannot be loaded: {reason(error)}; {cure}') from error


def _check(name: str, config: Any, values: dict[str, Any]) -> None:
    """Raise ModelError unless the model gives metres."""
    family = config.model_type
    if family not in _FAMILIES:
        raise ModelError(f'hf:{name} is a {family}; the supported depth models are '
                         f'{", ".join(_FAMILIES)}, {_METRIC}')
    if 'max_depth' in values and family not in _SCALED:
        raise ModelError(f'hf:{name}: a {family} has no max_depth; leave it out')
    if family == 'depth_anything' and config.depth_estimation_type != 'metric':
        raise ModelError(
            f'hf:{name} gives inverse depth up to an unknown scale and shift, not metres; use '
            f'a metric model, {_METRIC}')
    if family == 'dpt' and 'metric' not in values:
        raise ModelError(
            f'hf:{name} is a DPT, whose configuration does not name its output: those of MiDaS '
            '(Intel/dpt-*) give inverse depth without scale; add ,metric=yes if this one gives '
            f'metres (facebook/dpt-dinov2-*-nyu do), or use another, {_METRIC}')
    if family in _SCALED and 'max_depth' not in values:
        _check_scale(name, family, config.max_depth)


def _check_scale(name: str, family: str, max_depth: float | None) -> None:
    if not max_depth or max_depth <= 1:
        raise ModelError(f'hf:{name} gives depth from 0 to 1, not metres; add the metres of 1, '
                         'e.g. ,max_depth=20')
    if family == 'glpn' and max_depth == 10 and 'kitti' in os.path.basename(name).lower():
        raise ModelError(
            f'hf:{name} has max_depth 10, but GLPN was trained on KITTI with 80; add '
            ',max_depth=80 (or ,max_depth=10 if this one was trained with 10)')
