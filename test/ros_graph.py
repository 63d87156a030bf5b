# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""For tests on DDS: a node that talks and listens, and the package's nodes as processes."""

import os
import signal
import subprocess
import sys
import threading
import time

from diagnostic_msgs.msg import DiagnosticArray
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.srv import SetParameters
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile
from rclpy.signals import SignalHandlerOptions
from waiting import TIMEOUT, wait_until

from depth_distill_ros.installation import executable
from depth_distill_ros.ros.support.qos import profile

TRANSITIONS = {
    'configure': Transition.TRANSITION_CONFIGURE, 'activate': Transition.TRANSITION_ACTIVATE,
    'deactivate': Transition.TRANSITION_DEACTIVATE, 'cleanup': Transition.TRANSITION_CLEANUP,
    'shutdown unconfigured': Transition.TRANSITION_UNCONFIGURED_SHUTDOWN,
    'shutdown inactive': Transition.TRANSITION_INACTIVE_SHUTDOWN,
    'shutdown active': Transition.TRANSITION_ACTIVE_SHUTDOWN}


class Graph:
    """One node of the test process, spun in a thread."""

    def __init__(self, host):
        self.host = host
        rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
        self.node = rclpy.create_node('tester')
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self.node)
        self.diagnostics = {}
        self.listen(DiagnosticArray, '/diagnostics', profile(50), self._on_diagnostics)
        self._thread = threading.Thread(target=self._executor.spin)
        self._thread.start()

    def listen(self, kind, topic, qos=None, callback=None):
        """Subscribe; return the list that messages are added to."""
        received = []
        self.node.create_subscription(
            kind, topic, callback or received.append, qos or profile(100))
        return received

    def talk(self, kind, topic, qos=None):
        """Return a publisher."""
        return self.node.create_publisher(
            kind, topic, qos if isinstance(qos, QoSProfile) else profile(100))

    def do(self, action):
        """
        Run ``action`` in the thread that spins; return its result.

        Whatever destroys a subscription or a publisher must: rclpy's executor ends with
        InvalidHandle if another thread destroys one while it collects what to wait for.
        """
        done = threading.Event()
        task = self._executor.create_task(action)
        task.add_done_callback(lambda _: done.set())
        assert done.wait(TIMEOUT), 'the tester spins no more'
        return task.result()

    def call(self, kind, name, request=None, timeout=TIMEOUT, again=False):
        """
        Return a service's answer.

        rmw_fastrtps drops an answer whose client the server has not discovered yet, which takes
        long on a busy machine. With `again`, for requests that change nothing when they are
        repeated, the request is sent again after a tenth of a second, then ever more seldom.
        """
        client = self.node.create_client(kind, name)
        try:
            assert client.wait_for_service(timeout), f'no service {name}'
            if not again:
                time.sleep(0.3)  # so that the server, too, discovers the client in most cases
            done, deadline = threading.Event(), time.monotonic() + timeout
            futures, period = [], 0.1 if again else timeout
            while not done.is_set():
                assert time.monotonic() < deadline, f'{name} did not answer'
                futures.append(client.call_async(request or kind.Request()))
                futures[-1].add_done_callback(lambda _: done.set())
                done.wait(period)
                period = min(2 * period, 10.0)
            return next(future for future in futures if future.done()).result()
        finally:
            self.node.destroy_client(client)

    def close(self):
        self._executor.shutdown()
        self._thread.join()
        self.node.destroy_node()
        rclpy.shutdown()

    def _on_diagnostics(self, message):
        for status in message.status:
            self.diagnostics[status.name] = (
                int.from_bytes(status.level, 'little'), status.message,
                {entry.key: entry.value for entry in status.values})


_ENDING = 30.0
_AFTER = """
import runpy, sys
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name='__main__')
"""


class Nodes:
    """Starts the package's nodes as launch does, all in one namespace."""

    def __init__(self, graph, namespace, folder):
        self.graph, self.namespace, self.folder = graph, namespace, folder
        self._running = []

    def start(self, executable_name, name=None, wait_for='active', script=False, before='',
              torn_down=False, **parameters):
        """
        Start a node under its name; wait until it is in that state (None: do not).

        The node is forked from what has imported torch, and runs the code ``before`` first.
        ``torn_down`` is of ``ForkHost.start``. With ``script`` it is the executable.
        """
        name = name or executable_name.removesuffix('_node')
        node = NodeProcess(self, executable_name, name, parameters, script, before, torn_down)
        self._running.append(node)
        if wait_for:
            node.wait_for_state(wait_for)
        return node

    def topic(self, name):
        return f'{self.namespace}/{name}'

    def talk(self, kind, name, qos=None):
        """Return a publisher that has a subscriber."""
        publisher = self.graph.talk(kind, self.topic(name), qos)
        wait_until(publisher.get_subscription_count, f'a subscriber of {name}')
        self.introduce()
        return publisher

    def listen(self, kind, name, qos=None):
        """Return the list of messages that come from now on."""
        received = self.graph.listen(kind, self.topic(name), qos)
        wait_until(lambda: self.graph.node.count_publishers(self.topic(name)),
                   f'a publisher of {name}')
        self.introduce()
        return received

    def leave_the_dead(self):
        """Go to another namespace: a killed node's ends, and its last diagnosis, stay a while."""
        self.namespace += '/again'

    def introduce(self):
        """Wait until the running nodes, too, know whom the tester talks and listens to."""
        # One end is matched before the other, and what best effort sends in between is lost. A
        # node hears of the tester's ends in the order of their making: if it answers a client
        # that was made last, it knows all of them.
        for node in self._running:
            wait_until(lambda: node.ended() or node.state(),  # noqa: B023
                       f'{node.full_name} to answer')

    def close(self):
        for node in self._running:
            # a killed node would leave its shared memory behind for good
            node.process.send_signal(signal.SIGINT)
        for node in self._running:
            node.end()
            print(f'--- {node.full_name}\n{node.log}')  # pytest shows it where a test failed


class NodeProcess:
    """One node as a process, with its log."""

    def __init__(self, nodes, executable_name, name, parameters, script, before, torn_down):
        self._graph = nodes.graph
        self.full_name = f'{nodes.namespace}/{name}'
        self._log = nodes.folder / f'{name}.{time.monotonic_ns()}.log'
        words = [executable(executable_name), '--ros-args', '-r', f'__node:={name}',
                 '-r', f'__ns:={nodes.namespace}']
        for key, value in parameters.items():
            words += ['-p', f'{key}:={_yaml(value)}']
        if before:
            words = ['-c', f'{before}\n{_AFTER}', *words]
        with self._log.open('w') as output:
            self.process = subprocess.Popen(
                [sys.executable, *words], stdout=output, stderr=subprocess.STDOUT,
                env={**os.environ, 'CUDA_VISIBLE_DEVICES': ''}) if script else \
                self._graph.host.start(words, output, torn_down=torn_down)

    @property
    def log(self):
        return self._log.read_text(errors='replace')

    def wait_for_log(self, text):
        wait_until(lambda: text in self.log or self.ended(), f'"{text}" in the log')
        assert text in self.log, self.log

    def wait_for_state(self, state):
        wait_until(lambda: self.state() == state or self.ended(), f'{self.full_name} {state}')
        assert self.process.poll() is None, self.log

    def state(self):
        """Return the state the node itself tells, None while it is not up."""
        if not self._graph.node.count_services(f'{self.full_name}/get_state'):
            return None
        try:
            answer = self._graph.call(
                GetState, f'{self.full_name}/get_state', timeout=20.0, again=True)
        except AssertionError:
            return None
        return answer.current_state.label

    def change(self, transition):
        """Drive a transition; return whether it succeeded."""
        request = ChangeState.Request()
        request.transition.id = TRANSITIONS[transition]
        return self._graph.call(ChangeState, f'{self.full_name}/change_state', request).success

    def call(self, kind, name, request=None, again=False):
        return self._graph.call(kind, f'{self.full_name}/{name}', request, again=again)

    def values(self):
        """Return the values of the last diagnosis; empty before the first."""
        return self._graph.diagnostics.get(self.full_name, (0, '', {}))[2]

    def level(self):
        return self._graph.diagnostics.get(self.full_name, (None, '', {}))[0]

    def message(self):
        return self._graph.diagnostics.get(self.full_name, (None, '', {}))[1]

    def wait_for_values(self, **wanted):
        """Wait for diagnostic values, return all of that message; __ stands for a dot."""
        wanted = {name.replace('__', '.'): str(value) for name, value in wanted.items()}
        try:
            return wait_until(
                lambda: wanted.items() <= (found := self.values()).items() and found, str(wanted))
        except AssertionError as error:
            raise AssertionError(f'{error}; found {self.values()}\n{self.log}') from None

    def set_parameter(self, name, value):
        """Change a parameter of the running node."""
        request = SetParameters.Request(parameters=[
            rclpy.parameter.Parameter(name, value=value).to_parameter_msg()])
        result, = self.call(SetParameters, 'set_parameters', request, again=True).results
        assert result.successful, result.reason

    def interrupt(self, *signals):
        """Send the signals at once; return the exit code."""
        for number in signals or (signal.SIGINT,):
            self.process.send_signal(number)
        return self.exit_code()

    def exit_code(self):
        """Wait for the process to end."""
        return self.process.wait(TIMEOUT)

    def end(self):
        """Wait for the end that was asked for, and kill where it does not come."""
        try:
            self.process.wait(_ENDING)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def ended(self):
        return self.process.poll() is not None


def _yaml(value):
    return str(value).lower() if isinstance(value, bool) else f'{value!r}'
