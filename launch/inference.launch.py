# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Inference alone: predicts depth for the robot's images; nothing is trained.

ros2 launch depth_distill_ros inference.launch.py work_dir:=/data/run
    robot_image:=/camera/image_raw robot_camera_info:=/camera/camera_info
"""

from launch import LaunchDescription

from depth_distill_ros.ros.bringup import inference_graph
from depth_distill_ros.ros.launch_files import launch_description
from depth_distill_ros.settings.launch import InferenceLaunch


def generate_launch_description() -> LaunchDescription:
    return launch_description(InferenceLaunch, inference_graph)
