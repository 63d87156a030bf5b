# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Export of a network as an ONNX file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from importlib.util import find_spec
from inspect import signature
from io import BytesIO
from typing import Any
import warnings

import torch
from torch import Tensor, nn
from torch.onnx.symbolic_helper import parse_args

from depth_distill_ros.inference.engines.engine import EngineAbsentError
from depth_distill_ros.inference.engines.image_network import INPUT, ImageNetwork
from depth_distill_ros.networks.confidence import ConfidentNetwork

_OPSET = 17
_POOLING = 'aten::adaptive_avg_pool2d'


def export_onnx(network: nn.Module, size: tuple[int, int]) -> bytes:
    """
    Return the ImageNetwork of a network as an ONNX file, float32, in eval mode.

    It reads 'picture', 1×H×W×3 uint8 RGB at `size`, and gives 'depth', 1×1×h×w metres, and
    'confidence', 1×1×h×w from 0 to 1, if the network has it. The network itself stays unchanged.
    Raises EngineAbsentError if onnx is not installed, DepthDistillError if the network reads more
    than one image.
    """
    if find_spec('onnx') is None:
        raise EngineAbsentError('an ONNX file needs the package onnx; pip install onnx')
    network = deepcopy(network).cpu().float().eval()
    if isinstance(network, ConfidentNetwork):
        network.head[-1] = _SplitConvolution(network.head[-1])
    graph = ImageNetwork(network).eval()
    # Old and new torch have the exporter from TorchScript; the newer one needs onnxscript, takes
    # ten times as long and gives the same numbers.
    options: dict[str, Any] = {}
    if 'dynamo' in signature(torch.onnx.export).parameters:
        options['dynamo'] = False
    file: Any = BytesIO()
    with warnings.catch_warnings(), torch.no_grad(), _adaptive_pooling():
        warnings.simplefilter('ignore')  # that it is the older exporter
        torch.onnx.export(graph, (torch.zeros(1, *size, 3, dtype=torch.uint8),), file,
                          opset_version=_OPSET, input_names=[INPUT],
                          output_names=list(graph.outputs), **options)
    return file.getvalue()


class _SplitConvolution(nn.Module):
    """
    A convolution to one channel as the sum of four, each of a quarter of the input channels.

    In bfloat16 OpenVINO rounds the output of a convolution, which gives depth in steps of 16 mm at
    3 m, but adds in float32. This halves the difference to torch at no measurable cost, because a
    convolution to one channel takes as long as one to four.
    """

    def __init__(self, convolution: Any, parts: int = 4):
        super().__init__()
        channels = convolution.in_channels
        self.convolution = nn.Conv2d(channels, parts, convolution.kernel_size,
                                     padding=convolution.padding, bias=False)
        part_of = torch.arange(channels) * parts // channels
        mask = part_of == torch.arange(parts)[:, None]
        self.convolution.weight.data = convolution.weight.detach() * mask[..., None, None]
        self.bias = convolution.bias

    def forward(self, x: Tensor) -> Tensor:
        return self.convolution(x).sum(1, keepdim=True) + self.bias


@contextmanager
def _adaptive_pooling() -> Iterator[None]:
    """Let the exporter write adaptive pooling with areas of different sizes (AP-NonLocal)."""
    torch.onnx.register_custom_op_symbolic(_POOLING, _pooled, _OPSET)
    try:
        yield
    finally:
        torch.onnx.unregister_custom_op_symbolic(_POOLING, _OPSET)


@parse_args('v', 'is')
def _pooled(graph: Any, x: Any, size: list[int]) -> Any:
    if size == [1, 1]:
        return graph.op('GlobalAveragePool', x)
    # the average is linear and separable
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
