# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
The base class of all nodes: life cycle, inputs and outputs, worker threads, diagnostics.

A node overrides ``configure``, ``activate``, ``deactivate``, ``cleanup`` and ``diagnose``. If one
of the first two raises, its error is logged as one line and the transition fails.
"""

from __future__ import annotations

from collections.abc import Callable
import math
import os
from pathlib import Path
import threading
import traceback

from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import (
    LifecycleNode,
    LifecyclePublisher,
    LifecycleState,
    TransitionCallbackReturn,
)
from rclpy.qos import QoSCompatibility, qos_check_compatible
from rclpy.timer import Timer

from depth_distill_ros.errors import DepthDistillError, printable
from depth_distill_ros.files import expanded, writing
from depth_distill_ros.ros.support.diagnostics import Diagnosis, DiagnosticsPublisher, Level
from depth_distill_ros.ros.support.input import Input
from depth_distill_ros.ros.support.parameters import ParameterError, declare
from depth_distill_ros.ros.support.qos import (
    PublisherEventCallbacks,
    describe,
    endpoint,
    overridable,
    profile,
)
from depth_distill_ros.ros.support.recent import RecentFrames, warn_of_losses
from depth_distill_ros.ros.support.stuck import watchdog
from depth_distill_ros.settings.launch import PUBLIC_NAMES
from depth_distill_ros.settings.node import NodeSettings

_MOST_TRACEBACK = 20_000  # characters
SUCCESS, FAILURE = TransitionCallbackReturn.SUCCESS, TransitionCallbackReturn.FAILURE


class ManagedNode(LifecycleNode):
    """
    A life-cycle node that reports each failure in one line and always shuts down cleanly.

    Attributes:
        failure: the line of the last failure, '' if there is none
        permanent: whether the last failure is one that no restart mends
    """

    def __init__(self, name: str, settings: type[NodeSettings]) -> None:
        super().__init__(name)
        declare(self, settings)
        self.failure = ''
        self.permanent = False
        self.on_broken: Callable[[], None] = lambda: None
        self._active = self._broken = False
        self._stop = threading.Event()
        self._workers: list[threading.Thread] = []
        self._inputs: list[Input] = []
        self._outputs: dict[str, LifecyclePublisher] = {}
        self._mismatched: set[str] = set()  # outputs that a new subscriber cannot receive
        self._recent: dict[str, RecentFrames] = {}
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
        """Return the folder of the run, made where it is missing; ParameterError if unusable."""
        if not self.value('work_dir'):
            raise ParameterError('parameter work_dir is empty: name the folder of the run')
        folder, cure = expanded(self.value('work_dir')), 'choose another work_dir'
        with writing(folder, cure, ParameterError):
            folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise ParameterError(f'cannot write {folder}: {cure} or make it writable')
        return folder

    def recent_frames(self, name: str = '') -> RecentFrames:
        """Return a new window of recent frames that decides the level on /diagnostics, too."""
        return self._recent.setdefault(name, RecentFrames())

    def listen(self, message_types: type | tuple[type, ...], topic: str, callback: Callable,
               depth: int, *, reliability: str | None = None, latched: bool = False,
               once: bool = False, may_be_silent: bool = False, starts_late: bool = False) -> None:
        """Subscribe with an ``Input`` until the node deactivates."""
        self._inputs.append(Input(self, message_types, self.topic(topic), callback, depth,
                                  reliability or self.value('reliability'), latched,
                                  may_be_silent, starts_late, once))

    def inputs_with_several_publishers(self) -> dict[str, list[str]]:
        """Return {topic: publishers} of the inputs that have more than one publisher."""
        return {source.name: source.publishers for source in self._inputs
                if len(source.publishers) > 1}

    def output(self, message_type: type, topic: str, depth: int = 5, latched: bool = False):
        """Return a reliable publisher that publishes only while the node is active."""
        name = self.topic(topic)
        self._outputs[name] = self.create_lifecycle_publisher(
            message_type, name, profile(depth, latched=latched),
            qos_overriding_options=overridable(),
            # rclpy's own warning names neither the remapped topic nor the subscriber
            event_callbacks=PublisherEventCallbacks(
                incompatible_qos=lambda _: self._mismatched.add(name)))
        return self._outputs[name]

    def topic(self, name: str) -> str:
        """
        Return the name under which rclpy finds the topic, so that rules for public names apply.

        ROS applies one remapping rule to a name. The launch files map depth to depth/student, and
        a rule of the user for depth/student (SetRemap in a launch file, -r with ros2 run) would
        never be reached.
        """
        own = self.resolve_topic_name(name, only_expand=True)
        found = self.resolve_topic_name(name)
        if found != own:
            again = self.resolve_topic_name(found)
            return name if again == own else found  # two names may also be swapped
        public = PUBLIC_NAMES.get(name, name)
        unmapped = self.resolve_topic_name(public, only_expand=True)
        return name if self.resolve_topic_name(public) == unmapped else public

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
        # It keeps the DDS participant, and so its shared memory, until it is destroyed.
        self._state_machine.destroy_when_not_in_use()

    @property
    def state(self) -> str:
        """Name of the state: unconfigured, inactive, active or finalized."""
        return self._state_machine.current_state[1]

    # The life cycle.

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Configure; clean up if that fails."""
        self.failure = ''
        if self._guarded('configure', self.configure):
            self.get_logger().debug('configured')
            return SUCCESS
        self._guarded('cleanup', self.cleanup)
        return FAILURE

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Enable the outputs, then activate; deactivate if that fails."""
        self.failure = ''
        for recent in self._recent.values():
            recent.clear()
        self._active = True
        self._stop.clear()
        super().on_activate(state)
        if self._guarded('activate', self.activate):
            topics = [source.name for source in self._inputs]
            self.get_logger().debug(f'activated, subscribed to {", ".join(topics) or "nothing"}')
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
        with watchdog.resting():  # an attempt to release and the last checkpoint take long
            while self._workers:
                self._workers.pop().join()
        self._guarded('deactivate', self.deactivate)
        super().on_deactivate(state)

    def _guarded(self, what: str, action: Callable[[], None]) -> bool:
        # rclpy discards an exception that is raised in a transition.
        try:
            with watchdog.resting():
                action()
            return True
        except Exception as error:
            self.failure = report(self.get_logger(), f'{what} failed', error)
            self.permanent = isinstance(error, DepthDistillError)
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
        timeout = self.value('input_timeout') if self.has_parameter('input_timeout') else math.inf
        for source in self._inputs:
            if warning := source.check(timeout):
                self.get_logger().warning(warning)
        while self._mismatched:
            self._warn_of_subscribers(self._mismatched.pop())
        diagnosis = self.diagnose() if self.state in ('inactive', 'active') else Diagnosis()
        warn_of_losses(diagnosis, self._recent, [source.silence for source in self._inputs])
        if self.failure:
            diagnosis.level, diagnosis.message = Level.ERROR, self.failure
        diagnosis.message = diagnosis.message or self.state
        diagnosis.values = {'state': self.state, **diagnosis.values}
        self._diagnostics.publish(diagnosis)

    def _warn_of_subscribers(self, topic: str) -> None:
        name, mine = self._outputs[topic].topic_name, self._outputs[topic].qos_profile
        refused = [endpoint(end) for end in self.get_subscriptions_info_by_topic(topic)
                   if qos_check_compatible(mine, end.qos_profile)[0] == QoSCompatibility.ERROR]
        if refused:
            self.get_logger().warning(
                f'{name}: incompatible QoS, nothing is sent to {"; ".join(refused)}; this node '
                f'offers {describe(mine)}: change the subscriber, or set '
                f'qos_overrides.{name}.publisher.reliability or durability')


def report(logger, what: str, error: BaseException) -> str:
    """Log an error and return its line; an unexpected error is logged with its traceback."""
    if isinstance(error, DepthDistillError):
        line = printable(f'{what}: {error}')
        logger.error(line)
    else:
        line = printable(f'{what}: unexpected {type(error).__name__}: {error}')
        logger.error(f'{line}\n{printable(traceback.format_exc(), _MOST_TRACEBACK)}')
    return line
