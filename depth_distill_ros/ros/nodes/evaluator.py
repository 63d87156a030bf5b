# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Compares the student's depth with a reference depth topic, frame by frame.

Two cameras never have one stamp, so a frame of the student is compared with the nearest reference.
"""

from __future__ import annotations

import time

import numpy as np
from rclpy.timer import Timer
from sensor_msgs.msg import CompressedImage, Image

from depth_distill_ros.errors import DepthDistillError, printable
from depth_distill_ros.evaluation import blind_map
from depth_distill_ros.evaluation.blind_map import BlindMap
from depth_distill_ros.evaluation.metrics import MetricsError, MetricsWindow, depth_metrics
from depth_distill_ros.evaluation.metrics_file import MetricsFile
from depth_distill_ros.files import expanded
from depth_distill_ros.geometry.depth import valid
from depth_distill_ros.geometry.view import View
from depth_distill_ros.ros.conversions import images
from depth_distill_ros.ros.support.diagnostics import Diagnosis, Level
from depth_distill_ros.ros.support.lifecycle import ManagedNode
from depth_distill_ros.settings.node import EvaluatorSettings
from depth_distill_ros.stream.nearest_pairing import Lost, NearestPairer, Pair
from depth_distill_ros.stream.sizes import most_waiting

_CLOCKS_DIFFER = 1.0  # seconds from which on a distance comes from the clocks
_TOPICS = ('depth', 'reference')
_WAITING = 60  # frames by which the reference may run ahead: the student answers late
_STARVED = 20  # frames of the faster topic in a row without a partner that count as lost
_SETTLED = 1.0  # seconds without a message after which no nearer partner is waited for


class EvaluatorNode(ManagedNode):
    """Publishes the metrics of pairs of depth and reference, and writes evaluation.csv."""

    def __init__(self) -> None:
        super().__init__('evaluator', EvaluatorSettings)
        self._frames = self.recent_frames()
        self._timer: Timer | None = None
        self._last_message = 0.0
        self._in_a_row, self._largest = 0, 1
        self.cleanup()

    def configure(self) -> None:
        self.cleanup()
        if self.value('blind_map'):
            self._blind = blind_map.load(expanded(self.value('blind_map')))
        if self.value('work_dir'):
            self._file = MetricsFile(
                expanded(self.value('work_dir')) / 'evaluation.csv')

    def activate(self) -> None:
        for topic in _TOPICS:
            # the student's depth starts with the first release
            self.listen((Image, CompressedImage), topic,
                        lambda message, t=topic: self._on_image(t, message), _WAITING,
                        starts_late=topic == 'depth')
        self._timer = self.steady_timer(0.5 * _SETTLED, self._settle)

    def deactivate(self) -> None:
        if self._timer is not None:
            self.destroy_timer(self._timer)
            self._timer = None
        self._pairer = NearestPairer(_TOPICS, _WAITING)

    def cleanup(self) -> None:
        self._pairer = NearestPairer(_TOPICS, _WAITING)
        self._empty_windows()
        self._blind: BlindMap | None = None
        self._file: MetricsFile | None = None
        self._evaluated = self._rejected = 0
        self._last_rejection = self._file_failure = ''

    def diagnose(self) -> Diagnosis:
        pairer = self._pairer
        values = {
            'evaluated': self._evaluated, 'rejected': self._rejected,
            'unpaired': pairer.unpaired, 'duplicates': pairer.duplicates,
            'resets': pairer.reset_count, 'tolerance_ms': pairer.within() * 1e-6,
            'offset_ms': None if pairer.offset is None else pairer.offset * 1e3,
            'window': self._window_length, 'last_rejection': self._last_rejection}
        if self._evaluated:
            values |= self._window.summary()
            values |= {f'blind_{name}': value for name, value in
                       self._blind_window.summary().items()}
        if self._file_failure:
            return Diagnosis(Level.ERROR, self._file_failure, values)
        if not self._evaluated:
            return Diagnosis(Level.WARN, 'no frame evaluated yet', values)
        blind = f' (blind map {values["blind_delta1"]:.3f})' if self._blind else ''
        return Diagnosis(Level.OK, f'delta1 {values["delta1"]:.3f}{blind} rmse '
                         f'{values["rmse"]:.3f} m on {values["covered"]:.0%} of the reference',
                         values)

    def _on_image(self, topic: str, message: Image | CompressedImage) -> None:
        self._last_message = time.monotonic()
        try:
            depth = images.read_depth(message)
        except Exception as error:  # costs this frame; the next one may be good
            self._reject(f'{topic}: {error}')
            return
        self._largest = max(self._largest, depth.nbytes)
        self._pairer.capacity = most_waiting(self._largest, _WAITING)
        self._pairer.tolerance = self.value('tolerance')
        self._take(self._pairer.add(topic, images.stamp_ns(message), depth))

    def _settle(self) -> None:
        if time.monotonic() - self._last_message >= _SETTLED:
            self._take(self._pairer.settle())

    def _take(self, pairs: list[Pair]) -> None:
        for pair in pairs:
            try:
                self._in_a_row = 0
                self._evaluate(pair.stamps[0], *pair.items)
                self._frames.used()
            except Exception as error:  # costs this frame; the next one may be good
                self._reject(f'depth and reference: {error}')
        for lost in self._pairer.take_lost():
            # of the faster topic most frames have no partner
            self._in_a_row += 1
            if lost.repeated or lost.topic == self._pairer.slower or self._in_a_row > _STARVED:
                self._frames.lost('stamp' if lost.repeated else 'unpaired', self._loss(lost))

    def _loss(self, lost: Lost) -> str:
        if lost.repeated:
            return (f'{lost.topic} repeats the stamp {lost.stamp * 1e-9:.3f} s: its publisher '
                    'must set header.stamp of each frame')
        other = _TOPICS[lost.topic == _TOPICS[0]]
        if lost.gap is None:
            return f'no {other} was received for {lost.topic}'
        gap = abs(lost.gap) * 1e-9
        if gap > _CLOCKS_DIFFER:
            return (f'the nearest {other} is {gap:.1f} s from {lost.topic}: synchronise the '
                    'clocks of the cameras, and set use_sim_time for all nodes or for none')
        return (f'the nearest {other} is {gap * 1e3:.1f} ms from {lost.topic}, and the tolerance '
                f'is {self._pairer.within() * 1e-6:.1f} ms: synchronise the clocks of the '
                'cameras, or set the parameter tolerance')

    def _reject(self, line: str) -> None:
        self._rejected += 1
        self._last_rejection = line = printable(line)
        self._frames.lost('rejected', line)
        self.get_logger().warning(f'frame rejected: {line}', throttle_duration_sec=1.0)

    def _evaluate(self, stamp: int, depth: np.ndarray, reference: np.ndarray) -> None:
        expected = View.fit(reference.shape, depth.shape).depth(reference)
        measured = int(valid(expected).sum())
        # The student has no depth outside of its crop, and none where inference removes it or
        # calls it free. Nothing is compared there, also not the blind map.
        expected = np.where(np.isfinite(depth), expected, 0)
        pixels = int(valid(expected).sum())
        if measured and not pixels:
            raise MetricsError('the student has no depth where the reference has')
        metrics = {**depth_metrics(depth, expected), 'covered': pixels / measured}
        if self._window_length != self.value('window'):
            self._empty_windows()
        self._window.add(metrics, pixels)
        if self._blind is not None:
            self._blind_window.add(
                depth_metrics(self._blind.seen(expected.shape), expected), pixels)
        self._evaluated += 1
        if self._file is None:
            return
        try:
            now = self.get_clock().now().nanoseconds * 1e-9
            self._file.append(now, stamp * 1e-9, metrics, self._window.summary())
            self._file_failure = ''
        except DepthDistillError as error:
            # /diagnostics goes on without the file.
            self._file_failure = str(error)
            self.get_logger().error(self._file_failure, throttle_duration_sec=5.0)

    def _empty_windows(self) -> None:
        self._window_length = self.value('window')
        self._window, self._blind_window = (
            MetricsWindow(self._window_length) for _ in range(2))
