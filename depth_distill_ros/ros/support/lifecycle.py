# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
What all nodes share: the life cycle, autostart, a worker thread, diagnostics, a clean end.

A node overrides ``configure``, ``activate``, ``deactivate``, ``cleanup`` and ``diagnose``. The
first two may raise: the exception becomes one line in the log and the transition fails.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
import os
import signal
import sys
import threading
import traceback

import rclpy
from rclpy.clock import Clock, ClockType
from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.logging import get_logger
from rclpy.signals import SignalHandlerOptions
from rclpy.task import Future

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.ros.support.diagnostics import Diagnosis, DiagnosticsPublisher, Level
from depth_distill_ros.ros.support.parameters import declare
from depth_distill_ros.ros.support.qos import Input, overridable, profile
from depth_distill_ros.settings.node import NodeSettings

SUCCESS, FAILURE = TransitionCallbackReturn.SUCCESS, TransitionCallbackReturn.FAILURE


class ManagedNode(LifecycleNode):
    """A life-cycle node whose failures are one clear line and whose end is clean."""

    def __init__(self, name: str, settings: type[NodeSettings]) -> None:
        super().__init__(name)
        declare(self, settings)
        self.failure = ''
        self._active = False
        self._stop = threading.Event()
        self._workers: list[threading.Thread] = []
        self._inputs: list[Input] = []
        self._diagnostics = DiagnosticsPublisher(self)
        # A steady clock: with use_sim_time the node's own stands still when the simulator does.
        self._second = self.create_timer(
            1.0, self._every_second, clock=Clock(clock_type=ClockType.STEADY_TIME))

    # For the nodes to override.

    def configure(self) -> None:
        """Load and warm up."""

    def activate(self) -> None:
        """Start: listen, start the worker."""

    def deactivate(self) -> None:
        """Stop; the inputs are gone and the worker has ended already."""

    def cleanup(self) -> None:
        """Free what ``configure`` made, however far it got."""

    def diagnose(self) -> Diagnosis:
        """Return what to publish on /diagnostics while configured."""
        return Diagnosis()

    # For the nodes to call.

    def value(self, name: str):
        """Return a parameter's present value."""
        return self.get_parameter(name).value

    def listen(self, message_type: type, topic: str, callback: Callable, depth: int, *,
               reliability: str | None = None, latched: bool = False,
               may_be_silent: bool = False) -> None:
        """Subscribe until the node deactivates, watched as ``qos.Input`` does."""
        self._inputs.append(Input(self, message_type, topic, callback, depth,
                                  reliability or self.value('reliability'), latched,
                                  may_be_silent))

    def crowded_inputs(self) -> dict[str, list[str]]:
        """Return the publishers of each input that has several, by its topic."""
        return {listened.name: listened.publishers for listened in self._inputs
                if len(listened.publishers) > 1}

    def output(self, message_type: type, topic: str, depth: int = 5, latched: bool = False):
        """Return a reliable publisher that is silent while the node is not active."""
        return self.create_lifecycle_publisher(
            message_type, topic, profile(depth, latched=latched),
            qos_overriding_options=overridable())

    def work(self, target: Callable[[threading.Event], None]) -> None:
        """
        Run ``target(stop)`` in a thread until the node deactivates and sets ``stop``.

        If it raises, the failure is logged and shown on /diagnostics, and the node deactivates.
        """
        worker = threading.Thread(target=self._guarded_work, args=(target,), daemon=True)
        self._workers.append(worker)
        worker.start()

    def end(self) -> None:
        """Stop, free and leave the graph, from whatever state."""
        if self.state in ('unconfigured', 'inactive', 'active'):
            self.trigger_shutdown()
        self.destroy_node()

    @property
    def state(self) -> str:
        """unconfigured, inactive, active or finalized."""
        return self._state_machine.current_state[1]

    # The life cycle.

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load; what a failed attempt left behind is freed."""
        self.failure = ''
        if self._guarded('configure', self.configure):
            return SUCCESS
        self._guarded('cleanup', self.cleanup)
        return FAILURE

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Enable the outputs, then start; a failed start is stopped again."""
        self.failure = ''
        self._active = True
        self._stop.clear()
        super().on_activate(state)
        if self._guarded('activate', self.activate):
            return SUCCESS
        self._halt(state)
        return FAILURE

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop."""
        self._halt(state)
        return SUCCESS

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Free."""
        self._guarded('cleanup', self.cleanup)
        return SUCCESS

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop and free, from whatever state."""
        self._halt(state)
        self._guarded('cleanup', self.cleanup)
        return SUCCESS

    def _halt(self, state: LifecycleState) -> None:
        if not self._active:
            return
        self._active = False
        for listened in self._inputs:
            listened.destroy()
        self._inputs.clear()
        self._stop.set()
        for worker in self._workers:
            worker.join()
        self._workers.clear()
        self._guarded('deactivate', self.deactivate)
        super().on_deactivate(state)

    def _guarded(self, what: str, action: Callable[[], None]) -> bool:
        # rclpy swallows an exception in a transition without a word.
        try:
            action()
            return True
        except Exception as error:
            self.failure = report(self.get_logger(), f'{what} failed', error)
            return False

    def _guarded_work(self, target: Callable[[threading.Event], None]) -> None:
        try:
            target(self._stop)
        except Exception as error:
            self.failure = report(self.get_logger(), 'stopped', error)
            self.executor.create_task(self._deactivate_if_active)

    def _deactivate_if_active(self) -> None:
        if self._active:
            self.trigger_deactivate()

    def _every_second(self) -> None:
        for listened in self._inputs:
            warning = listened.check(self.value('input_timeout'))
            if warning:
                self.get_logger().warning(warning)
        diagnosis = self.diagnose() if self.state in ('inactive', 'active') else Diagnosis()
        if self.failure:
            diagnosis.level, diagnosis.message = Level.ERROR, self.failure
        diagnosis.message = diagnosis.message or self.state
        diagnosis.values = {'state': self.state, **diagnosis.values}
        self._diagnostics.publish(diagnosis)


def run(module: str, node: str) -> None:
    """Be the whole body of an executable: run the node of this name out of ``nodes``."""
    # Read when torch loads. Its threads would else wait for one another spinning, on cores that
    # other nodes need: five times slower beside a busy process.
    os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')
    sys.exit(main(lambda: _node_type(module, node)()))


def main(make: Callable[[], ManagedNode], args: list[str] | None = None) -> int:
    """
    Run one node until SIGINT or SIGTERM, however often they come; return the exit code.

    With ``autostart`` a node that cannot configure and activate itself ends with 1, so that a
    supervisor can start it again.
    """
    asked, stop = threading.Event(), Future()
    node = executor = None
    try:
        rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
        executor = SingleThreadedExecutor()
        _on_first_signal(lambda: (asked.set(), executor.create_task(stop.set_result, None)))
        node = make()
        executor.add_node(node)
        if node.value('autostart'):
            for trigger in (node.trigger_configure, node.trigger_activate):
                if not asked.is_set() and trigger() != SUCCESS:
                    return 1
        executor.spin_until_future_complete(stop)
        return 0
    except Exception as error:
        report(node.get_logger() if node else get_logger('depth_distill_ros'), 'ended', error)
        return 1
    finally:
        # A launched node gets Ctrl-C twice, and torch takes seconds to leave: Python would put the
        # default handlers back meanwhile.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if node is not None:
            node.end()
        if executor is not None:
            executor.shutdown()
        rclpy.try_shutdown()


def _node_type(module: str, node: str) -> type[ManagedNode]:
    # Not at the top of the executable: torch takes seconds, and Ctrl-C must be clean then too.
    try:
        return getattr(import_module(f'depth_distill_ros.ros.nodes.{module}'), node)
    except ImportError as error:
        raise DepthDistillError(
            f'{error} (Python is {sys.executable}): install it there, or put the virtual '
            'environment that has it first in PATH') from error


def report(logger, what: str, error: Exception) -> str:
    """Log one clear line, with the traceback below it only when nobody expected the error."""
    if isinstance(error, DepthDistillError):
        line = f'{what}: {error}'
        logger.error(line)
    else:
        line = f'{what}: unexpected {type(error).__name__}: {error}'
        logger.error(f'{line}\n{traceback.format_exc()}')
    return line


def _on_first_signal(action: Callable[[], None]) -> None:
    """
    Call ``action`` from a thread at the first SIGINT or SIGTERM; the others do nothing.

    No KeyboardInterrupt is ever raised: the second Ctrl-C (a launched node gets two) would hit
    the clean-up. The wake-up descriptor works while the main thread waits inside DDS.
    """
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)

    def wait() -> None:
        os.read(reader, 1)
        action()

    threading.Thread(target=wait, daemon=True).start()
