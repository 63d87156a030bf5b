# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether the path of a data set can be what its kind reads, before a reader looks into it."""

from __future__ import annotations

import os
from pathlib import Path

from depth_distill_ros.datasets.reader import DatasetError

_UNPACKED_BY = {
    '.zip': 'unzip', '.7z': '7z x', '.rar': 'unrar x', '.tar': 'tar xf', '.tgz': 'tar xf',
    '.tbz2': 'tar xf', '.txz': 'tar xf', '.gz': 'gunzip', '.bz2': 'bunzip2', '.xz': 'unxz',
    '.zst': 'unzstd'}
_IMAGES = ('.png', '.jpg', '.jpeg', '.bmp', '.tif', '.tiff', '.webp', '.exr', '.pgm', '.ppm')
_VIDEOS = ('.mp4', '.avi', '.mov', '.mkv', '.webm', '.h264')
# Files that another kind reads.
_KINDS = {'.mcap': 'bag', '.db3': 'bag', '.bag': 'bag', '.mat': 'nyu-mat'}
# What lies in the folder of each kind; the kinds that are told apart by more come first.
_HOLDS = {
    'bag': ('metadata.yaml', '*.mcap', '*.db3'), 'store': ('data.mdb',),
    'nyu-mat': ('nyu_depth_v2_labeled.mat',), 'nyu': ('data/nyu2_*.csv', 'nyu2_*.csv'),
    'scenenet': ('scenenet_rgbd_*.pb', 'data/scenenet_rgbd_*.pb'),
    'sunrgbd': ('kv1', 'kv2', 'realsense', 'xtion', 'SUNRGBD'),
    'scannet': ('scene????_??', 'scans/scene????_??', 'color'),
    'kitti': ('20??_??_??', 'raw/20??_??_??'),
    'tum': ('rgb.txt', 'associations.txt', '*/rgb.txt', '*/associations.txt'),
    'folder': ('image', '*.jpg', '*.png', '*.JPG', '*.PNG')}


def other_kind(kind: str, path: Path) -> str:
    """Return the kind that a folder looks like, '' if it may be ``kind``, or if it is none."""
    try:
        found = [other for other, marks in _HOLDS.items()
                 if any(any(path.glob(mark)) for mark in marks)]
    except OSError:
        return ''
    return '' if kind in found else next(iter(found), '')


def check_path(kind: str, path: Path, files: tuple[str, ...]) -> None:
    """
    Refuse a path that ``kind`` cannot read, with the reason and the cure.

    A path that does not exist is left to the reader, which knows what it looks for.

    Args:
        files: suffixes of the files that the kind reads where others read folders; '': of any
    Raises:
        DatasetError: an archive, one image, a file of another kind, or no permission.
    """
    try:
        if path.is_dir():
            # The right to list a folder is another one than that to use what is in it.
            os.listdir(path)
            os.stat(os.path.join(path, os.curdir))
            return
        if path.is_symlink() and not path.exists():
            raise DatasetError(f'{kind}: {path} is a link to {os.readlink(path)}, which does not '
                               'exist')
        if not path.exists():
            return
        if not path.is_file():
            raise DatasetError(f'{kind}: {path} is neither a file nor a folder')
        with path.open('rb'):
            pass
    except OSError as error:
        cure = '; its owner can allow it: chmod -R a+rX' if isinstance(
            error, PermissionError) else ''
        raise DatasetError(f'{kind}: {path} cannot be read: {error.strerror}{cure}') from None
    suffix = path.suffix.lower()
    if suffix in files:
        return
    meant = _meant(kind, path, suffix)
    if not meant and '' not in files:
        meant = 'a file, and this kind reads a folder: name the folder that holds it'
    if meant:
        raise DatasetError(f'{kind}: {path} is {meant}')


def _meant(kind: str, path: Path, suffix: str) -> str:
    """Return what the file is, and what to do instead; '' if its suffix does not tell."""
    if suffix in _UNPACKED_BY:
        command = 'tar xf' if path.stem.lower().endswith('.tar') else _UNPACKED_BY[suffix]
        return f'an archive: unpack it ({command} {path.name}) and name the folder'
    if suffix in _IMAGES:
        return f'one image: name the folder of the images, as in folder:{path.parent}'
    if suffix in _VIDEOS:
        return (f'a video: write its images to a folder (ffmpeg -i {path.name} frames/%06d.png) '
                'and give folder:frames')
    if suffix == '.sens':
        return "a recording of ScanNet: export it with ScanNet's SensReader first"
    if _KINDS.get(suffix, kind) != kind:
        return f'a file of another kind: write {_KINDS[suffix]}:{path}'
    return ''
