# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What makes somebody's network read our pictures and give our depth, and the trial of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from depth_distill_ros.networks.model import ModelError
from depth_distill_ros.networks.normalisation import denormalise, normalise
from depth_distill_ros.networks.teachers import options

KEYS: Mapping[str, Callable[[str], Any]] = {
    'size': options.size, 'mean': options.channels, 'std': options.nonzero_channels,
    'output': str}


def at_half(depth: Tensor, picture: torch.Size) -> Tensor:
    """B×1×h×w metres to half the size of a picture, as the package's own networks give."""
    half = [2 * ((side + 3) // 4) for side in picture[-2:]]
    # the grid that the networks are made with
    return interpolate(depth.float(), half, mode='bilinear', align_corners=True)


def reason(error: Exception) -> str:
    """Return the line of a foreign error that says most: TorchScript puts it last."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if not lines:
        return type(error).__name__
    return lines[-1 if 'TorchScript' in lines[0] else 0][:300].rstrip('.')


class Adapter(nn.Module):
    """
    A network that gives B×1×h×w or B×h×w metres, as a teacher.

    Options
    -------
    size : (height, width) the picture is stretched to; None: the network takes any
    mean, std : of R, G, B from 0 to 1; the network gets (picture - mean) / std. Without both it
        gets the package's ImageNet-normalised pictures; mean alone has std 1, std alone mean 0
    output : which of several outputs is the depth: a number (from 0) or a key

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
        for key, value in (('_mean', mean or (0.0,) * 3), ('_std', std or (1.0,) * 3)):
            self.register_buffer(key, torch.tensor(value).view(1, 3, 1, 1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        picture = x.float()
        if self._own_space:
            picture = (denormalise(picture) - self._mean) / self._std
        if self._size:
            picture = interpolate(picture, self._size, mode='bilinear', antialias=True)
        depth = self._depth(self.network(picture))
        if depth.ndim == 3:
            depth = depth.unsqueeze(1)
        if depth.ndim != 4 or depth.shape[:2] != (len(x), 1):
            raise ModelError(f'{self._name} gives {"×".join(map(str, depth.shape))} for '
                             f'{len(x)} pictures; a teacher gives {len(x)}×1×h×w metres')
        return at_half(depth, x.shape)

    def _depth(self, answer: Any) -> Tensor:
        if isinstance(answer, Tensor):
            outputs = {'0': answer}
        elif isinstance(answer, Mapping):
            outputs = {str(key): value for key, value in answer.items()}
        elif isinstance(answer, (tuple, list)):
            outputs = {str(place): value for place, value in enumerate(answer)}
        else:
            raise ModelError(f'{self._name} gives a {type(answer).__name__}, no tensor')
        wanted = self._output
        if wanted is None and len(outputs) == 1:
            wanted, = outputs
        if wanted is None or not isinstance(outputs.get(wanted), Tensor):
            raise ModelError(f'{self._name} gives the outputs {", ".join(outputs)}; say with '
                             'output= which of them is the depth in metres')
        return outputs[wanted]


def tried(adapter: Adapter, name: str, size: tuple[int, int], needs_gradient: bool) -> Adapter:
    """Return the adapter if it answers two pictures of `size` well, else raise ModelError."""
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
    except Exception as error:  # whatever foreign code may raise
        raise ModelError(
            f'{name} cannot answer two pictures of {size[0]}x{size[1]}: {reason(error)}; if it '
            'takes one size only, name it with size=HxW') from error
    if not depth.isfinite().all():
        raise ModelError(f'{name} gives NaN or infinity; check its weights and normalisation '
                         '(mean=, std=)')
    if needs_gradient and (gradient is None or not gradient.any()):
        raise ModelError(
            f'{name} lets no gradient through to its picture, and this method needs it; make it '
            'without no_grad and detach, or choose a method that does not (kd-ood)')
    return adapter
