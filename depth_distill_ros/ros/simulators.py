# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
What a launch with Gazebo or Isaac Sim starts, for the launch files and the tests.

Both simulators publish on the topics of the embedded one, so the graph behind them is the same.
"""

from __future__ import annotations

from collections.abc import Mapping
import os
from pathlib import Path
import shutil
import sys
from xml.etree import ElementTree

from depth_distill_ros.files import expanded
from depth_distill_ros.installation import share
from depth_distill_ros.ros.bringup import BringupError
from depth_distill_ros.settings.launch import GazeboLaunch

# The Gazebo that each ROS distribution has packages for; another is heard as well.
GAZEBO_OF = {'humble': 'fortress', 'jazzy': 'harmonic', 'kilted': 'ionic', 'lyrical': 'jetty',
             'rolling': 'jetty'}
_OLD = 'fortress'
INSTALL_BRIDGE = 'apt install ros-$ROS_DISTRO-ros-gz'


def gazebo_version(arguments: GazeboLaunch, environment: Mapping[str, str]) -> str:
    """Return which Gazebo to start: the one asked for, or the ROS distribution's."""
    if arguments.gazebo != 'auto':
        return arguments.gazebo
    return GAZEBO_OF.get(environment.get('ROS_DISTRO', ''), 'harmonic')


def gazebo_world(arguments: GazeboLaunch, version: str) -> Path:
    """
    Return the world that Gazebo opens; for Fortress the one in its spelling, if it lies beside.

    Raises:
        BringupError: the file is not there.
    """
    if not arguments.world:
        name = 'room.fortress.sdf' if version == _OLD else 'room.sdf'
        return share() / 'sim' / 'gazebo' / 'room_35' / name
    path = expanded(arguments.world).absolute()
    if not path.is_file():
        raise BringupError(f'world: {path} is not a file; write one with '
                           '"depth-distill simulate --export gazebo OUT"')
    old = path.with_suffix('.fortress.sdf')
    return old if version == _OLD and old.is_file() else path


def gazebo_processes(
        arguments: GazeboLaunch,
        environment: Mapping[str, str] = os.environ) -> dict[str, list[str]]:
    """
    Return the command lines beside ROS: the simulator, and what moves its camera.

    Raises:
        BringupError: no such world, or no way beside it.
    """
    version = gazebo_version(arguments, environment)
    world = gazebo_world(arguments, version)
    command = ['ign', 'gazebo'] if version == _OLD else ['gz', 'sim']
    command += ['-r'] if arguments.gui else ['-r', '-s', '--headless-rendering']
    processes = {'gazebo': [*command, str(world)]}
    if arguments.fly:
        way = world.with_name('way.csv')
        if not way.is_file():
            raise BringupError(f'fly: {way} is missing; give fly:=false and move the camera '
                               'yourself, or export the world with depth-distill simulate')
        script = share() / 'sim' / 'gazebo' / 'fly_camera.py'
        processes['fly_camera'] = [sys.executable, str(script), str(world), '--rate',
                                   str(arguments.poses_per_second)]
        if arguments.seed is not None:
            processes['fly_camera'] += ['--seed', str(arguments.seed)]
    return processes


def gazebo_pose_service(arguments: GazeboLaunch,
                        environment: Mapping[str, str] = os.environ) -> str | None:
    """
    Return what ros_gz_bridge is told to offer the pose service; None where no camera flies.

    One client of it sets each pose in milliseconds; the command ign takes 0.65 s for each. Older
    bridges do not know the type and offer nothing; fly_camera.py then uses the command.

    Raises:
        BringupError: the world is no SDF file, or has no name.
    """
    if not arguments.fly:
        return None
    path = gazebo_world(arguments, gazebo_version(arguments, environment))
    try:
        world = ElementTree.parse(path).getroot().find('world')
    except ElementTree.ParseError as error:
        raise BringupError(f'world: {path} is not an SDF file: {error}') from error
    if world is None or not world.get('name'):
        raise BringupError(f'world: {path} has no <world name="...">')
    return f'/world/{world.get("name")}/set_pose@ros_gz_interfaces/srv/SetEntityPose'


def require_gazebo(arguments: GazeboLaunch,
                   environment: Mapping[str, str] = os.environ) -> None:
    """
    Find out what is missing while nothing runs yet: a launch that breaks off leaves nodes behind.

    Raises:
        BringupError: no such world, no way beside it, or no Gazebo of this version.
    """
    version = gazebo_version(arguments, environment)
    command = gazebo_processes(arguments, environment)['gazebo'][0]
    if shutil.which(command, path=environment.get('PATH', '')) is None:
        raise BringupError(
            f'gazebo: the command {command} of Gazebo {version.capitalize()} is not on the PATH; '
            f'{INSTALL_BRIDGE}, source the ROS distribution, or name the version that you have '
            f'with gazebo:=')


def gazebo_bridges(
        arguments: GazeboLaunch,
        environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the configuration file of each bridge; /clock has one that no image delays."""
    old = '.fortress' if gazebo_version(arguments, environment) == _OLD else ''
    folder = share() / 'sim' / 'gazebo'
    return {name: str(folder / f'{name}{old}.yaml') for name in ('bridge', 'clock_bridge')}
