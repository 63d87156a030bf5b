# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the nodes have in common, and what each of them is set with."""

from __future__ import annotations

from dataclasses import dataclass

from depth_distill_ros.settings.field import Settings, setting

IMAGE_SIDE = (32, 4096)
RATE = (0.0, 1000.0)


@dataclass(frozen=True)
class NodeSettings(Settings):
    """Every node."""

    autostart: bool = setting(
        True, 'the node configures and activates itself; false under a life-cycle manager')


@dataclass(frozen=True)
class InputSettings(NodeSettings):
    """A node that subscribes."""

    reliability: str = setting(
        'auto', 'QoS of the input subscriptions; auto follows the publishers: reliable unless one '
        'of them is best effort', choices=('auto', 'reliable', 'best_effort'))
    input_timeout: float = setting(5.0, 'the node warns when an input is silent for so long',
                                   unit='seconds', range=(0.5, 3600.0), changeable=True)


@dataclass(frozen=True)
class EvaluatorSettings(InputSettings):
    """The evaluator node."""

    window: int = setting(
        50, 'length of the sliding window', unit='frames', range=(1, 100_000), changeable=True)
    tolerance: float = setting(
        0.0, 'largest time between the stamps of a depth image and the reference that it is '
        'compared with; 0: half of the shorter period of the two topics, at most 0.05',
        unit='seconds', range=(0.0, 10.0), changeable=True)
    blind_map: str = setting(
        '', 'file of depth-distill models blind-map, learned with the same camera and mount; its '
        'metrics on the same frames are shown beside those of the depth; empty: none')
    work_dir: str = setting(
        '', 'folder of the run; every frame adds a row to its evaluation.csv; empty: no file')
