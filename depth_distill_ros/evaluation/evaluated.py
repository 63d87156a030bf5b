# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""All figures of one network on one data set."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from depth_distill_ros.datasets.reader import Reader
from depth_distill_ros.evaluation.protocol import Evaluation, FrameResult, Protocol
from depth_distill_ros.evaluation.robot_figures import RobotFigures
from depth_distill_ros.frame import Frame
from depth_distill_ros.geometry.scan import Mount
from depth_distill_ros.networks.model_folder import ModelCard
from depth_distill_ros.settings.names import STEREO


def evaluated(network: nn.Module, card: ModelCard, frames: Reader | Sequence[Frame],
              protocol: Protocol, device: torch.device, mount: Mount | None = None,
              each: Callable[[FrameResult], None] = lambda frame: None,
              **options: Any) -> dict[str, Any]:
    """
    Evaluate a network; the network is left in eval mode on `device`.

    Args:
        mount: nominal mount of the camera, for the obstacle figures; None: none of them
        each: called with the result of each frame
        options: further arguments of ``Evaluation``; `predict`, `size` and `anchor` replace the
            network, and the size and the scale anchor on its card
    Returns:
        the summary of ``Evaluation``; 'robot', that of ``RobotFigures``; 'unused', its LeftOut
        frames
    Raises:
        DepthDistillError: no frame has a reference, or one lacks what the figures need
    """
    model: Any = network.to(device).eval()
    predict: Callable[..., Tensor] = model
    if card.options.get('confidence'):
        def predict(x: Tensor) -> Tensor:
            return torch.cat(model.with_confidence(x), dim=1)
    evaluation = Evaluation(**{
        'predict': predict, 'size': card.size, 'protocol': protocol, 'device': device,
        'stereo': card.network == STEREO, 'anchor': card.anchor, **options})
    robot = RobotFigures(mount)
    for frame in evaluation.frames(frames):
        robot.add(frame)
        each(frame)
    return {**evaluation.summary(), 'robot': robot.summary(), 'unused': evaluation.unused}
