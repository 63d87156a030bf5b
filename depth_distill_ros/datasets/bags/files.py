# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which files belong to a bag."""

from __future__ import annotations

from pathlib import Path, PureWindowsPath

import yaml

from depth_distill_ros.datasets.readers import common

_ZSTD = '.zstd'
_SUFFIXES = ('.mcap', '.db3', f'.mcap{_ZSTD}', f'.db3{_ZSTD}')
_METADATA = 'metadata.yaml'


def files_of(path: Path) -> tuple[list[Path], tuple[str, ...]]:
    """
    Return the files of a bag in their order, and what is amiss with them.

    metadata.yaml names the files of a folder. Without one, as a killed recorder leaves it, or with
    a damaged one, they are all mcap and sqlite3 files of the folder. Its other entries are not
    used: the files know them better.

    Raises:
        DatasetError: no file is there.
    """
    if path.is_file() and path.name == _METADATA:
        path = path.parent
    if path.is_file():
        return [path], ()
    there = common.entries(path, _SUFFIXES) if path.is_dir() else []
    # A recorder that is killed while it compresses a file leaves both.
    there = [name for name in there if not name.endswith(_ZSTD)
             or name.removesuffix(_ZSTD) not in there]
    named = _named(path / _METADATA)
    known = [name for name in named if (path / name).is_file()]
    files = known or there
    if not files:
        raise common.not_found('bag', f'{_METADATA}, *.mcap or *.db3 (or name an .mcap, .db3 or '
                               'ROS 1 .bag file)', path)
    remarks = []
    missing = [name for name in named if name not in files]
    if missing and known:
        remarks.append(f'{path} lacks {len(missing)} of the {len(named)} files of its '
                       f'{_METADATA}, the first being {missing[0]}: their messages are missing')
    if not known:
        remarks.append(f'{path} has no {_METADATA} that names its files (was its recorder killed, '
                       f'or was a file renamed?): all {len(files)} files there are read')
    elif others := [name for name in there if name not in files]:
        remarks.append(f'{path} holds {", ".join(others[:3])}, which its {_METADATA} does not '
                       'name: not read')
    return [path / name for name in files], tuple(remarks)


def _named(metadata: Path) -> list[str]:
    if not metadata.is_file():
        return []
    try:
        entries = yaml.safe_load(common.read_bytes(metadata))
        return [PureWindowsPath(name).name for name in  # either kind of slash
                entries['rosbag2_bagfile_information']['relative_file_paths']]
    # It may hold any YAML.
    except (yaml.YAMLError, LookupError, TypeError, ValueError, RecursionError):
        return []
