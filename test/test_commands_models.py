# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""depth-distill models: the networks as a table and as JSON, and its subcommands."""

import json

import pytest

from depth_distill_ros.apps import cli
from depth_distill_ros.networks import NETWORKS, backbones_of, network_costs

pytestmark = pytest.mark.slow


@pytest.fixture
def few(monkeypatch):
    """Leave two networks in the list: the giants take seconds even as outlines."""
    monkeypatch.setattr(network_costs, 'NETWORKS', ('lden_light', 'edn'))
    monkeypatch.setattr(
        network_costs, 'backbones_of', lambda n: ('mobilenetv2',) if n == 'lden_light' else (
            'resnet18',))


def test_the_table_has_a_line_for_each_network_with_its_cost(few, capsys, monkeypatch):
    monkeypatch.setenv('COLUMNS', '80')
    assert cli.main(['models', '--no-time']) == 0
    table = capsys.readouterr().out
    for heading in ('network', 'backbone', 'parameters', 'GMAC', 'BN', 'input', 'CPU ms'):
        assert heading in table
    line = next(line for line in table.splitlines() if 'edn' in line)
    for cell in ('resnet18', '13,681,520', '4.63', '33', '228×304'):
        assert cell in line
    assert sum(line.lstrip().startswith('g ') for line in table.splitlines()) == 2


def test_json_is_a_list_that_a_program_can_read(few, capsys):
    assert cli.main(['models', '--json', '--no-time']) == 0
    rows = json.loads(capsys.readouterr().out)
    light = rows[0]
    assert light['network'] == 'lden_light'
    assert light['parameters'] == 1_479_281
    assert light['gmac'] == pytest.approx(0.52, abs=0.01)
    assert light['size'] == [228, 304]
    assert light['milliseconds'] is None


def test_cpu_times_are_measured_unless_left_out(few, monkeypatch, capsys):
    monkeypatch.setattr(network_costs, '_TIMING', 1e-6)
    monkeypatch.setattr(network_costs, 'TRANSFORMATIONS', {
        'light': network_costs.TRANSFORMATIONS['light']})
    assert cli.main(['models', '--json']) == 0
    assert all(row['milliseconds'] > 0 for row in json.loads(capsys.readouterr().out))


def test_every_network_with_every_backbone_is_in_the_list(monkeypatch):
    monkeypatch.setattr(network_costs, '_entry', lambda network, backbone, *_: (network, backbone))
    listed = list(network_costs.entries())
    assert listed == [(n, b) for n in NETWORKS for b in backbones_of(n)] + [
        ('g', 'paper'), ('g', 'light')]


@pytest.mark.parametrize('subcommand', ['import', 'calibrate'])
def test_a_subcommand_explains_itself(subcommand, capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(['models', subcommand, '--help'])
    assert end.value.code == 0
    assert f'example: depth-distill models {subcommand}' in capsys.readouterr().out


def test_modules_with_an_underscore_are_no_commands(capsys):
    with pytest.raises(SystemExit):
        cli.main(['_training'])
    assert 'invalid choice' in capsys.readouterr().err
