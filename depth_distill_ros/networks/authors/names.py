# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
The authors' names for the parameters of our networks, and what else their checkpoints need.

The tables map names of our modules to theirs; the longest matching name applies. Their encoders
have no classifier, so each parameter of a file has a counterpart in ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.networks import backbones_of
from depth_distill_ros.networks.authors import meter
from depth_distill_ros.networks.model_folder import ModelError
from depth_distill_ros.settings.names import PAPER_SIZE


def _below(ours: str, theirs: str, names: dict[str, str]) -> dict[str, str]:
    return {f'{ours}.{a}': f'{theirs}.{b}' for a, b in names.items()}


_UP_PROJECTION = {'body.0': 'conv1', 'body.1': 'bn1', 'body.3': 'conv1_2', 'body.4': 'bn1_2',
                  'shortcut.0': 'conv2', 'shortcut.1': 'bn2'}


def _lden() -> dict[str, str]:
    names = {'fuse.0': 'MFF.conv', 'fuse.1': 'MFF.bn',
             'head.0': 'R.conv0', 'head.1': 'R.bn0', 'head.3': 'R.conv2'}
    for k in range(4):
        names |= _below(f'compress.{k}', 'MFF', {
            '0.gate': f'att{k + 1}', '1': f'up{k + 1}.conv1', '2': f'up{k + 1}.bn1'})
    return names


def _ffn() -> dict[str, str]:
    names = {'decoder.reduce.0': 'D.conv', 'decoder.reduce.1': 'D.bn',
             'fuse.0': 'MFF.conv', 'fuse.1': 'MFF.bn',
             'refine.0': 'R.conv0', 'refine.1': 'R.bn0', 'refine.3': 'R.conv1',
             'refine.4': 'R.bn1', 'refine.6': 'R.conv2'}
    for k in range(4):
        names |= _below(f'decoder.ups.{k}', f'D.up{k + 1}', _UP_PROJECTION)
        names |= _below(f'gather.{k}', f'MFF.up{k + 1}', _UP_PROJECTION)
    return names


def _sarpn() -> dict[str, str]:
    decoder, fusion = 'residual_pyramid_decoder', 'adaptive_dense_feature_fusion'
    names = {'reduce.0': f'{decoder}.conv', 'reduce.1': f'{decoder}.bn'}
    for k in range(5):
        scale = 5 - k  # the authors number them from the finest, 1
        names |= {f'to_depth.{k}': f'{decoder}.conv{scale}',
                  f'fuse.{k}.merge.0': f'{fusion}.conv_scale{scale}',
                  f'fuse.{k}.merge.1': f'{fusion}.bn_scale{scale}'}
        names |= _below(f'refine.{k}.body', f'{decoder}.scale{scale}', {
            '0': 'conv1', '1': 'bn1', '3': 'conv2', '4': 'bn2', '6': 'conv3'})
        for tap in range(5):
            names |= _below(f'fuse.{k}.ups.{tap}', f'{fusion}.upsample_scale{tap + 1}to{scale}',
                            _UP_PROJECTION)
    return names


_RESNET = {'0.0': 'conv1', '0.1': 'bn1', '0.4': 'layer1',
           '1': 'layer2', '2': 'layer3', '3': 'layer4'}
_SENET = {'0.0': 'base.0', '0.2': 'base.1', '1': 'base.2', '2': 'base.3', '3': 'base.4'}
# layers of MobileNet-V2 have the same numbers in our stages
_MOBILENETV2 = {str(k): 'mv2' for k in range(4)}
_STAGES = {'resnet18': _RESNET, 'resnet34': _RESNET, 'resnet50': _RESNET,
           'senet154': _SENET, 'mobilenetv2': _MOBILENETV2}


def _backbone(names: Mapping[str, Tensor]) -> str:
    if any(name.startswith('features.') for name in names):
        return 'a DenseNet'
    if any(name.startswith('mv2.') for name in names):
        return 'mobilenetv2'
    # the other SE networks of the authors' code have one convolution there
    if 'base.0.conv3.weight' in names:
        return 'senet154'
    blocks = len({name.split('.')[1] for name in names if name.startswith('layer3.')})
    bottleneck = 'layer3.0.conv3.weight' in names
    return {(2, False): 'resnet18', (6, False): 'resnet34', (6, True): 'resnet50'}.get(
        (blocks, bottleneck), 'another network')


@dataclass(frozen=True)
class Format:
    """
    A format of checkpoints, and how they become our networks.

    Attributes:
        network: ours
        encoder: their name of the encoder
        names: from our modules outside of the encoder to theirs
        size: (height, width) of the network's input
        backbone_of: from the tensors of the encoder to the backbone of our network
        options: of our network, as for `build`
        per_metre: by our parameter, its divisor; the output is then in metres
        intrinsics: of the camera of the training images, at `size`
    """

    network: str
    encoder: str
    names: dict[str, str]
    size: tuple[int, int] = PAPER_SIZE  # of LDEN, FFN and SARPN for NYU-v2
    backbone_of: Callable[[Mapping[str, Tensor]], str] = _backbone
    options: dict[str, Any] = field(default_factory=dict)
    per_metre: dict[str, float] = field(default_factory=dict)
    intrinsics: Intrinsics | None = None


FORMATS = {
    'lden-authors': Format('lden', 'E', _lden()),
    'ffn-authors': Format('ffn', 'E', _ffn()),
    'sarpn-authors': Format('sarpn', 'feature_extraction', _sarpn()),
    'meter-authors': Format(
        'meter', 'encoder', meter.names(), meter.SIZE, meter.size_of, {'frame': True},
        {'head.weight': 100.0}, meter.CAMERA),
}


def names_of(form: str, backbone: str, ours: Iterable[str]) -> dict[str, str]:
    """Return the authors' name for each parameter name of our network."""
    table = FORMATS[form].names | _below(
        'encoder.stages', FORMATS[form].encoder, _STAGES.get(backbone, {}))
    return {name: _renamed(name, table) for name in ours}


def _renamed(name: str, table: dict[str, str]) -> str:
    parts = name.split('.')
    for n in range(len(parts) - 1, 0, -1):
        module = '.'.join(parts[:n])
        if module in table:
            return '.'.join((table[module], *parts[n:]))
    raise KeyError(name)


def encoder_of(form: str, theirs: Mapping[str, Tensor], path: Path) -> str:
    """Return the backbone to which the tensors of the file `path` belong. Raises ModelError."""
    network, prefix = FORMATS[form].network, f'{FORMATS[form].encoder}.'
    inside = {name.removeprefix(prefix): tensor for name, tensor in theirs.items()
              if name.startswith(prefix)}
    if not inside:
        raise ModelError(f'{path} has no {prefix}*, the encoder of {form}; choose the '
                         '--format that fits')
    found = FORMATS[form].backbone_of(inside)
    if found not in backbones_of(network):
        raise ModelError(f'{path}: its encoder is {found}; our {network} can have '
                         f'{", ".join(backbones_of(network))}: use a checkpoint with one of them')
    return found
