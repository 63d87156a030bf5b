# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Model folders and engines for the tests of inference."""

from importlib.util import find_spec
import shutil

import numpy as np
import pytest
import torch

from depth_distill_ros.frame import Frame
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.inference.engine_selection import ENGINES, INT8
from depth_distill_ros.networks import build
from depth_distill_ros.networks.model_folder import ModelCard, save_model
from depth_distill_ros.shipped import shipped_start
from depth_distill_ros.stream.store import StreamWriter

SIZE = (64, 96)


def shipped_student(folder):
    """Copy the shipped student, without what engines have left beside it."""
    return shutil.copytree(shipped_start('mobilenetv2'), folder / 'student',
                           ignore=shutil.ignore_patterns('engines'))


def confident_student(folder, name='lden_light'):
    """Save a small network with a confidence that differs from pixel to pixel."""
    torch.manual_seed(0)
    network = build(name, 'mobilenetv2', confidence=True)
    with torch.no_grad():
        network.train()
        for _ in range(3):
            network.with_confidence(torch.randn(2, 3, *SIZE))
        network.eval().head[-1].bias.fill_(3.0)
        network.head[-1].weight *= 30
        network.confidence.body[-1].weight *= 30
    save_model(folder / 'confident', network,
               ModelCard(name, 'mobilenetv2', SIZE, options={'confidence': True}))
    return folder / 'confident'


def installed():
    """
    Return the names of the engines that this machine has packages and devices for.

    Without int8, whose file is made of frames first.
    """
    packages = {'tensorrt': 'tensorrt', 'onnxruntime': 'onnxruntime', 'openvino': 'openvino'}
    return [name for name in ENGINES
            if name != INT8 and find_spec(packages.get(name.split('-')[0], 'torch'))
            and _runs_here(name)]


def stored_frames(store, frames):
    """Store noise, no frame of which is like another."""
    with StreamWriter(store, SIZE, frames) as writer:
        for seed in range(frames):
            image = np.random.default_rng(seed).integers(0, 255, (*SIZE, 3), np.uint8)
            writer.append(Frame(image, semantics=np.zeros(SIZE, np.uint8),
                                intrinsics=Intrinsics(90.0, 90.0, 47.5, 31.5, *SIZE)))


def prepared():
    """Return the name of an engine that the engine worker prepares; a test without one skips."""
    found = sorted({'onnxruntime-cpu', 'openvino-f32'} & set(installed()))
    return found[0] if found else pytest.skip('needs onnxruntime or openvino')


def _runs_here(name):
    if name == 'openvino-bf16':
        import openvino
        return 'BF16' in openvino.Core().get_property('CPU', 'OPTIMIZATION_CAPABILITIES')
    if name == 'onnxruntime-cuda':
        import onnxruntime
        return 'CUDAExecutionProvider' in onnxruntime.get_available_providers()
    return torch.cuda.is_available() or not name.endswith(('cuda', 'fp16'))
