# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
depth-distill view: camera, depth and clouds of a robot, or a run, in the Rerun viewer.

Without RUN the topics of a running graph are shown. With RUN its curves, its releases, and its
student beside the teacher on stored frames.
"""

from __future__ import annotations

import argparse
from contextlib import closing
from pathlib import Path
import time

from depth_distill_ros.apps.view.recording import Recording
from depth_distill_ros.apps.view.run_view import show_run
from depth_distill_ros.apps.view.topics_view import show_topics
from depth_distill_ros.files import expanded
from depth_distill_ros.shipped import shipped_teacher

HELP = "see a robot's depth, or a run, in 3-D (Rerun)"
EXAMPLE = 'depth-distill view demo_run --port 9090'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('run_folder', type=Path, metavar='RUN', nargs='?',
                        help='work_dir of a run; not given: the topics')


def run(arguments: argparse.Namespace) -> int:
    file = expanded(arguments.save).absolute() if arguments.save else None
    with closing(Recording(file, arguments.port)) as recording:
        if recording.address:
            print(f'open {recording.address}', flush=True)
        if arguments.run_folder is None:
            count = show_topics(recording, arguments.image, arguments.depth, arguments.points,
                                arguments.seconds)
            print(f'{count} messages shown')
            return 0
        teacher = expanded(arguments.teacher) if arguments.teacher else shipped_teacher()
        for line in show_run(recording, expanded(arguments.run_folder), teacher,
                             arguments.frames):
            print(line)
        if recording.address:
            _serve(arguments.seconds)
    if file:
        print(f'written: {file}; open it with: rerun {file}')
    return 0


def _serve(seconds: float) -> None:
    end = time.monotonic() + seconds if seconds else float('inf')
    while time.monotonic() < end:
        time.sleep(0.2)
