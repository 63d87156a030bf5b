# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The settings of each node, by its executable without _node."""

from __future__ import annotations

from depth_distill_ros.settings.cameras import RobotCameraSettings, SimulatorSettings
from depth_distill_ros.settings.distillation import OnlineSettings
from depth_distill_ros.settings.field import Settings
from depth_distill_ros.settings.inference import CameraSettings, InferenceSettings
from depth_distill_ros.settings.node import EvaluatorSettings
from depth_distill_ros.settings.stream import StreamSettings

NODES: dict[str, tuple[type[Settings], ...]] = {
    'simulator': (SimulatorSettings,),
    'robot_camera': (RobotCameraSettings,),
    'stream': (StreamSettings,),
    'distiller': (OnlineSettings,),
    'inference': (InferenceSettings, CameraSettings),
    'evaluator': (EvaluatorSettings,),
}
