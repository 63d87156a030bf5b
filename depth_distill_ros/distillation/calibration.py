# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Calibration: recorded feature statistics in a file, for teachers that store none.

A BatchNorm layer stores the mean and variance of its input over the training images, and l_BN
(eq. 6 and 7) reads them. A ViT has no such layers. A calibration records the same of its other
layers, over images of the teacher's domain.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
import torch
from torch import Tensor, nn

from depth_distill_ros.distillation.batch_norm_loss import (
    Statistics,
    StatisticsError,
    batch_norm_layers,
    check_visible,
    inputs_observed,
    moments,
)
from depth_distill_ros.files import replacing, writing

_FORMAT = '1'
_MEAN, _VARIANCE = '.mean', '.variance'


@torch.no_grad()
def default_layers(teacher: nn.Module, x: Tensor) -> list[str]:
    """
    Choose the layers of a teacher to record, in the order in which they run on `x`.

    All BatchNorm2d layers if there are any. Otherwise GroupNorm and InstanceNorm layers, and the
    layer that reads the output of each LayerNorm: in a ViT the first layer of each attention and
    of each MLP. The input of the LayerNorm itself is the residual stream. In large models a few of
    its channels are a thousand times the others and would dominate the loss. Without any
    normalisation layer, all convolutions but the first.
    """
    check_visible(teacher)
    if found := batch_norm_layers(teacher):
        return found
    names = {module: name for name, module in teacher.named_modules()}
    # by address; holding the tensors keeps their addresses from being reused
    normalised: dict[int, Tensor] = {}
    readers: list[str] = []
    convolutions: list[str] = []

    def observe(layer: nn.Module, value: Tensor) -> None:
        address = value.untyped_storage().data_ptr()
        if isinstance(layer, (nn.GroupNorm, nn.InstanceNorm2d)):
            readers.append(names[layer])
        elif not isinstance(layer, nn.LayerNorm) and normalised.pop(address, None) is not None:
            readers.append(names[layer])
        elif isinstance(layer, nn.Conv2d):
            convolutions.append(names[layer])

    def keep_output(layer: nn.Module, _: Any, value: Tensor) -> None:
        normalised[value.untyped_storage().data_ptr()] = value

    handles = [m.register_forward_hook(keep_output) for m in names if isinstance(m, nn.LayerNorm)]
    # an activation module may be shared by layers of different widths; a layer with weights is not
    weighted = [m for m in names if m._parameters or isinstance(m, nn.InstanceNorm2d)]
    try:
        with inputs_observed(weighted, observe):
            teacher(x)
    finally:
        for handle in handles:
            handle.remove()
    chosen = list(dict.fromkeys(readers or convolutions[1:]))
    if not chosen:
        raise StatisticsError('the teacher has neither normalisation layers nor convolutions '
                               'that hooks can reach; name layers with --layers')
    return chosen


@torch.no_grad()
def record(teacher: nn.Module, layers: Iterable[str], batches: Iterable[Tensor]) -> Statistics:
    """
    Return the statistics of the layers' inputs over the images of all batches together.

    batches: B×3×H×W, ImageNet-normalised, on the teacher's device. The moments are float64 and
    merged as by Chan et al., so the result does not depend on how the images are batched.
    """
    check_visible(teacher)
    modules = dict(teacher.named_modules())
    names = {modules[name]: name for name in layers}
    sums: dict[str, tuple[int, Tensor, Tensor]] = {}

    def observe(layer: nn.Module, value: Tensor) -> None:
        mean, variance = moments(layer, value.double())
        count = value.numel() // mean.numel()
        n, old_mean, old_variance = sums.get(names[layer], (0, mean, variance))
        share = count / (n + count)
        difference = mean - old_mean
        sums[names[layer]] = (
            n + count, old_mean + share * difference,
            (1 - share) * old_variance + share * variance + share * (1 - share)
            * difference.square())

    teacher.eval()
    with inputs_observed(names, observe):
        for batch in batches:
            teacher(batch)
    idle = [name for name in names.values() if name not in sums]
    if idle:
        raise StatisticsError(f'{len(idle)} of the layers never ran on a tensor, e.g. {idle[0]}; '
                               'leave them out of --layers')
    return {name: (mean.float().cpu(), variance.float().cpu())
            for name, (_, mean, variance) in sums.items()}


def save_calibration(path: Path, statistics: Statistics, about: dict[str, str]) -> None:
    """Write the statistics and their origin, `about`, to a new safetensors file."""
    check_new(path)
    tensors: dict[str, Tensor] = {}
    for name, (mean, variance) in statistics.items():
        if not (mean.isfinite().all() and variance.isfinite().all()):
            raise StatisticsError(f'the inputs of {name} are not finite; the teacher cannot be '
                                   'calibrated on these images')
        tensors |= {name + _MEAN: mean.contiguous(), name + _VARIANCE: variance.contiguous()}
    with writing(path, error_type=StatisticsError, also=(SafetensorError,)), \
            replacing(path) as aside:
        save_file(tensors, aside, {'format': _FORMAT, **about})
        # safetensors writes for the owner only; a distiller may run as another user
        aside.chmod(0o644)


def check_new(path: Path) -> None:
    if path.exists():
        raise StatisticsError(f'{path} exists; a calibration is never overwritten, name a new '
                               'file')


def load_calibration(path: Path, teacher: nn.Module) -> Statistics:
    """Return the statistics in a file; StatisticsError if they are of another teacher."""
    try:
        with safe_open(path, 'pt') as file:
            if (file.metadata() or {}).get('format') != _FORMAT:
                raise StatisticsError(f'{path} is not a calibration of this version; make one '
                                      'with depth-distill models calibrate')
            tensors = {key: file.get_tensor(key) for key in file.keys()}
            made_with = file.metadata().get('teacher', 'unknown')
    except (OSError, SafetensorError) as error:
        raise StatisticsError(f'{path} is not a complete calibration file ({error}); make one '
                              'with depth-distill models calibrate') from error
    names = [key.removesuffix(_MEAN) for key in tensors if key.endswith(_MEAN)]
    modules = dict(teacher.named_modules())
    other = [name for name in names if name not in modules
             or _channels(modules[name]) not in (None, len(tensors[name + _MEAN]))]
    if other or not names or len(tensors) != 2 * len(names):
        raise StatisticsError(
            f'{path} was made with the teacher {made_with} and does not fit this one: '
            f'{len(other)} of {len(names)} layers are missing or of other channel counts'
            f'{", e.g. " + other[0] if other else ""}; calibrate this teacher')
    return {name: (tensors[name + _MEAN], tensors[name + _VARIANCE]) for name in names}


def _channels(layer: nn.Module) -> int | None:
    """Return how many channels a layer reads, None where no attribute tells."""
    for attribute in ('num_features', 'num_channels', 'in_channels', 'in_features'):
        if isinstance(value := getattr(layer, attribute, None), int):
            return value
    shape = getattr(layer, 'normalized_shape', None)
    return shape[-1] if shape else None
