# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Layouts and costmap configuration show and use the topics that the nodes publish."""

import json
from pathlib import Path

import pytest
import yaml

from depth_distill_ros.ros import bringup
from depth_distill_ros.settings.launch import InferenceLaunch

CONFIG = Path(__file__).resolve().parents[1] / 'config'


@pytest.fixture
def published():
    spec, = bringup.inference_graph(InferenceLaunch())
    # a node's name is chosen for its diagnostics
    return {f'/{topic}' for topic in spec.remappings.values()} | {'/diagnostics', f'/{spec.name}'}


def topics_in(tree):
    """Return every text that is an absolute topic, wherever it stands."""
    if isinstance(tree, dict):
        return set().union(*map(topics_in, [*tree.keys(), *tree.values()]), set())
    if isinstance(tree, list):
        return set().union(*map(topics_in, tree), set())
    return {tree} if isinstance(tree, str) and tree.startswith('/') else set()


@pytest.mark.parametrize('file', ['depth_distill.rviz', 'foxglove.json', 'nav2_costmap.yaml'])
def test_only_topics_that_are_there_are_shown(file, published):
    text = (CONFIG / file).read_text(encoding='utf-8')
    topics = topics_in(json.loads(text) if file.endswith('json') else yaml.safe_load(text))
    assert topics and topics <= published


@pytest.mark.parametrize('file', ['depth_distill.rviz', 'foxglove.json'])
def test_a_layout_shows_image_depth_confidence_cloud_and_scan(file):
    text = (CONFIG / file).read_text(encoding='utf-8')
    for topic in ('/camera/image_raw', '/depth/student', '/depth/student/confidence',
                  '/depth/student/points', '/depth/student/scan'):
        assert topic in text


def test_the_costmap_marks_low_obstacles_and_clears_by_rays_that_end_on_the_floor():
    layer = yaml.safe_load((CONFIG / 'nav2_costmap.yaml').read_text(encoding='utf-8'))[
        'local_costmap']['local_costmap']['ros__parameters']['student_depth']
    mark, clear = (layer[name] for name in layer['observation_sources'].split())
    assert (mark['marking'], mark['clearing']) == (True, False)
    assert (clear['marking'], clear['clearing']) == (False, True)
    # Nav2 drops points outside of a source's heights before it clears by them
    assert clear['min_obstacle_height'] < 0 and clear['max_obstacle_height'] > 3
    assert mark['obstacle_max_range'] < clear['raytrace_max_range']
    # a column is marked by more than mark_threshold voxels
    assert (layer['mark_threshold'] + 1) * layer['z_resolution'] <= 0.2
    assert mark['max_obstacle_height'] <= layer['z_voxels'] * layer['z_resolution']


def test_the_scan_layer_clears_by_free_bearings_and_marks_no_wall_at_the_end_of_the_scan():
    costmap = yaml.safe_load((CONFIG / 'nav2_costmap.yaml').read_text(encoding='utf-8'))[
        'local_costmap']['local_costmap']['ros__parameters']
    scan, node = costmap['student_scan']['scan'], navigation_parameters()
    assert scan['inf_is_valid'] and scan['marking'] and scan['clearing']
    # Nav2 reads +inf as a range just below scan_range_max
    assert scan['obstacle_max_range'] < node['scan_range_max'] == scan['raytrace_max_range']


def test_the_ranges_of_cost_map_and_node_fit_together():
    costmap = yaml.safe_load((CONFIG / 'nav2_costmap.yaml').read_text(encoding='utf-8'))[
        'local_costmap']['local_costmap']['ros__parameters']
    mark, clear = (costmap['student_depth'][name] for name in ('mark', 'clear'))
    node = navigation_parameters()
    assert mark['obstacle_max_range'] < clear['raytrace_max_range'] <= node['free_beyond']
    assert node['floor_tolerance'] < mark['min_obstacle_height'] == node['scan_low']
    assert node['points_voxel'] == costmap['resolution']
    assert node['points_high'] >= mark['max_obstacle_height']


def navigation_parameters():
    return yaml.safe_load((CONFIG / 'nav2_inference.yaml').read_text(encoding='utf-8'))[
        '/**/inference']['ros__parameters']


def test_the_safety_examples_read_the_scan_and_name_only_polygons_that_are_there():
    monitor = yaml.safe_load((CONFIG / 'nav2_safety.yaml').read_text(encoding='utf-8'))[
        'collision_monitor']['ros__parameters']
    assert monitor[monitor['observation_sources'][0]]['topic'] == '/depth/student/scan'
    assert all(monitor[name]['radius'] > 0 for name in monitor['polygons'])
