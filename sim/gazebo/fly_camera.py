# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Move the camera of an exported world along its way; each lap is another way.

It calls the pose service of the world with one client that stays open: through the Python bindings
of gz-transport where they are installed, else through ros_gz_bridge where it offers the service.
The command gz (or ign), one process for each pose, is the last resort: it reaches two poses a
second.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
import importlib
import math
from pathlib import Path
import shutil
import subprocess
import sys
import time
from xml.etree import ElementTree

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from flight import Row, read_way, varied  # noqa: E402

CAMERA = 'camera'
# (module of gz-transport, package of gz-msgs): Jetty, Ionic, Harmonic
_BINDINGS = (('gz.transport', 'gz.msgs'), ('gz.transport15', 'gz.msgs12'),
             ('gz.transport14', 'gz.msgs11'), ('gz.transport13', 'gz.msgs10'))
_TIMEOUT_MS = 2000
_BRIDGE_WAIT = 10.0  # seconds in which the service of ros_gz_bridge must appear
_REPORTS = 10.0, 300.0  # seconds until the first line about the rate, and between the others

Pose = tuple[float, ...]  # x, y, z, metres, and qx, qy, qz, qw
Call = Callable[[Pose], bool]


def main(words: list[str] | None = None) -> int:
    """Move the camera until Ctrl-C; return 1 after one line of error."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('world', type=Path, help='SDF file that is open in Gazebo')
    parser.add_argument('--way', type=Path, help='poses (default: way.csv beside the world)')
    parser.add_argument('--rate', type=float, default=5.0,
                        help='poses per second, if the pose service is fast enough')
    parser.add_argument('--seed', type=int, help='of the changes from lap to lap; with one, the '
                        'first lap is the way itself (default: another way in each run)')
    parser.add_argument('--wait', type=float, default=60.0,
                        help='seconds to wait for an answer of Gazebo')
    arguments = parser.parse_args(words)
    try:
        if not arguments.rate > 0:
            raise ValueError(f'--rate {arguments.rate:g}: must be positive')
        name = world_name(arguments.world)
        way = read_way(arguments.way or arguments.world.with_name('way.csv'))
        call, through = caller(name)
        print(f'fly_camera: through {through}', flush=True)
        poses = (as_pose(row) for row in varied(way, arguments.seed))
        return fly(call, poses, arguments.rate, arguments.wait)
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


def as_pose(row: Row) -> Pose:
    """Return a row of way.csv with its angles as a quaternion."""
    return *row[:3], *quaternion(*row[3:])


def quaternion(roll: float, pitch: float, yaw: float) -> tuple[float, float, float, float]:
    """Return x, y, z, w of the rotation about fixed x, y and z, in this order."""
    (cr, sr), (cp, sp), (cy, sy) = ((math.cos(a / 2), math.sin(a / 2)) for a in (roll, pitch, yaw))
    return (sr * cp * cy - cr * sp * sy, cr * sp * cy + sr * cp * sy,
            cr * cp * sy - sr * sp * cy, cr * cp * cy + sr * sp * sy)


def caller(world: str) -> tuple[Call, str]:
    """Return a function that sets the pose and returns whether it succeeded, and its means."""
    service = f'/world/{world}/set_pose'
    for transport, messages in _BINDINGS:
        try:
            node = importlib.import_module(transport).Node()
            pose_type = importlib.import_module(f'{messages}.pose_pb2').Pose
            done_type = importlib.import_module(f'{messages}.boolean_pb2').Boolean
        except ImportError:
            continue
        return _through_bindings(node, service, pose_type, done_type), f'the module {transport}'
    call = _through_bridge(service)
    if call is not None:
        return call, f'the service {service} of ros_gz_bridge'
    for command, package in (('gz', 'gz.msgs'), ('ign', 'ignition.msgs')):
        if shutil.which(command):
            return _through_command(command, service, package), \
                f'the command {command}, which is slow'
    raise OSError('neither gz nor ign is on the PATH: source the ROS distribution, or install '
                  'Gazebo')


def _through_bindings(node: object, service: str, pose_type: type, done_type: type) -> Call:
    def call(pose: Pose) -> bool:
        request = pose_type(name=CAMERA)
        for target, keys, values in ((request.position, 'xyz', pose[:3]),
                                     (request.orientation, 'xyzw', pose[3:])):
            for key, value in zip(keys, values, strict=True):
                setattr(target, key, value)
        answered, done = node.request(service, request, pose_type, done_type, _TIMEOUT_MS)
        return bool(answered and done.data)
    return call


def _through_bridge(service: str) -> Call | None:
    """Return the call through ROS; None where ROS, its types or the bridge's service is absent."""
    try:
        import rclpy
        from rclpy.signals import SignalHandlerOptions
        from ros_gz_interfaces.msg import Entity
        from ros_gz_interfaces.srv import SetEntityPose
    except ImportError:
        return None
    rclpy.init(args=[], signal_handler_options=SignalHandlerOptions.NO)
    node = rclpy.create_node('fly_camera')
    client = node.create_client(SetEntityPose, service)
    if not client.wait_for_service(_BRIDGE_WAIT):
        return None

    def call(pose: Pose) -> bool:
        request = SetEntityPose.Request()
        request.entity.name, request.entity.type = CAMERA, Entity.MODEL
        for target, keys, values in ((request.pose.position, 'xyz', pose[:3]),
                                     (request.pose.orientation, 'xyzw', pose[3:])):
            for key, value in zip(keys, values, strict=True):
                setattr(target, key, value)
        answer = client.call_async(request)
        rclpy.spin_until_future_complete(node, answer, timeout_sec=_TIMEOUT_MS / 1000)
        if not answer.done():
            client.remove_pending_request(answer)
            return False
        return bool(answer.result().success)
    return call


def _through_command(command: str, service: str, package: str) -> Call:
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


def fly(call: Call, poses: Iterator[Pose], rate: float, wait: float) -> int:
    """Set pose after pose; ValueError after ``wait`` seconds without success."""
    began = answered = due = time.monotonic()
    report, done = began + _REPORTS[0], 0
    for pose in poses:
        while not call(pose):
            if time.monotonic() - answered > wait:
                raise ValueError(f'Gazebo has not moved the model {CAMERA} for {wait:g} s: is the '
                                 'world open, and the same GZ_PARTITION set?')
            time.sleep(min(1.0, wait))
        answered = time.monotonic()
        done += 1
        if answered >= report:
            print(f'fly_camera: {done / (answered - began):.1f} poses per second '
                  f'({rate:g} asked)', flush=True)
            began, report, done = answered, answered + _REPORTS[1], 0
        due = max(due + 1.0 / rate, answered)
        time.sleep(max(0.0, due - time.monotonic()))
    return 0


if __name__ == '__main__':
    sys.exit(main())
