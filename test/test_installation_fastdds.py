# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The Fast DDS profile that the nodes get."""

from pathlib import Path
from types import SimpleNamespace
import xml.etree.ElementTree as ElementTree

import pytest

from depth_distill_ros import installation


def test_a_fast_dds_profile_that_the_user_chose_stays(monkeypatch):
    monkeypatch.setenv('FASTDDS_DEFAULT_PROFILES_FILE', '/mine.xml')
    assert installation.fastdds_profile() == {}


@pytest.mark.parametrize('distribution, name', [
    ('humble', 'FASTRTPS_DEFAULT_PROFILES_FILE'), ('jazzy', 'FASTRTPS_DEFAULT_PROFILES_FILE'),
    ('kilted', 'FASTDDS_DEFAULT_PROFILES_FILE'), (None, 'FASTDDS_DEFAULT_PROFILES_FILE')])
def test_every_distribution_gets_the_shipped_profile_by_the_name_it_reads(
        monkeypatch, distribution, name):
    for variable in ('FASTDDS_DEFAULT_PROFILES_FILE', 'FASTRTPS_DEFAULT_PROFILES_FILE',
                     'ROS_DISTRO'):
        monkeypatch.delenv(variable, raising=False)
    if distribution:
        monkeypatch.setenv('ROS_DISTRO', distribution)
    (variable, path), = installation.fastdds_profile().items()
    assert variable == name and Path(path).is_file()


@pytest.mark.parametrize('free, file', [
    (64 * 2**20, 'fastdds_small.xml'), (8 * 2**30, 'fastdds.xml')])
def test_where_shared_memory_is_short_every_node_still_gets_a_segment(monkeypatch, free, file):
    monkeypatch.delenv('FASTDDS_DEFAULT_PROFILES_FILE', raising=False)
    monkeypatch.delenv('FASTRTPS_DEFAULT_PROFILES_FILE', raising=False)
    monkeypatch.setattr(
        installation.shutil, 'disk_usage', lambda path: SimpleNamespace(free=free))
    path, = installation.fastdds_profile().values()
    assert Path(path).name == file
    root = ElementTree.parse(path).getroot()
    segment = int(next(e.text for e in root.iter() if e.tag.endswith('segment_size')))
    # Six nodes, the monitor, two tools; half a megabyte each goes to queues and books.
    assert 9 * (segment + 2**19) < free
