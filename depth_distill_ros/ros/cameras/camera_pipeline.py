# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One camera of the inference node, from the arrival of an image to the published depth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
import threading
import time
import traceback

from builtin_interfaces.msg import Time
import numpy as np
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from depth_distill_ros.encodings.camera_infos import CameraInfos, NoCameraInfoError
from depth_distill_ros.errors import DepthDistillError, printable
from depth_distill_ros.geometry.intrinsics import SizeError
from depth_distill_ros.geometry.view import View
from depth_distill_ros.inference.engines.engine import DepthEngine, EngineError, Prediction
from depth_distill_ros.ros.cameras.camera_mount import MountError
from depth_distill_ros.ros.cameras.camera_view import CameraView
from depth_distill_ros.ros.cameras.depth_outputs import DepthOutputs
from depth_distill_ros.ros.cameras.frame_counts import FrameCounts
from depth_distill_ros.ros.cameras.latest_item import LatestItem
from depth_distill_ros.ros.conversions import images
from depth_distill_ros.ros.support.diagnostics import Durations, Rates
from depth_distill_ros.ros.support.lifecycle import ManagedNode
from depth_distill_ros.ros.support.parameters import declare
from depth_distill_ros.settings.field import settings_of
from depth_distill_ros.settings.inference import CameraSettings

_MOST_FAILURES = 50  # of the engine in a row, from which on only a new process may help
_MOST_TRACEBACK, _TRACEBACK_PERIOD = 20_000, 30.0  # characters; seconds between two of them
_REPORTED = 100  # frames that the reported latency is of
_OWN = settings_of(CameraSettings).keys()


class CameraPipeline:
    """
    Subscribes to image (or image/compressed) and camera_info, and publishes with DepthOutputs.

    The executor's thread calls ``_on_image``, which keeps the latest image and sets ``arrived``.
    The node's worker thread calls ``process_latest``, which runs the network and publishes.

    The topics and parameters of a camera with a name have that name as prefix. An image is used
    with the camera_info of its size whose stamp is nearest. Wait and latency are measured from the
    moment the executor delivers the deserialised image: the time before, in the driver and in DDS,
    could only be measured if camera and node shared a clock.

    Args:
        node: has the inference parameters
        name: of the camera, '' for none
        arrived: is set when an image has arrived
        answered: called with stamp, image, view and prediction of each image that was answered
    Attributes:
        counts: what happened to each image
        last_rejection: why the last rejected image was rejected, '' if none was
    """

    def __init__(self, node: ManagedNode, name: str, arrived: threading.Event,
                 answered: Callable[[Time, np.ndarray, View, Prediction], None]) -> None:
        self.name = name
        self._prefix = f'{name}/' if name else ''
        self._node, self._arrived, self._answered = node, arrived, answered
        declare(node, CameraSettings, self._parameter(''))
        self._outputs = DepthOutputs(node, self._prefix, self._value)
        self._recent = node.recent_frames(name)
        # of its own: a throttled line of another camera must not hide this one's
        self._log = node.get_logger().get_child(name) if name else node.get_logger()
        self._infos = CameraInfos()
        self.reset()

    def reset(self) -> None:
        """Discard all images and counts."""
        self.counts = FrameCounts()
        self.last_rejection = ''
        self._latest: LatestItem[tuple[Image | CompressedImage, float]] = LatestItem()
        self._infos.clear()
        self._due = 0.0
        self._view: CameraView | None = None
        self._anchor: float | None = None  # in force
        self._failures = 0  # of the engine, in a row
        self._wait, self._engine, self._overhead, self._latency = (Durations() for _ in range(4))
        self._rates = Rates()
        self._last_latencies = Durations(_REPORTED)

    def listen(self) -> None:
        """Subscribe until the node deactivates."""
        self._infos.clear()
        self._outputs.mount.listen()
        image = f'{self._prefix}image'
        self._node.listen(CameraInfo, f'{self._prefix}camera_info', self._infos.add, 5, once=True)
        if self._value('transport') == 'compressed':
            # image_transport appends to the name after remapping
            self._node.listen(CompressedImage, self._node.resolve_topic_name(image)
                              + '/compressed', self._on_image, 5)
        else:
            self._node.listen((Image, CompressedImage), image, self._on_image, 5)

    def stop(self) -> None:
        """Count an image that arrived and will not be processed."""
        if self._latest.take() is not None:
            self.counts.add('dropped', 'deactivated')

    def _on_image(self, message: Image | CompressedImage) -> None:
        """Keep an image for the worker; an older one that still waits is dropped."""
        arrival, rate = time.monotonic(), self._value('max_rate')
        self.counts.add('received')
        if rate and arrival < self._due:
            self.counts.add('dropped', 'max_rate')
            return
        if rate:  # a late image does not delay the next ones
            self._due = max(self._due + 1 / rate, arrival)
        if self._latest.put((message, arrival)) is not None:
            self.counts.add('dropped', 'newer_frame')
        self._arrived.set()

    def process_latest(self, engine: DepthEngine | None) -> None:
        """Publish the depth of the latest image, or count why not; None: there is no engine."""
        latest = self._latest.take()
        if latest is None:
            return
        if engine is None:
            self.counts.add('dropped', 'no_release')
        elif not self._outputs.wanted():
            self.counts.add('dropped', 'no_subscriber')
        else:
            try:
                self._process(*latest, engine)
            except DepthDistillError as error:
                self._reject(_reason(error), str(error))
                self._count_failure(error)
            except Exception as error:  # costs this frame; the next one may be good
                self._log_traceback()
                self._reject('unexpected', printable(f'{type(error).__name__}: {error}'))

    def _count_failure(self, error: DepthDistillError) -> None:
        """Raise where the engine alone fails, image after image: only a new process helps."""
        self._failures = self._failures + 1 if isinstance(error, EngineError) else 0
        if self._failures >= _MOST_FAILURES:
            raise EngineError(f'{self._failures} images in a row: {error}')

    def _process(self, message: Image | CompressedImage, arrival: float, engine: DepthEngine,
                 ) -> None:
        image = images.read_rgb(message)
        view = self._view_for(message, image.shape[:2], engine)
        image = view.rectified(image)
        started = time.monotonic()
        prediction = self._anchored(engine(image, view.view), view)
        ended = time.monotonic()
        try:
            if self._outputs.publish(message.header, prediction, view, image):
                self._recent.used()
            else:
                self._recent.lost('no_depth', self._no_depth_line())
        except MountError as error:
            if self._value('clean_depth'):
                raise
            self._recent.lost('mount', f'no points and no scan: {error}')
        published = time.monotonic()
        self._failures = 0
        self.counts.add('answered')
        self._wait.add(started - arrival)
        self._engine.add(ended - started)
        self._overhead.add(published - arrival - (ended - started))
        self._latency.add(published - arrival)
        self._last_latencies.add(published - arrival)
        try:
            self._answered(message.header.stamp, image, view.view, prediction)
        except Exception:  # the frame is answered; the watch lacks it
            self._log_traceback()

    def _log_traceback(self) -> None:
        self._log.error(printable(traceback.format_exc(), _MOST_TRACEBACK),
                        throttle_duration_sec=_TRACEBACK_PERIOD)

    def _anchored(self, prediction: Prediction, view: CameraView) -> Prediction:
        """Apply the model's scale anchor, once, whichever engine it was; the watch sees it too."""
        self._anchor = view.anchor if self._value('scale_anchor') else 1.0
        return replace(prediction, depth=prediction.depth * np.float32(self._anchor))

    def _view_for(self, message: Image | CompressedImage, size: tuple[int, int],
                  engine: DepthEngine) -> CameraView:
        info = self._infos.choose(size, images.stamp_ns(message))
        if self._view is None or not self._view.fits(info, engine):
            self._view = CameraView(info, engine, self._value)
            if self._view.distorted:
                self._log.warning(
                    f'{self._prefix}camera_info has a distortion, which stays in the images: '
                    f'set {self._parameter("rectify")} to node, or to upstream if the images '
                    'are rectified already', once=True)
        return self._view

    def _no_depth_line(self) -> str:
        least = self._value('min_confidence')
        return (f'no pixel has the confidence {least:g}: lower min_confidence' if least else
                'the network predicts no depth (NaN): use another release')

    def _reject(self, reason: str, line: str) -> None:
        # in this order, so that a diagnosis that shows the count also shows its reason
        self.last_rejection = line
        self._recent.lost(reason, line)
        self.counts.add('rejected', reason)
        self._log.warning(f'frame rejected: {line}', throttle_duration_sec=1.0)

    def values(self) -> dict[str, object]:
        """Return counts, rates and percentiles for /diagnostics."""
        counts = self.counts.values()
        found = {
            **counts, **self._rates.per_second({k: counts[k] for k in ('received', 'answered')}),
            **self._latency.milliseconds('latency'), **self._wait.milliseconds('wait'),
            **self._engine.milliseconds('engine'), **self._overhead.milliseconds('overhead'),
            'distorted': self._view.distorted if self._view else None,
            'focal_scale': self._view.scale if self._view else None,
            'scale_anchor': self._anchor,
            'camera_info_offset_ms': None if self._infos.offset is None
            else self._infos.offset * 1e3,
            'last_rejection': self.last_rejection}
        return {self._parameter(key): value for key, value in found.items()}

    def recent_latency(self) -> float | None:
        """Return the 99th percentile of the last hundred latencies, ms; None: of none."""
        return self._last_latencies.milliseconds('latency').get('latency_p99_ms')

    def _parameter(self, name: str) -> str:
        return f'{self.name}.{name}' if self.name else name

    def _value(self, name: str):
        return self._node.value(self._parameter(name) if name in _OWN else name)


def _reason(error: DepthDistillError) -> str:
    if isinstance(error, images.ImageError):
        return 'image'
    if isinstance(error, (NoCameraInfoError, SizeError)):
        return 'no_camera_info'
    if isinstance(error, MountError):
        return 'mount'
    return 'engine' if isinstance(error, EngineError) else 'camera_info'
