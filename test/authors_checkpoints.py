# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Checkpoints as the authors' code would have saved them, with seeded weights."""

import re
import zlib

import numpy as np
import torch

from depth_distill_ros.networks import build
from depth_distill_ros.networks.authors import FORMATS
from depth_distill_ros.networks.authors.names import names_of

COUNTER = 'num_batches_tracked'


def authors_shapes(form, backbone):
    """Return the shapes of the tensors of an authors' checkpoint, by their names."""
    with torch.device('meta'):
        ours = build(FORMATS[form].network, backbone).state_dict()
    return {theirs: tuple(ours[name].shape)
            for name, theirs in names_of(form, backbone, ours).items()}


def seeded(name, shape):
    """Return weights seeded by the authors' name, of a size that keeps activations near 1."""
    if name.endswith(COUNTER):
        return torch.tensor(1)
    unit = np.random.RandomState(zlib.crc32(name.encode())).random_sample(shape) * 2 - 1
    if len(shape) > 1:
        values = unit * (6 / np.prod(shape[1:])) ** 0.5
    elif name.endswith('running_var'):
        values = 1 + unit / 2
    elif name.endswith('weight'):
        ends_branch = re.search(r'\d\.(bn2|bn3|conv\.3)\.', name)
        values = (0.5 if ends_branch else 0.9) * (1 + unit / 2)
    else:
        values = unit / 5
    return torch.from_numpy(values.astype(np.float32))


def checkpoint(form, backbone):
    """Return the state dict of a checkpoint."""
    return {name: seeded(name, shape) for name, shape in authors_shapes(form, backbone).items()}


def without_counters(state):
    """Return it without BatchNorm's counters, as before PyTorch 0.4.1."""
    return {name: tensor for name, tensor in state.items() if not name.endswith(COUNTER)}
