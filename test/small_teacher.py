# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A small teacher whose depth lies in front of the camera and is not the same everywhere."""

import torch

from depth_distill_ros.networks import build
from depth_distill_ros.networks.model_folder import ModelCard, save_model


def save(folder, size):
    """Write it as a model folder that reads images of `size`; return the folder."""
    torch.manual_seed(7)
    network = build('lden', 'resnet18')
    for _ in range(3):  # statistics of real batches, not the defaults
        network(torch.randn(4, 3, *size))
    with torch.no_grad():
        network.head[3].bias.fill_(2.5)  # metres
        network.head[3].weight.mul_(100.0)
    save_model(folder, network, ModelCard('lden', 'resnet18', size))
    return folder
