# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
The whole loop with Isaac Sim, which sim/isaac/stream.py runs in a terminal of its own.

The nodes wait for its images: start sim/isaac/stream.py with Isaac Sim's Python.

ros2 launch depth_distill_ros isaac.launch.py
ros2 launch depth_distill_ros isaac.launch.py robot:=real
    robot_image:=/camera/image_raw robot_camera_info:=/camera/camera_info
"""

from launch import LaunchDescription
from launch.actions import LogInfo

from depth_distill_ros.installation import share
from depth_distill_ros.ros.bringup import distillation_graph
from depth_distill_ros.ros.launch_files import launch_description
from depth_distill_ros.settings.launch import IsaacLaunch


def generate_launch_description() -> LaunchDescription:
    description = launch_description(IsaacLaunch, distillation_graph)
    script = share() / 'sim' / 'isaac' / 'stream.py'
    description.add_action(LogInfo(
        msg='this launch does not start Isaac Sim: in a terminal without ROS, run\n'
            f'  ~/isaacsim/python.sh {script} rooms/room_*/room.usda\n'
            f'  (rooms: depth-distill simulate --export isaac --rooms 20 --seed 7 rooms/)'))
    return description
