# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Fixtures for tests on a real ROS graph, and the order of the tests.

Tests that need no graph load nothing of ROS.
"""

from contextlib import ExitStack
from importlib.util import find_spec
from itertools import count
import json
import os
import socket
import sys

# Before torch is imported: threads of several workers would only wait for each other.
os.environ.setdefault('OMP_NUM_THREADS', '1')

from fork_host import ForkHost, ForkServer  # noqa: E402
import pytest  # noqa: E402

_NUMBERS = count(1)
_PACKAGE = 'depth_distill_ros'
_SERVER = pytest.StashKey()


def pytest_configure(config):
    """Take the quick tests under `colcon test`, which gives no marks; -m and -k change that."""
    missing = [name for name in ('torch', 'lmdb', 'safetensors') if find_spec(name) is None]
    if missing:
        pytest.exit(f'{sys.executable} lacks {", ".join(missing)}: activate the virtual '
                    'environment that has it; for colcon, run python3 -m colcon test', 1)
    if config.option.junitprefix == _PACKAGE and not (
            config.option.markexpr or config.option.keyword):
        config.option.markexpr = 'not ros and not slow'


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config):
    """Return two workers for each core: tests of nodes wait for half of their time; else one."""
    return (1 if 'not ros' in config.option.markexpr else 2) * len(os.sched_getaffinity(0))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    """Tell a worker of xdist where the server is that forks for all of them."""
    node.workerinput['fork_server'] = _fork_server(node.config)


def _fork_server(config):
    """Return the address of the server that forks, which ends with this session."""
    if hasattr(config, 'workerinput'):
        return config.workerinput['fork_server']
    if _SERVER not in config.stash:
        config.stash[_SERVER] = ForkServer()
        config.add_cleanup(config.stash[_SERVER].close)
    return config.stash[_SERVER].address


def pytest_collection_modifyitems(items):
    """Mark what starts a graph, and put the files with long tests first, so that none is last."""
    weights = {}
    for item in items:
        if 'domain' in item.fixturenames:
            item.add_marker('ros')
        heavy = bool(item.get_closest_marker('slow') or item.get_closest_marker('ros'))
        weights[item.path] = weights.get(item.path, 0) + heavy
    items.sort(key=lambda item: -weights[item.path])  # stable: the order in a file stays


@pytest.fixture(scope='session')
def domain():
    """Hold a ROS domain that no other pytest session or worker on this machine has."""
    # 0..101 are safe from Linux' ephemeral ports.
    for number in (1 + (os.getpid() + k) % 100 for k in range(100)):
        with ExitStack() as held:
            if _hold(number, held):
                yield str(number)
                return
    pytest.fail('a hundred pytest sessions hold all ROS domains')


@pytest.fixture
def before_two_domains():
    """Hold two ROS domains in a row; give the number before them."""
    for number in range(99):
        with ExitStack() as held:
            if _hold(number + 1, held) and _hold(number + 2, held):
                yield str(number)
                return
    pytest.fail('no two ROS domains in a row are free')


def _hold(domain, held):
    """Hold a domain as long as the stack is open; return whether nobody else has it."""
    own = held.enter_context(socket.socket(socket.AF_UNIX))
    try:
        # Abstract: it belongs to the network, as a domain does, and ends with the process.
        own.bind(f'\0depth_distill_ros/domain/{domain}')
    except OSError:
        return False
    return True


@pytest.fixture(scope='session')
def host(pytestconfig):
    """Start processes that have imported torch already."""
    host = ForkHost(_fork_server(pytestconfig))
    yield host
    host.close()


@pytest.fixture(scope='module')
def forking_supervisor(host):
    """Let each Supervisor of these tests fork its processes from what has imported torch."""
    from depth_distill_ros.apps.supervisor import Supervisor

    def launch(self, command, log):
        assert command[0] == sys.executable
        with log.open('ab') as output:
            return host.start(command[1:], output, self._environment, session=True,
                              torn_down=True)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Supervisor, '_launch', launch)
        yield


@pytest.fixture(scope='session')
def graph(domain, host, tmp_path_factory):
    """Join a graph that no other pytest session or worker on this machine shares."""
    pytest.importorskip('rclpy', reason='needs rclpy: source a ROS install, or pip install it')
    from depth_distill_ros.installation import environment

    home = tmp_path_factory.mktemp('ros')
    os.environ |= environment() | {
        'ROS_DOMAIN_ID': domain,
        # Humble knows only the older name, of which later distributions warn.
        **({'ROS_LOCALHOST_ONLY': '1'} if os.environ.get('ROS_DISTRO') == 'humble'
           else {'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST'}),
        'ROS_HOME': str(home), 'ROS_LOG_DIR': str(home / 'log')}
    from ros_graph import Graph

    graph = Graph(host)
    yield graph
    graph.close()


@pytest.fixture
def nodes(graph, tmp_path):
    """Start nodes in a namespace of this test's own; what still runs at its end is killed."""
    from ros_graph import Nodes

    nodes = Nodes(graph, f'/test{next(_NUMBERS)}', tmp_path)
    yield nodes
    nodes.close()


@pytest.fixture
def teacher_card(tmp_path):
    """Return the folder of a teacher of which there is the card alone."""
    folder = tmp_path / 'teacher'
    folder.mkdir()
    (folder / 'card.json').write_text(json.dumps({'size': [64, 96]}))
    return str(folder)


@pytest.fixture
def graph_of(teacher_card):
    """Return what gives the nodes that distill.launch.py starts with its arguments, by name."""
    from depth_distill_ros.ros.bringup import distillation_graph
    from depth_distill_ros.settings.launch import LoopLaunch

    def make(**arguments):
        return {spec.name: spec for spec in distillation_graph(
            LoopLaunch(**{'teacher': teacher_card, **arguments}))}
    return make
