# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
An inference node whose network is replaced by depth that is given to it, for measurements.

``python -m depth_distill_ros.ros.clients.given_depth`` runs it as a process of its own. Clouds and
scans are made by the code of the inference node, with its parameters.
"""

from __future__ import annotations

from pathlib import Path
import queue
import sys
import threading

import numpy as np
from sensor_msgs.msg import Image

from depth_distill_ros.geometry.view import View
from depth_distill_ros.inference.engines.engine import DepthEngine, EngineError, Prediction
from depth_distill_ros.networks.model_folder import ModelCard
from depth_distill_ros.ros.cameras.camera_pipeline import CameraPipeline
from depth_distill_ros.ros.conversions import images
from depth_distill_ros.ros.support import process
from depth_distill_ros.ros.support.diagnostics import Diagnosis
from depth_distill_ros.ros.support.lifecycle import ManagedNode
from depth_distill_ros.settings.inference import InferenceSettings

_PATIENCE = 5.0  # seconds for the depth of an image to arrive
_POLL = 0.2


class GivenDepth(DepthEngine):
    """Answers each image with the newest depth that arrived on the topic given_depth."""

    def __init__(self) -> None:
        self.name, self.folder = 'given', Path()
        self.arrived: queue.Queue[np.ndarray] = queue.Queue()
        self.resize((1, 1))

    def resize(self, size: tuple[int, int]) -> None:
        """Take images and depth of a size."""
        self.card = ModelCard('given', '', size)
        self.input_size = self.output_size = size

    def __call__(self, image: np.ndarray, view: View) -> Prediction:
        try:
            depth = self.arrived.get(timeout=_PATIENCE)
            while not self.arrived.empty():
                depth = self.arrived.get_nowait()
        except queue.Empty:
            raise EngineError('no depth arrived on given_depth for this image') from None
        return Prediction(depth)

    def _infer(self, image: np.ndarray, view: View) -> tuple[np.ndarray, ...]:
        return (self(image, view).depth[None, None],)


class GivenDepthNode(ManagedNode):
    """Publishes given depth as the inference node publishes its network's."""

    def __init__(self) -> None:
        super().__init__('inference', InferenceSettings)
        self._arrived = threading.Event()
        self._camera = CameraPipeline(self, '', self._arrived, lambda *answer: None)
        self._engine = GivenDepth()

    def activate(self) -> None:
        self.listen(Image, 'given_depth', self._on_depth, 5, reliability='reliable',
                    may_be_silent=True)
        self._camera.listen()
        self.work(self._answer)

    def deactivate(self) -> None:
        self._camera.stop()

    def diagnose(self) -> Diagnosis:
        return Diagnosis(values={'preparing': '', **self._camera.values()})

    def _on_depth(self, message: Image) -> None:
        depth = images.read_depth(message)
        if depth.shape != self._engine.input_size:
            self._engine.resize((depth.shape[0], depth.shape[1]))
        self._engine.arrived.put(depth)

    def _answer(self, stop: threading.Event) -> None:
        while not stop.is_set():
            if self._arrived.wait(_POLL):
                self._arrived.clear()
                # The depth is sent before the image: its size is known by now.
                self._camera.process_latest(self._engine)


if __name__ == '__main__':
    sys.exit(process.main(GivenDepthNode))
