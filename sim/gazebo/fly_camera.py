# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Move the camera of an exported world along its way, over and over.

It needs only Gazebo and calls the pose service of the world: through the Python bindings of
gz-transport where they are installed, else through the command gz (or ign), which reaches two or
three poses a second.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
import csv
import importlib
import itertools
import math
from pathlib import Path
import shutil
import subprocess
import sys
import time
from xml.etree import ElementTree

CAMERA = 'camera'
# (module of gz-transport, package of gz-msgs): Jetty, Ionic, Harmonic
_BINDINGS = (('gz.transport', 'gz.msgs'), ('gz.transport15', 'gz.msgs12'),
             ('gz.transport14', 'gz.msgs11'), ('gz.transport13', 'gz.msgs10'))
_TIMEOUT_MS = 2000

Pose = tuple[float, ...]


def main(words: list[str] | None = None) -> int:
    """Move the camera until Ctrl-C; return 1 after one line of error."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('world', type=Path, help='SDF file that is open in Gazebo')
    parser.add_argument('--way', type=Path, help='poses (default: way.csv beside the world)')
    parser.add_argument('--rate', type=float, default=5.0, help='poses per second')
    parser.add_argument('--wait', type=float, default=60.0,
                        help='seconds to wait for an answer of Gazebo')
    arguments = parser.parse_args(words)
    try:
        if not arguments.rate > 0:
            raise ValueError(f'--rate {arguments.rate:g}: must be positive')
        name = world_name(arguments.world)
        poses = way(arguments.way or arguments.world.with_name('way.csv'))
        return fly(caller(name), itertools.cycle(poses), 1.0 / arguments.rate, arguments.wait)
    except (OSError, ValueError) as error:
        print(f'fly_camera: {" ".join(str(error).split())}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


def world_name(path: Path) -> str:
    """Return the name of the world in an SDF file; ValueError if there is none."""
    try:
        world = ElementTree.parse(path).getroot().find('world')
    except ElementTree.ParseError as error:
        raise ValueError(f'{path}: not an SDF file: {error}') from error
    if world is None or not world.get('name'):
        raise ValueError(f'{path}: it has no <world name="...">')
    return world.get('name')


def way(path: Path) -> list[Pose]:
    """Return the poses of a file: x, y, z, metres, and qx, qy, qz, qw; ValueError on an error."""
    poses = []
    with path.open(newline='', encoding='utf-8') as lines:
        for number, row in enumerate(csv.DictReader(lines), start=2):
            try:
                values = [float(row[key]) for key in ('x', 'y', 'z', 'roll', 'pitch', 'yaw')]
                if not all(map(math.isfinite, values)):
                    raise ValueError
            except (KeyError, TypeError, ValueError):
                raise ValueError(f'{path}, line {number}: expected x,y,z,roll,pitch,yaw') from None
            poses.append((*values[:3], *quaternion(*values[3:])))
    if not poses:
        raise ValueError(f'{path}: it has no poses')
    return poses


def quaternion(roll: float, pitch: float, yaw: float) -> tuple[float, float, float, float]:
    """Return x, y, z, w of the rotation about fixed x, y and z, in this order."""
    (cr, sr), (cp, sp), (cy, sy) = ((math.cos(a / 2), math.sin(a / 2)) for a in (roll, pitch, yaw))
    return (sr * cp * cy - cr * sp * sy, cr * sp * cy + sr * cp * sy,
            cr * cp * sy - sr * sp * cy, cr * cp * cy + sr * sp * sy)


def caller(world: str) -> Callable[[Pose], bool]:
    """Return a function that sets the pose of the camera and returns whether this succeeded."""
    service = f'/world/{world}/set_pose'
    for transport, messages in _BINDINGS:
        try:
            node = importlib.import_module(transport).Node()
            pose_type = importlib.import_module(f'{messages}.pose_pb2').Pose
            done_type = importlib.import_module(f'{messages}.boolean_pb2').Boolean
        except ImportError:
            continue
        return _through_bindings(node, service, pose_type, done_type)
    for command, package in (('gz', 'gz.msgs'), ('ign', 'ignition.msgs')):
        if shutil.which(command):
            return _through_command(command, service, package)
    raise OSError('neither gz nor ign is on the PATH: source the ROS distribution, or install '
                  'Gazebo')


def _through_bindings(node: object, service: str, pose_type: type,
                      done_type: type) -> Callable[[Pose], bool]:
    def call(pose: Pose) -> bool:
        request = pose_type(name=CAMERA)
        for target, keys, values in ((request.position, 'xyz', pose[:3]),
                                     (request.orientation, 'xyzw', pose[3:])):
            for key, value in zip(keys, values, strict=True):
                setattr(target, key, value)
        answered, done = node.request(service, request, pose_type, done_type, _TIMEOUT_MS)
        return bool(answered and done.data)
    return call


def _through_command(command: str, service: str, package: str) -> Callable[[Pose], bool]:
    def call(pose: Pose) -> bool:
        x, y, z, qx, qy, qz, qw = pose
        request = (f'name: "{CAMERA}", position: {{x: {x:.6f}, y: {y:.6f}, z: {z:.6f}}}, '
                   f'orientation: {{x: {qx:.9f}, y: {qy:.9f}, z: {qz:.9f}, w: {qw:.9f}}}')
        done = subprocess.run(
            [command, 'service', '-s', service, '--reqtype', f'{package}.Pose', '--reptype',
             f'{package}.Boolean', '--timeout', str(_TIMEOUT_MS), '--req', request],
            capture_output=True, text=True)
        return done.returncode == 0 and 'data: true' in done.stdout
    return call


def fly(call: Callable[[Pose], bool], poses: Iterator[Pose], period: float, wait: float) -> int:
    """Set pose after pose; ValueError after ``wait`` seconds without success."""
    answered = time.monotonic()
    due = answered
    for pose in poses:
        while not call(pose):
            if time.monotonic() - answered > wait:
                raise ValueError(f'Gazebo has not moved the model {CAMERA} for {wait:g} s: is the '
                                 'world open, and the same GZ_PARTITION set?')
            time.sleep(min(1.0, wait))
        answered = time.monotonic()
        due = max(due + period, answered)
        time.sleep(max(0.0, due - time.monotonic()))
    return 0


if __name__ == '__main__':
    sys.exit(main())
