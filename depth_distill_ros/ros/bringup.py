# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0

"""
Which nodes run, under which names and topics: said once, for launch and for the demo.

The launch files turn a graph of ``NodeSpec`` into launch_ros actions, ``depth-distill demo``
turns the same graph into processes. Names are relative, so a namespace moves all of them.
"""

from __future__ import annotations

from collections.abc import Callable
import dataclasses
from dataclasses import dataclass, field
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.installation import PACKAGE, fastdds_profile, share
from depth_distill_ros.shipped import shipped_teacher

if TYPE_CHECKING:
    from launch import LaunchContext, LaunchDescription

DEPTH = 'depth/student'
DEPTH_CAMERA_INFO = 'depth/camera_info'
CONFIDENCE = f'{DEPTH}/confidence'
POINTS = f'{DEPTH}/points'
SCAN = f'{DEPTH}/scan'
RELEASE = 'distill/release'
PREVIEW = 'distill/preview'
_PAPERS_SIZE = (228, 304)
# frames per second of the robot's own that are kept to train on: more are nearly the same
_AUXILIARY_RATE = 1.0


class BringupError(DepthDistillError):
    """An argument that no graph can be made of."""


@dataclass(frozen=True)
class NodeSpec:
    """One process: an executable of this package with its name, topics and parameters."""

    executable: str
    name: str
    namespace: str
    parameters: dict[str, object]
    remappings: dict[str, str]
    params_file: str

    def ros_arguments(self, log_level: str = 'info') -> list[str]:
        """Return the command line that launch_ros would give this node."""
        words = ['--ros-args', '-r', f'__node:={self.name}']
        if self.namespace:
            words += ['-r', f'__ns:=/{self.namespace.strip("/")}']
        words += ['--log-level', log_level]
        for source, target in self.remappings.items():
            words += ['-r', f'{source}:={target}']
        if self.params_file:
            words += ['--params-file', self.params_file]
        for key, value in self.parameters.items():
            words += ['-p', f'{key}:={_yaml(value)}']
        return words


def argument(default: object, help_text: str, choices: tuple[str, ...] = ()) -> object:
    """Return a field that is an argument of a launch file."""
    return field(default=default, metadata={'help': help_text, 'choices': choices})


@dataclass(frozen=True)
class InferenceArguments:
    """What a launch of the robot alone may be told; launch arguments of the same names."""

    default_params: ClassVar[str] = 'inference.yaml'

    robot_image: str = argument('camera/image_raw', "the robot camera's image topic")
    robot_camera_info: str = argument('camera/camera_info', "the robot camera's CameraInfo topic")
    work_dir: str = argument(
        '', 'folder of the run: store, checkpoints, releases ("" = $ROS_HOME/depth_distill)')
    model: str = argument(
        '', 'folder of one student to start with ("" = the newest release of work_dir)')
    params_file: str = argument('', "parameters of all nodes (YAML; \"\" = the package's own)")
    namespace: str = argument('', 'namespace of all nodes and topics')
    use_sim_time: bool = argument(False, 'take the time from /clock')
    autostart: bool = argument(True, 'configure and activate the nodes at the start')
    log_level: str = argument(
        'info', 'of all nodes', ('debug', 'info', 'warn', 'error', 'fatal'))


@dataclass(frozen=True)
class DistillationArguments(InferenceArguments):
    """What a launch of the whole loop may be told; launch arguments of the same names."""

    default_params: ClassVar[str] = 'distill.yaml'

    simulator: str = argument(
        'mujoco', 'mujoco = the embedded simulator feeds the stream; none = real topics do',
        ('mujoco', 'none'))
    robot: str = argument(
        'simulated', 'simulated = robot_data plays the camera; real = real topics do',
        ('simulated', 'real'))
    robot_data: str = argument(
        '', "frames with depth that play the robot's camera, KIND:PATH (\"\" = path-traced rooms "
        'that come with the package and that the shipped teacher knows)')
    image: str = argument('simulator/image_raw', "the stream's image topic")
    semantics: str = argument('simulator/semantics', "the stream's semantic image topic")
    camera_info: str = argument('simulator/camera_info', "the stream's CameraInfo topic")
    reference: str = argument(
        '', 'depth topic to compare the student with ("" = the simulated robot\'s; with '
        'robot:=real none, and no evaluator)')
    teacher: str = argument(
        '', 'model folder, hf:ID, torchscript:FILE or module:function ("" = the shipped one)')
    auxiliary_share: float = argument(
        0.0, "share of each training batch that are the robot's own frames, unlabelled (0 = none)")
    seed: int = argument(0, 'of the simulated rooms and of the training')


def work_dir(arguments: InferenceArguments) -> Path:
    """Return the folder that holds the files of the run."""
    if arguments.work_dir:
        return Path(arguments.work_dir).expanduser().absolute()
    home = os.environ.get('ROS_HOME') or Path.home() / '.ros'
    return Path(home).expanduser().absolute() / 'depth_distill'


def teacher_spec(teacher: str) -> str:
    """Return what names the teacher to the distiller; for '' the shipped one."""
    if not teacher:
        return str(shipped_teacher())
    return teacher if _is_external(teacher) else str(Path(teacher).expanduser().absolute())


def _is_external(teacher: str) -> bool:
    return ':' in teacher and not Path(teacher).expanduser().is_dir()


def teacher_size(teacher: str) -> tuple[int, int]:
    """
    Return (height, width) of the pictures that a teacher reads, without loading it.

    Of a model folder its card says it; one from elsewhere is given the papers' size.
    """
    if _is_external(teacher):
        return _PAPERS_SIZE
    card = Path(teacher) / 'card.json'
    try:
        height, width = json.loads(card.read_text(encoding='utf-8'))['size']
        return int(height), int(width)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BringupError(
            f'teacher: {card} cannot be read ({error}); name the folder of a model') from error


def inference_graph(arguments: InferenceArguments) -> list[NodeSpec]:
    """Return the robot alone: the newest release of ``work_dir`` answers the camera."""
    return [_inference(arguments)]


def distillation_graph(arguments: DistillationArguments) -> list[NodeSpec]:
    """Return the whole loop; simulators and evaluator only where they have a part in it."""
    run = {'work_dir': str(work_dir(arguments))}
    teacher = teacher_spec(arguments.teacher)
    graph = []
    if arguments.simulator == 'mujoco':
        graph.append(_simulator(arguments))
    reference = arguments.reference
    if arguments.robot == 'simulated':
        reference = reference or 'camera/depth'
        graph.append(_node(
            arguments, 'robot_camera_node', 'robot_camera', {'data': arguments.robot_data}, {
                'image': arguments.robot_image, 'depth': reference,
                'camera_info': arguments.robot_camera_info}))
    height, width = teacher_size(teacher)
    frames = {**run, 'height': height, 'width': width}
    graph.append(_node(arguments, 'stream_node', 'stream', frames, {
        'image': arguments.image, 'semantics': arguments.semantics,
        'camera_info': arguments.camera_info}))
    auxiliary = {}
    if arguments.auxiliary_share:
        auxiliary = {'auxiliary_share': arguments.auxiliary_share}
        graph.append(_node(
            arguments, 'stream_node', 'auxiliary',
            {**frames, 'store': 'auxiliary', 'semantics': 'none', 'max_rate': _AUXILIARY_RATE},
            {'image': arguments.robot_image, 'camera_info': arguments.robot_camera_info}))
    graph.append(_node(
        arguments, 'distiller_node', 'distiller',
        {**run, 'teacher': teacher, 'seed': arguments.seed, **auxiliary},
        {'release': RELEASE, 'preview': PREVIEW}))
    graph.append(_inference(arguments))
    if reference:
        graph.append(_node(
            arguments, 'evaluator_node', 'evaluator', run,
            {'depth': DEPTH, 'reference': reference}))
    return graph


def _inference(arguments: InferenceArguments) -> NodeSpec:
    return _node(
        arguments, 'inference_node', 'inference',
        {'work_dir': str(work_dir(arguments)), 'model': _absolute(arguments.model)}, {
            'image': arguments.robot_image, 'camera_info': arguments.robot_camera_info,
            'release': RELEASE, 'depth': DEPTH, 'camera_info_out': DEPTH_CAMERA_INFO,
            'confidence': CONFIDENCE, 'points': POINTS, 'scan': SCAN})


def _absolute(path: str) -> str:
    return str(Path(path).expanduser().absolute()) if path else ''


def _simulator(arguments: DistillationArguments) -> NodeSpec:
    parameters: dict[str, object] = {'look': 'stream', 'seed': arguments.seed}
    if arguments.use_sim_time:
        parameters |= {'publish_clock': True, 'use_sim_time': False}
    return _node(arguments, 'simulator_node', 'simulator', parameters, {
        'image': arguments.image, 'semantics': arguments.semantics,
        'depth': 'simulator/depth', 'camera_info': arguments.camera_info})


def _node(
        arguments: InferenceArguments, executable: str, name: str,
        parameters: dict[str, object], remappings: dict[str, str]) -> NodeSpec:
    return NodeSpec(
        executable, name, arguments.namespace,
        {'autostart': arguments.autostart, 'use_sim_time': arguments.use_sim_time, **parameters},
        remappings, _params_file(arguments))


def _params_file(arguments: InferenceArguments) -> str:
    if not arguments.params_file:
        return str(share() / 'config' / arguments.default_params)
    path = Path(arguments.params_file).expanduser().absolute()
    if not path.is_file():
        raise BringupError(f'params_file: {path} is no file')
    return str(path)


def from_mapping(kind: type, values: dict[str, str]) -> object:
    """
    Make the arguments ``kind`` out of text, as launch has it.

    Raises
    ------
    BringupError : a value outside its choices, or no bool or number where one belongs.

    """
    read: dict[str, object] = {}
    for spec in dataclasses.fields(kind):
        text = values.get(spec.name)
        if text is None:
            continue
        choices = spec.metadata['choices']
        if choices and text not in choices:
            raise BringupError(f'{spec.name}:={text}: choose one of {", ".join(choices)}')
        read[spec.name] = _parse(spec.name, text, type(spec.default))
    return kind(**read)


def _parse(name: str, text: str, kind: type) -> object:
    if kind is bool:
        if text.lower() not in ('true', 'false', '1', '0'):
            raise BringupError(f'{name}:={text}: say true or false')
        return text.lower() in ('true', '1')
    try:
        return kind(text)
    except ValueError:
        expected = 'a whole number' if kind is int else 'a number'
        raise BringupError(f'{name}:={text}: give {expected}') from None


def _yaml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        # Quoted, or YAML would read a folder called 1 as a number and y as a bool.
        return "'" + value.replace("'", "''") + "'"
    return repr(value)


def launched(kind: type[InferenceArguments], context: LaunchContext) -> InferenceArguments:
    """Return the arguments ``kind`` as a running launch was given them."""
    return from_mapping(kind, {
        spec.name: context.launch_configurations[spec.name] for spec in dataclasses.fields(kind)})


def launch_description(
        kind: type[InferenceArguments],
        graph: Callable[[InferenceArguments], list[NodeSpec]]) -> LaunchDescription:
    """Return the graph for ``ros2 launch``, with an argument for every field of ``kind``."""
    from launch import LaunchDescription
    from launch.actions import DeclareLaunchArgument, OpaqueFunction, SetEnvironmentVariable
    from launch_ros.actions import Node
    from launch_ros.parameter_descriptions import ParameterValue

    def typed(parameters: dict[str, object]) -> dict[str, object]:
        # launch_ros reads texts as YAML: a folder called 1 would become a number.
        return {name: ParameterValue(value, value_type=str) if isinstance(value, str) else value
                for name, value in parameters.items()}

    def nodes(context: LaunchContext) -> list[Node]:
        arguments = launched(kind, context)
        return [
            Node(
                package=PACKAGE, executable=spec.executable, name=spec.name,
                namespace=spec.namespace, output='screen',
                parameters=[spec.params_file, typed(spec.parameters)],
                remappings=list(spec.remappings.items()),
                ros_arguments=['--log-level', arguments.log_level],
                respawn=True, respawn_delay=2.0,
                # Time for the distiller to write its last checkpoint after Ctrl-C.
                sigterm_timeout='20')
            for spec in graph(arguments)]

    declared = [
        DeclareLaunchArgument(
            spec.name, default_value=_text(spec.default), description=spec.metadata['help'],
            choices=list(spec.metadata['choices']) or None)
        for spec in dataclasses.fields(kind)]
    return LaunchDescription([
        *declared,
        *(SetEnvironmentVariable(name, value) for name, value in fastdds_profile().items()),
        OpaqueFunction(function=nodes)])


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
