# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A graph of nodes as ``ros2 launch`` runs it, with its arguments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
import os
import shlex
import sys
from typing import TYPE_CHECKING, Any, TypeVar

from depth_distill_ros.installation import PACKAGE, fastdds_profile
from depth_distill_ros.ros.bringup import NodeSpec
from depth_distill_ros.ros.launch_respawn import Respawn
from depth_distill_ros.ros.support import parent
from depth_distill_ros.settings.document import not_given, text_of
from depth_distill_ros.settings.field import Kind, Setting, Settings, settings_of
from depth_distill_ros.settings.launch import InferenceLaunch, from_texts

if TYPE_CHECKING:
    from launch import Action, LaunchContext, LaunchDescription
    from launch.actions import DeclareLaunchArgument

Launch = TypeVar('Launch', bound=InferenceLaunch)


def launched(kind: type[Kind], context: LaunchContext) -> Kind:
    """Return the arguments `kind` as a running launch was given them."""
    return from_texts(kind, {
        name: context.launch_configurations[name] for name in settings_of(kind)})


def in_whole_namespace(arguments: Launch, context: LaunchContext) -> Launch:
    """Return the arguments with what PushRosNamespace of a launch file around this one adds."""
    pushed = context.launch_configurations.get('ros_namespace', '')
    return replace(arguments, namespace='/'.join(
        filter(None, [pushed.strip('/'), arguments.namespace.strip('/')])))


def launch_description(
        kind: type[InferenceLaunch], graph: Callable[[Any], list[NodeSpec]]) -> LaunchDescription:
    """Return the graph for ``ros2 launch``, with an argument for every setting of `kind`."""
    from launch import LaunchDescription
    from launch.actions import OpaqueFunction, SetEnvironmentVariable
    from launch_ros.actions import Node

    def nodes(context: LaunchContext) -> list[Action]:
        arguments = in_whole_namespace(launched(kind, context), context)
        return [Respawn(node(spec, arguments.log_level), spec.name, arguments.respawn).start()
                for spec in graph(arguments)]

    def node(spec: NodeSpec, log_level: str) -> Callable[[Any], Node]:
        return lambda on_exit: Node(
            package=PACKAGE, executable=spec.executable, name=spec.name,
            namespace=spec.namespace and f'/{spec.namespace}', output='screen',
            remappings=list(spec.remappings.items()),
            # Not as parameters: launch_ros reads texts as YAML, and a folder called 1 would
            # become a number.
            ros_arguments=[*spec.log_arguments(log_level), *spec.parameter_arguments()],
            additional_env=_launcher(), on_exit=on_exit,
            # Time for the distiller to write its last checkpoint after Ctrl-C.
            sigterm_timeout='20')

    return LaunchDescription([
        *declared(kind),
        *(SetEnvironmentVariable(name, value) for name, value in fastdds_profile().items()),
        OpaqueFunction(function=nodes)])


def ending_with_launch() -> dict[str, Any]:
    """Return what an action needs whose process is not of this package, to end with the launch."""
    return {'prefix': shlex.join([sys.executable, '-m', parent.__name__]),
            'additional_env': _launcher(),
            # Gazebo's window and server have five seconds each.
            'sigterm_timeout': '15'}


def _launcher() -> dict[str, str]:
    return {parent.LAUNCHER: str(os.getpid())}


def declared(kind: type[Settings]) -> list[DeclareLaunchArgument]:
    """Return an argument for every setting of `kind`."""
    from launch.actions import DeclareLaunchArgument

    return [
        DeclareLaunchArgument(
            name, default_value=default_text(described), description=description(described),
            # not given, it is empty
            choices=[*described.choices, *[''] * described.optional] if described.choices
            else None)
        for name, described in settings_of(kind).items()]


def default_text(described: Setting) -> str:
    """Return what an argument is without being given: empty where it overrides nothing."""
    return '' if described.optional or described.default == '' else text_of(described.default)


def description(described: Setting) -> str:
    """Return the help of an argument; of a parameter, where its value then comes from."""
    if not described.optional:
        return described.described()
    return f'{described.described()} (not given: {not_given(described)})'
