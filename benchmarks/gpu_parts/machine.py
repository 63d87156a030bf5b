# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The machine, what is installed on it, and how fast it multiplies matrices."""

from __future__ import annotations

import argparse
from importlib.util import find_spec
import platform
from typing import Any

import torch

from gpu_parts.results import Results, device_of, seconds_of

_PACKAGES = ('cv2', 'timm', 'onnx', 'onnxruntime', 'tensorrt', 'openvino', 'nncf', 'mujoco',
             'pytest', 'safetensors', 'lmdb', 'tensorboard')


def roofline(device: torch.device, dtype: torch.dtype, side: int) -> float:
    """Return 10¹² operations a second of a product of two matrices."""
    a, b = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
    return 2 * side ** 3 / min(seconds_of(device, lambda: a @ b)) / 1e12


def run(a: argparse.Namespace, results: Results) -> None:
    """Write it down."""
    device = device_of(a.device)
    row: dict[str, Any] = {'python': platform.python_version(), 'torch': torch.__version__,
                           'device': str(device)}
    if device.type == 'cuda':
        properties = torch.cuda.get_device_properties(device)
        row |= {'gpu': properties.name, 'memory_gib': properties.total_memory / 2**30,
                'capability': f'{properties.major}.{properties.minor}',
                'cuda': torch.version.cuda, 'cudnn': torch.backends.cudnn.version()}
    results.add(**row)
    for package in _PACKAGES:
        if find_spec(package) is None:
            results.missing(f'the package {package}')
    side = 8192 if device.type == 'cuda' else 512 if a.small else 1024
    for dtype in (torch.float32, torch.bfloat16):
        results.attempt(f'matmul {dtype}, {side}', lambda dtype=dtype: {
            'tflops': roofline(device, dtype, side)})
    if device.type == 'cuda':
        torch.backends.cuda.matmul.allow_tf32 = True
        results.attempt(f'matmul tf32, {side}', lambda: {
            'tflops': roofline(device, torch.float32, side)})
