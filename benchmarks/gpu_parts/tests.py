# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The tests that are marked gpu."""

from __future__ import annotations

import argparse
from pathlib import Path
import subprocess
import sys

from gpu_parts.results import Results, device_of

_ROOT = Path(__file__).resolve().parents[2]


def run(a: argparse.Namespace, results: Results) -> None:
    """Run them; where there is no GPU only say so."""
    if device_of(a.device).type != 'cuda':
        results.missing('the tests marked gpu need a GPU')
        return
    try:
        found = subprocess.run(
            [sys.executable, '-m', 'pytest', '-q', '-m', 'gpu', '-p', 'no:cacheprovider', 'test'],
            cwd=_ROOT, capture_output=True, text=True, timeout=results.seconds_left)
    except subprocess.TimeoutExpired:
        results.missing('the tests took longer than their time')
        return
    results.add(code=found.returncode, output=found.stdout.splitlines()[-30:])
