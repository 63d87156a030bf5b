# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Random camera augmentation: mirroring, and the random optics and electronics of a camera.

The teacher predicts the depth of the augmented image, so no augmentation makes a target wrong.
Random numbers follow from a CPU generator and not from the images. All but the grain of the noise
are the same on all devices.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import conv2d, pad

from depth_distill_ros.distillation.data.batch import Batch, Batches
from depth_distill_ros.networks.normalisation import denormalise, normalise, per_channel

_GREY = (0.299, 0.587, 0.114)
_RADIUS = 2  # of the blur's kernel, pixels


class Augmentation:
    """
    The augmentation of the batches of a method, from a step on.

    Args:
        strength: as of `camera`; 0: no augmentation
        after: steps without it
    """

    def __init__(self, strength: float, after: int):
        self._strength, self._after = strength, after
        self._steps = 0

    @property
    def begun(self) -> bool:
        """Whether the next batches are augmented."""
        return self._strength > 0 and self._steps >= self._after

    def __call__(self, batches: Batches, generator: torch.Generator) -> Batches:
        """Return the batches of a step, as it shall see them."""
        begun = self.begun
        self._steps += 1
        return augmented(batches, self._strength, generator) if begun else batches

    def state_dict(self) -> dict[str, int]:
        return {'steps': self._steps}

    def load_state_dict(self, state: dict[str, int]) -> None:
        self._steps = state['steps']


def augmented(batches: Batches, strength: float, generator: torch.Generator) -> Batches:
    """
    Mirror half of the images with their classes, and apply a random camera to each image.

    The new batches have no keys, because no image comes again, and neither depth nor right images,
    because the teacher provides the targets.
    """
    return {name: _augmented(batch, strength, generator) for name, batch in batches.items()}


def _augmented(batch: Batch, strength: float, generator: torch.Generator) -> Batch:
    x, semantics = batch.x, batch.semantics
    mirrored = (torch.rand(len(x), generator=generator) < 0.5).to(x.device, non_blocking=True)
    x = torch.where(mirrored.view(-1, 1, 1, 1), x.flip(-1), x)
    if semantics is not None:
        semantics = torch.where(mirrored.view(-1, 1, 1), semantics.flip(-1), semantics)
    x = normalise(camera(denormalise(x), strength, generator))
    return Batch(x.contiguous(memory_format=torch.channels_last), semantics)


def camera(x: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """
    Apply a random camera to each of B×3×H×W RGB images from 0 to 1.

    Lens blur and vignetting, exposure and white balance, shot and read noise, saturation, gamma
    and contrast, in the order of a real camera. At strength 1 exposure and gamma change by up to
    about 40 %, colours by 13 %; at 0 nothing changes.
    """
    b, s = len(x), strength

    def drawn(low: float, high: float, channels: int = 1) -> Tensor:
        share = torch.rand(b, channels, 1, 1, generator=generator)
        return (low + (high - low) * share).to(x, non_blocking=True)

    gain = torch.exp(drawn(-0.35 * s, 0.35 * s) + drawn(-0.12 * s, 0.12 * s, 3))
    shade = 1 - drawn(0, 0.4 * s) * _squared_radius(x)
    blur = drawn(0, 0.9 * s) * x.shape[-2] / 160
    noise = drawn(0, 0.025 * s)
    saturation, contrast = drawn(1 - 0.8 * s, 1 + 0.4 * s), drawn(-0.3 * s, 0.4 * s)
    gamma = torch.exp(drawn(-0.3 * s, 0.3 * s))
    grain = _normal(x, generator)

    x = _blurred(x, blur) * gain * shade
    x = (x + grain * noise * (0.45 + 0.6 * x.clamp(min=0).sqrt())).clamp(0, 1)
    grey = (x * per_channel(_GREY, x)).sum(1, keepdim=True)
    x = (grey + saturation * (x - grey)).clamp(0, 1) ** gamma
    return (x + contrast * x * (1 - x) * (2 * x - 1)).clamp(0, 1)


def _normal(x: Tensor, generator: torch.Generator) -> Tensor:
    """Return standard normal numbers of the shape of x, drawn on its device: they are many."""
    if x.device.type != 'cpu':
        seed = int(torch.randint(2**62, (), generator=generator))
        generator = torch.Generator(x.device).manual_seed(seed)
    return torch.randn(x.shape, device=x.device, generator=generator)


def _squared_radius(x: Tensor) -> Tensor:
    """H×W, 0 in the centre of the image and 1 in its corners."""
    rows, columns = (torch.linspace(-1, 1, side, device=x.device) for side in x.shape[-2:])
    return (rows.view(-1, 1) ** 2 + columns ** 2) / 2


def _blurred(x: Tensor, sigma: Tensor) -> Tensor:
    """Blur each image by its own Gaussian (B×1×1×1, pixels)."""
    b, c, h, w = x.shape
    offset = torch.arange(-_RADIUS, _RADIUS + 1, device=x.device)
    kernel = torch.exp(-offset ** 2 / (2 * sigma.view(b, 1).clamp(min=1e-3) ** 2))
    kernel = (kernel / kernel.sum(1, keepdim=True)).repeat_interleave(c, 0)
    y = pad(x.reshape(1, b * c, h, w), (_RADIUS,) * 4, mode='replicate')
    for shape in ((b * c, 1, 1, -1), (b * c, 1, -1, 1)):
        y = conv2d(y, kernel.view(shape), groups=b * c)
    return y.view(b, c, h, w)
