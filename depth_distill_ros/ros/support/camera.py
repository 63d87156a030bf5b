# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""One camera of the inference node: its newest frame, its answer, and the book kept about it."""

from __future__ import annotations

from collections import deque
import threading
import time

from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.inference.engines.engine import DepthEngine, EngineError
from depth_distill_ros.ros.conversions import camera_info, images
from depth_distill_ros.ros.support.camera_view import Optics
from depth_distill_ros.ros.support.depth_outputs import DepthOutputs
from depth_distill_ros.ros.support.diagnostics import Durations, Rates
from depth_distill_ros.ros.support.lifecycle import ManagedNode
from depth_distill_ros.ros.support.newest_frame import FrameLedger, NewestSlot
from depth_distill_ros.ros.support.parameters import declare
from depth_distill_ros.settings.field import settings_of
from depth_distill_ros.settings.inference import CameraSettings

_INFOS = 8  # of the newest camera_info that are kept
_OWN = settings_of(CameraSettings).keys()


class Camera:
    """
    image (or image/compressed) and camera_info to what DepthOutputs publishes.

    All topics of a camera with a name are below it, and so are its own parameters. `on_frame` is
    set whenever a frame has come; `answer` is called by the worker alone.

    A frame arrives when the executor hands it over, deserialised: from there its wait and latency
    count. What it spends in the driver and in DDS before is the time since its stamp, which only
    one clock for camera and node could tell. It goes with the camera_info of its size whose stamp
    is nearest to its own.
    """

    def __init__(self, node: ManagedNode, name: str, on_frame: threading.Event) -> None:
        self.name = name
        self._prefix = f'{name}/' if name else ''
        self._node, self._on_frame = node, on_frame
        declare(node, CameraSettings, self._parameter(''))
        self._outputs = DepthOutputs(node, self._prefix, self._value)
        self.reset()

    def reset(self) -> None:
        """Forget all frames and counts."""
        self.ledger = FrameLedger()
        self.last_rejection = ''
        self._frames: NewestSlot[tuple[Image | CompressedImage, float]] = NewestSlot()
        self._infos: deque[CameraInfo] = deque(maxlen=_INFOS)
        self._due = 0.0
        self._optics: Optics | None = None
        self._wait, self._engine, self._overhead, self._latency = (Durations() for _ in range(4))
        self._rates = Rates()

    def listen(self) -> None:
        """Subscribe until the node deactivates."""
        self._infos.clear()
        image = f'{self._prefix}image'
        self._node.listen(CameraInfo, f'{self._prefix}camera_info', self._on_info, 5)
        if self._value('transport') == 'compressed':
            # where image_transport puts it: beside the image, however that is remapped
            self._node.listen(CompressedImage, self._node.resolve_topic_name(image)
                              + '/compressed', self._on_image, 5)
        else:
            self._node.listen(Image, image, self._on_image, 5)

    def halt(self) -> None:
        """Count the frame that nobody will answer any more."""
        if self._frames.take() is not None:
            self.ledger.drop('deactivated')

    def answer(self, engine: DepthEngine | None) -> None:
        """Answer the newest frame, if there is one, or count why not."""
        frame = self._frames.take()
        if frame is None:
            return
        if engine is None:
            self.ledger.drop('no_release')
            self._node.get_logger().warning(
                'no release yet: camera frames are dropped until the distiller publishes one',
                once=True)
        elif not self._outputs.wanted():
            self.ledger.drop('nobody_listens')
        else:
            try:
                self._answer(*frame, engine)
            except DepthDistillError as error:
                self._reject(_reason(error), str(error))

    def values(self) -> dict[str, object]:
        """Return counts, rates and percentiles, for the diagnosis."""
        counts = self.ledger.values()
        found = {
            **counts, **self._rates.per_second({k: counts[k] for k in ('received', 'answered')}),
            **self._latency.milliseconds('latency'), **self._wait.milliseconds('wait'),
            **self._engine.milliseconds('engine'), **self._overhead.milliseconds('overhead'),
            'focal_scale': self._optics.scale if self._optics else None,
            'last_rejection': self.last_rejection}
        return {self._parameter(key): value for key, value in found.items()}

    def _parameter(self, name: str) -> str:
        return f'{self.name}.{name}' if self.name else name

    def _value(self, name: str):
        return self._node.value(self._parameter(name) if name in _OWN else name)

    def _on_info(self, message: CameraInfo) -> None:
        self._infos.append(message)

    def _on_image(self, message: Image | CompressedImage) -> None:
        arrived, rate = time.monotonic(), self._value('max_rate')
        self.ledger.receive()
        if rate and arrived < self._due:
            self.ledger.drop('max_rate')
            return
        if rate:  # a frame that is late does not move those after it
            self._due = max(self._due + 1 / rate, arrived)
        if self._frames.put((message, arrived)) is not None:
            self.ledger.drop('newer_frame')
        self._on_frame.set()

    def _answer(self, message: Image | CompressedImage, arrived: float, engine: DepthEngine,
                ) -> None:
        pixels = images.read_rgb(message)
        optics = self._optics_for(message, pixels.shape[:2], engine)
        if optics is None:
            return
        picture = optics.rectified(pixels)
        started = time.monotonic()
        prediction = engine(picture, optics.view)
        ended = time.monotonic()
        self._outputs.publish(message.header, prediction, optics, picture)
        published = time.monotonic()
        self.ledger.answer()
        self._wait.add(started - arrived)
        self._engine.add(ended - started)
        self._overhead.add(published - arrived - (ended - started))
        self._latency.add(published - arrived)

    def _optics_for(self, message: Image | CompressedImage, size: tuple[int, int],
                    engine: DepthEngine) -> Optics | None:
        infos = list(self._infos)[::-1]  # of those with equal stamps the newest
        fitting = [info for info in infos if camera_info.image_size(info) == size]
        if not fitting:
            known = 'the last is for {}x{}'.format(*camera_info.image_size(infos[0])) \
                if infos else 'none came'
            self._reject('no_camera_info', f'image of {size[0]}x{size[1]} without its '
                         f'camera_info: {known}: is camera_info remapped to the same camera?')
            return None
        stamp = images.stamp_ns(message)
        info = min(fitting, key=lambda info: abs(images.stamp_ns(info) - stamp))
        if self._optics is None or not self._optics.fits(info, engine):
            self._optics = Optics(info, engine, self._value)
            if self._optics.distorted:
                self._node.get_logger().warning(
                    f'{self._prefix}camera_info has a distortion, which is left in the pictures: '
                    f'set {self._parameter("rectify")} to node, or to upstream where the pictures '
                    'are rectified already', once=True)
        return self._optics

    def _reject(self, reason: str, line: str) -> None:
        # in this order: a diagnosis that shows the count shows its reason
        self.last_rejection = line
        self.ledger.reject(reason)
        self._node.get_logger().warning(f'frame rejected: {line}', throttle_duration_sec=1.0)


def _reason(error: DepthDistillError) -> str:
    if isinstance(error, images.ImageError):
        return 'image'
    return 'engine' if isinstance(error, EngineError) else 'camera_info'
