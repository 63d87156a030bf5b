# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The releases of the run that a command names."""

from __future__ import annotations

import argparse
from pathlib import Path

from depth_distill_ros.distillation.operation.release_control import ReleaseControl
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.files import expanded


def add_run(parser: argparse.ArgumentParser) -> None:
    """Add the argument that names the folder of the run."""
    parser.add_argument('run_folder', type=Path, metavar='RUN', help='work_dir of the distiller')


def add_number(parser: argparse.ArgumentParser, default: str) -> None:
    """Add the argument that names a release; None where it is not given."""
    parser.add_argument('number', type=int, nargs='?', metavar='NUMBER',
                        help=f'number of the release; not given: {default}')


def control(arguments: argparse.Namespace) -> ReleaseControl:
    """Return the control of the run's releases. Raises DepthDistillError where there is none."""
    root = expanded(arguments.run_folder) / 'releases'
    if not root.is_dir():
        raise DepthDistillError(f'{root} is not a folder: name the work_dir of a distiller')
    return ReleaseControl(root)
