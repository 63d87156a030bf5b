# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Publish exported rooms from Isaac Sim 5.x or 6.x to ROS 2, in Isaac Sim's own Python.

~/isaacsim/python.sh sim/isaac/stream.py rooms/room_*/room.usda
    --randomisation sim/randomisation.yaml

It does not need depth_distill_ros. README.md lists every name of Isaac Sim that is used here and
in publishing.py, with its version.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
import itertools
import math
from pathlib import Path
import sys
import traceback

from publishing import Failure, add_bridge, publishers

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from flight import Row, read_way, varied  # noqa: E402

CAMERA, LIGHTS, ROOM = '/World/Camera', '/World/Lights', '/World/Room'
RANDOMISE = 'depth_distill_randomise'
WARM_UP = 20  # updates before the first frame of a room
# The changes within a room, which are drawn again after so many frames.
DEFAULTS = {'every': 20, 'light': [0.6, 1.5], 'tint': 0.15, 'surfaces': True}

Matrix = list[list[float]]


def main(words: list[str] | None = None) -> int:
    """Publish until Ctrl-C or the window closes; return 2 after an error in the arguments."""
    arguments = read_arguments(words)
    try:
        # The way of a room goes on when the room comes again: no view is shown twice.
        seed = arguments.seed
        ways = [varied(read_way(stage.with_name('way.csv')), None if seed is None else seed + n)
                for n, stage in enumerate(arguments.stages)]
        randomisation = read_randomisation(arguments.randomisation)
    except (OSError, ValueError) as error:
        print(f'stream: {" ".join(str(error).split())}', file=sys.stderr)
        return 2
    # The modules of omni and isaacsim exist only while the application runs.
    from isaacsim import SimulationApp

    app = SimulationApp({'headless': not arguments.gui})
    code = 0
    try:
        run(app, arguments, ways, randomisation)
    except KeyboardInterrupt:
        pass
    except Failure as error:
        print(f'stream: {error}', file=sys.stderr)
        code = 1
    except Exception:
        traceback.print_exc()
        code = 1
    finally:
        # It ends the process at once, so that all messages must be out before.
        sys.stderr.flush()
        app.close()
    return code


def read_arguments(words: list[str] | None) -> argparse.Namespace:
    """Return the arguments; the stages are absolute paths of existing files."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('stages', type=Path, nargs='+', help='room.usda files, shown in turn')
    parser.add_argument('--size', type=int, nargs=2, default=(480, 640),
                        metavar=('HEIGHT', 'WIDTH'), help='of the images')
    parser.add_argument('--updates', type=int, default=4,
                        help='rendered frames for each published one; more give less noise')
    parser.add_argument('--frames-per-room', type=int, default=240)
    parser.add_argument('--namespace', default='',
                        help='of the topics except /clock, as in the launch')
    parser.add_argument('--rooms', type=int, default=0, help='number of rooms; 0: no limit')
    parser.add_argument('--seed', type=int,
                        help='of the lights, the surfaces and the way of the camera; with one, '
                        'the first lap is the way itself (default: another way in each run)')
    parser.add_argument('--light-gain', type=float, default=1.0,
                        help='factor on all lights, if images are too dark or too bright')
    parser.add_argument('--randomisation', type=Path,
                        help='YAML file whose section between_frames is used')
    parser.add_argument('--gui', action='store_true', help="open Isaac Sim's window")
    arguments, _ = parser.parse_known_args(words)
    arguments.stages = [stage.expanduser().absolute() for stage in arguments.stages]
    for stage in arguments.stages:
        if not stage.is_file():
            parser.error(f'{stage}: no such file; write it with '
                         '"depth-distill simulate --export isaac OUT"')
    if min(arguments.updates, arguments.frames_per_room, *arguments.size) < 1 \
            or not arguments.light_gain > 0:
        parser.error('--size, --updates, --frames-per-room and --light-gain must be positive')
    return arguments


def read_randomisation(path: Path | None) -> dict:
    """Return the changes between frames; ValueError names a wrong entry."""
    values = dict(DEFAULTS)
    if path is not None:
        import yaml

        try:
            given = (yaml.safe_load(path.read_text(encoding='utf-8')) or {}).get(
                'between_frames', {})
        except (yaml.YAMLError, AttributeError) as error:
            raise ValueError(f'{path}: no YAML mapping: {error}') from error
        if not isinstance(given, dict) or not set(given) <= set(DEFAULTS):
            raise ValueError(f'{path}: between_frames: expected {", ".join(DEFAULTS)}')
        values |= given
    low, high = values['light']
    if not 0 < low <= high or not 0 <= values['tint'] < 1 or values['every'] < 0:
        raise ValueError(f'{path}: between_frames: light must be [low, high] above 0, tint from '
                         '0 to 1, every 0 or more')
    return values


def camera_matrix(row: Row) -> Matrix:
    """Return a pose of way.csv as USD needs it: rows; the camera looks along its -z with y up."""
    *position, roll, pitch, yaw = row
    (cr, sr), (cp, sp), (cy, sy) = ((math.cos(a), math.sin(a)) for a in (roll, pitch, yaw))
    forward = [cy * cp, sy * cp, -sp]
    left = [cy * sp * sr - sy * cr, sy * sp * sr + cy * cr, cp * sr]
    up = [cy * sp * cr + sy * sr, sy * sp * cr - cy * sr, cp * cr]
    return [[*(-v for v in left), 0.0], [*up, 0.0], [*(-v for v in forward), 0.0],
            [*position, 1.0]]


def run(app: object, arguments: argparse.Namespace, ways: list[Iterator[Row]],
        randomisation: dict) -> None:
    """Show room after room."""
    import omni.kit.app
    import omni.timeline
    import omni.usd

    manager = omni.kit.app.get_app().get_extension_manager()
    manager.set_extension_enabled_immediate('isaacsim.ros2.bridge', True)
    app.update()
    timeline = omni.timeline.get_timeline_interface()
    rooms = itertools.cycle(zip(arguments.stages, ways, strict=True))
    for number, (stage_file, way) in enumerate(itertools.islice(rooms, arguments.rooms or None)):
        stage = opened(app, omni.usd.get_context(), stage_file)
        lights = light_intensities(stage, arguments.light_gain)
        if randomisation['every']:
            add_randomiser(lights, stage_file.with_name('textures'), surfaces(stage),
                           randomisation, (arguments.seed or 0) + number)
        add_bridge(CAMERA, tuple(arguments.size), arguments.namespace.strip('/'))
        for _ in range(WARM_UP):
            app.update()
        timeline.play()
        gates = publishers(app)
        for frame, pose in enumerate(itertools.islice(way, arguments.frames_per_room)):
            while app.is_running() and not timeline.is_playing():
                # Paused in the window: nothing is published again, and no pose is skipped.
                for gate in gates:
                    gate.set(0)
                app.update()
            if not app.is_running():
                return
            if randomisation['every'] and frame % randomisation['every'] == 0:
                import omni.replicator.core as rep

                rep.utils.send_og_event(event_name=RANDOMISE)
            place_camera(stage, camera_matrix(pose))
            for update in range(arguments.updates, 0, -1):
                # All gates together: publishers that count frames separately may never agree.
                for gate in gates:
                    gate.set(int(update == 1))
                app.update()
        timeline.stop()
        app.update()


def opened(app: object, context: object, path: Path) -> object:
    """Open a stage with a physics scene; return it when it and its textures are loaded."""
    from pxr import UsdPhysics

    if not context.open_stage(str(path)):
        raise Failure(f'{path}: Isaac Sim cannot open it')
    app.update()
    while context.get_stage_loading_status()[2] > 0:
        app.update()
    stage = context.get_stage()
    # An earlier visit may have left the room in memory with changed lights and a graph.
    stage.Reload()
    # Isaac Sim counts time in physics steps, even where nothing moves.
    UsdPhysics.Scene.Define(stage, '/World/PhysicsScene')
    return stage


def light_intensities(stage: object, gain: float) -> dict[str, float]:
    """Multiply all lights; return the new intensity of each, by path."""
    intensities = {}
    for prim in stage.GetPrimAtPath(LIGHTS).GetChildren():
        attribute = prim.GetAttribute('inputs:intensity')
        attribute.Set(gain * attribute.Get())
        intensities[str(prim.GetPath())] = attribute.Get()
    return intensities


def surfaces(stage: object) -> list[str]:
    """Return the paths of floor and walls, the large surfaces with texture coordinates."""
    return [f'{prim.GetPath()}/part_000' for prim in stage.GetPrimAtPath(ROOM).GetChildren()
            if prim.GetName().startswith(('floor_0', 'wall_0'))]


def place_camera(stage: object, pose: Matrix) -> None:
    """Move the camera, effective with the next rendered frame."""
    from pxr import Gf

    stage.GetPrimAtPath(CAMERA).GetAttribute('xformOp:transform').Set(Gf.Matrix4d(pose))


def add_randomiser(lights: dict[str, float], textures: Path, large: list[str],
                   randomisation: dict, seed: int) -> None:
    """Let Replicator draw lights and surfaces at every event RANDOMISE."""
    import omni.replicator.core as rep

    rep.set_global_seed(seed)
    low, high = randomisation['light']
    pale = 1.0 - randomisation['tint']
    with rep.trigger.on_custom_event(event_name=RANDOMISE):
        for path, intensity in lights.items():
            with rep.get.prim_at_path(path):
                rep.modify.attribute('inputs:intensity', rep.distribution.uniform(
                    low * intensity, high * intensity))
                rep.modify.attribute('inputs:color', rep.distribution.uniform(
                    (pale, pale, pale), (1.0, 1.0, 1.0)))
        if randomisation['surfaces']:
            with rep.get.prim_at_path(large):
                rep.randomizer.texture(textures=[str(p) for p in sorted(textures.glob('*.png'))])


if __name__ == '__main__':
    sys.exit(main())
