# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
The whole loop with Gazebo: gz sim, its bridges, a flying camera, and the distilling graph.

ros2 launch depth_distill_ros gazebo.launch.py                 (the shipped room, no window)
ros2 launch depth_distill_ros gazebo.launch.py world:=worlds/room_7/room.sdf gui:=true
    robot:=real robot_image:=/camera/image_raw robot_camera_info:=/camera/camera_info
"""

from ament_index_python.packages import PackageNotFoundError, get_package_prefix
from launch import LaunchContext, LaunchDescription
from launch.actions import EmitEvent, ExecuteProcess, OpaqueFunction
from launch.events import Shutdown
from launch_ros.actions import Node

from depth_distill_ros.ros.bringup import BringupError, NodeSpec, distillation_graph
from depth_distill_ros.ros.launch_files import ending_with_launch, launch_description, launched
from depth_distill_ros.ros.simulators import (
    INSTALL_BRIDGE,
    gazebo_bridges,
    gazebo_pose_service,
    gazebo_processes,
    require_gazebo,
)
from depth_distill_ros.settings.launch import GazeboLaunch

_BRIDGE = 'ros_gz_bridge'


def generate_launch_description() -> LaunchDescription:
    description = launch_description(GazeboLaunch, _graph)
    description.add_action(OpaqueFunction(function=_gazebo))
    return description


def _graph(arguments: GazeboLaunch) -> list[NodeSpec]:
    # The first that a launch asks for: what is missing must be told before any node runs.
    require_gazebo(arguments)
    gazebo_pose_service(arguments)
    try:
        get_package_prefix(_BRIDGE)
    except PackageNotFoundError as error:
        raise BringupError(f'{_BRIDGE} is not installed: {INSTALL_BRIDGE}') from error
    return distillation_graph(arguments)


def _gazebo(context: LaunchContext) -> list:
    arguments = launched(GazeboLaunch, context)
    commands = gazebo_processes(arguments)
    simulator = ExecuteProcess(
        name='gazebo', cmd=commands.pop('gazebo'), output='screen', **ending_with_launch(),
        on_exit=[EmitEvent(event=Shutdown(reason='Gazebo has ended'))])
    others = [ExecuteProcess(name=name, cmd=command, output='screen', **ending_with_launch())
              for name, command in commands.items()]
    bridges = [
        Node(package=_BRIDGE, executable='parameter_bridge', name=f'gazebo_{name}',
             namespace=arguments.namespace, output='screen', respawn=arguments.respawn,
             respawn_delay=2.0, parameters=[{'config_file': file}], **ending_with_launch())
        for name, file in gazebo_bridges(arguments).items()]
    service = gazebo_pose_service(arguments)
    if service is not None:
        bridges.append(Node(
            package=_BRIDGE, executable='parameter_bridge', name='gazebo_pose_bridge',
            namespace=arguments.namespace, output='screen', arguments=[service],
            **ending_with_launch()))
    return [simulator, *others, *bridges]
