# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The tables of parameters, against the code that uses them and the files that set them."""

from dataclasses import fields
from pathlib import Path
import re

import pytest
import yaml

pytest.importorskip('rclpy')

from depth_distill_ros.inference.engine_selection import ENGINES  # noqa: E402
from depth_distill_ros.networks import NETWORKS, backbones_of  # noqa: E402
from depth_distill_ros.ros.support import parameters  # noqa: E402
from depth_distill_ros.settings.distillation import OnlineSettings  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
TABLES = {
    'simulator': parameters.SIMULATOR, 'stream': parameters.STREAM,
    'distiller': parameters.DISTILLER, 'inference': parameters.INFERENCE,
    'evaluator': parameters.EVALUATOR, 'robot_camera': parameters.RECORDING}


def test_the_student_of_a_node_is_any_network_that_a_stream_can_teach():
    choices = {p.name: p.choices for p in parameters.DISTILLER}
    assert set(choices['student']) == {n for n in NETWORKS if not n.startswith('dacnn')}
    assert set(choices['student_backbone']) == set().union(
        *(backbones_of(name) for name in choices['student']))


@pytest.mark.parametrize('node', TABLES)
def test_every_parameter_is_described_legal_by_default_and_read_by_its_node(node):
    source = (ROOT / 'depth_distill_ros' / 'ros').rglob('*.py')
    text = '\n'.join(p.read_text() for p in source if p.name != 'parameters.py')
    settings = {f.name for f in fields(OnlineSettings)}
    for parameter in TABLES[node]:
        assert parameter.description
        assert not parameter.choices or parameter.default in parameter.choices
        assert not parameter.range or (
            parameter.range[0] <= parameter.default <= parameter.range[1])
        assert re.search(rf"'{parameter.name}'", text) or parameter.name in settings


def test_every_engine_can_be_chosen():
    table = {p.name: p for p in parameters.INFERENCE}
    assert set(table['engine'].choices) == {'auto', *ENGINES}


@pytest.mark.parametrize('file', [
    p for p in sorted((ROOT / 'config').glob('*.yaml'))
    if p.name not in ('nav2_costmap.yaml', 'classes.yaml')], ids=lambda p: p.name)
def test_the_shipped_files_set_known_parameters_to_legal_values(file):
    for key, entry in yaml.safe_load(file.read_text()).items():
        table = {p.name: p for p in TABLES[key.removeprefix('/**/')]}
        for name, value in entry['ros__parameters'].items():
            assert type(value) is type(table[name].default), name
            if table[name].range:
                assert table[name].range[0] <= value <= table[name].range[1]
            if table[name].choices:
                assert value in table[name].choices
