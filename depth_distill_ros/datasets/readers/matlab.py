# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""MATLAB files: version 7.3 through h5py, older ones through SciPy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from depth_distill_ros.datasets.reader import DatasetError
from depth_distill_ros.datasets.readers import common
from depth_distill_ros.errors import one_line
from depth_distill_ros.files import lfs_cure

if TYPE_CHECKING:
    import h5py


def open_hdf5(path: Path) -> h5py.File:
    """Open a version 7.3 file; DatasetError if it is damaged or h5py is missing."""
    try:
        import h5py
    except ImportError:
        raise DatasetError(f'{path}: reading it needs h5py: pip install h5py') from None
    try:
        return h5py.File(path, 'r')
    except OSError as error:
        with path.open('rb') as file:
            cure = lfs_cure(file.read(64))
        raise DatasetError(f'{path} is damaged or not a MATLAB 7.3 file: '
                           f'{one_line(error)}{cure}') from None


def read_matlab(path: Path, name: str) -> np.ndarray:
    """Return a variable of a file older than 7.3, a cell array of texts as strings."""
    try:
        from scipy.io import loadmat
    except ImportError:
        raise DatasetError(f'{path}: reading it needs scipy: pip install scipy') from None
    with common.errors_named(path, 'damaged or not a MATLAB file'):
        variables = loadmat(path, squeeze_me=True, variable_names=[name])
    if name not in variables:
        raise DatasetError(f'{path} holds no "{name}"')
    return np.atleast_1d(variables[name])
