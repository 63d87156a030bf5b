# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Render a world into folders, a room at a time, over all cores, from where it stopped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
import os
from pathlib import Path

import cv2
import numpy as np

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.files import write_bytes, writing
from depth_distill_ros.geometry.depth import metres_to_millimetres
from depth_distill_ros.worker import end_with_the_parent
from depth_distill_ros.worlds.path_traced.photo import Camera
from depth_distill_ros.worlds.path_traced.robot_poses import poses
from depth_distill_ros.worlds.path_traced.traced_room import generate
from depth_distill_ros.worlds.path_traced.tracer import Tracer, check_installed
from depth_distill_ros.worlds.path_traced.world import SPLITS, World, claim

# `image` is last: a folder reader lists the images and looks for their other parts.
_PARTS = ('depth', 'semantics', 'image')
_CURE = 'mend that and run the same command again, it continues where it stopped'


def render(world: World, folder: Path, jobs: int, report: Callable[[str], None],
           rooms: Mapping[str, int] | None = None) -> None:
    """
    Write ``folder/{train,val,test}``, each a data set ``folder:PATH``, or complete them.

    Args:
        jobs: processes of one thread each; 0: one for each core
        report: called with a line after every room
        rooms: number of rooms by split, the first ones; None is all
    Raises:
        DepthDistillError: the renderer is not installed, or the folder has other contents or
            cannot be written. Another call continues with the rooms that are there.
    """
    wanted = world.rooms if rooms is None else rooms
    missing = [(split, room) for split in SPLITS for room in range(wanted.get(split, 0))
               if not _done(world, folder, split, room)]
    if missing:
        check_installed()
    claim(world, folder)
    with writing(folder, _CURE):
        for split in SPLITS:
            for part in _PARTS:
                (folder / split / part).mkdir(parents=True, exist_ok=True)
            # A training may read the file of an earlier call.
            if not (folder / split / 'K.txt').exists():
                np.savetxt(folder / split / 'K.txt', world.camera.matrix())
    total = sum(wanted.values())
    done = total - len(missing)

    def tell(number: int, split: str, room: int) -> None:
        report(f'{number}/{total} rooms: {split} {room}')

    jobs = jobs or os.cpu_count() or 1
    if jobs == 1 or len(missing) < 2:
        for number, (split, room) in enumerate(missing, done + 1):
            render_room(world, folder, split, room)
            tell(number, split, room)
        return
    # The threads of the renderer do not survive a fork.
    with ProcessPoolExecutor(jobs, get_context('spawn'), end_with_the_parent) as pool:
        futures = {pool.submit(render_room, world, folder, *which): which for which in missing}
        try:
            for number, future in enumerate(as_completed(futures), done + 1):
                future.result()
                tell(number, *futures[future])
        except BrokenProcessPool as error:
            raise DepthDistillError('a rendering process was killed (out of memory?); give fewer '
                                    '--jobs, the rooms that are there are kept') from error
        finally:
            pool.shutdown(cancel_futures=True)


def render_room(world: World, folder: Path, split: str, number: int) -> None:
    """Write the frames of one room; all are rendered before the first is written."""
    seed = world.room_seed(split, number)
    room = generate(seed)
    tracer, camera = Tracer(room.parts, room.sun), Camera(world.size)
    rng = np.random.default_rng((*seed, 1))
    frames = []
    for pose in poses(room.plan, rng, world.frames[split]):
        traced = tracer.frame(pose, world.camera, world.samples, int(rng.integers(2 ** 31)))
        frames.append({'depth': metres_to_millimetres(traced.depth), 'semantics': traced.semantics,
                       'image': camera(traced.light, rng)[..., ::-1]})
    for part in _PARTS:
        for file, frame in zip(_files(world, folder, split, number, part), frames, strict=True):
            write_bytes(file, cv2.imencode('.png', frame[part])[1].tobytes(), _CURE)


def _files(world: World, folder: Path, split: str, room: int, part: str) -> list[Path]:
    return [folder / split / part / f'{room:05d}_{frame:02d}.png'
            for frame in range(world.frames[split])]


def _done(world: World, folder: Path, split: str, room: int) -> bool:
    return all(file.is_file() for part in _PARTS
               for file in _files(world, folder, split, room, part))
