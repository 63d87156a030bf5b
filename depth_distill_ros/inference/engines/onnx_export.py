# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A network as an ONNX file, for the engines that read no torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from importlib.util import find_spec
from inspect import signature
from io import BytesIO
import os
from pathlib import Path
from typing import Any
import warnings

import torch
from torch import Tensor, nn
from torch.onnx.symbolic_helper import parse_args

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.inference.engines.image_network import PictureNetwork
from depth_distill_ros.networks.confidence import ConfidentNetwork, is_confident

_OPSET = 17
_VIEWS = ('image', 'right')
_POOLING = 'aten::adaptive_avg_pool2d'


def export_onnx(network: nn.Module, size: tuple[int, int], path: Path, views: int = 1) -> None:
    """
    Write `network`, as it is in eval mode, to the ONNX file `path`, float32.

    The file reads 'image', 1×3×H×W at `size`, ImageNet-normalised, (with two `views` also 'right',
    the right camera's) and gives 'depth', 1×1×h×w metres, and 'confidence', 1×1×h×w, where the
    network has it. The network stays as it was; a file that is there is replaced, and only by a
    whole one.
    Raises DepthDistillError where onnx is not installed or the file cannot be written.
    """
    pictures = [torch.zeros(1, 3, *size) for _ in range(views)]
    confident = is_confident(network)
    data = _exported(_WithConfidence(network) if confident else network, pictures, _VIEWS[:views],
                     ['depth', 'confidence'] if confident else ['depth'])
    path = Path(path)
    aside = path.with_name(f'.{path.name}.{os.getpid()}')
    try:
        try:
            aside.write_bytes(data)
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)
    except OSError as error:
        raise DepthDistillError(
            f'cannot write {path}: {error.strerror}; name a file in a folder that is there and '
            'can be written to') from error


def picture_onnx(network: nn.Module, size: tuple[int, int]) -> bytes:
    """
    Return `network` as an ONNX file that begins with the picture's bytes, float32.

    It reads 'picture', 1×H×W×3 uint8 RGB at `size`, and gives 'depth', 1×1×h×w metres, and
    'confidence', 1×1×h×w, where the network has it. Raises as `export_onnx` and PictureNetwork do.
    """
    if isinstance(network, ConfidentNetwork):
        network = deepcopy(network)
        network.head[-1] = _InParts(network.head[-1])
    pictured = PictureNetwork(network)
    picture = torch.zeros(1, *size, 3, dtype=torch.uint8)
    return _exported(pictured, [picture], ['picture'], pictured.outputs)


class _WithConfidence(nn.Module):
    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.network.with_confidence(x)


class _InParts(nn.Module):
    """
    A convolution to one channel, as the sum of one for each quarter of the channels.

    In bfloat16 OpenVINO rounds what a convolution gives, so that depth would come in steps of
    16 mm at 3 m; the sum it takes in float32. That halves the difference to torch, and costs
    nothing that can be measured, as a convolution to one channel is computed as one to many.
    """

    def __init__(self, convolution: nn.Conv2d, parts: int = 4):
        super().__init__()
        channels = convolution.in_channels
        self.convolution = nn.Conv2d(channels, parts, convolution.kernel_size,
                                     padding=convolution.padding, bias=False)
        part_of = torch.arange(channels) * parts // channels
        mask = part_of == torch.arange(parts)[:, None]
        self.convolution.weight.data = convolution.weight.detach().cpu() * mask[..., None, None]
        self.bias = convolution.bias

    def forward(self, x: Tensor) -> Tensor:
        return self.convolution(x).sum(1, keepdim=True) + self.bias


def _exported(network: nn.Module, pictures: Sequence[Tensor], inputs: Sequence[str],
              outputs: Sequence[str]) -> bytes:
    if find_spec('onnx') is None:
        raise DepthDistillError('an ONNX file needs the package onnx; pip install onnx')
    network = deepcopy(network).cpu().float().eval()
    # The exporter from TorchScript is the one that old and new torch have; the newer needs
    # onnxscript, takes ten times as long and gives the same numbers.
    which = {'dynamo': False} if 'dynamo' in signature(torch.onnx.export).parameters else {}
    file = BytesIO()
    with warnings.catch_warnings(), torch.no_grad(), _adaptive_pooling():
        warnings.simplefilter('ignore')  # that it is the older one
        torch.onnx.export(network, tuple(pictures), file, opset_version=_OPSET,
                          input_names=list(inputs), output_names=list(outputs), **which)
    return file.getvalue()


@contextmanager
def _adaptive_pooling() -> Iterator[None]:
    """Teach the exporter to average over areas that are not all of one size (AP-NonLocal)."""
    torch.onnx.register_custom_op_symbolic(_POOLING, _pooled, _OPSET)
    try:
        yield
    finally:
        torch.onnx.unregister_custom_op_symbolic(_POOLING, _OPSET)


@parse_args('v', 'is')
def _pooled(graph: Any, x: Any, size: list[int]) -> Any:
    if size == [1, 1]:
        return graph.op('GlobalAveragePool', x)
    # linear, and apart along height and width
    height, width = x.type().sizes()[-2:]
    rows, columns = (graph.op('Constant', value_t=_averaging(n, side))
                     for n, side in zip((height, width), size, strict=True))
    return graph.op('MatMul', graph.op('MatMul', rows, x),
                    graph.op('Transpose', columns, perm_i=[1, 0]))


def _averaging(n: int, side: int) -> Tensor:
    """Return the side×n matrix of adaptive average pooling from n values to `side`."""
    matrix = torch.zeros(side, n)
    for row in range(side):
        first, end = row * n // side, -(-(row + 1) * n // side)
        matrix[row, first:end] = 1 / (end - first)
    return matrix
