# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Every parameter of every node, said once: name, default, meaning, legal values.

A parameter that is not read-only is read where it is used, so a change takes effect at once.
"""

from __future__ import annotations

from dataclasses import dataclass
import math

from rcl_interfaces.msg import (
    FloatingPointRange,
    IntegerRange,
    ParameterDescriptor,
    SetParametersResult,
)
from rclpy.exceptions import ParameterException
from rclpy.node import Node

from depth_distill_ros.choices import ENGINES, SEMANTICS
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.settings.distillation import OnlineSettings
from depth_distill_ros.settings.field import settings_of


class ParameterError(DepthDistillError):
    """A parameter with an illegal value at start-up."""


@dataclass(frozen=True)
class Parameter:
    """
    One parameter as ROS sees it.

    Attributes
    ----------
    name : snake_case
    default : its type is the parameter's type; a tuple is a list of texts
    description : what it means, with the unit
    range : (lowest, highest), both legal; numbers only
    choices : the only legal values; texts only
    read_only : fixed once the node has started

    """

    name: str
    default: bool | int | float | str | tuple[str, ...]
    description: str
    range: tuple[float, float] | None = None
    choices: tuple[str, ...] = ()
    read_only: bool = True

    def descriptor(self) -> ParameterDescriptor:
        """Return the message that ``ros2 param describe`` shows."""
        message = ParameterDescriptor(description=self.description, read_only=self.read_only)
        if self.choices:
            message.additional_constraints = 'one of: ' + ', '.join(self.choices)
        if self.range and isinstance(self.default, int):
            message.integer_range = [IntegerRange(
                from_value=int(self.range[0]), to_value=int(self.range[1]), step=1)]
        elif self.range:
            message.floating_point_range = [FloatingPointRange(
                from_value=float(self.range[0]), to_value=float(self.range[1]), step=0.0)]
        return message


def declare(node: Node, table: tuple[Parameter, ...]) -> None:
    """
    Declare a table on a node; changes that leave the legal values are refused as a whole.

    Raises
    ------
    ParameterError : a start-up value of the wrong type or outside its range or choices.

    """
    choices = {p.name: p.choices for p in table if p.choices}

    def check(changes) -> SetParametersResult:
        for change in changes:
            legal = choices.get(change.name)
            if legal and change.value not in legal:
                return SetParametersResult(successful=False, reason=(
                    f'{change.name} is "{change.value}", expected one of: {", ".join(legal)}'))
            if isinstance(change.value, float) and not math.isfinite(change.value):
                return SetParametersResult(
                    successful=False, reason=f'{change.name} is {change.value}: not a number')
        return SetParametersResult(successful=True)

    node.add_on_set_parameters_callback(check)
    for parameter in table:
        try:
            default = parameter.default
            node.declare_parameter(
                parameter.name, list(default) if isinstance(default, tuple) else default,
                parameter.descriptor())
        except ParameterException as error:
            reason = ' '.join(str(error).split())
            hint = ' (write a whole number as 1.0)' if isinstance(parameter.default, float) else ''
            raise ParameterError(f'parameter {parameter.name}: {reason}{hint}') from None


_SIDE = (32, 4096)

COMMON = (
    Parameter('autostart', True, 'configure and activate by itself; false under a life-cycle '
              'manager'),
)


def _inputs(reliability: str) -> tuple[Parameter, ...]:
    return (
        Parameter('reliability', reliability, 'QoS of the input subscriptions; auto follows the '
                  'publishers: reliable unless one of them is best effort',
                  choices=('auto', 'reliable', 'best_effort')),
        Parameter('input_timeout', 5.0, 'warn when an input is silent for so long, seconds',
                  range=(0.5, 3600.0), read_only=False))


SIMULATOR = COMMON + (
    Parameter('look', 'stream', 'stream: what the student learns from; robot: another, muted '
              'look; or a YAML file of ranges, such as sim/randomisation.yaml'),
    Parameter('seed', 0, 'fixes every room and the whole journey', range=(0, 2**31 - 1)),
    Parameter('rate', 5.0, 'frames per second; 0: as fast as they render', range=(0.0, 1000.0)),
    Parameter('height', 240, 'image height, pixels', range=_SIDE),
    Parameter('width', 320, 'image width, pixels', range=_SIDE),
    Parameter('vertical_fov', math.radians(45.0), 'vertical field of view, radians',
              range=(0.2, 2.5)),
    Parameter('frames_per_room', 16, 'frames before the next room', range=(1, 100_000)),
    Parameter('stride', 0.06, 'metres of progress between two frames', range=(0.001, 2.0)),
    Parameter('shadows', False, 'cast shadows (slower)'),
    Parameter('publish_clock', False, 'publish /clock and stamp frames with it instead of with '
              "this node's clock"),
    Parameter('frame_id', 'camera_optical_frame', 'frame of the optical axis in every header'),
)

RECORDING = COMMON + (
    Parameter('data', '', 'what the camera sees, over and over: KIND:PATH[,KEY=VALUE...] as '
              'depth-distill train takes it, with a camera; empty: the path-traced rooms that '
              'come with the package'),
    Parameter('rate', 5.0, 'frames per second', range=(0.01, 1000.0), read_only=False),
    Parameter('frame_id', 'camera_optical_frame', 'frame of the optical axis in every header'),
)

STREAM = COMMON + _inputs('auto') + (
    Parameter('work_dir', '', 'folder of the run; must be given'),
    Parameter('store', 'store', 'its subfolder that frames go to; the distiller reads store, and '
              'auxiliary'),
    Parameter('semantics', 'auto', "what the classes come as: ids of the class table, Gazebo's "
              "labels_map, Isaac Sim's ids named frame by frame, ids that LabelInfo names; auto "
              'finds out; none: images come without classes, as from the robot itself',
              choices=SEMANTICS),
    Parameter('classes', '', 'class table (YAML) that adds names to those of config/classes.yaml '
              'and may replace its ids'),
    Parameter('max_rate', 0.0, 'frames per second that are stored at most; 0: every frame',
              range=(0.0, 1000.0), read_only=False),
    Parameter('height', 228, "height at which frames are stored: the network's input, pixels",
              range=_SIDE),
    Parameter('width', 304, "width at which frames are stored: the network's input, pixels",
              range=_SIDE),
    Parameter('capacity', 4000, 'frames the store keeps; then the oldest makes room',
              range=(64, 10_000_000)),
)

INFERENCE_NODE = COMMON + _inputs('best_effort') + (
    Parameter('work_dir', '', 'folder of the run; the newest of its releases/ is taken at '
              'configure; empty: wait for the release topic'),
    Parameter('model', '', 'folder of the one model to start with instead, such as a release that '
              'was copied to the robot'),
    Parameter('cameras', ('',), 'names of the cameras: the topics and own parameters of a named '
              'one are below its name (front/image, front.transport); one without a name has them '
              'as they are'),
    Parameter('engine', 'auto', 'what runs the network; auto: the fastest that is installed and '
              'agrees with torch', choices=('auto', *ENGINES)),
    Parameter('threads', 0, "the engine's threads; 0: it decides", range=(0, 256)),
    Parameter('parity_error', 0.005, "largest median relative difference from torch's depth with "
              'which an engine is taken', range=(0.0, 1.0)),
    Parameter('parity_delta1', 0.998, "least share of pixels within 1.25 of torch's with which an "
              'engine is taken', range=(0.0, 1.0)),
    Parameter('fit', 'crop', "how a picture of another shape becomes the network's: its middle "
              'is cropped, or the whole of it is padded', choices=('crop', 'pad')),
    Parameter('scale_focal', True, 'scale depth by the focal length of the camera against that of '
              'the one that the model learned with, where its card says it'),
    Parameter('output', 'network', "pixels of the depth: the network's, or the camera's own",
              choices=('network', 'camera')),
    Parameter('encoding', '32FC1', 'of the depth: metres, NaN invalid, or millimetres, 0 invalid',
              choices=('32FC1', '16UC1')),
    Parameter('far', 0.0, 'metres from where on the way counts as free: +inf in 32FC1, this depth '
              'in 16UC1 and points, which clears costmaps; 0: no limit', range=(0.0, 65.0)),
    Parameter('min_confidence', 0.0, 'depth with less confidence is NaN; 0: all of it is '
              'published', range=(0.0, 1.0), read_only=False),
    Parameter('points_voxel', 0.0, 'one point for each cube of so many metres; 0: an organised '
              'cloud, a point for each pixel', range=(0.0, 2.0), read_only=False),
    Parameter('points_rgb', False, "points have the picture's colours", read_only=False),
    Parameter('scan_low', 0.05, 'lowest obstacle of the scan, metres above the floor',
              range=(-10.0, 10.0)),
    Parameter('scan_high', 1.5, 'highest obstacle of the scan, metres above the floor',
              range=(-10.0, 10.0)),
    Parameter('scan_range_min', 0.2, 'nearest range of the scan, metres', range=(0.0, 100.0)),
    Parameter('scan_range_max', 5.0, 'farthest range of the scan, metres', range=(0.1, 100.0)),
    Parameter('scan_top', 0.0, 'the scan begins at this share of the height, from the top',
              range=(0.0, 1.0)),
    Parameter('scan_bottom', 1.0, 'the scan ends at this share of the height, from the top',
              range=(0.0, 1.0)),
)

INFERENCE_CAMERA = (
    Parameter('transport', 'raw', 'what the camera is heard by: image, or image/compressed',
              choices=('raw', 'compressed')),
    Parameter('max_rate', 0.0, 'frames per second that are answered at most; 0: every frame',
              range=(0.0, 1000.0), read_only=False),
    Parameter('rectify', 'as_is', 'as_is: pictures are taken as they come; here: the distortion '
              'that camera_info describes is taken out; done: they are rectified already '
              '(image_rect), and P of camera_info is their camera',
              choices=('as_is', 'here', 'done')),
    Parameter('camera_height', 0.5, 'of the camera above the floor, metres; for the scan',
              range=(0.0, 10.0)),
    Parameter('camera_pitch', 0.0, 'of the camera, degrees, positive looks down; for the scan',
              range=(-90.0, 90.0)),
    Parameter('camera_roll', 0.0, 'of the camera, degrees, positive turns its right side down; '
              'for the scan', range=(-180.0, 180.0)),
    Parameter('scan_frame', 'camera_link', 'frame of the scan: at the camera, level, x ahead'),
)

INFERENCE = INFERENCE_NODE + INFERENCE_CAMERA

EVALUATOR = COMMON + _inputs('auto') + (
    Parameter('window', 50, 'frames in the sliding window', range=(1, 100_000), read_only=False),
    Parameter('work_dir', '', 'folder of the run; every frame adds a row to its evaluation.csv; '
              'empty: no file'),
)

DISTILLER = COMMON + tuple(
    Parameter(s.name, s.default, s.described(), s.range, s.choices, not s.changeable)
    for s in settings_of(OnlineSettings).values())
