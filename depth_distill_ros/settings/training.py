# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The settings of `depth-distill train`, of `distill` beside the method, and of the anchor."""

from __future__ import annotations

from dataclasses import dataclass

from depth_distill_ros.settings.cameras import SimulatorSettings
from depth_distill_ros.settings.distillation import DistillationSettings, OfflineSettings
from depth_distill_ros.settings.field import Settings, modified, setting
from depth_distill_ros.settings.names import DATA, NETWORKS, backbones
from depth_distill_ros.settings.optimisation import RECIPES, OptimisationSettings
from depth_distill_ros.settings.robot_frames import ANCHOR_FRAMES

_SCRATCH = RECIPES['scratch']


@dataclass(frozen=True)
class EvaluationSettings(Settings):
    """How often a training is evaluated, and on which frames."""

    evaluate: str = setting('', f'frames with measured depth, never trained on, {DATA}')
    evaluate_every: int = setting(500, 'steps between two evaluations; 0: at the end only',
                                  unit='steps', range=(0, 2**31 - 1))
    per_image: bool = setting(False, 'list each image that was not used, with the reason')


@dataclass(frozen=True)
class DistillRunSettings(EvaluationSettings):
    """How `depth-distill distill` begins, evaluates and saves."""

    recipe: str = setting('auto', "optimiser settings of a paper; auto: the method's own",
                          choices=('auto', *RECIPES))
    evaluate_frames: int = setting(0, 'largest number of frames to evaluate on, evenly spread; 0: '
                                   'all', unit='frames', range=(0, 2**31 - 1))
    save_every: int = setting(500, 'steps between two checkpoints; 0: at the end only',
                              unit='steps', range=(0, 2**31 - 1))


@dataclass(frozen=True)
class TrainSettings(EvaluationSettings, OptimisationSettings):
    """`depth-distill train`, which makes a teacher."""

    look: str = modified(SimulatorSettings, 'look', default='target', help='appearance of the '
                         'rooms that are rendered while it trains: target, stream, general, nyu, '
                         'or a YAML file of ranges, such as sim/randomisation.yaml')
    data: str = setting('', f'frames with measured depth to train on instead of rooms, {DATA}')
    network: str = modified(OfflineSettings, 'student', help='network to train')
    backbone: str = setting('resnet18', 'backbone of the network', choices=backbones(NETWORKS))
    start: str = setting('', 'folder of a model of the same network to start from, or imagenet: '
                         'the published weights of the encoder; empty: random weights')
    size: tuple[int, int] = modified(OfflineSettings, 'size', default=(96, 128), range=(1, 8192),
                                     help='height and width of the images')
    steps: int = modified(OfflineSettings, 'steps', default=6000, range=(1, 2**31 - 1),
                          help='length of the training')
    batch: int = modified(OptimisationSettings, 'batch', default=_SCRATCH['batch'])
    lr: float = modified(OptimisationSettings, 'lr', default=_SCRATCH['lr'])
    schedule: str = modified(OptimisationSettings, 'schedule', default=_SCRATCH['schedule'])
    reuse: float = setting(
        3.0, 'how often each rendered frame is used, on average', range=(0.01, 1e6))
    renderers: int = setting(1, 'processes that render', unit='processes', range=(1, 256))
    workers: int = modified(OfflineSettings, 'workers')
    held_out_rooms: int = setting(
        100, 'rendered rooms that the network is evaluated on', unit='rooms', range=(1, 100_000))


@dataclass(frozen=True)
class AnchorSettings(Settings):
    """A model gets a scale anchor, as a release of the distiller has it."""

    model: str = setting('', 'model folder of the student', required=True)
    teacher: str = modified(DistillationSettings, 'teacher')
    data: str = setting('', f"unlabelled frames of the robot's camera, {DATA}",
                        required=True)
    images: int = setting(
        ANCHOR_FRAMES, 'number of frames, drawn at random', unit='frames', range=(1, 1_000_000))
    seed: int = setting(0, 'seed of the draw', range=(0, 2**31 - 1))
