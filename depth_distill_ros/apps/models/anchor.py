# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""depth-distill models anchor: bring a student's scale to its teacher's on the robot's frames."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track
import torch
from torch import nn

from depth_distill_ros.apps.left_out import summary
from depth_distill_ros.datasets import open_reader, readable_frames
from depth_distill_ros.distillation.losses import resized
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.files import expanded
from depth_distill_ros.frame import Frame
from depth_distill_ros.geometry.intrinsics import Intrinsics, focal_factor, same_lens
from depth_distill_ros.geometry.view import View
from depth_distill_ros.networks.model_folder import ModelCard, load_model, save_model
from depth_distill_ros.networks.normalisation import to_input
from depth_distill_ros.networks.scale_anchor import FEWEST, learned
from depth_distill_ros.networks.teachers import load_teacher

HELP = "give a student the factor that brings its depth to its teacher's on the robot's frames"
EXAMPLE = ('depth-distill models anchor --model runs/kitchen/student --teacher nyu_meter '
           '--data bag:a_drive anchored')

_ASPECT = 0.02  # relative difference of two aspect ratios that show the same part of an image


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('out', type=Path, help='new model folder')


def run(arguments: argparse.Namespace) -> int:
    student, card = load_model(expanded(arguments.model))
    teacher, teacher_card = load_teacher(arguments.teacher)
    _check_aspects(card.size, teacher_card.size)
    reader = open_reader(arguments.data)
    count = min(arguments.images, len(reader))
    chosen = np.random.default_rng(arguments.seed).choice(len(reader), count, replace=False)
    console = Console(stderr=True)
    pairs, camera = [], None
    for _, frame in track(readable_frames(reader, sorted(chosen.tolist())), 'frames', count,
                          console=console, transient=True, disable=not console.is_terminal):
        camera = _camera_of(frame, card, camera)
        found = metres(student, card, frame)
        pairs.append((metres(teacher, teacher_card, frame, found.shape), found))
    expected, depth = (np.stack(side) for side in zip(*pairs, strict=True))
    anchor = learned(expected, depth, camera)
    if anchor is None:
        raise DepthDistillError(f'{len(pairs)} frames are too few for a scale anchor: give '
                                f'{FEWEST} or more')
    save_model(arguments.out, student, replace(card, anchor=anchor))
    unused = summary([reader])
    print(f'{arguments.out}: factor {anchor.factor:.4f}, from {anchor.frames} frames'
          f'{unused and "; " + unused}')
    return 0


def _check_aspects(one: tuple[int, int], other: tuple[int, int]) -> None:
    if abs(one[0] * other[1] / (one[1] * other[0]) - 1) > _ASPECT:
        raise DepthDistillError(
            f'the model reads {one[0]}×{one[1]} and the teacher {other[0]}×{other[1]}: with '
            'another aspect ratio they see other parts of an image; give a student of this '
            'teacher')


def _camera_of(frame: Frame, card: ModelCard, known: Intrinsics | None) -> Intrinsics | None:
    camera = frame.intrinsics and View.fit(frame.size, card.size).intrinsics(frame.intrinsics)
    if camera and known and not same_lens(camera, known):
        raise DepthDistillError(f'{frame.name} is of another lens than the frames before it: an '
                                'anchor holds for one lens, give frames of one camera')
    return camera or known


@torch.no_grad()
def metres(network: nn.Module, card: ModelCard, frame: Frame,
            size: tuple[int, ...] = ()) -> np.ndarray:
    """Return h×w metres, scaled by the focal length as on the robot."""
    view = View.fit(frame.size, card.size)
    depth = network(to_input(torch.from_numpy(view.image(frame.image)[None]))).float()
    factor = focal_factor(card.intrinsics, view.intrinsics(frame.intrinsics)) \
        if card.intrinsics and frame.intrinsics else 1.0
    return factor * resized(depth, size or depth.shape[-2:])[0, 0].numpy()
