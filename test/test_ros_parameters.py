# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The nodes' parameters are the settings of their components, and nothing else."""

from pathlib import Path
import re

import pytest
import yaml

rclpy = pytest.importorskip('rclpy')
from rclpy.parameter import Parameter  # noqa: E402

from depth_distill_ros.ros.support import parameters  # noqa: E402
from depth_distill_ros.settings.distillation import OnlineSettings  # noqa: E402
from depth_distill_ros.settings.field import settings_of  # noqa: E402
from depth_distill_ros.settings.inference import CameraSettings, InferenceSettings  # noqa: E402
from depth_distill_ros.settings.launch import NODES  # noqa: E402
from depth_distill_ros.settings.node import EvaluatorSettings  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
OF_EVERY_NODE = {'use_sim_time', 'start_type_description_service'}


@pytest.fixture
def node_with():
    """Give nodes that were started with parameters."""
    context = rclpy.Context()
    rclpy.init(context=context)
    made = []

    def make(**overrides):
        made.append(rclpy.create_node('tester', context=context, parameter_overrides=[
            Parameter(name.replace('__', '.'), value=value) for name, value in overrides.items()]))
        made[-1].warnings = []
        made[-1].get_logger = lambda: type('Log', (), {'warning': made[-1].warnings.append})
        return made[-1]

    yield make
    for node in made:
        node.destroy_node()
    rclpy.shutdown(context=context)


@pytest.mark.parametrize('name', NODES)
def test_every_parameter_of_a_node_is_a_setting_with_its_default_range_and_text(name, node_with):
    node, table = node_with(), settings_of(*NODES[name])
    for kind in NODES[name]:
        parameters.declare(node, kind)
    declared = {p.name: p.value for p in node.get_parameters_by_prefix('').values()}
    assert {name: value for name, value in declared.items() if name not in OF_EVERY_NODE} == {
        name: list(s.default) if isinstance(s.default, tuple) else s.default
        for name, s in table.items()}
    for name, described in table.items():
        found = node.describe_parameter(name)
        assert found.description == described.described()
        assert found.read_only is not described.changeable
        ranges = [*found.integer_range, *found.floating_point_range]
        assert [(r.from_value, r.to_value) for r in ranges] == (
            [described.range] if described.range else [])
        assert found.additional_constraints == (
            'one of: ' + ', '.join(described.choices) if described.choices else '')


@pytest.mark.parametrize('name', NODES)
def test_a_node_reads_each_of_its_parameters(name):
    text = '\n'.join(p.read_text() for p in (ROOT / 'depth_distill_ros' / 'ros').rglob('*.py'))
    trained_with = settings_of(OnlineSettings) if name == 'distiller' else {}
    for setting in settings_of(*NODES[name]):
        assert re.search(rf"'{setting}'", text) or setting in trained_with, setting


def test_no_node_declares_a_parameter_beside_its_settings():
    for file in (ROOT / 'depth_distill_ros' / 'ros').rglob('*.py'):
        assert 'declare_parameter' not in file.read_text() or file.name == 'parameters.py', file


def test_the_node_s_values_become_the_component_s_settings(node_with):
    node = node_with(window=7, work_dir='/run')
    parameters.declare(node, EvaluatorSettings)
    assert parameters.settings(node, EvaluatorSettings) == EvaluatorSettings(
        window=7, work_dir='/run')


def test_a_parameter_under_its_old_name_is_obeyed_and_warned_of(node_with):
    node = node_with(fit='pad', far=4.0, front__rectify='here')
    parameters.declare(node, InferenceSettings)
    parameters.declare(node, CameraSettings, 'front.')
    given = parameters.settings(node, InferenceSettings)
    assert (given.resize, given.free_beyond) == ('pad', 4.0)
    assert parameters.settings(node, CameraSettings, 'front.').rectify == 'node'
    assert not node.has_parameter('fit')
    assert [line for line in node.warnings if 'fit is now called resize' in line]
    assert [line for line in node.warnings if 'here is now called node' in line]


def test_a_parameter_under_today_s_name_is_warned_of_by_nobody(node_with):
    node = node_with(resize='pad')
    parameters.declare(node, InferenceSettings)
    assert node.get_parameter('resize').value == 'pad' and not node.warnings


@pytest.mark.parametrize('name, value, hint', [
    ('input_timeout', 9, 'write a whole number as 1.0'), ('window', 0, 'window'),
    ('reliability', 'perhaps', 'one of: auto, reliable, best_effort')])
def test_an_illegal_value_at_the_start_is_one_line_with_the_parameter(
        node_with, name, value, hint):
    with pytest.raises(parameters.ParameterError, match=f'parameter {name}: .*{hint}') as caught:
        parameters.declare(node_with(**{name: value}), EvaluatorSettings)
    assert '\n' not in str(caught.value)


@pytest.mark.parametrize('file', [
    p for p in sorted((ROOT / 'config').glob('*.yaml'))
    # of others' nodes, and of none
    if p.name not in ('nav2_costmap.yaml', 'nav2_safety.yaml', 'classes.yaml')],
    ids=lambda p: p.name)
def test_the_shipped_files_set_known_parameters_to_legal_values(file):
    for key, entry in yaml.safe_load(file.read_text()).items():
        table = settings_of(*NODES[key.removeprefix('/**/')])
        for name, value in entry['ros__parameters'].items():
            assert type(value) is type(table[name].default), name
            table[name].checked(value)
