# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
The student's depth for Nav2: the inference node with clean clouds and scans, and the camera's TF.

ros2 launch depth_distill_ros nav2_depth.launch.py work_dir:=/data/run
    robot_image:=/camera/image_raw robot_camera_info:=/camera/camera_info
    camera_height:=0.31 camera_pitch:=12.0 camera_x:=0.05
"""

from ament_index_python.packages import PackageNotFoundError, get_package_prefix
from launch import LaunchContext, LaunchDescription
from launch.actions import OpaqueFunction
from launch_ros.actions import Node

from depth_distill_ros.ros.bringup import BringupError, NodeSpec, navigation_graph
from depth_distill_ros.ros.camera_frames import transforms
from depth_distill_ros.ros.launch_files import (
    ending_with_launch,
    in_whole_namespace,
    launch_description,
    launched,
)
from depth_distill_ros.settings.launch import Nav2Launch


def generate_launch_description() -> LaunchDescription:
    description = launch_description(Nav2Launch, _graph)
    description.add_action(OpaqueFunction(function=_camera_frames))
    return description


def _graph(arguments: Nav2Launch) -> list[NodeSpec]:
    # The first that a launch asks for: what is missing must be told before any node runs.
    if arguments.camera_tf:
        try:
            get_package_prefix('tf2_ros')
        except PackageNotFoundError as error:
            raise BringupError('tf2_ros is not installed: apt install ros-$ROS_DISTRO-tf2-ros, or '
                               'camera_tf:=false') from error
    return navigation_graph(arguments)


def _camera_frames(context: LaunchContext) -> list[Node]:
    arguments = launched(Nav2Launch, context)
    if not arguments.camera_tf:
        return []
    inference, = navigation_graph(in_whole_namespace(arguments, context))
    return [Node(package='tf2_ros', executable='static_transform_publisher',
                 name=f'camera_tf_{number}', namespace=arguments.namespace, arguments=words,
                 output='screen', **ending_with_launch())
            for number, words in enumerate(transforms(arguments, inference))]
