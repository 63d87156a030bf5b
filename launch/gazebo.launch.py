# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0

"""
The whole loop with Gazebo: gz sim, its bridges, a flying camera, and the distilling graph.

ros2 launch depth_distill_ros gazebo.launch.py                 (the shipped room, no window)
ros2 launch depth_distill_ros gazebo.launch.py world:=worlds/room_7/room.sdf gui:=true
    robot:=real robot_image:=/camera/image_raw robot_camera_info:=/camera/camera_info
"""

from launch import LaunchContext, LaunchDescription
from launch.actions import EmitEvent, ExecuteProcess, OpaqueFunction
from launch.events import Shutdown
from launch_ros.actions import Node

from depth_distill_ros.bringup import launch_description, launched
from depth_distill_ros.simulators import (
    GazeboArguments,
    gazebo_bridges,
    gazebo_processes,
    simulator_graph,
)


def generate_launch_description() -> LaunchDescription:
    description = launch_description(GazeboArguments, simulator_graph)
    description.add_action(OpaqueFunction(function=_gazebo))
    return description


def _gazebo(context: LaunchContext) -> list:
    arguments = launched(GazeboArguments, context)
    commands = gazebo_processes(arguments)
    simulator = ExecuteProcess(
        name='gazebo', cmd=commands.pop('gazebo'), output='screen',
        on_exit=[EmitEvent(event=Shutdown(reason='Gazebo has ended'))])
    others = [ExecuteProcess(name=name, cmd=command, output='screen')
              for name, command in commands.items()]
    bridges = [
        Node(package='ros_gz_bridge', executable='parameter_bridge', name=f'gazebo_{name}',
             namespace=arguments.namespace, output='screen', respawn=True, respawn_delay=2.0,
             parameters=[{'config_file': file}])
        for name, file in gazebo_bridges(arguments).items()]
    return [simulator, *others, *bridges]
