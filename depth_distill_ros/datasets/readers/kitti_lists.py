# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The published split lists of KITTI, most of them for Eigen's split."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
import re

from depth_distill_ros.datasets.reader import DatasetError
from depth_distill_ros.datasets.readers.common import listed as lines_of

_IMAGE = re.compile(r'/?(?:.*/)?(\d{4}_\d\d_\d\d)/(\1_drive_\d{4}_sync)/image_0([23])/data/'
                      r'(\d{10})\.(?:png|jpg)')
_DRIVE = re.compile(r'(\d{4}_\d\d_\d\d)/(\1_drive_\d{4}_sync)')


@dataclass(frozen=True)
class DriveFrame:
    """
    One image of a drive.

    Attributes:
        drive: such as 2011_09_26_drive_0001_sync
        camera: 2 (left) or 3 (right)
        number: ten digits
        has_depth: False if its list says that it has no depth
    """

    drive: str
    camera: int
    number: str
    has_depth: bool = True

    @property
    def date(self) -> str:
        """The day of the recording, which is the name of its folder."""
        return self.drive[:10]

    @property
    def image(self) -> str:
        """The raw image without its suffix."""
        return f'{self.date}/{self.drive}/image_{self.camera:02d}/data/{self.number}'

    @property
    def annotation(self) -> str:
        """The path of the depth map in its drive's folder."""
        return f'proj_depth/groundtruth/image_{self.camera:02d}/{self.number}.png'

    def of_camera(self, camera: int) -> DriveFrame:
        """Return the image that another camera took at the same time."""
        return replace(self, camera=camera)


def listed(file: Path, stereo: bool) -> list[DriveFrame]:
    """
    Return the images of a list, in its order, each once.

    A line is 'image [depth|None [focal length]]', 'left right', or 'drive number l|r', the
    drive written 2011_09_26/2011_09_26_drive_0001_sync. Files named for depth are looked for
    where the official layout has them.

    Args:
        file: the list
        stereo: every line means a pair, whose left image is returned
    """
    frames: dict[DriveFrame, None] = {}
    for count, line in lines_of(file):
        frame = _frame(line.replace('\\', '/').split())
        if frame is None:
            raise DatasetError(f'{file}: line {count} is none of "image [depth [focal]]", '
                               f'"left right", "drive number l|r": {line.strip()[:80]}')
        frames[frame.of_camera(2) if stereo else frame] = None
    if not frames:
        raise DatasetError(f'{file} is empty')
    return list(frames)


def _frame(words: list[str]) -> DriveFrame | None:
    image = _IMAGE.fullmatch(words[0])
    if image:
        return DriveFrame(image[2], int(image[3]), image[4],
                     len(words) < 2 or words[1] != 'None')
    drive = _DRIVE.fullmatch(words[0])
    if drive and len(words) == 3 and words[1].isdecimal() and words[2] in ('l', 'r'):
        return DriveFrame(drive[2], 2 if words[2] == 'l' else 3, f'{int(words[1]):010d}')
    return None
