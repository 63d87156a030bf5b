# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A run in the viewer: its curves, its releases, and its student beside the teacher."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from depth_distill_ros.apps.view.recording import Recording
from depth_distill_ros.distillation.release_folders import ReleaseRecord, releases
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.geometry.view import View
from depth_distill_ros.inference.engines.engine import DepthEngine
from depth_distill_ros.inference.engines.torch_engine import TorchEngine
from depth_distill_ros.settings import robot_frames
from depth_distill_ros.spread import evenly_spread
from depth_distill_ros.stream.store_reader import StreamReader

_STORES = (robot_frames.STORE, 'store')  # the robot's frames first


def show_run(recording: Recording, folder: Path, teacher: Path, frames: int) -> list[str]:
    """
    Send a run to the viewer; return what was left out and why, a line each.

    Args:
        folder: work_dir of the run
        teacher: its model folder
        frames: of each store, evenly spread
    Raises:
        DepthDistillError: the folder is no run
    """
    found = releases(folder / 'releases')
    if not found and not (folder / 'tensorboard').is_dir():
        raise DepthDistillError(f'{folder} is not the work_dir of a run: it has neither releases/ '
                                'nor tensorboard/')
    _curves(recording, folder / 'tensorboard')
    for record in found:
        recording.at_step(record.step)
        for name, value in record.score.items():
            recording.value(f'releases/{name}', value)
    recording.text('releases', _table(found))
    if not found:
        return ['no release yet: the student is not shown']
    shown = next((name for name in _STORES if (folder / name).is_dir()), _STORES[0])
    recording.arrange([f'{shown}/{name}' for name in ('image', 'student', 'teacher')],
                      [f'world/{shown}/{name}' for name in ('student', 'teacher')], curves=True)
    engines = {'teacher': TorchEngine(teacher, 'cpu'),
               'student': TorchEngine(found[-1].folder, 'cpu')}
    return [line for store in _STORES
            for line in _frames(recording, folder / store, engines, frames, found[-1].step)]


def _frames(recording: Recording, store: Path, engines: dict[str, DepthEngine], count: int,
            step: int) -> list[str]:
    try:
        reader = StreamReader(store)
    except DepthDistillError as error:
        return [str(error)]
    with reader, reader.snapshot() as stored:
        keys = stored.keys()
        for number, index in enumerate(evenly_spread(len(keys), count)):
            frame = stored.read(keys[index])
            recording.at_frame(number, step)
            recording.image(f'{store.name}/image', frame.image)
            for name, engine in engines.items():
                view = View.fit(frame.image.shape[:2], engine.input_size)
                anchor = engine.card.anchor if store.name == robot_frames.STORE else None
                depth = engine(frame.image, view).depth * np.float32(anchor.at(
                    frame.intrinsics and view.intrinsics(frame.intrinsics)) if anchor else 1.0)
                recording.depth(f'{store.name}/{name}', depth)
                if frame.intrinsics is not None:
                    camera = view.intrinsics(frame.intrinsics).resized(depth.shape)
                    colours = View.fit(frame.image.shape[:2], depth.shape).image(frame.image)
                    recording.cloud(f'world/{store.name}/{name}', depth, camera, colours)
    return []


def _curves(recording: Recording, folder: Path) -> None:
    if not folder.is_dir():
        return
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder))
    events.Reload()
    for tag in events.Tags()['scalars']:
        for point in events.Scalars(tag):
            recording.at_step(point.step)
            recording.value(f'curves/{tag}', point.value)


def _table(found: list[ReleaseRecord]) -> str:
    lines = ['| release | step | δ1 | |', '|---|---|---|---|']
    for record in found:
        delta1 = record.score.get('delta1', math.nan)
        lines.append(f'| {record.number} | {record.step} | {delta1:.3f} | '
                     f'{record.not_promoted or "promoted"} |')
    return '\n'.join(lines)
