# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""An open data set: a reader of any kind, with what holds for all kinds alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from depth_distill_ros.datasets.reader import DatasetError, LeftOut, Reader
from depth_distill_ros.datasets.readers.camera_file import read_camera
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.frame import Frame, FrameError
from depth_distill_ros.geometry.intrinsics import GeometryError

_TRIED = 100


class OpenedReader:
    """
    The frames of a reader: depth has the size of its image, and every error is a DatasetError.

    Attributes:
        spec: 'kind:path,key=value', as it was opened
        left_out: images that are no frames, such as those without depth at their time
        remarks: lines about what is damaged or missing
        unreadable: why frames could not be read so far, by their index
    """

    def __init__(self, spec: str, reader: Reader, camera: Path | None = None) -> None:
        self.spec = spec
        self.unreadable: dict[int, str] = {}
        self._reader = reader
        if not len(reader):
            raise DatasetError(f'{spec} holds no frame')
        self._camera = read_camera(camera) if camera else None

    @property
    def left_out(self) -> list[LeftOut]:
        return list(getattr(self._reader, 'left_out', ()))

    @property
    def remarks(self) -> list[str]:
        return list(getattr(self._reader, 'remarks', ()))

    def __len__(self) -> int:
        return len(self._reader)

    def __getitem__(self, index: int) -> Frame:
        if not -len(self) <= index < len(self):
            raise IndexError(f'{self.spec} has {len(self)} frames, and no frame {index}')
        try:
            return self._read(index % len(self))
        except DepthDistillError as error:
            self.unreadable[index % len(self)] = str(error)
            raise DatasetError(str(error)) from None

    def _read(self, index: int) -> Frame:
        with readable(self.spec):
            frame = self._reader[index]
        if frame.depth is not None and frame.depth.shape != frame.size:
            raise DatasetError(
                f'{self.spec}: {frame.name}: its depth is {_text(frame.depth.shape)} and its '
                f'image {_text(frame.size)} (height x width): depth must be registered to the '
                'images')
        if self._camera is None:
            return frame
        return replace(frame, intrinsics=self._camera.intrinsics(frame.size))


def readable_frames(reader: Reader | Sequence[Frame], indices: Iterable[int] | None = None,
                    ) -> Iterator[tuple[int, Frame]]:
    """
    Yield (index, frame) of the frames that can be read, by default of all frames.

    The reader keeps why it could not read the others. DatasetError if none of them, or of the
    first 100, can be read: then it is the data set as a whole.
    """
    read, failures, last = 0, 0, ''
    for index in range(len(reader)) if indices is None else indices:
        try:
            frame = reader[index]
        except DatasetError as error:
            failures, last = failures + 1, str(error)
            if not read and failures == _TRIED:
                break
            continue
        read += 1
        yield index, frame
    if failures and not read:
        raise DatasetError(f'none of {failures} frames can be read; the last error: {last}')


def first_frame(reader: Reader) -> Frame:
    """Return the first frame that can be read; the last error if none of the first 100 can."""
    for index in range(min(len(reader), _TRIED)):
        try:
            return reader[index]
        except DepthDistillError as error:
            last = error
    raise last


@contextmanager
def readable(spec: str) -> Iterator[None]:
    """Turn an error of the file system, or of damaged content, into a DatasetError."""
    try:
        yield
    except OSError as error:
        name = error.filename if isinstance(error.filename, str) else spec
        raise DatasetError(f'{name} cannot be read: {error.strerror or error}') from None
    except (GeometryError, FrameError) as error:
        raise DatasetError(f'{spec}: {error}') from None


def _text(size: tuple[int, ...]) -> str:
    return 'x'.join(str(side) for side in size)
