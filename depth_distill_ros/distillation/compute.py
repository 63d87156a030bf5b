# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The device and precision of a training."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
import os
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from depth_distill_ros.errors import DepthDistillError, first_line
from depth_distill_ros.networks.depthwise import WIDTH, DepthwiseConvolution

_CPU_BF16_FLAGS = {'avx512_bf16', 'amx_bf16', 'bf16'}
# In torch 2.15 on a CPU, the weight gradient of a 5×5 convolution of bfloat16 feature maps of one
# row (a 32nd of the image's) holds uninitialised memory.
_BROKEN_BF16_ROWS = 32
_DTYPES = {'fp32': torch.float32, 'bf16': torch.bfloat16, 'fp16': torch.float16}


def _cpu_has_bf16() -> bool:
    try:
        info = Path('/proc/cpuinfo').read_text(encoding='utf-8', errors='replace')
    except OSError:
        return False
    return any(_CPU_BF16_FLAGS & set(line.split())
               for line in info.splitlines() if line.lower().startswith(('flags', 'features')))


def _fast_precision(device: torch.device) -> str:
    if device.type == 'cuda':
        return 'bf16' if torch.cuda.is_bf16_supported(including_emulation=False) else 'fp16'
    return 'bf16' if _cpu_has_bf16() else 'fp32'


class _Depthwise(TorchFunctionMode):
    """
    A context in which float32 depthwise convolutions that have a gradient suit a CPU.

    They ignore its autocast: their backward pass takes longer in bfloat16 than in float32, while
    that of the other convolutions takes a fraction. The gradient of wide kernels is computed in
    pieces (docs/MEASUREMENTS.md).

    Args:
        reduced: whether there is an autocast
    """

    def __init__(self, reduced: bool):
        super().__init__()
        self._reduced = reduced

    def __torch_function__(self, func: Callable[..., Any], types: Sequence[type],
                           args: Any = (), kwargs: dict[str, Any] | None = None) -> Any:
        kwargs = kwargs or {}
        if func is not torch.conv2d or len(args) < 2 or not torch.is_grad_enabled():
            return func(*args, **kwargs)
        return _conv2d(self._reduced, *args, **kwargs)


def _conv2d(reduced: bool, x: Tensor, weight: Tensor, bias: Tensor | None = None,
            stride: int | Sequence[int] = 1, padding: str | int | Sequence[int] = 0,
            dilation: int | Sequence[int] = 1, groups: int = 1) -> Tensor:
    others: Any = stride, padding, dilation, groups
    if not 1 < groups == x.shape[-3] or weight.dtype != torch.float32 \
            or not (x.requires_grad or weight.requires_grad):
        return torch.conv2d(x, weight, bias, *others)
    with torch.autocast('cpu', enabled=False):
        if reduced:
            x = x.float()
        if not weight.requires_grad or weight.shape[-1] <= WIDTH or x.ndim == 3 \
                or isinstance(padding, str) or _pair(dilation) != (1, 1):
            return torch.conv2d(x, weight, bias, *others)
        y: Tensor = DepthwiseConvolution.apply(x, weight, _pair(stride), _pair(padding))
        return y if bias is None else y + bias[:, None, None]


def _pair(value: int | Sequence[int]) -> tuple[int, int]:
    values = (value,) if isinstance(value, int) else value
    return values[0], values[-1]


@contextmanager
def out_of_memory_told(cure: str) -> Iterator[None]:
    """Turn a GPU's out-of-memory error into a DepthDistillError with a cure."""
    try:
        yield
    except torch.cuda.OutOfMemoryError as error:
        torch.cuda.empty_cache()
        raise DepthDistillError(
            f'the GPU has no memory left ({first_line(error)}): {cure}') from error


@dataclass(frozen=True)
class Compute:
    """A device and the precision of its matrix products; weights and losses stay float32."""

    device: torch.device
    precision: str

    @classmethod
    def available(cls, precision: str = 'auto', device: str = '', rows: int = 480) -> Compute:
        """
        Use `device`, or the best one if it is empty; 'auto' is the hardware's fast precision.

        Images of so few `rows` that bfloat16 is broken for them on a CPU are trained in float32.

        Raises DepthDistillError for a device that cannot be used, and for float16 on a CPU.
        """
        try:
            there = torch.device(device or ('cuda' if torch.cuda.is_available() else 'cpu'))
            if there.type == 'cuda' and there.index is None:
                # which GPU is the current one is a matter of the thread
                there = torch.device('cuda', torch.cuda.current_device())
            torch.empty(0, device=there)
        except (RuntimeError, AssertionError) as error:
            raise DepthDistillError(f'the device {device} cannot be used: {first_line(error)}; '
                                    'leave it empty for the best there is') from error
        if precision == 'auto':
            precision = _fast_precision(there)
        if precision == 'fp16' and there.type == 'cpu':
            raise DepthDistillError('fp16 needs a GPU; on a CPU choose bf16, fp32 or auto')
        if there.type == 'cpu' and precision == 'bf16' and rows <= _BROKEN_BF16_ROWS:
            precision = 'fp32'
        return cls(there, precision)

    def spares_a_core(self) -> bool:
        """Return whether a second thread may compute beside a step and slow nothing down."""
        return self.device.type != 'cpu' or \
            2 * torch.get_num_threads() <= len(os.sched_getaffinity(0))

    @contextmanager
    def autocast(self) -> Iterator[None]:
        """
        Compute in this precision.

        On a CPU, depthwise convolutions stay in float32 while gradients are recorded.
        """
        reduced = self.precision != 'fp32'
        with torch.autocast(self.device.type, _DTYPES[self.precision], enabled=reduced), \
                _Depthwise(reduced) if self.device.type == 'cpu' else nullcontext():
            yield

    def __str__(self) -> str:
        return f'{self.device}, {self.precision}'

    def memory_mib(self) -> float:
        """Return the memory of the process on the device; on a CPU its resident set."""
        if self.device.type == 'cuda':
            return torch.cuda.memory_allocated(self.device) / 2**20
        for line in Path('/proc/self/status').read_text(encoding='utf-8').splitlines():
            if line.startswith('VmRSS:'):
                return int(line.split()[1]) / 2**10
        return float('nan')
