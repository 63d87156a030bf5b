# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Compares the student's depth with a reference depth topic, frame by frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sensor_msgs.msg import Image

from depth_distill_ros.errors import DepthDistillError, printable
from depth_distill_ros.evaluation import blind_map
from depth_distill_ros.evaluation.blind_map import BlindMap
from depth_distill_ros.evaluation.metrics import MetricsWindow, depth_metrics
from depth_distill_ros.evaluation.metrics_file import MetricsFile
from depth_distill_ros.files import expanded
from depth_distill_ros.geometry.depth import valid
from depth_distill_ros.geometry.view import View
from depth_distill_ros.ros.conversions import images
from depth_distill_ros.ros.support.diagnostics import Diagnosis, Level
from depth_distill_ros.ros.support.lifecycle import ManagedNode
from depth_distill_ros.settings.node import EvaluatorSettings
from depth_distill_ros.stream.pairing import StampPairer

_WAITING = 60  # frames by which the reference may run ahead: the student answers late


class EvaluatorNode(ManagedNode):
    """Publishes the metrics of depth and reference of one stamp, and writes evaluation.csv."""

    def __init__(self) -> None:
        super().__init__('evaluator', EvaluatorSettings)
        self.cleanup()

    def configure(self) -> None:
        self.cleanup()
        if self.value('blind_map'):
            self._blind = blind_map.load(expanded(self.value('blind_map')))
        if self.value('work_dir'):
            self._file = MetricsFile(
                Path(self.value('work_dir')).expanduser() / 'evaluation.csv')

    def activate(self) -> None:
        for topic in ('depth', 'reference'):
            # the student's depth starts with the first release
            self.listen(Image, topic, lambda message, t=topic: self._on_image(t, message), 10,
                        starts_late=topic == 'depth')

    def deactivate(self) -> None:
        self._pairer = StampPairer(('depth', 'reference'), _WAITING)

    def cleanup(self) -> None:
        self._pairer = StampPairer(('depth', 'reference'), _WAITING)
        self._empty_windows()
        self._blind: BlindMap | None = None
        self._file: MetricsFile | None = None
        self._evaluated = self._rejected = 0
        self._last_rejection = self._file_failure = ''

    def diagnose(self) -> Diagnosis:
        pairer = self._pairer
        values = {
            'evaluated': self._evaluated, 'rejected': self._rejected,
            'unpaired': pairer.unpaired, 'resets': pairer.reset_count,
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
                         f'{values["rmse"]:.3f} m', values)

    def _on_image(self, topic: str, message: Image) -> None:
        stamp = images.stamp_ns(message)
        try:
            pair = self._pairer.add(topic, stamp, images.read_depth(message))
            if pair is not None:
                self._evaluate(stamp, **pair)
        except Exception as error:  # costs this frame; the next one may be good
            self._rejected += 1
            self._last_rejection = printable(f'{topic}: {error}')
            self.get_logger().warning(
                f'frame rejected: {self._last_rejection}', throttle_duration_sec=1.0)

    def _evaluate(self, stamp: int, depth: np.ndarray, reference: np.ndarray) -> None:
        expected = View.fit(reference.shape, depth.shape).depth(reference)
        # NaN of the student counts as a wrong pixel: as 0, which the metrics clamp to their
        # nearest depth. As NaN it would make the metrics of the whole window NaN.
        metrics = depth_metrics(np.nan_to_num(depth), expected)
        if self._window_length != self.value('window'):
            self._empty_windows()
        pixels = int(valid(expected).sum())
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
