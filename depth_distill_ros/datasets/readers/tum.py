# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""TUM RGB-D: sequences of images and depth maps, matched by their times."""

from __future__ import annotations

from collections.abc import Iterator
import os
from pathlib import Path
import re

from depth_distill_ros.datasets.reader import DatasetError, LeftOut
from depth_distill_ros.datasets.readers import camera_file, common
from depth_distill_ros.datasets.readers.matching import matched
from depth_distill_ros.frame import Frame
from depth_distill_ros.geometry.intrinsics import Intrinsics

_PER_METRE = 5000
_RGB, _DEPTH = 'rgb.txt', 'depth.txt'
# The pairs of a sequence in one file, as ICL-NUIM and the data set's own tool write them.
_PAIRS = ('associations.txt', 'association.txt', 'associate.txt', 'associated.txt')
# The colour cameras' published calibration; the images are not undistorted.
_CAMERAS = {
    '1': Intrinsics(517.3, 516.5, 318.6, 255.3, 480, 640),
    '2': Intrinsics(520.9, 521.0, 325.1, 249.7, 480, 640),
    '3': Intrinsics(535.4, 539.2, 320.1, 247.6, 480, 640),
}
# freiburg2 or fr2 as a word of its own: hall_fr15 and cfr30 are other places.
_CAMERA = re.compile(r'(?<![a-z])freiburg([123])(?![0-9])|(?<![a-z0-9])fr([123])(?![a-z0-9])',
                     re.IGNORECASE)


class TumReader:
    """
    The images of a sequence that have a depth map at their time, in time order.

    Depth (value / 5000 metres) is registered to the images. The camera follows from
    "freiburg1", 2 or 3 (or fr1, ...) in the sequence's name; otherwise there are no intrinsics.
    A sequence without rgb.txt may have associations.txt, with the image and its depth in a line,
    as ICL-NUIM has it.

    Attributes:
        left_out: images without a depth map at their time
        remarks: sequences beside others that cannot be read, and why
    Args:
        path: a sequence, or a folder of sequences
        within: maximum time between an image and its depth, seconds
    """

    def __init__(self, path: Path, within: float = 0.02) -> None:
        names = sorted(os.listdir(path)) if path.is_dir() else []
        sequences = [path] if _list_in(path) else [
            path / name for name in names if _list_in(path / name)]
        if not sequences:
            raise common.not_found('tum', f'{_RGB} and {_DEPTH}, or {_PAIRS[0]}, or folders with '
                                   'them', path)
        self._frames: list[tuple[Path, str, str, str]] = []
        self.left_out: list[LeftOut] = []
        self.remarks: list[str] = []
        for sequence in sequences:
            try:
                self._add(sequence, within)
            except DatasetError as error:
                self.remarks.append(str(error))
        if not self._frames and self.remarks:
            raise DatasetError('; '.join(self.remarks))
        if not self._frames:
            raise DatasetError(f'tum: no image of {path} has a depth map within {within:g} s: '
                               'give a larger within=SECONDS')

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, index: int) -> Frame:
        sequence, time, colour, depth = self._frames[index]
        image = common.read_colour(sequence / colour)
        number = _CAMERA.search(sequence.resolve().name)
        camera = camera_file.resized(_CAMERAS[number[1] or number[2]], image.shape[:2]) \
            if number else None
        return Frame(image, common.read_depth(sequence / depth, image, _PER_METRE),
                     intrinsics=camera, name=_name(sequence, time))

    def _add(self, sequence: Path, within: float) -> None:
        if _list_in(sequence) != _RGB:
            self._frames += [(sequence, *pair) for pair in _paired(sequence)]
            return
        colours, depths = (_listed(sequence, name) for name in (_RGB, _DEPTH))
        pairs = dict(matched([_seconds(time) for time, _ in colours],
                             [_seconds(time) for time, _ in depths], within))
        for number, (time, file) in enumerate(colours):
            if number in pairs:
                self._frames.append((sequence, time, file, depths[pairs[number]][1]))
            else:
                self.left_out.append(LeftOut(
                    _name(sequence, time), f'no depth map of its own within {within:g} s'))


def _name(sequence: Path, time: str) -> str:
    return f'{sequence.resolve().name}/{time}'


def _list_in(sequence: Path) -> str | None:
    """Return the list of a sequence's images that is there."""
    return next((name for name in (_RGB, *_PAIRS) if (sequence / name).is_file()), None)


def _listed(sequence: Path, name: str) -> list[tuple[str, str]]:
    """Return (time, file) of a list's lines, by time."""
    if not (sequence / name).is_file():
        raise common.not_found('tum', name, sequence)
    found = [(words[0], _file(sequence, words[1:]))
             for words in _lines(sequence / name, 2, 'time file')]
    return sorted(found, key=lambda entry: _seconds(entry[0]))


def _file(sequence: Path, words: list[str]) -> str:
    """Return the file of a line, whose name may have spaces, or quotes around it."""
    whole = ' '.join(words).strip('"\'')
    return whole if common.spelled(sequence / whole).exists() else words[0]


def _seconds(time: str) -> float:
    """Return a time of a list; some count in milli-, micro- or nanoseconds since 1970."""
    value = float(time)
    return next((value / unit for unit in (1e9, 1e6, 1e3) if abs(value) > 1e8 * unit), value)


def _paired(sequence: Path) -> list[tuple[str, str, str]]:
    """Return (time, image, depth) of the lines "time file time file", in either order."""
    file = sequence / str(_list_in(sequence))
    found = []
    for first, one, second, other in (
            words[:4] for words in _lines(file, 4, 'time image time depth')):
        depth_first = 'depth' in one.lower() and 'depth' not in other.lower()
        found.append((second, other, one) if depth_first else (first, one, other))
    return sorted(found, key=lambda entry: _seconds(entry[0]))


def _lines(file: Path, words: int, layout: str) -> Iterator[list[str]]:
    """Yield the words of a list's lines; a word at an even place is a time."""
    found = [line.replace(',', ' ').replace('\\', '/').split()
             for _, line in common.listed(file)]
    if not found:
        raise DatasetError(f'{file} is empty: it holds lines "{layout}"')
    for line in found:
        try:
            usable = len(line) >= words and all(
                abs(float(word)) < float('inf') for word in line[:words:2])
        except ValueError:
            usable = False
        if not usable:
            raise DatasetError(f'{file} does not hold lines "{layout}": {" ".join(line)[:80]}')
        yield line
