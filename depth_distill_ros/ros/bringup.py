# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Which nodes run, under which names and topics and with which parameters.

The launch files turn a graph of `NodeSpec` into launch_ros actions, `depth-distill demo` turns the
same graph into processes. Names are relative, so a namespace moves all of them.

A parameter comes from the launch argument that was given, else from the user's params_file, else
from the package's file, else it is the node's default. What runs follows from these values.
"""

from __future__ import annotations

from dataclasses import dataclass, field
import json
import os
from pathlib import Path
from typing import Any

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.files import expanded
from depth_distill_ros.installation import share
from depth_distill_ros.ros.parameter_files import ParameterFiles
from depth_distill_ros.settings import robot_frames
from depth_distill_ros.settings.field import renamed, settings_of
from depth_distill_ros.settings.launch import (
    AGREEMENT,
    NODES,
    PREVIEW,
    RELEASE,
    WATCH,
    InferenceLaunch,
    LoopLaunch,
    Nav2Launch,
)
from depth_distill_ros.settings.stream import StreamSettings
from depth_distill_ros.shipped import shipped_blind_map, spelled_out

REFERENCE = 'camera/depth'
# nodes that must share a folder, the one that decides first
_SHARING = ('distiller', 'stream', 'auxiliary')


class BringupError(DepthDistillError):
    """Arguments or parameter files that no graph can be made of."""


@dataclass(frozen=True)
class NodeSpec:
    """One process: an executable of this package with its name, topics and parameters."""

    executable: str
    name: str
    namespace: str
    parameters: dict[str, Any]
    remappings: dict[str, str] = field(default_factory=dict)

    def value(self, name: str) -> Any:
        """Return the value that a parameter will have; old names count too."""
        table = settings_of(*NODES[self.executable.removesuffix('_node')])
        given = renamed(self.parameters, table)[0]
        return given.get(name, table[name].default if name in table else None)

    def parameter_arguments(self) -> list[str]:
        """Return the parameters as words of a command line, after --ros-args."""
        return [word for name, value in self.parameters.items()
                for word in ('-p', f'{name}:={_yaml(value)}')]

    def log_arguments(self, level: str) -> list[str]:
        """Return the log level as words of a command line; debug leaves rcl's loggers at info."""
        if level != 'debug':
            return ['--log-level', level]
        logger = '.'.join(filter(None, [*self.namespace.split('/'), self.name]))
        return ['--log-level', f'{logger}:=debug']

    def ros_arguments(self, log_level: str = InferenceLaunch.log_level) -> list[str]:
        """Return the command line that launch_ros would give this node."""
        words = ['--ros-args', '-r', f'__node:={self.name}']
        if self.namespace:
            words += ['-r', f'__ns:=/{self.namespace.strip("/")}']
        words += self.log_arguments(log_level)
        for source, target in self.remappings.items():
            words += ['-r', f'{source}:={target}']
        return words + self.parameter_arguments()


class _Files:
    """The parameters that the files give to each node of a launch."""

    def __init__(self, arguments: InferenceLaunch, package_file: str, *deciding: str) -> None:
        paths = [share() / 'config' / (package_file or arguments.package_file)]
        if arguments.params_file:
            paths.append(expanded(arguments.params_file).absolute())
            if not paths[-1].is_file():
                raise BringupError(f'params_file: {paths[-1]} is not a file')
        self._arguments, self._files = arguments, ParameterFiles(*paths)
        folder = work_dir(arguments, *(self.value(name, 'work_dir') for name in deciding))
        self._run = {'work_dir': str(folder)}

    def spec(self, executable: str, name: str, remappings: dict[str, str],
             derived: dict[str, Any] | None = None, **given: Any) -> NodeSpec:
        """Return a node: `derived` replaces defaults, `given` takes precedence over the files."""
        arguments = self._arguments
        given |= {'use_sim_time': arguments.use_sim_time, 'autostart': arguments.autostart,
                  **(self._run if arguments.work_dir or arguments.run else {})}
        known = {'use_sim_time', *settings_of(*NODES[executable.removesuffix('_node')])}
        before, after = ({key: value for key, value in values.items()
                          if value is not None and key in known}
                         for values in (self._run | (derived or {}), given))
        from_files = self._files.of(arguments.namespace, name)
        return NodeSpec(executable, name, arguments.namespace, before | from_files | after,
                        remappings)

    def value(self, name: str, parameter: str) -> Any:
        """Return what the files give to a parameter of a node; None: nothing."""
        return self._files.of(self._arguments.namespace, name).get(parameter)


def inference_graph(arguments: InferenceLaunch) -> list[NodeSpec]:
    """Return the inference node alone, with the newest release of the run."""
    return [_inference(_Files(arguments, '', 'inference'), arguments)]


def navigation_graph(arguments: Nav2Launch) -> list[NodeSpec]:
    """Return the inference node as Nav2 needs it, with the mount of its camera."""
    return [_inference(_Files(arguments, '', 'inference'), arguments,
                       camera_height=arguments.camera_height,
                       camera_pitch=arguments.camera_pitch)]


def distillation_graph(arguments: LoopLaunch, package_file: str = '') -> list[NodeSpec]:
    """
    Return the whole loop; simulators, auxiliary stream and evaluator only where they have a part.

    `package_file` is a file of config/; empty: the one of the launch file.
    """
    files = _Files(arguments, package_file, *_SHARING)
    teacher = teacher_spec(arguments.teacher or files.value('distiller', 'teacher') or '')
    distiller = files.spec(
        'distiller_node', 'distiller',
        {'release': RELEASE, 'preview': PREVIEW, 'agreement': AGREEMENT, **WATCH},
        seed=arguments.seed, robot_frames=arguments.robot_frames,
        auxiliary_share=arguments.auxiliary_share, scale_anchor=arguments.scale_anchor,
        first_student=arguments.first_student)
    distiller.parameters['teacher'] = teacher
    if distiller.parameters.get('auxiliary_share') == 0:
        # in earlier versions a share of 0 switched the storing off
        distiller.parameters.setdefault('robot_frames', 'off')
    height, width = teacher_size(teacher)
    frames = {'height': height, 'width': width}
    graph, evaluated = [], {}
    if arguments.simulator == 'mujoco':
        graph.append(_simulator(files, arguments))
    reference = arguments.reference
    if arguments.robot == 'simulated':
        reference = reference or REFERENCE
        camera = files.spec(
            'robot_camera_node', 'robot_camera', {
                'image': arguments.robot_image, 'depth': reference,
                'camera_info': arguments.robot_camera_info}, data=arguments.robot_data)
        graph.append(camera)
        if not camera.value('data'):
            evaluated['blind_map'] = str(shipped_blind_map())
    graph.append(files.spec('stream_node', 'stream', {
        'image': arguments.image, 'semantics': arguments.semantics,
        'camera_info': arguments.camera_info, 'semantic_labels': arguments.semantic_labels},
        frames))
    inference = _inference(files, arguments)
    if distiller.value('robot_frames') != 'off':
        graph.append(files.spec(
            'stream_node', 'auxiliary',
            {'image': arguments.robot_image, 'camera_info': arguments.robot_camera_info},
            # the student learns from images as it will see them
            {**frames, 'rectify': inference.value('rectify'), 'resize': inference.value('resize'),
             'max_rate': robot_frames.MAX_RATE, 'capacity': robot_frames.CAPACITY},
            store=robot_frames.STORE, semantics='none'))
    graph += [distiller, inference]
    if reference:
        graph.append(files.spec(
            'evaluator_node', 'evaluator', {'depth': arguments.depth, 'reference': reference},
            evaluated))
    _require_one_folder(graph)
    return graph


def work_dir(arguments: InferenceLaunch, *from_files: str | None) -> Path:
    """Return the folder of the run: as given, else as the first file has it, else by its name."""
    folder = arguments.work_dir
    if not folder and not arguments.run:
        folder = next(filter(None, from_files), None)
    if folder:
        return expanded(folder).absolute()
    home = os.environ.get('ROS_HOME') or '~/.ros'
    # Each launch file has a default of its own, so that the runs of two never mix.
    run = arguments.run or settings_of(type(arguments))['run'].default
    return expanded(home).absolute() / 'depth_distill' / run


def teacher_spec(teacher: str) -> str:
    """Return what names the teacher to the distiller; short names are those of shipped ones."""
    teacher = spelled_out(teacher)
    return teacher if _is_external(teacher) else str(expanded(teacher).absolute())


def _is_external(teacher: str) -> bool:
    return ':' in teacher and not expanded(teacher).is_dir()


def teacher_size(teacher: str) -> tuple[int, int]:
    """
    Return (height, width) of the images that a teacher reads, without loading it.

    The card of a model folder states it; a teacher from elsewhere gets the papers' size.
    """
    if _is_external(teacher):
        return StreamSettings.height, StreamSettings.width
    card = Path(teacher) / 'card.json'
    try:
        height, width = json.loads(card.read_text(encoding='utf-8'))['size']
        return int(height), int(width)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BringupError(
            f'teacher: {card} cannot be read ({error}); name the folder of a model') from error


def _inference(files: _Files, arguments: InferenceLaunch, **given: Any) -> NodeSpec:
    return files.spec(
        'inference_node', 'inference', {
            'image': arguments.robot_image, 'camera_info': arguments.robot_camera_info,
            'release': RELEASE, 'depth': arguments.depth,
            'camera_info_out': arguments.depth_camera_info, 'confidence': arguments.confidence,
            'points': arguments.points, 'scan': arguments.scan, **WATCH},
        model=arguments.model and str(expanded(arguments.model).absolute()),
        first_student=arguments.first_student, scale_anchor=arguments.scale_anchor,
        rectify=arguments.rectify, **given)


def _simulator(files: _Files, arguments: LoopLaunch) -> NodeSpec:
    spec = files.spec('simulator_node', 'simulator', {
        'image': arguments.image, 'semantics': arguments.semantics,
        'depth': 'simulator/depth', 'camera_info': arguments.camera_info}, seed=arguments.seed)
    # the others follow this clock; with a real robot, another node publishes it
    if arguments.robot == 'simulated' and spec.parameters.get('use_sim_time') \
            and 'publish_clock' not in spec.parameters:
        spec.parameters.update(publish_clock=True, use_sim_time=False)
    return spec


def _require_one_folder(graph: list[NodeSpec]) -> None:
    folders = {spec.name: str(expanded(spec.value('work_dir')).absolute())
               for spec in graph if spec.name in _SHARING}
    for name, folder in folders.items():
        if folder != folders['distiller']:
            raise BringupError(
                f'work_dir of {name} is {folder}, and that of distiller {folders["distiller"]}; '
                'they share the store: set it for all nodes under /**')


def _yaml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        # Quoted, or YAML would read a folder called 1 as a number and y as a bool.
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, (list, tuple)):
        return f'[{", ".join(map(_yaml, value))}]'
    return repr(value)
