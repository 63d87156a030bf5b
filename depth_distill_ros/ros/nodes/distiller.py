# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Distils the teacher into the student: training in a worker thread, controlled by services.

Only the worker uses the session. Services queue their requests, which the worker carries out
between two steps; the worker copies the values for /diagnostics.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
import math
import os
import threading
import time

from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.task import Future
from sensor_msgs.msg import Image
from std_msgs.msg import Float32, String
from std_srvs.srv import Trigger
import torch

from depth_distill_ros.distillation.compute import out_of_memory_told
from depth_distill_ros.distillation.online import OnlineDistillation
from depth_distill_ros.distillation.operation.attempts import time_between_attempts
from depth_distill_ros.distillation.operation.latency_budget import LatencyBudget
from depth_distill_ros.distillation.release_folders import ReleaseRecord
from depth_distill_ros.distillation.release_message import ReleaseMessage
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.ros.conversions import images
from depth_distill_ros.ros.support.diagnostics import Diagnosis, Level
from depth_distill_ros.ros.support.lifecycle import ManagedNode, report
from depth_distill_ros.ros.support.memory import give_back
from depth_distill_ros.ros.support.niceness import nice_group
from depth_distill_ros.ros.support.parameters import settings
from depth_distill_ros.ros.support.requests import RequestQueue
from depth_distill_ros.ros.watch.watch_input import WatchInput
from depth_distill_ros.settings import robot_frames
from depth_distill_ros.settings.distillation import OnlineSettings
from depth_distill_ros.stream.store_errors import StoreReplaced

_WAIT_LOG_PERIOD = 10.0
_PROGRESS_PERIOD = 30.0  # seconds between two lines of progress until then


class DistillerNode(ManagedNode):
    """Trains on the stream store; publishes release (latched) and preview."""

    def __init__(self) -> None:
        super().__init__('distiller', OnlineSettings)
        self._release_topic = self.output(String, 'release', 1, latched=True)
        self._preview_topic = self.output(Image, 'preview', 1)
        self._agreement_topic = self.output(Float32, 'agreement', 1)
        self._watched = WatchInput(self, self._refuse_frame)
        self._session: OnlineDistillation | None = None
        self._values: dict[str, object] = {}
        self._losses: Mapping[str, float] = {}  # reading one waits for a GPU
        self._release: dict[str, object] = {}
        self._not_promoted = ''
        self._watching: dict[str, object] = {}
        self._problems: dict[str, str] = {}
        self._paused = False
        self._requests: RequestQueue[Future] = RequestQueue(self._answer)
        release = partial(self._consider_release, force=True)
        for name, callback in (('pause', partial(self._on_pause, True)),
                               ('resume', partial(self._on_pause, False)),
                               ('save', partial(self._on_request, self._save)),
                               ('release', partial(self._on_request, release))):
            # Their own group, so that waiting for the worker does not block the diagnostics.
            self.create_service(
                Trigger, f'~/{name}', callback, callback_group=ReentrantCallbackGroup())

    def configure(self) -> None:
        work_dir = self.work_dir()
        if self.value('threads'):
            torch.set_num_threads(self.value('threads'))
        self._budget = LatencyBudget(lambda: self.value('latency_budget'))
        self._session = OnlineDistillation(
            settings(self, OnlineSettings), work_dir, warn=self.get_logger().error)
        self._values, self._release, self._not_promoted = {'step': self._session.step}, {}, ''
        self._problems, self._paused, self._watching, self._losses = {}, False, {}, {}
        self._watched.reset()
        start = (f'resumed at step {self._session.step}' if self._session.resumed
                 else 'new run')
        self.get_logger().info(f'{work_dir}: {start} on {self._session.compute}')
        self.get_logger().info(robot_frames.announced(self.value('robot_frames'), work_dir))

    def activate(self) -> None:
        record = self._session.latest_release()
        if record is not None:
            self._announce(record)
        self.work(self._train)
        if self.value('watch_period'):
            self._watched.listen()
        self.listen(Float32, 'latency', lambda message: self._budget.report(message.data), 1,
                    reliability='reliable', may_be_silent=True)

    def deactivate(self) -> None:
        self._requests.refuse('the node was deactivated')

    def cleanup(self) -> None:
        if self._session is not None:
            self._session.close()
            self._session = None
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def diagnose(self) -> Diagnosis:
        diagnosis = Diagnosis(values={
            'paused': self._paused, **self._values, **self._losses, **self._release,
            **self._watching, 'not_promoted': self._not_promoted})
        if self._problems:
            diagnosis.level = Level.WARN
            diagnosis.message = '; '.join(self._problems.values())
        elif self._paused:
            diagnosis.message = 'paused'
        elif self._values.get('waiting_for_frames'):
            diagnosis.level, diagnosis.message = Level.WARN, 'waiting for frames'
        else:
            diagnosis.message = f'step {self._values.get("step")}'
        return diagnosis

    # The worker.

    def _train(self, stop: threading.Event) -> None:
        # On Linux this applies to this thread only, not to services and diagnostics.
        os.nice(self.value('niceness'))
        nice_group(self.value('niceness'))
        session = self._session
        self._budget.sleep = stop.wait
        session.pause_with(self._budget.pause, lambda: self._budget.share < 1)
        if not self._wait_for_frames(stop):
            return
        now = time.monotonic()
        # a resumed student may be good enough for a release at once, a new one is not
        last = {'release_period': -math.inf if session.step else now,
                'checkpoint_period': now, 'preview_period': now}
        logged, took = now, 0.0
        periodic = {'release_period': self._consider_release,
                    'checkpoint_period': self._save, 'preview_period': self._preview}
        while not stop.is_set():
            self._requests.handle(self._paused)
            if self._paused:
                stop.wait(0.1)
                continue
            for period, action in periodic.items():
                seconds = self.value(period)
                if period == 'release_period':
                    seconds = time_between_attempts(seconds, took, bool(self._release))
                if (began := time.monotonic()) - last[period] >= seconds:
                    self._try(period.removesuffix('_period'), action)
                    give_back()
                    last[period] = time.monotonic()
                    if period == 'release_period':
                        took = last[period] - began
            self._try('watch', self._look)
            if not session.ready() and not self._wait_for_frames(stop):
                break
            try:
                with out_of_memory_told('lower batch, or stop what else computes on it'):
                    losses = session.train_step()
            except StoreReplaced as error:  # the next turn opens the new store or waits for it
                self.get_logger().warning(str(error))
                continue
            self._values, self._losses = {
                'step': session.step, 'training_share': self._budget.share,
                **session.values()}, losses
            if not self._release and time.monotonic() - logged >= _PROGRESS_PERIOD:
                logged = time.monotonic()
                self._log_progress()
        self._try('checkpoint', self._save)

    def _log_progress(self) -> None:
        line = (f'step {self._session.step}, {self._values["images_per_s"]:.1f} images/s, '
                'no release yet')
        if self._session.verdict:
            line += f': {self._session.verdict.why_not}'
        self.get_logger().info(line)

    def _wait_for_frames(self, stop: threading.Event) -> bool:
        logged = -math.inf
        while not self._session.ready():
            frames = self._session.store_frames
            training = self._session.training_frames
            self._values = {'step': self._session.step, 'store_frames': frames,
                            'training_frames': training, 'waiting_for_frames': True}
            if time.monotonic() - logged >= _WAIT_LOG_PERIOD:
                logged = time.monotonic()
                self.get_logger().info(
                    f'waiting for the stream: {frames} of {self._session.settings.min_frames} '
                    f'frames in {self._session.store}, {training} of them to train on')
            self._requests.handle(in_a_hurry=True)
            if stop.wait(0.5):
                return False
        return True

    def _answer(self, answer: Future, success: bool, message: str) -> None:
        # As a task, which wakes the executor; setting the result of a future does not.
        self.executor.create_task(answer.set_result, (success, message))

    def _try(self, what: str, action: Callable[[], object]) -> None:
        """Run an action; after an error, such as a full disk, training continues."""
        try:
            with out_of_memory_told('stop what else computes on it'):
                action()
            self._problems.pop(what, None)
        except DepthDistillError as error:
            self._problems[what] = report(
                self.get_logger(), f'{what} failed, training continues', error)

    def _save(self) -> str:
        return f'saved {self._session.save()} at step {self._session.step}'

    def _consider_release(self, force: bool = False) -> str:
        if not self._session.ready():
            raise DepthDistillError('the stream store holds too few frames to evaluate a student')
        record = self._session.consider_release(force)
        if record is None or record.not_promoted:
            line = f'the student of step {self._session.step} is not promoted: ' \
                   f'{self._session.verdict.why_not}'
            self.get_logger().info(line)
            self._not_promoted = line
            return line if record is None else f'{record.id}: {record.folder}; {line}'
        self._not_promoted = ''
        self._announce(record)
        return f'{record.id}: {record.folder}'

    def _look(self) -> None:
        """Compare a frame that inference answered with the teacher, if one is due."""
        watch, period = self._session.watch, self.value('watch_period')
        frame = self._watched.take() if watch.due(period) else None
        if frame is None:
            return
        if line := watch.look(frame, period):
            self.get_logger().warning(line)
            self._watching['rolled_back'] = line
        self._session.prefer_hard_frames()
        agreement, frames = watch.record.of_release
        self._watching |= {
            'watch_release': frame.release.number, 'watch_delta1': watch.record.agreement,
            'watch_delta1_of_release': agreement, 'watch_frames': frames}
        if watch.record.agreement is not None:
            self._agreement_topic.publish(Float32(data=watch.record.agreement))
        self._warn_of_operation(watch.record.warning())

    def _warn_of_operation(self, line: str) -> None:
        if bool(line) != ('operation' in self._problems):
            self.get_logger().warning(line or 'in operation delta1 is good again')
        self._problems.pop('operation', None)
        if line:
            self._problems['operation'] = line

    def _refuse_frame(self, error: DepthDistillError) -> None:
        self.get_logger().warning(str(error), throttle_duration_sec=_WAIT_LOG_PERIOD)

    def _preview(self) -> None:
        if not self._preview_topic.get_subscription_count():
            return
        self._preview_topic.publish(images.from_array(
            self._session.preview(), 'rgb8', self.get_clock().now().to_msg(), 'preview'))

    def _announce(self, record: ReleaseRecord) -> None:
        self._release_topic.publish(String(data=ReleaseMessage(
            str(record.folder.absolute()), record.number, record.step, record.run).text()))
        self._release = {'release': record.number, 'release_step': record.step,
                         **{f'held_out.{name}': value for name, value in record.score.items()}}
        agreement = record.score.get('delta1', float('nan'))
        self.get_logger().info(f'release {record.number} at step {record.step}: delta1 '
                               f'{agreement:.3f} against the teacher on held-out frames')

    # The services.

    def _on_pause(self, paused: bool, request: Trigger.Request,
                  answer: Trigger.Response) -> Trigger.Response:
        if not self._active:
            answer.message = f'the node is {self.state}, not active'
            return answer
        self._paused = paused
        answer.success, answer.message = True, 'paused' if paused else 'training'
        return answer

    async def _on_request(self, action: Callable[[], str], request: Trigger.Request,
                          answer: Trigger.Response) -> Trigger.Response:
        """Have the worker run an action between two steps; diagnostics go on meanwhile."""
        if not self._active:
            answer.message = f'the node is {self.state}, not active'
            return answer
        future = Future()
        self._requests.put(action, future)
        answer.success, answer.message = await future
        return answer
