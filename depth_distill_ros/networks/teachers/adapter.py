# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The adapter that makes an external network a teacher, and its trial run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from depth_distill_ros.networks.blocks import resize
from depth_distill_ros.networks.model_folder import ModelError
from depth_distill_ros.networks.normalisation import denormalise, hold, normalise
from depth_distill_ros.networks.teachers import options

KEYS: Mapping[str, Callable[[str], Any]] = {
    'size': options.size, 'mean': options.channels, 'std': options.nonzero_channels,
    'output': str}


def at_half(depth: Tensor, size: torch.Size) -> Tensor:
    """Resize B×1×h×w metres to half of an image's size, as the package's networks give."""
    return resize(depth.float(), [2 * ((side + 3) // 4) for side in size[-2:]])


def reason(error: Exception) -> str:
    """Return the most informative line of an external error: the last one of TorchScript."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if not lines:
        return type(error).__name__
    return lines[-1 if 'TorchScript' in lines[0] else 0][:300].rstrip('.')


class Adapter(nn.Module):
    """
    A network that gives B×1×h×w or B×h×w metres, as a teacher.

    Args:
        size: (height, width) to which images are stretched; None if the network takes any size
        mean, std: of R, G, B from 0 to 1; the network reads (image - mean) / std. Without both it
            reads ImageNet-normalised images. mean alone has std 1, std alone mean 0
        output: the number (from 0) or key of the depth among several outputs
    """

    _mean: Tensor
    _std: Tensor

    def __init__(self, network: nn.Module, name: str, size: tuple[int, int] | None = None,
                 mean: tuple[float, ...] | None = None, std: tuple[float, ...] | None = None,
                 output: str | None = None):
        super().__init__()
        self.network = network
        self._name, self._size, self._output = name, size, output
        self._own_space = mean is not None or std is not None
        hold(self, _mean=mean or (0.0,) * 3, _std=std or (1.0,) * 3)

    def forward(self, x: Tensor) -> Tensor:
        image = x.float()
        if self._own_space:
            image = (denormalise(image) - self._mean) / self._std
        if self._size:
            image = interpolate(image, self._size, mode='bilinear', antialias=True)
        depth = self._depth(self.network(image))
        if depth.ndim == 3:
            depth = depth.unsqueeze(1)
        if depth.ndim != 4 or depth.shape[:2] != (len(x), 1):
            raise ModelError(f'{self._name} gives {"×".join(map(str, depth.shape))} for '
                             f'{len(x)} images; a teacher gives {len(x)}×1×h×w metres')
        return at_half(depth, x.shape)

    def _depth(self, output: Any) -> Tensor:
        if isinstance(output, Tensor):
            outputs = {'0': output}
        elif isinstance(output, Mapping):
            outputs = {str(key): value for key, value in output.items()}
        elif isinstance(output, (tuple, list)):
            outputs = {str(place): value for place, value in enumerate(output)}
        else:
            raise ModelError(f'{self._name} gives a {type(output).__name__}, not a tensor')
        wanted = self._output
        if wanted is None and len(outputs) == 1:
            wanted, = outputs
        if wanted is None or not isinstance(outputs.get(wanted), Tensor):
            raise ModelError(f'{self._name} gives the outputs {", ".join(outputs)}; name the '
                             'depth in metres with output=')
        return outputs[wanted]


def checked(adapter: Adapter, name: str, size: tuple[int, int], needs_gradient: bool) -> Adapter:
    """Return the adapter after a trial run on two images of `size`. Raises ModelError."""
    generator = torch.Generator().manual_seed(0)
    x = normalise(torch.rand(2, 3, *size, generator=generator)).requires_grad_(needs_gradient)
    adapter.eval().requires_grad_(False)
    try:
        with torch.set_grad_enabled(needs_gradient):
            depth = adapter(x)
        gradient = None
        if depth.requires_grad:
            gradient, = torch.autograd.grad(depth.sum(), x, allow_unused=True)
    except ModelError:
        raise
    except Exception as error:  # external code may raise any type
        raise ModelError(
            f'{name} fails on two images of {size[0]}x{size[1]}: {reason(error)}; if it takes '
            'one size only, give it with size=HxW') from error
    if not depth.isfinite().all():
        raise ModelError(f'{name} gives NaN or infinity; check its weights and normalisation '
                         '(mean=, std=)')
    if needs_gradient and (gradient is None or not gradient.any()):
        raise ModelError(
            f'{name} passes no gradient to its image, which this method needs; remove its '
            'no_grad and detach, or choose a method without it (kd-ood)')
    return adapter
