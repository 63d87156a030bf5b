# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
The nodes by name, and the arguments of the launch files.

An argument that stands for a node's parameter is None where it was not given; then the parameter
files decide. The others determine what runs and under which topics.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from depth_distill_ros.settings.cameras import RobotCameraSettings, SimulatorSettings
from depth_distill_ros.settings.distillation import OnlineSettings
from depth_distill_ros.settings.field import (
    Kind,
    SettingError,
    Settings,
    modified,
    setting,
    settings_of,
)
from depth_distill_ros.settings.inference import CameraSettings, InferenceSettings
from depth_distill_ros.settings.node import EvaluatorSettings, NodeSettings
from depth_distill_ros.settings.stream import StreamSettings

DEPTH = 'depth/student'
DEPTH_CAMERA_INFO = 'depth/camera_info'
RELEASE = 'distill/release'
PREVIEW = 'distill/preview'
AGREEMENT = 'distill/agreement'
# from inference to the distiller: what a network saw and predicted, and how long it takes
WATCH = {'watch_image': 'distill/watch_image', 'watch_depth': 'distill/watch_depth',
         'latency': 'distill/latency'}
# The names of the nodes' outputs under the launch files, by the nodes' own names.
PUBLIC_NAMES = {
    'depth': DEPTH, 'camera_info_out': DEPTH_CAMERA_INFO, 'confidence': f'{DEPTH}/confidence',
    'points': f'{DEPTH}/points', 'scan': f'{DEPTH}/scan', 'release': RELEASE, 'preview': PREVIEW,
    'agreement': AGREEMENT, **WATCH}
# by executable without _node
NODES: dict[str, tuple[type[Settings], ...]] = {
    'simulator': (SimulatorSettings,), 'robot_camera': (RobotCameraSettings,),
    'stream': (StreamSettings,), 'distiller': (OnlineSettings,),
    'inference': (InferenceSettings, CameraSettings), 'evaluator': (EvaluatorSettings,)}
GAZEBOS = ('fortress', 'harmonic', 'ionic', 'jetty')


def _parameter(kind: type[Settings], name: str, **changes: Any) -> Any:
    """Return an argument that stands for a parameter."""
    return modified(kind, name, optional=True, old_names=(), **changes)


@dataclass(frozen=True)
class InferenceLaunch(Settings):
    """The inference node alone, on the robot."""

    package_file: ClassVar[str] = 'inference.yaml'

    robot_image: str = setting('camera/image_raw', "the robot camera's image topic")
    robot_camera_info: str = setting('camera/camera_info', "the robot camera's CameraInfo topic")
    depth: str = setting(PUBLIC_NAMES['depth'], "topic of the student's depth")
    depth_camera_info: str = setting(
        PUBLIC_NAMES['camera_info_out'], 'topic of the CameraInfo of the depth')
    confidence: str = setting(
        PUBLIC_NAMES['confidence'], 'topic of how likely each depth is to be right')
    points: str = setting(PUBLIC_NAMES['points'], 'topic of the point cloud')
    scan: str = setting(PUBLIC_NAMES['scan'], 'topic of the laser scan')
    work_dir: str | None = _parameter(
        InferenceSettings, 'work_dir', help='folder of the run: store, checkpoints, releases')
    run: str | None = setting(
        'default', 'name of the run; its folder is $ROS_HOME/depth_distill/NAME unless work_dir '
        'is given. A run resumes only with the same method, teacher, student, student_backbone, '
        'size, g_form, g_width and g_residual', optional=True)
    model: str | None = _parameter(InferenceSettings, 'model')
    first_student: str | None = _parameter(InferenceSettings, 'first_student')
    scale_anchor: bool | None = _parameter(InferenceSettings, 'scale_anchor')
    rectify: str | None = _parameter(CameraSettings, 'rectify')
    params_file: str = setting(
        '', "YAML file of node parameters; takes precedence over the package's own")
    namespace: str = setting('', 'namespace of all nodes and topics')
    use_sim_time: bool | None = setting(False, 'take the time from /clock', optional=True)
    autostart: bool | None = _parameter(
        NodeSettings, 'autostart', help='the nodes configure and activate themselves')
    respawn: bool = setting(
        True, 'a node that crashes is started again, at first after 2 s, then after twice as long '
        'each time, up to 60 s; a node that ends with exit code 0 stays ended')
    log_level: str = setting(
        'info', "log level of all nodes; debug is that of this package's loggers alone",
        choices=('debug', 'info', 'warn', 'error', 'fatal'))

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.work_dir and self.run:
            raise SettingError(f'run:={self.run} and work_dir:={self.work_dir} both name the '
                               'folder of the run; give one of them')


@dataclass(frozen=True)
class Nav2Launch(InferenceLaunch):
    """Clean clouds and scans for Nav2. It adds these to the arguments of inference.launch.py."""

    package_file: ClassVar[str] = 'nav2_inference.yaml'

    camera_height: float | None = _parameter(
        CameraSettings, 'camera_height', help='height of the camera above base_frame')
    camera_pitch: float | None = _parameter(CameraSettings, 'camera_pitch')
    camera_x: float = setting(0.0, 'place of the camera ahead of base_frame', unit='metres',
                              range=(-10.0, 10.0))
    camera_y: float = setting(0.0, 'place of the camera to the left of base_frame', unit='metres',
                              range=(-10.0, 10.0))
    base_frame: str = setting('base_footprint', 'frame of the robot on the floor')
    camera_frame: str = setting(
        'camera_optical_frame', 'optical frame of the camera, as in the headers of its images')
    camera_tf: bool = setting(
        True, 'publish the transforms from base_frame to the level frame of the scan and to '
        "camera_frame; false: the robot's own description does, scan_frame included")


@dataclass(frozen=True)
class LoopLaunch(InferenceLaunch):
    """The whole loop. It adds these to the arguments of inference.launch.py."""

    package_file: ClassVar[str] = 'distill.yaml'

    simulator: str = setting('mujoco', 'what feeds the stream: the embedded simulator (mujoco), '
                             'or real topics (none)', choices=('mujoco', 'none'))
    robot: str = setting('simulated', "what publishes the robot camera's topics: a data set "
                         '(simulated), or the robot (real)', choices=('simulated', 'real'))
    robot_data: str | None = _parameter(RobotCameraSettings, 'data')
    image: str = setting('simulator/image_raw', "the stream's image topic")
    semantics: str = setting('simulator/semantics', "the stream's semantic image topic")
    camera_info: str = setting('simulator/camera_info', "the stream's CameraInfo topic")
    semantic_labels: str = setting(
        'semantic_labels', 'topic of the names of the ids in the semantic images, where the '
        'simulator publishes them (Isaac Sim does)')
    reference: str = setting('', 'depth topic that the student is compared with; empty: the '
                             "simulated robot's, and with robot:=real none, and no evaluator")
    teacher: str | None = _parameter(OnlineSettings, 'teacher')
    robot_frames: str | None = _parameter(OnlineSettings, 'robot_frames')
    auxiliary_share: float | None = _parameter(OnlineSettings, 'auxiliary_share')
    scale_anchor: bool | None = _parameter(
        OnlineSettings, 'scale_anchor', help='the distiller gives each release the factor that '
        "brings the student's depth to the teacher's on the robot's frames, and the inference "
        'node applies it; not given: the inference node applies a factor that a release has, and '
        'the distiller gives none')
    first_student: str | None = _parameter(OnlineSettings, 'first_student')
    seed: int | None = _parameter(
        OnlineSettings, 'seed', help='seed of the simulated rooms and of the training')


@dataclass(frozen=True)
class GazeboLaunch(LoopLaunch):
    """The whole loop with Gazebo. It adds these to the arguments of distill.launch.py."""

    run: str | None = modified(LoopLaunch, 'run', default='gazebo')
    simulator: str = modified(LoopLaunch, 'simulator', default='none', help='Gazebo is '
                              'the simulator', choices=('none',))
    gazebo: str = setting('auto', 'version of Gazebo; auto: the one of the ROS distribution',
                          choices=('auto', *GAZEBOS))
    world: str = setting(
        '', 'SDF file, from depth-distill simulate --export gazebo; empty: the shipped room')
    gui: bool = setting(False, "open Gazebo's window; without it no display is needed")
    fly: bool = setting(True, "move the camera along the world's way.csv")
    poses_per_second: float = setting(
        5.0, 'rate of the camera poses along the way', unit='poses/s', range=(0.01, 1000.0))
    seed: int | None = modified(
        LoopLaunch, 'seed', help='seed of the training, and, where it is given, of the way of the '
        'camera, which is else another one in each launch')


@dataclass(frozen=True)
class IsaacLaunch(LoopLaunch):
    """The ROS side of Isaac Sim. It adds these to the arguments of distill.launch.py."""

    run: str | None = modified(LoopLaunch, 'run', default='isaac')
    simulator: str = modified(LoopLaunch, 'simulator', default='none', help='Isaac Sim is '
                              'the simulator', choices=('none',))
    semantic_labels: str = modified(
        LoopLaunch, 'semantic_labels', default='simulator/semantic_labels')


@dataclass(frozen=True)
class DepthProcessingLaunch(Settings):
    """A cloud and a scan by the nodes of image_pipeline."""

    namespace: str = setting('', 'namespace of the nodes and topics, as of the inference node')
    depth: str = setting(DEPTH, 'topic of the depth')
    camera_info: str = setting(
        DEPTH_CAMERA_INFO, 'topic of its CameraInfo, for the scan; the node of the cloud always '
        'reads camera_info in the namespace of the depth topic')
    points: str = setting('depth/cloud', 'topic of the cloud')
    scan: str = setting('depth/laser_scan', 'topic of the scan')
    output_frame: str = setting(
        'camera_link', 'frame of the scan: at the camera, x forward, not the optical one')
    scan_height: int = setting(10, 'rows of the depth around its middle that make the scan',
                               unit='pixels', range=(1, 4096))
    range_min: float = modified(InferenceSettings, 'scan_range_min')
    range_max: float = modified(InferenceSettings, 'scan_range_max')


LAUNCHES: dict[str, type[Settings]] = {
    'inference.launch.py': InferenceLaunch, 'nav2_depth.launch.py': Nav2Launch,
    'distill.launch.py': LoopLaunch,
    'gazebo.launch.py': GazeboLaunch, 'isaac.launch.py': IsaacLaunch,
    'depth_processing.launch.py': DepthProcessingLaunch}


def from_texts(kind: type[Kind], values: Mapping[str, str]) -> Kind:
    """
    Make the arguments `kind` out of strings, as launch has them.

    Raises:
        SettingError: a value outside its choices, or no bool or number where one belongs.
    """
    table, read = settings_of(kind), dict[str, Any]()
    for name, text in values.items():
        described = table[name]
        if described.optional and text == '':
            continue
        try:
            read[name] = described.checked(_parsed(text, type(described.default)))
        except SettingError as error:
            raise SettingError(f'{name}:={text}: it {str(error).partition("; it ")[2]}') from None
    return kind(**read)


def _parsed(text: str, kind: type) -> Any:
    if kind is bool:
        return {'true': True, '1': True, 'false': False, '0': False}.get(text.lower(), text)
    try:
        return kind(text)
    except ValueError:
        return text
