# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The kinds of data sets and their keys, and open_reader, which opens 'kind:path,key=value'."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
import difflib
from importlib import import_module
import inspect
from pathlib import Path
import re
import sys
from typing import Any, Literal, get_args, get_origin

from depth_distill_ros.datasets.opened import OpenedReader, readable
from depth_distill_ros.datasets.paths import check_path, other_kind
from depth_distill_ros.datasets.reader import DatasetError
from depth_distill_ros.datasets.remote import is_url, local_copy
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.files import expanded


@dataclass(frozen=True)
class Kind:
    """
    A layout on disk.

    Attributes:
        reader: the class that reads it, module:class
        about: its help
        keys: the help of its keys, by name
        files: suffixes of the files that it reads where others read folders; '': of any
    """

    reader: str
    about: str
    keys: dict[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()

    def opened(self) -> tuple[Any, Mapping[str, inspect.Parameter]]:
        """Return the class, and its arguments with the values and defaults of the keys."""
        module, name = self.reader.split(':')
        reader = getattr(import_module(f'{__package__}.readers.{module}'), name)
        return reader, inspect.signature(reader, eval_str=True).parameters


def _whole(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ValueError('give a whole number of at least 1')
    return int(text)


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float('inf'):
        raise ValueError('give a number above 0')
    return value


def _range(text: str) -> slice:
    first, colon, last = text.partition(':')
    if not colon or not all(part == '' or part.isdecimal() for part in (first, last)):
        raise ValueError('write FIRST:LAST, counted from 0, LAST excluded, as in 0:200')
    return slice(int(first or 0), int(last) if last else None)


_PARSED: dict[Any, Callable[[str], Any]] = {
    int: _whole, float: _positive, slice: _range, bool: 'yes'.__eq__, Path | None: expanded}
_EVERY = 'take every n-th frame of a sequence'
_CAMERA = 'camera'

# Of every kind.
_COMMON_KEYS = {_CAMERA: 'a file with the K of the images (3x3, the YAML of camera_calibration or '
                         'of a camera_info, or JSON with fx, fy, cx, cy), in place of the data '
                         "set's own"}

KINDS = {
    'nyu': Kind(
        'nyu:NyuReader', 'NYU-v2 by the lists of Hu et al.: data/nyu2_train.csv, '
        'data/nyu2_test.csv and the PNG and JPG files that they name',
        {'split': 'which list'}),
    'nyu-mat': Kind(
        'nyu:NyuMatReader', 'the official nyu_depth_v2_labeled.mat (the file, or its folder)',
        {'split': 'train and test need splits.mat beside the file',
         'depth': 'with holes filled, or as the Kinect measured it'},
        ('.mat',)),
    'scannet': Kind(
        'scannet:ScanNetReader', 'ScanNet scenes as exported (color/, depth/, intrinsic/) or in '
        'scannet_frames_25k',
        {'every': _EVERY, 'scenes': 'a text file with the scenes to take, one per line'}),
    'scenenet': Kind(
        'scenenet:SceneNetReader', 'SceneNet RGB-D: val/ or train/ and the protobuf beside it',
        {'split': 'which trajectories', 'every': _EVERY,
         'semantics': 'meaning of the labels: classes, kinds of objects, or objects'}),
    'sunrgbd': Kind(
        'sunrgbd:SunRgbdReader', 'SUN RGB-D: kv1/, kv2/, realsense/, xtion/',
        {'split': 'train and test need SUNRGBDtoolbox/ beside the data',
         'depth': 'depth_bfx/, with holes filled from neighbouring frames, or depth/'}),
    'tum': Kind(
        'tum:TumReader', 'TUM RGB-D and ICL-NUIM: a sequence (rgb.txt and depth.txt, or '
        'associations.txt), or a folder of sequences',
        {'within': 'maximum time between an image and its depth, s'}),
    'kitti': Kind(
        'kitti:KittiReader', 'KITTI: raw drives, data_depth_annotated/ and depth_selection/',
        {'split': 'the annotated depth maps, or the selected images of the benchmark',
         'files': 'a split list (Eigen train or test) instead of a split',
         'stereo': 'with the right images'}),
    'folder': Kind(
        'folder:FolderReader', 'image/; optional: depth/, semantics/ and right/ (PNG files of the '
        'same names), K.txt or intrinsics.json',
        {'per_metre': 'stored value of one metre in depth/',
         'frames': 'only these images, FIRST:LAST in the order of their names'}),
    'bag': Kind(
        'bag:BagReader', 'a ROS 2 bag, mcap or sqlite3 (its folder, or one file), or a ROS 1 bag',
        {'image': 'topic of the images, raw or compressed; not given: the only one with colour '
         'images',
         'depth': 'topic of the depth; not given: the only one; none: without depth',
         'semantics': 'topic of the class ids; not given: none',
         'camera_info': 'topic of camera_info; not given: the one next to the images; none: '
         'without intrinsics',
         'within': 'maximum time between the stamps of one frame, s'},
        ('', '.zst')),
    'store': Kind(
        'store:StoreReader', 'a stream store: the frames that the stream node has stored; '
        'with a wildcard (fleet/*/store) those of several stores',
        {'split': 'all frames, or only the training or the held-out ones'}),
}


def open_reader(text: str) -> OpenedReader:
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
    reader, arguments = kind.opened()
    options: dict[str, Any] = {}
    keys = kind.keys | _COMMON_KEYS
    for pair in pairs:
        key, _, value = pair.partition('=')
        if key not in keys:
            raise DatasetError(f'{name}: unknown key "{key}"{_meant(key, keys)}; its keys: '
                               f'{", ".join(keys)}')
        if key in options:
            raise DatasetError(f'{name}: key "{key}" is given twice')
        annotation = Path | None if key == _CAMERA else arguments[key].annotation
        options[key] = _value(value, annotation, f'{name}: {key}')
    folder = local_copy(path, _say) if is_url(path) else expanded(path)
    camera = options.pop(_CAMERA, None)
    check_path(name, folder, kind.files)
    spec = f'{name}:{folder}'
    try:
        with readable(spec):
            return OpenedReader(spec, reader(folder, **options), camera)
    except DepthDistillError as error:
        if other := other_kind(name, folder):
            raise DatasetError(f'{error}; it looks like {other}:{folder}') from None
        raise


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _value(text: str, kind: Any, culprit: str) -> Any:
    """Return the value of a key from its text; DatasetError with the choices if it has none."""
    if not text:
        raise DatasetError(f'{culprit} has no value: write {culprit.split()[-1]}=VALUE')
    if (choices := _choices(kind)) and text not in choices:
        raise DatasetError(f'{culprit} is "{text}"; choose among {", ".join(choices)}')
    try:
        return _PARSED.get(kind, str)(text)
    except ValueError as error:
        raise DatasetError(f'{culprit} is "{text}": {error}') from None


def _choices(kind: Any) -> tuple[str, ...]:
    if kind is bool:
        return 'no', 'yes'
    return get_args(kind) if get_origin(kind) is Literal else ()


def help_text() -> str:
    """Return the kinds with their keys, for a command line's --help."""
    lines = ['data sets, written kind:path[,key=value...] (first value: default):']
    for name, kind in KINDS.items():
        lines.append(f'  {name:<10} {kind.about}')
        arguments = kind.opened()[1]
        for key, about in kind.keys.items():
            default = arguments[key].default
            values = _choices(arguments[key].annotation) or (
                [str(default)] if isinstance(default, (int, float)) else [])
            lines.append(f'  {"":<10}   {key}={"|".join(values)}: {about}')
    lines.append('  all kinds; the path may be a URL (s3://, gs://, ...), which is copied first')
    for key, about in _COMMON_KEYS.items():
        lines.append(f'  {"":<10}   {key}=: {about}')
    return '\n'.join(lines)


def _meant(word: str, known: dict[str, Any]) -> str:
    close = difflib.get_close_matches(word, known, 1)
    return f' (did you mean "{close[0]}"?)' if close else ''
