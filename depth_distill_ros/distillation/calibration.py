# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Statistics of a teacher's features over pictures of its world, for teachers that store none.

A BatchNorm layer keeps the mean and variance of its input over the pictures it was trained on,
and D3 reads them (eq. 6). A ViT has no such layers; this records the same of named layers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
import torch
from torch import Tensor, nn

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.files import replacing, writing

_FORMAT = '1'
_MEAN, _VARIANCE = '.mean', '.variance'

Statistics = dict[str, tuple[Tensor, Tensor]]
"""By layer name, mean and biased variance of its input, one value a channel, float32."""


class CalibrationError(DepthDistillError):
    """A calibration that cannot be made, read, or used with a teacher."""


def moments(layer: nn.Module, x: Tensor) -> tuple[Tensor, Tensor]:
    """
    Return mean and biased variance of a layer's input, a value a channel.

    The channels of B×C×H×W are C; those of tokens (B×N×C), and of whatever a Linear or LayerNorm
    reads, are the last.
    """
    last = x.ndim != 4 or isinstance(layer, (nn.Linear, nn.LayerNorm))
    channels = x.ndim - 1 if last else 1
    over = [axis for axis in range(x.ndim) if axis != channels]
    variance, mean = torch.var_mean(x, dim=over, correction=0)
    return mean, variance


@contextmanager
def inputs_seen(layers: Iterable[nn.Module], see: Callable[[nn.Module, Tensor], None],
                ) -> Iterator[None]:
    """Call `see` with each of the layers that runs inside, and the first tensor it is given."""
    def hook(layer: nn.Module, args: tuple, kwargs: dict[str, Any]) -> None:
        for value in (*args, *kwargs.values()):
            if isinstance(value, Tensor):
                see(layer, value)
                break

    handles = [layer.register_forward_pre_hook(hook, with_kwargs=True) for layer in layers]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def check_visible(teacher: nn.Module) -> None:
    """Raise CalibrationError for a teacher whose layers run out of Python's sight."""
    if any(isinstance(module, torch.jit.ScriptModule) for module in teacher.modules()):
        raise CalibrationError(
            'the features of a TorchScript teacher cannot be seen, so G has no statistics to fit; '
            'give the teacher as module:function or hf:..., or distil without G')


def batch_norms(teacher: nn.Module) -> list[str]:
    return [name for name, m in teacher.named_modules() if isinstance(m, nn.BatchNorm2d)]


@torch.no_grad()
def default_layers(teacher: nn.Module, x: Tensor) -> list[str]:
    """
    Choose the layers of a teacher to record, in the order in which they run on `x`.

    All BatchNorm2d where there are some. Else GroupNorm and InstanceNorm layers, and of each
    LayerNorm the layer that reads what it gives: in a ViT the input of each attention and of each
    MLP. (What goes into a LayerNorm itself is the residual stream, in which a few channels of
    large models are a thousand times the others; they would be all of the loss.) Without any
    normalisation, all convolutions but that which reads the picture.
    """
    check_visible(teacher)
    if found := batch_norms(teacher):
        return found
    names = {module: name for name, module in teacher.named_modules()}
    normalised: dict[int, Tensor] = {}  # by where they lie; kept, so that none takes its place
    readers: list[str] = []
    convolutions: list[str] = []

    def see(layer: nn.Module, value: Tensor) -> None:
        place = value.untyped_storage().data_ptr()
        if isinstance(layer, (nn.GroupNorm, nn.InstanceNorm2d)):
            readers.append(names[layer])
        elif not isinstance(layer, nn.LayerNorm) and normalised.pop(place, None) is not None:
            readers.append(names[layer])
        elif isinstance(layer, nn.Conv2d):
            convolutions.append(names[layer])

    def given(layer: nn.Module, _: Any, value: Tensor) -> None:
        normalised[value.untyped_storage().data_ptr()] = value

    handles = [m.register_forward_hook(given) for m in names if isinstance(m, nn.LayerNorm)]
    # activations may be shared by layers of other channel counts; who has weights is not
    weighted = [m for m in names if m._parameters or isinstance(m, nn.InstanceNorm2d)]
    try:
        with inputs_seen(weighted, see):
            teacher(x)
    finally:
        for handle in handles:
            handle.remove()
    chosen = list(dict.fromkeys(readers or convolutions[1:]))
    if not chosen:
        raise CalibrationError('the teacher has neither normalisation layers nor convolutions '
                               'that Python sees; name layers with --layers')
    return chosen


@torch.no_grad()
def record(teacher: nn.Module, layers: Iterable[str], batches: Iterable[Tensor]) -> Statistics:
    """
    Return the statistics of the layers' inputs over all pictures of all batches together.

    batches : B×3×H×W, ImageNet-normalised, on the teacher's device. The sums are float64 and
    merged as Chan et al. do, so neither the number nor the size of the batches matters.
    """
    check_visible(teacher)
    modules = dict(teacher.named_modules())
    names = {modules[name]: name for name in layers}
    sums: dict[str, tuple[int, Tensor, Tensor]] = {}

    def see(layer: nn.Module, value: Tensor) -> None:
        mean, variance = moments(layer, value.double())
        count = value.numel() // mean.numel()
        n, old_mean, old_variance = sums.get(names[layer], (0, mean, variance))
        share = count / (n + count)
        apart = mean - old_mean
        sums[names[layer]] = (
            n + count, old_mean + share * apart,
            (1 - share) * old_variance + share * variance + share * (1 - share) * apart.square())

    teacher.eval()
    with inputs_seen(names, see):
        for batch in batches:
            teacher(batch)
    idle = [name for name in names.values() if name not in sums]
    if idle:
        raise CalibrationError(f'{len(idle)} of the layers never ran on a tensor, e.g. {idle[0]}; '
                               'leave them out of --layers')
    return {name: (mean.float().cpu(), variance.float().cpu())
            for name, (_, mean, variance) in sums.items()}


def save_calibration(path: Path, statistics: Statistics, about: dict[str, str]) -> None:
    """Write the statistics, and what they are of, to a safetensors file that must not exist."""
    check_new(path)
    tensors = {}
    for name, (mean, variance) in statistics.items():
        if not (mean.isfinite().all() and variance.isfinite().all()):
            raise CalibrationError(f'the inputs of {name} are not finite; the teacher cannot be '
                                   'calibrated on these pictures')
        tensors |= {name + _MEAN: mean.contiguous(), name + _VARIANCE: variance.contiguous()}
    with writing(path, error_type=CalibrationError, also=(SafetensorError,)), \
            replacing(path) as aside:
        save_file(tensors, aside, {'format': _FORMAT, **about})
        # safetensors writes for its owner alone; a distiller may run as another user
        aside.chmod(0o644)


def check_new(path: Path) -> None:
    if path.exists():
        raise CalibrationError(f'{path} exists; a calibration is never overwritten, name a new '
                               'file')


def load_calibration(path: Path, teacher: nn.Module) -> Statistics:
    """Return the statistics in a file; CalibrationError if they are not of this teacher."""
    try:
        with safe_open(path, 'pt') as file:
            if (file.metadata() or {}).get('format') != _FORMAT:
                raise CalibrationError(f'{path} is no calibration of this version; make one with '
                                       'depth-distill models calibrate')
            tensors = {key: file.get_tensor(key) for key in file.keys()}
            made_with = file.metadata().get('teacher', 'unknown')
    except (OSError, SafetensorError) as error:
        raise CalibrationError(f'{path} is no complete calibration file ({error}); make one with '
                               'depth-distill models calibrate') from error
    names = [key.removesuffix(_MEAN) for key in tensors if key.endswith(_MEAN)]
    modules = dict(teacher.named_modules())
    other = [name for name in names if name not in modules
             or _channels(modules[name]) not in (None, len(tensors[name + _MEAN]))]
    if other or not names or len(tensors) != 2 * len(names):
        raise CalibrationError(
            f'{path} was made with the teacher {made_with} and does not fit this one: '
            f'{len(other)} of {len(names)} layers are missing or of other channel counts'
            f'{", e.g. " + other[0] if other else ""}; calibrate this teacher')
    return {name: (tensors[name + _MEAN], tensors[name + _VARIANCE]) for name in names}


def _channels(layer: nn.Module) -> int | None:
    """How many channels a layer reads, where it says so."""
    for attribute in ('num_features', 'num_channels', 'in_channels', 'in_features'):
        if isinstance(value := getattr(layer, attribute, None), int):
            return value
    shape = getattr(layer, 'normalized_shape', None)
    return shape[-1] if shape else None
