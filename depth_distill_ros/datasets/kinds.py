# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The kinds of data sets and their keys, and open_reader, which opens 'kind:path,key=value'."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
import difflib
from importlib import import_module
from pathlib import Path
import re
from typing import Any

from depth_distill_ros.datasets.reader import DatasetError, Reader


@dataclass(frozen=True)
class Key:
    """
    One key=value of a kind.

    Attributes:
        about: what it does, for the help
        choices: the only values, the default first; empty: all that ``parse`` accepts
        parse: turns the text into the value; ValueError if it cannot
    """

    about: str
    choices: tuple[str, ...] = ()
    parse: Callable[[str], Any] = str

    def value(self, text: str, name: str, kind: str) -> Any:
        """Return the value of ``text``; DatasetError with the choices if it has none."""
        if self.choices and text not in self.choices:
            raise DatasetError(f'{kind}: {name} is "{text}"; choose among '
                               f'{", ".join(self.choices)}')
        try:
            return self.parse(text)
        except ValueError as error:
            raise DatasetError(f'{kind}: {name} is "{text}": {error}') from None


@dataclass(frozen=True)
class Kind:
    """A layout on disk: the class that reads it (module:class), its help, its keys."""

    reader: str
    about: str
    keys: dict[str, Key] = field(default_factory=dict)


def _whole(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise ValueError('give a whole number of at least 1')
    return int(text)


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float('inf'):
        raise ValueError('give a number above 0')
    return value


def _range(text: str) -> slice:
    first, colon, last = text.partition(':')
    if not colon or not all(part == '' or part.isdigit() for part in (first, last)):
        raise ValueError('write FIRST:LAST, counted from 0, LAST excluded, as in 0:200')
    return slice(int(first or 0), int(last) if last else None)


def _path(text: str) -> Path:
    return Path(text).expanduser()


_EVERY = Key('take every n-th frame of a sequence (default 1)', parse=_whole)

KINDS = {
    'nyu': Kind(
        'nyu:NyuReader', 'NYU-v2 by the lists of Hu et al.: data/nyu2_train.csv, '
        'data/nyu2_test.csv and the PNG and JPG files that they name',
        {'split': Key('which list', ('train', 'test'))}),
    'nyu-mat': Kind(
        'nyu:NyuMatReader', 'the official nyu_depth_v2_labeled.mat (the file, or its folder)',
        {'split': Key('train and test need splits.mat beside the file', ('all', 'train', 'test')),
         'depth': Key('with holes filled, or as the Kinect measured it', ('filled', 'raw'))}),
    'scannet': Kind(
        'scannet:ScanNetReader', 'ScanNet scenes as exported (color/, depth/, intrinsic/) or in '
        'scannet_frames_25k',
        {'every': _EVERY,
         'scenes': Key('a text file with the scenes to take, one per line', parse=_path)}),
    'scenenet': Kind(
        'scenenet:SceneNetReader', 'SceneNet RGB-D: val/ or train/ and the protobuf beside it',
        {'split': Key('which trajectories', ('val', 'train')),
         'every': _EVERY,
         'semantics': Key('meaning of the labels: classes, kinds of objects, or objects',
                          ('nyu13', 'wnid', 'instances'))}),
    'sunrgbd': Kind(
        'sunrgbd:SunRgbdReader', 'SUN RGB-D: kv1/, kv2/, realsense/, xtion/',
        {'split': Key('train and test need SUNRGBDtoolbox/ beside the data',
                      ('all', 'train', 'test')),
         'depth': Key('depth_bfx/, with holes filled from neighbouring frames, or depth/',
                      ('refined', 'raw'))}),
    'tum': Kind(
        'tum:TumReader', 'TUM RGB-D: a sequence (rgb.txt, depth.txt), or a folder of sequences',
        {'within': Key('maximum time between an image and its depth, s (default 0.02)',
                       parse=_positive)}),
    'kitti': Kind(
        'kitti:KittiReader', 'KITTI: raw drives, data_depth_annotated/ and depth_selection/',
        {'split': Key('the annotated depth maps, or the selected images of the benchmark',
                      ('train', 'val', 'val-selection', 'test-prediction')),
         'files': Key('a split list (Eigen train or test) instead of a split', parse=_path),
         'stereo': Key('with the right images', ('no', 'yes'), lambda text: text == 'yes')}),
    'folder': Kind(
        'folder:FolderReader', 'image/; optional: depth/, semantics/ and right/ (PNG files of the '
        'same names), K.txt or intrinsics.json',
        {'per_metre': Key('stored value of one metre in depth/ (default 1000)', parse=_positive),
         'frames': Key('only these images, FIRST:LAST in the order of their names',
                       parse=_range)}),
    'bag': Kind(
        'bag:BagReader', 'a ROS 2 bag, mcap or sqlite3',
        {'image': Key('topic of the images (default: the only one with colour images)'),
         'depth': Key('topic of the depth (default: the only one); none: without depth'),
         'semantics': Key('topic of the class ids (default: none)'),
         'camera_info': Key('topic of camera_info (default: the one next to the images)'),
         'within': Key('maximum time between the stamps of one frame, s (default 0.02)',
                       parse=_positive)}),
    'store': Kind(
        'store:StoreReader', 'a stream store: the frames that the stream node has stored',
        {'split': Key('all frames, or only the training or the held-out ones',
                      ('all', 'train', 'held-out'))}),
}


def open_reader(text: str) -> Reader:
    """
    Open the data set named by 'kind:path[,key=value...]'.

    Raises:
        DatasetError: unknown kind or key (the message lists the choices), or no such data set.
    """
    name, colon, rest = text.partition(':')
    if not colon or not rest:
        raise DatasetError(f'"{text}" is not a data set; write kind:path[,key=value...] with a '
                           f'kind among {", ".join(KINDS)}')
    kind = KINDS.get(name)
    if kind is None:
        raise DatasetError(f'"{name}" is not a kind of data set{_meant(name, KINDS)}; choose '
                           f'among {", ".join(KINDS)}')
    # Split only at a comma before a key, because folders may have commas in their names.
    path, *pairs = re.split(r',(?=[A-Za-z_]+=)', rest)
    options: dict[str, Any] = {}
    for pair in pairs:
        key, _, value = pair.partition('=')
        if key not in kind.keys:
            choices = ', '.join(kind.keys) or 'none'
            raise DatasetError(f'{name}: unknown key "{key}"{_meant(key, kind.keys)}; its keys: '
                               f'{choices}')
        if key in options:
            raise DatasetError(f'{name}: key "{key}" is given twice')
        options[key] = kind.keys[key].value(value, key, name)
    module, reader = kind.reader.split(':')
    readers = import_module(f'{__package__}.readers.{module}')
    return getattr(readers, reader)(_path(path), **options)


def help_text() -> str:
    """Return the kinds with their keys, for a command line's --help."""
    lines = ['data sets, written kind:path[,key=value...] (first choice: default):']
    for name, kind in KINDS.items():
        lines.append(f'  {name:<10} {kind.about}')
        for key, about in kind.keys.items():
            lines.append(f'  {"":<10}   {key}={"|".join(about.choices)}: {about.about}')
    return '\n'.join(lines)


def _meant(word: str, known: dict[str, Any]) -> str:
    close = difflib.get_close_matches(word, known, 1)
    return f' (did you mean "{close[0]}"?)' if close else ''
