# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""SceneNet RGB-D: rendered images, ray lengths, instances, and the protobuf that names them."""

from __future__ import annotations

from functools import lru_cache
import math
from pathlib import Path
from typing import Literal

import numpy as np

from depth_distill_ros.datasets.reader import DatasetError
from depth_distill_ros.datasets.readers import common, scenenet_index
from depth_distill_ros.datasets.readers.scenenet_index import Trajectory
from depth_distill_ros.frame import Frame
from depth_distill_ros.geometry.depth import z_from_ray_length
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.stream.classes import NYU13

_MOST = 255
NYU13_OF_WORDNET = {
    wnid: NYU13.index(name) for name, *wnids in map(str.split, (
        Path(__file__).with_name('wordnet13.txt').read_text(encoding='ascii').splitlines()[2:]))
    for wnid in wnids}


class SceneNetReader:
    """
    Every frame of every trajectory, in the protobuf's order.

    Frames are ``<split>/<render path>/{photo/N.jpg, depth/N.png, instance/N.png}``. Depth is
    stored as the length of each pixel's ray in millimetres and converted to z. The documented
    camera has 60° × 45° at 320×240.

    Attributes:
        remarks: how many trajectories have no renders
    Args:
        path: the folder that holds ``val/`` or ``train/`` and the protobuf (also in ``data/`` or,
            the training ones, in ``train_protobufs/``)
        split: val (``scenenet_rgbd_val.pb``) or train (all ``scenenet_rgbd_train_*.pb`` whose
            renders exist)
        every: take every n-th frame of a trajectory (6: D3's 50 per trajectory)
        semantics: nyu13; wnid, one label per WordNet id; instances, one label per object. wnid
            labels are valid within one trajectory, instances within one image.
    """

    def __init__(self, path: Path, split: Literal['val', 'train'] = 'val', every: int = 1,
                 semantics: Literal['nyu13', 'wnid', 'instances'] = 'nyu13') -> None:
        self._semantics = semantics
        root = common.first_existing((path / split, path / 'data' / split))
        folders = (path, path / 'data', path / 'train_protobufs', path.parent)
        name = {'val': 'scenenet_rgbd_val.pb', 'train': 'scenenet_rgbd_train_*.pb'}[split]
        protobufs = next((found for folder in folders if (found := sorted(folder.glob(name)))), [])
        if root is None or not protobufs:
            raise common.not_found('scenenet', f'{split}/' if root is None else name, path)
        self._root = root
        # The training set comes in 17 parts, and few disks hold all of them.
        named = [trajectory for file in protobufs
                 for trajectory in scenenet_index.trajectories_in(file)]
        self._trajectories = [trajectory for trajectory in named
                              if split == 'val' or (root / trajectory.render_path).is_dir()]
        absent = len(named) - len(self._trajectories)
        self.remarks = [f'{absent} of {len(named)} trajectories have no renders in {root}'] \
            if absent else []
        self._frames = [(number, frame) for number, trajectory in enumerate(self._trajectories)
                        for frame in trajectory.frames[::every]]
        if not self._frames:
            raise common.not_found('scenenet', f'the renders that {protobufs[0].name} names', root)
        first = self._trajectories[0]
        if not (root / first.render_path / 'photo').is_dir():
            raise common.not_found('scenenet', f'{first.render_path}/photo (the first trajectory '
                                   f'of {protobufs[0].name})', root)

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, index: int) -> Frame:
        number, frame = self._frames[index]
        trajectory = self._trajectories[number]
        folder = self._root / trajectory.render_path
        image = common.read_colour(folder / 'photo' / f'{frame}.jpg')
        camera = _camera(*image.shape[:2])
        rays = common.read_depth(folder / 'depth' / f'{frame}.png', image, 1000)
        objects = common.read_grey(folder / 'instance' / f'{frame}.png')
        return Frame(image, z_from_ray_length(rays, camera), self._labels(trajectory, objects),
                     camera, name=f'{trajectory.render_path}/{frame}')

    def _labels(self, trajectory: Trajectory, objects: np.ndarray) -> np.ndarray:
        if self._semantics == 'instances':
            present, rank = np.unique(objects, return_inverse=True)
            rank = rank.reshape(objects.shape) + int(len(present) and present[0] > 0)
            return np.minimum(rank, _MOST).astype(np.uint8)
        table = (_classes if self._semantics == 'nyu13' else _kinds)(trajectory)
        # An object that the protobuf does not name is unknown.
        return table[np.minimum(objects, len(table) - 1)]


@lru_cache(maxsize=4)
def _camera(height: int, width: int) -> Intrinsics:
    # From edge to edge: the authors count the principal point (160, 120) from pixel corners.
    return Intrinsics(0.5 * width / math.tan(math.radians(30)),
                      0.5 * height / math.tan(math.radians(22.5)),
                      0.5 * (width - 1), 0.5 * (height - 1), height, width)


@lru_cache(maxsize=1024)
def _classes(trajectory: Trajectory) -> np.ndarray:
    """Return the class of each instance id, with a 0 at the end."""
    instances = scenenet_index.instances_of(trajectory)
    foreign = sorted(set(instances.values()) - NYU13_OF_WORDNET.keys())
    if foreign:
        raise DatasetError(f'{trajectory.file}: trajectory {trajectory.render_path} has objects '
                           f'of WordNet id {foreign[0]}, for which no class is known')
    return _table({number: NYU13_OF_WORDNET[wnid] for number, wnid in instances.items()})


@lru_cache(maxsize=1024)
def _kinds(trajectory: Trajectory) -> np.ndarray:
    """Return for each instance id the rank of its WordNet id in the trajectory, from 1 on."""
    instances = scenenet_index.instances_of(trajectory)
    ranks = {wnid: min(rank, _MOST) for rank, wnid in enumerate(sorted({*instances.values()}), 1)}
    return _table({number: ranks[wnid] for number, wnid in instances.items()})


def _table(labels: dict[int, int]) -> np.ndarray:
    table = np.zeros(max(labels, default=0) + 2, np.uint8)
    for number, label in labels.items():
        table[number] = label
    return table
