# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
The whole loop with Isaac Sim, which sim/isaac/stream.py runs in a terminal of its own.

ros2 launch depth_distill_ros isaac.launch.py
ros2 launch depth_distill_ros isaac.launch.py robot:=real
    robot_image:=/camera/image_raw robot_camera_info:=/camera/camera_info
"""

from launch import LaunchDescription

from depth_distill_ros.ros.launch_files import launch_description
from depth_distill_ros.ros.simulators import simulator_graph
from depth_distill_ros.settings.launch import IsaacLaunch


def generate_launch_description() -> LaunchDescription:
    return launch_description(IsaacLaunch, simulator_graph)
