# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What METER's authors call the parameters of our METER, and what their weights expect."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.networks.meter import SIZES

# (height, width) of what their code resizes every image of NYU-v2 to
SIZE = (192, 256)
# NYU-v2's colour camera, whole images
CAMERA = Intrinsics(518.857901, 519.469611, 325.582449, 253.736166, 480, 640).resized(SIZE)

_SEPARABLE = ('0.depthwise', '0.pointwise', '1')


def names() -> dict[str, str]:
    """Return a table from our modules to theirs; a parameter is found below the longest name."""
    encoder, table = 'encoder', {'squeeze': 'decoder.conv2d_in', 'head': 'decoder.conv2d_out'}
    # where the k-th inverted residual and the k-th block with attention are in our stages
    residuals = ('0.1', '0.2', '1.0', '1.1', '1.2', '2.1', '3.1')
    for k, place in enumerate(residuals):
        table[f'stages.{place}.body'] = f'{encoder}.mv2.{k}.conv'
    for k, place in enumerate(('2.0', '3.0', '3.2')):
        ours, theirs = f'stages.{place}', f'{encoder}.mvit.{k}'
        table |= _convolutions(f'{ours}.local', f'{theirs}.conv1')
        table |= _convolutions(f'{ours}.fuse', f'{theirs}.conv4')
        table |= {f'{ours}.widen': f'{theirs}.conv2', f'{ours}.narrow': f'{theirs}.conv3'}
        layer, block = f'{theirs}.transformer.layers.0', f'{ours}.transformer'
        table |= {
            f'{block}.attention.0': f'{layer}.0.norm',
            f'{block}.attention.1.project': f'{layer}.0.fn.to_qkv',
            f'{block}.attention.1.out': f'{layer}.0.fn.to_out.0',
            f'{block}.feed.0': f'{layer}.1.norm',
            f'{block}.feed.1': f'{layer}.1.fn.net.0',
            f'{block}.feed.3': f'{layer}.1.fn.net.3'}
    table |= _convolutions('stages.0.0', f'{encoder}.conv1')
    table['stages.3.3'] = f'{encoder}.conv2'
    for k in range(3):
        theirs = f'decoder.ups_block_{k + 1}'
        table[f'ups.{k}.transposed'] = f'{theirs}.conv2d_transpose'
        table |= _convolutions(f'ups.{k}.merge', f'{theirs}.end_up_layer')
    return table


def size_of(encoder: Mapping[str, Tensor]) -> str:
    """Return which METER the parameters of an encoder are of: one of SIZES, or words for none."""
    last = encoder.get('conv2.0.weight')
    return next((name for name, size in SIZES.items()
                 if last is not None and len(last) == size.channels[-1]), 'another network')


def _convolutions(ours: str, theirs: str) -> dict[str, str]:
    """Name the pair of convolutions, and the normalisation after it, that `separable` makes."""
    return {f'{ours}.{k}': f'{theirs}.{name}' for k, name in enumerate(_SEPARABLE)}
