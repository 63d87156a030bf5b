# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
The base class of all nodes: life cycle, inputs and outputs, worker threads, diagnostics.

A node overrides ``configure``, ``activate``, ``deactivate``, ``cleanup`` and ``diagnose``. If one
of the first two raises, its error is logged as one line and the transition fails.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import threading
import traceback

from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.timer import Timer

from depth_distill_ros.errors import DepthDistillError, printable
from depth_distill_ros.ros.support.diagnostics import Diagnosis, DiagnosticsPublisher, Level
from depth_distill_ros.ros.support.input import Input
from depth_distill_ros.ros.support.parameters import ParameterError, declare
from depth_distill_ros.ros.support.qos import overridable, profile
from depth_distill_ros.settings.node import NodeSettings

_MOST_TRACEBACK = 20_000  # characters
SUCCESS, FAILURE = TransitionCallbackReturn.SUCCESS, TransitionCallbackReturn.FAILURE


class ManagedNode(LifecycleNode):
    """A life-cycle node that reports each failure in one line and always shuts down cleanly."""

    def __init__(self, name: str, settings: type[NodeSettings]) -> None:
        super().__init__(name)
        declare(self, settings)
        self.failure = ''
        self.on_broken: Callable[[], None] = lambda: None
        self._active = self._broken = False
        self._stop = threading.Event()
        self._workers: list[threading.Thread] = []
        self._inputs: list[Input] = []
        self._diagnostics = DiagnosticsPublisher(self)
        self._second = self.steady_timer(1.0, self._every_second)

    # For the nodes to override.

    def configure(self) -> None:
        """Load and warm up."""

    def activate(self) -> None:
        """Subscribe and start the workers."""

    def deactivate(self) -> None:
        """Stop; the subscriptions and the workers have ended before this call."""

    def cleanup(self) -> None:
        """Free what ``configure`` made, even if it failed halfway."""

    def diagnose(self) -> Diagnosis:
        """Return what to publish on /diagnostics while configured."""
        return Diagnosis()

    # For the nodes to call.

    def value(self, name: str):
        """Return the current value of a parameter."""
        return self.get_parameter(name).value

    def work_dir(self) -> Path:
        """Return the folder of the run; ParameterError if the parameter work_dir is empty."""
        if not self.value('work_dir'):
            raise ParameterError('parameter work_dir is empty: name the folder of the run')
        return Path(self.value('work_dir')).expanduser()

    def listen(self, message_type: type, topic: str, callback: Callable, depth: int, *,
               reliability: str | None = None, latched: bool = False,
               may_be_silent: bool = False) -> None:
        """Subscribe with an ``Input`` until the node deactivates."""
        self._inputs.append(Input(self, message_type, topic, callback, depth,
                                  reliability or self.value('reliability'), latched,
                                  may_be_silent))

    def inputs_with_several_publishers(self) -> dict[str, list[str]]:
        """Return {topic: publishers} of the inputs that have more than one publisher."""
        return {source.name: source.publishers for source in self._inputs
                if len(source.publishers) > 1}

    def output(self, message_type: type, topic: str, depth: int = 5, latched: bool = False):
        """Return a reliable publisher that publishes only while the node is active."""
        return self.create_lifecycle_publisher(
            message_type, topic, profile(depth, latched=latched),
            qos_overriding_options=overridable())

    def work(self, target: Callable[[threading.Event], None]) -> None:
        """
        Run ``target(stop)`` in a thread; the node sets ``stop`` when it deactivates.

        If ``target`` raises, the node cannot go on: the error is logged and shown as ERROR on
        /diagnostics, the node deactivates and then calls ``on_broken``.
        """
        worker = threading.Thread(target=self._guarded_work, args=(target,), daemon=True)
        self._workers.append(worker)
        worker.start()

    def steady_timer(self, period: float, callback: Callable[[], None]) -> Timer:
        """Return a timer that runs even if the simulation, and /clock with it, stands still."""
        return self.create_timer(period, callback, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def end(self) -> None:
        """Shut down from any state and leave the graph."""
        if self.state in ('unconfigured', 'inactive', 'active'):
            self.trigger_shutdown()
        self.destroy_node()

    @property
    def state(self) -> str:
        """Name of the state: unconfigured, inactive, active or finalized."""
        return self._state_machine.current_state[1]

    # The life cycle.

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Configure; clean up if that fails."""
        self.failure = ''
        if self._guarded('configure', self.configure):
            return SUCCESS
        self._guarded('cleanup', self.cleanup)
        return FAILURE

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Enable the outputs, then activate; deactivate if that fails."""
        self.failure = ''
        self._active = True
        self._stop.clear()
        super().on_activate(state)
        if self._guarded('activate', self.activate):
            return SUCCESS
        self._halt(state)
        return FAILURE

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Deactivate."""
        self._halt(state)
        return SUCCESS

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Clean up."""
        self._guarded('cleanup', self.cleanup)
        return SUCCESS

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Deactivate and clean up from any state."""
        self._halt(state)
        self._guarded('cleanup', self.cleanup)
        return SUCCESS

    def _halt(self, state: LifecycleState) -> None:
        if not self._active:
            return
        self._active = False
        for source in self._inputs:
            source.destroy()
        self._inputs.clear()
        self._stop.set()
        for worker in self._workers:
            worker.join()
        self._workers.clear()
        self._guarded('deactivate', self.deactivate)
        super().on_deactivate(state)

    def _guarded(self, what: str, action: Callable[[], None]) -> bool:
        # rclpy discards an exception that is raised in a transition.
        try:
            action()
            return True
        except Exception as error:
            self.failure = report(self.get_logger(), f'{what} failed', error)
            return False

    def _guarded_work(self, target: Callable[[threading.Event], None]) -> None:
        try:
            target(self._stop)
        except BaseException as error:  # a thread ends silently with SystemExit
            self.failure = report(self.get_logger(), 'stopped', error)
            self.executor.create_task(self._give_up)

    def _give_up(self) -> None:
        if self._active:
            self.trigger_deactivate()
            self._every_second()
            self._broken = True  # it ends after a second, so that the ERROR is received

    def _every_second(self) -> None:
        if self._broken:
            self._broken = False
            self.on_broken()
        for source in self._inputs:
            warning = source.check(self.value('input_timeout'))
            if warning:
                self.get_logger().warning(warning)
        diagnosis = self.diagnose() if self.state in ('inactive', 'active') else Diagnosis()
        if self.failure:
            diagnosis.level, diagnosis.message = Level.ERROR, self.failure
        diagnosis.message = diagnosis.message or self.state
        diagnosis.values = {'state': self.state, **diagnosis.values}
        self._diagnostics.publish(diagnosis)


def report(logger, what: str, error: BaseException) -> str:
    """Log an error and return its line; an unexpected error is logged with its traceback."""
    if isinstance(error, DepthDistillError):
        line = printable(f'{what}: {error}')
        logger.error(line)
    else:
        line = printable(f'{what}: unexpected {type(error).__name__}: {error}')
        logger.error(f'{line}\n{printable(traceback.format_exc(), _MOST_TRACEBACK)}')
    return line
