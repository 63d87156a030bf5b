# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What frames of the robot's own camera serve, and how many of them are kept."""

from __future__ import annotations

from pathlib import Path

ROBOT_FRAMES = {
    'learn': 'they train the student, and the held-out ones evaluate releases',
    'judge': 'the held-out ones evaluate releases, none trains',
    'off': 'none is stored or read'}
# The newest frames are kept, because they show where the robot is now. A frame like a stored one
# is left out, so that a robot that stands still replaces none. 160 frames are enough to close the
# gap (docs/MEASUREMENTS.md); 1000 are a quarter of an hour of driving.
CAPACITY = 1000
# Frames stored each second: more are nearly the same, and inference needs the processor.
MAX_RATE = 1.0
STORE = 'auxiliary'
# Held-out frames that can judge a release: the spread of fewer shows nothing. The first that are
# stored are held out, so eight seconds of driving are enough.
FEWEST_TO_JUDGE = 8
# Frames that a scale anchor is learned from; 200 gain hardly more (docs/MEASUREMENTS.md).
ANCHOR_FRAMES = 50


def announced(choice: str, work_dir: Path) -> str:
    """Return the line that tells at the start what is kept of the robot's camera, and where."""
    if choice == 'off':
        return (f"robot_frames: off: of the images of the robot's camera {ROBOT_FRAMES['off']}"
                + _left(work_dir / STORE))
    return (f"robot_frames: {choice}: images of the robot's camera are stored in "
            f'{work_dir / STORE}, on this machine alone, readable by this user alone; '
            f'{ROBOT_FRAMES[choice]}. robot_frames: off switches it off')


def _left(folder: Path) -> str:
    return f'; {folder} has those of an earlier run: delete it if you wish' * folder.exists()
