# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
The whole loop: simulator, stream, distiller, inference, evaluator.

ros2 launch depth_distill_ros distill.launch.py                    (embedded simulator)
ros2 launch depth_distill_ros distill.launch.py simulator:=none robot:=real
    image:=/sim/rgb semantics:=/sim/labels camera_info:=/sim/camera_info
    robot_image:=/camera/image_raw robot_camera_info:=/camera/camera_info
"""

from launch import LaunchDescription

from depth_distill_ros.ros.bringup import distillation_graph
from depth_distill_ros.ros.launch_files import launch_description
from depth_distill_ros.settings.launch import LoopLaunch


def generate_launch_description() -> LaunchDescription:
    return launch_description(LoopLaunch, distillation_graph)
