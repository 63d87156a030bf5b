# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What depth-distill evaluate compares with the reference: a network, or a map without one."""

from __future__ import annotations

import sys

from torch import nn

from depth_distill_ros.datasets import Reader, first_frame, open_reader
from depth_distill_ros.distillation.release_folders import latest
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.evaluation import blind_map
from depth_distill_ros.evaluation.blind_map import BlindMap
from depth_distill_ros.evaluation.blind_network import BlindNetwork
from depth_distill_ros.evaluation.constant import ConstantDepth, constant_depth
from depth_distill_ros.evaluation.protocol import Protocol
from depth_distill_ros.files import expanded
from depth_distill_ros.networks.model_folder import CARD, ModelCard
from depth_distill_ros.networks.teachers import load_teacher

CONSTANT, BLIND = 'constant', 'blind-map'
Model = tuple[nn.Module, ModelCard]


def open_blind_map(source: str) -> tuple[BlindMap | None, list[Reader]]:
    """
    Return the map of a file, or that of a data set KIND:PATH; None where there is no source.

    The readers are those that it was learned from.
    """
    if not source:
        return None, []
    file = expanded(source)
    if file.suffix == '.npz':
        return blind_map.load(file), []
    reader = open_reader(source)
    return blind_map.learn(reader), [reader]


def model(spec: str, reader: Reader, blind: BlindMap | None, protocol: Protocol) -> Model:
    """Return the network that --model names, with its card."""
    if spec == CONSTANT:
        return _constant(reader)
    if spec == BLIND:
        if blind is None:
            raise DepthDistillError('--model blind-map needs --blind-map: the data set of a '
                                    'training side, or the file of a blind map')
        return blind_model(blind, protocol, blind.depth.shape)
    return network(spec)


def network(spec: str) -> Model:
    """Return the network of a model or run folder, or one from elsewhere."""
    folder = expanded(spec)
    if folder.is_dir() and not (folder / CARD).is_file():
        release = latest(folder / 'releases',
                         lambda error: print(f'skipped: {error}', file=sys.stderr))
        trained = [folder / 'student', *sorted(folder.glob('best-*'))]
        folder = release.folder if release else next(
            (model for model in trained if (model / CARD).is_file()), folder)
    return load_teacher(str(folder) if folder.is_dir() else spec)


def blind_model(blind: BlindMap, protocol: Protocol, size: tuple[int, int]) -> Model:
    """Return the map as a network for images of `size`."""
    return BlindNetwork(blind, protocol, size), ModelCard(BLIND, '', size)


def _constant(reader: Reader) -> Model:
    metres = constant_depth(reader)
    return ConstantDepth(metres), ModelCard(CONSTANT, '', first_frame(reader).size)
