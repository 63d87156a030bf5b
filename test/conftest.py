# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Fixtures for tests on a real ROS graph; other tests neither need nor load any of it."""

from itertools import count
import os

import pytest

_NUMBERS = count(1)


@pytest.fixture(scope='session')
def graph(tmp_path_factory):
    """Join a graph that no other pytest session or worker on this machine shares."""
    pytest.importorskip('rclpy', reason='needs rclpy: source a ROS install, or pip install it')
    from depth_distill_ros.installation import environment

    home = tmp_path_factory.mktemp('ros')
    os.environ |= environment() | {
        # 0..101 are safe from Linux' ephemeral ports.
        'ROS_DOMAIN_ID': str(1 + os.getpid() % 100),
        # Humble knows only the older name, of which later distributions warn.
        **({'ROS_LOCALHOST_ONLY': '1'} if os.environ.get('ROS_DISTRO') == 'humble'
           else {'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST'}),
        'ROS_HOME': str(home), 'ROS_LOG_DIR': str(home / 'log')}
    from ros_graph import Graph

    graph = Graph()
    yield graph
    graph.close()


@pytest.fixture
def nodes(graph, tmp_path):
    """Start nodes in a namespace of this test's own; what still runs at its end is killed."""
    from ros_graph import Nodes

    nodes = Nodes(graph, f'/test{next(_NUMBERS)}', tmp_path)
    yield nodes
    nodes.close()
