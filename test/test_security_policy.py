# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The shipped SROS 2 policy against its schema, the launch files and the running nodes."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

pytest.importorskip('rclpy')
import students  # noqa: E402
from waiting import wait_until  # noqa: E402

from depth_distill_ros.ros.bringup import distillation_graph  # noqa: E402
from depth_distill_ros.settings.launch import LoopLaunch  # noqa: E402

FILE = Path(__file__).resolve().parents[1] / 'config' / 'sros2_policy.xml'
ENCLAVES = ElementTree.parse(FILE).getroot().find('enclaves')
GRAPH = distillation_graph(LoopLaunch())
# What every element may hold, and its attributes: sros2's policy.xsd, version 0.2.0.
SCHEMA = {
    'policy': ({'enclaves'}, {'version'}), 'enclaves': ({'enclave'}, set()),
    'enclave': ({'profiles'}, {'path'}), 'profiles': ({'profile'}, {'type'}),
    'profile': ({'topics', 'services', 'actions'}, {'ns', 'node'}),
    'topics': ({'topic'}, {'publish', 'subscribe'}),
    'services': ({'service'}, {'reply', 'request'}), 'topic': (set(), set()),
    'service': (set(), set())}
# Every node has these two endpoints of rclpy, which the policy writes out too.
COMMON = {'/rosout', '/parameter_events'}


def allowed(node, kind, action):
    """Return the full names of the topics or services that the policy allows a node."""
    profile, = (profile for profile in ENCLAVES.iter('profile') if profile.get('node') == node)
    return {full(child.text, node) for group in profile.findall(kind)
            if group.get(action) == 'ALLOW' for child in group}


def full(name, node):
    if name.startswith('~/'):
        return f'/{node}/{name[2:]}'
    return name if name.startswith('/') else f'/{name}'


def test_the_policy_has_the_form_of_the_schema():
    root = ElementTree.parse(FILE).getroot()
    assert root.tag == 'policy' and root.get('version') == '0.2.0'
    for element in root.iter():
        children, attributes = SCHEMA[element.tag]
        assert {child.tag for child in element} <= children, element.tag
        assert set(element.keys()) <= attributes, element.tag
        if element.tag in ('topics', 'services'):
            assert len(element) and set(element.attrib.values()) <= {'ALLOW', 'DENY'}


def test_sros2_itself_takes_the_policy():
    policy = pytest.importorskip('sros2.policy')
    policy.load_policy(str(FILE))


def test_there_is_an_enclave_for_each_node_that_can_be_launched():
    nodes = {profile.get('node') for profile in ENCLAVES.iter('profile')}
    assert nodes == {spec.name for spec in GRAPH} | {'operator'}
    for enclave in ENCLAVES:
        node = enclave.find('profiles/profile').get('node')
        assert enclave.get('path') == f'/depth_distill/{node}'


@pytest.mark.ros
@pytest.mark.parametrize('spec', GRAPH, ids=lambda spec: spec.name)
def test_each_node_has_the_topics_and_services_that_the_policy_allows_it_and_no_others(
        nodes, tmp_path, spec):
    parameters = {'height': 60, 'width': 80} if spec.name == 'simulator' else {} \
        if spec.name == 'robot_camera' else {'work_dir': str(tmp_path)}
    if spec.name == 'auxiliary':
        parameters |= {'semantics': 'none'}
    if spec.name == 'distiller':
        students.save_teacher(tmp_path / 'teacher')
        parameters |= {'teacher': str(tmp_path / 'teacher'), 'g_width': 0.05}
    node = nodes.start(spec.executable, spec.name, **parameters)
    graph, space = nodes.graph.node, nodes.namespace

    def public(names):
        """Return the names as the launch files remap them, without the tests' namespace."""
        own = {name.removeprefix(f'{space}/') for name, _ in names}
        return {full(name if name.startswith('/') else remapped(name), spec.name)
                for name in own}

    def remapped(name):
        base, slash, transport = name.partition('/compressed')
        return spec.remappings.get(base, base) + slash + transport

    wait_until(lambda: (spec.name, space) in graph.get_node_names_and_namespaces(), 'the node')
    nodes.introduce()
    published = public(graph.get_publisher_names_and_types_by_node(spec.name, space))
    subscribed = public(graph.get_subscriber_names_and_types_by_node(spec.name, space))
    served = public(graph.get_service_names_and_types_by_node(spec.name, space))
    assert {f'/{spec.name}/get_state'} <= served and '/diagnostics' in published
    assert published <= allowed(spec.name, 'topics', 'publish') | COMMON
    assert subscribed <= allowed(spec.name, 'topics', 'subscribe') | COMMON
    assert served <= allowed(spec.name, 'services', 'reply')
    assert node.state() == 'active'
