# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The graph as bringup describes it, with real processes on a real ROS graph."""

from importlib.util import find_spec
import os
import signal
import sys
import time

import pytest

rclpy = pytest.importorskip('rclpy')
# not imported: the first to import it here would choose its OpenGL for all other tests
if find_spec('mujoco') is None:
    pytest.skip('needs mujoco', allow_module_level=True)

from diagnostic_msgs.msg import DiagnosticArray, KeyValue  # noqa: E402
from waiting import wait_until  # noqa: E402

from depth_distill_ros import installation  # noqa: E402
from depth_distill_ros.apps.supervisor import Supervisor  # noqa: E402
from depth_distill_ros.networks import build  # noqa: E402
from depth_distill_ros.networks.model_folder import ModelCard, save_model  # noqa: E402
from depth_distill_ros.ros import bringup  # noqa: E402
from depth_distill_ros.ros.clients.monitor import Monitor  # noqa: E402
from depth_distill_ros.ros.conversions import images  # noqa: E402
from depth_distill_ros.settings.launch import LoopLaunch  # noqa: E402

NAMESPACE = 'robot1'
PUBLIC = ('/diagnostics', '/rosout', '/parameter_events', '/clock')


class Loop:
    """The running graph and a monitor that looks at it."""

    def __init__(self, graph, folder):
        self.graph = {spec.name: spec for spec in graph}
        commands = {
            spec.name: [sys.executable, str(installation.executable(spec.executable)),
                        *spec.ros_arguments()] for spec in graph}
        self.supervisor = Supervisor(commands, folder / 'logs', installation.environment())
        topic = f'/{NAMESPACE}/'.__add__
        self.active_at = {}
        self.monitor = Monitor(topic('camera/image_raw'), topic('depth/student'))
        self.monitor.node.create_subscription(
            DiagnosticArray, '/diagnostics', self._on_diagnostics, 20)

    def child(self, name):
        return next(child for child in self.supervisor.children if child.name == name)

    def wait_for(self, condition):
        def happened():
            self.supervisor.restart_exited()
            self.monitor.spin(0.2)
            return condition()

        wait_until(happened, self.monitor.messages)

    def wait_until_active(self, names):
        # what a killed node said last may come after its end
        asked = time.time_ns()
        self.wait_for(lambda: all(self.active_at.get(name, 0) > asked for name in names))

    def topics_of(self, name):
        node, space = self.monitor.node, f'/{NAMESPACE}'
        if (name, space) not in node.get_node_names_and_namespaces():
            return set()  # its messages may come before its name
        pairs = [*node.get_publisher_names_and_types_by_node(name, space),
                 *node.get_subscriber_names_and_types_by_node(name, space)]
        return {topic for topic, _ in pairs
                if topic not in PUBLIC and not topic.endswith('/transition_event')}

    def _on_diagnostics(self, message):
        for status in message.status:
            if KeyValue(key='state', value='active') in status.values:
                self.active_at[status.name.rpartition('/')[2]] = images.stamp_ns(message)


@pytest.fixture(scope='module')
def loop(domain, forking_supervisor, tmp_path_factory):
    folder = tmp_path_factory.mktemp('loop')
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
                'ROS_DOMAIN_ID': domain, 'ROS_HOME': str(folder / 'ros'),
                'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST', 'OMP_NUM_THREADS': '1',
                **installation.fastdds_profile()}.items():
            patch.setenv(name, value)
        teacher = folder / 'teacher'
        save_model(teacher, build('lden', 'resnet18'), ModelCard('lden', 'resnet18', (64, 96)))
        running = Loop(bringup.distillation_graph(LoopLaunch(
            work_dir=str(folder / 'run'), teacher=str(teacher), namespace=NAMESPACE)), folder)
        yield running
        running.supervisor.stop()
        running.monitor.close()


def test_every_node_becomes_active_by_itself_on_the_topics_that_bringup_names(loop):
    loop.wait_until_active(loop.graph)
    for name, spec in loop.graph.items():
        # Isaac Sim's labels, should there be any, come on a topic of that name
        of_its_own = {'stream': 'semantic_labels', 'inference': 'depth/student/compressedDepth'}
        topics = {*spec.remappings.values(), *([of_its_own[name]] if name in of_its_own else [])}
        expected = {f'/{NAMESPACE}/{topic}' for topic in topics}
        loop.wait_for(lambda name=name, expected=expected: loop.topics_of(name) >= expected)
        assert loop.topics_of(name) == expected, name


def test_what_the_simulator_publishes_is_stored(loop):
    loop.wait_for(lambda: int(loop.monitor.values.get('stream', {}).get('stored', 0)) > 5)


@pytest.mark.parametrize('name', ['stream', 'simulator', 'distiller'])
def test_a_node_killed_is_active_again_and_the_others_have_not_noticed(loop, name):
    others = {child.name: child.process.pid for child in loop.supervisor.children
              if child.name != name}
    os.kill(loop.child(name).process.pid, signal.SIGKILL)
    loop.child(name).process.wait()
    loop.wait_until_active([name])
    assert {child.name: child.process.pid for child in loop.supervisor.children
            if child.name != name} == others
    assert loop.child(name).restarts == 1


def test_all_nodes_end_cleanly_on_sigint(loop):
    loop.supervisor.stop()
    for child in loop.supervisor.children:
        assert child.process.returncode == 0, child.log.read_text()
        assert 'Traceback' not in child.log.read_text()
