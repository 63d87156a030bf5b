# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A small run of benchmarks/chaos.py: no promise is broken, and its checks see broken ones."""

from contextlib import closing
import importlib.util
from pathlib import Path
import shutil

import pytest

pytest.importorskip('rclpy')

FILE = Path(__file__).resolve().parents[1] / 'benchmarks' / 'chaos.py'
_SPEC = importlib.util.spec_from_file_location('chaos', FILE)
chaos = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(chaos)


def test_kills_garbage_a_flood_and_a_full_disk_break_no_promise(nodes, tmp_path):
    folder = tmp_path / 'run'
    folder.mkdir()
    campaign = chaos.Campaign(nodes, folder, seed=2, engine='torch-cpu')
    with closing(campaign):
        campaign.kills(2)
        campaign.garbage(20)
        campaign.flood(0.5)
        campaign.disk(0.5)
        promised = campaign.promised()
        assert promised['releases'][0] == 1
        report = campaign.finish()
    assert report['kills']['count'] == 2 and report['left_behind']['files'] == 0
    shutil.rmtree(folder / 'releases' / '000001')
    with pytest.raises(chaos.Broken, match=r'releases \[1\] are lost'):
        campaign.check(promised)
