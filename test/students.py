# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Model folders whose network answers one depth everywhere, and broken ones."""

import json
import math
from pathlib import Path

from std_msgs.msg import String
import torch

from depth_distill_ros.distillation.release_folders import publish
from depth_distill_ros.networks import build
from depth_distill_ros.networks.model_folder import CARD, WEIGHTS, ModelCard, save_model

SIZE = (96, 128)
DEPTH_SIZE = (48, 64)


def constant_student(metres, confidence=None):
    """Return a LDEN that sees nothing: ``metres`` at every pixel, equally sure of each."""
    network = build('lden', 'mobilenetv2', confidence=confidence is not None).eval()
    with torch.no_grad():
        network.head[-1].weight.zero_()
        network.head[-1].bias.fill_(metres)
        if confidence is not None:
            network.confidence.body[-1].weight.zero_()
            network.confidence.body[-1].bias.fill_(math.log(confidence / (1 - confidence)))
    return network


def release(work_dir, metres, confidence=None, intrinsics=None, size=SIZE, run='', score=None,
            not_promoted='', anchor=None):
    """Publish such a student as the next release of a run; return its record."""
    card = ModelCard('lden', 'mobilenetv2', size, intrinsics,
                     options={} if confidence is None else {'confidence': True}, anchor=anchor)
    return publish(Path(work_dir) / 'releases', constant_student(metres, confidence), card, 1,
                   score or {}, run, not_promoted)


def with_nan(record):
    """Make one weight of a release NaN, behind its back."""
    from safetensors.torch import load_file, save_file
    tensors = load_file(record.folder / WEIGHTS)
    tensors['head.3.bias'].fill_(float('nan'))
    save_file(tensors, record.folder / WEIGHTS)


def cut_short(record):
    """Leave the first half of the weights file."""
    weights = record.folder / WEIGHTS
    weights.write_bytes(weights.read_bytes()[:weights.stat().st_size // 2])


def of_another_architecture(record):
    """Let the card name another backbone than the weights are of."""
    card = record.folder / CARD
    card.write_text(card.read_text().replace('mobilenetv2', 'resnet18'))


def message(record):
    """Return what the distiller tells about a release."""
    return String(data=json.dumps(
        {'folder': str(record.folder), 'number': record.number, 'step': record.step}))


def save_teacher(folder, running_mean=None, size=SIZE):
    """Save a network with random weights and positive depth; or with impossible statistics."""
    torch.manual_seed(0)
    network = build('lden', 'resnet18').eval()
    with torch.no_grad():
        network.head[-1].bias.fill_(3.0)
        if running_mean is not None:
            network.encoder.stages[0][1].running_mean.fill_(running_mean)
    save_model(folder, network, ModelCard('lden', 'resnet18', size))
