# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""An "onnxruntime" that forks when it is imported and then takes for ever."""

from pathlib import Path

_CODE = """
import os, pathlib, time
if not os.fork():
    pathlib.Path({file!r}).write_text(str(os.getpid()))
time.sleep(3600)
"""


def write(folder):
    """Write the module to a folder for PYTHONPATH; return the file for the id of its fork."""
    file = Path(folder) / 'forked'
    (folder / 'onnxruntime.py').write_text(_CODE.format(file=str(file)))
    return file
