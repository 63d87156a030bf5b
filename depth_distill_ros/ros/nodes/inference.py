# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Publishes the depth that the newest student predicts for each camera image.

Three threads: the executor receives images and keeps the latest of each camera
(``CameraPipeline._on_image``); one worker runs the network on it and publishes
(``CameraPipeline.process_latest``); a second worker (``StudentLoader``) loads new releases while
the current one answers. The first worker takes its engine once per frame, so no depth mixes two
releases.

The first model is opened with torch, which takes half a second, and so is the one that a rollback
leads to. A separate process then selects the engine; it prepares each other release before this
node opens it.
"""

from __future__ import annotations

import gc
import sys
import threading
import time

from std_msgs.msg import Float32, String
import torch

from depth_distill_ros.ros.cameras.camera_pipeline import CameraPipeline
from depth_distill_ros.ros.cameras.camera_view import scan_limits
from depth_distill_ros.ros.cameras.names import check_names
from depth_distill_ros.ros.releases.release_services import ReleaseServices
from depth_distill_ros.ros.releases.student_loader import StudentLoader
from depth_distill_ros.ros.support.diagnostics import Diagnosis, Level
from depth_distill_ros.ros.support.lifecycle import ManagedNode
from depth_distill_ros.ros.watch.watch_output import WatchOutput
from depth_distill_ros.settings.inference import InferenceSettings

_POLL = 0.2  # seconds until the worker notices that it has to stop
_REPORT_PERIOD = 1.0  # seconds between two reports of the latency
# Seconds for which the loader may hold Python's lock while the other worker waits for it. With
# torch as the engine, that worker requests the lock at each of a hundred layers.
_SWITCH = 0.0005


class InferenceNode(ManagedNode):
    """Runs the newest release on the images of its cameras."""

    def __init__(self) -> None:
        super().__init__('inference', InferenceSettings)
        names = self.value('cameras')
        check_names(names)
        self._image_arrived = threading.Event()
        self._watch = WatchOutput(self)
        self._latency, self._reported = self.output(Float32, 'latency', 1), 0.0
        self._cameras = [CameraPipeline(self, name, self._image_arrived, self._watch.offer)
                         for name in names]
        self._loader = StudentLoader(self)
        ReleaseServices(self, self._loader)
        self.cleanup()

    def configure(self) -> None:
        self.cleanup()
        sys.setswitchinterval(_SWITCH)
        if self.value('threads'):
            torch.set_num_threads(self.value('threads'))
        scan_limits(self.value)  # check them now instead of at each frame
        self._loader.start()
        # Loading a release triggers garbage collection. Without this it would scan all imported
        # modules, which takes a third of a second, and no image is received meanwhile.
        gc.collect()
        gc.freeze()

    def activate(self) -> None:
        self.work(self._process_images)
        self.work(self._loader.run)
        for camera in self._cameras:
            camera.listen()
        self.listen(String, 'release', self._loader.on_release, 1, reliability='reliable',
                    latched=True, may_be_silent=True)

    def deactivate(self) -> None:
        for camera in self._cameras:
            camera.stop()

    def cleanup(self) -> None:
        gc.unfreeze()
        for camera in self._cameras:
            camera.reset()
        self._loader.reset()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def diagnose(self) -> Diagnosis:
        loader = self._loader
        diagnosis = Diagnosis(values={
            **loader.values(),
            **{k: v for camera in self._cameras for k, v in camera.values().items()}})
        if loader.student is None:
            diagnosis.level, diagnosis.message = Level.WARN, 'no release yet'
        elif loader.student.is_first and not self.value('model'):
            diagnosis.level, diagnosis.message = Level.WARN, (
                f'no release yet, {loader.state_line()}')
        elif self.value('min_confidence') and not loader.student.has_confidence:
            diagnosis.level, diagnosis.message = Level.WARN, (
                'min_confidence is set, but the model predicts no confidence')
        elif loader.warning:
            diagnosis.level, diagnosis.message = Level.WARN, loader.warning
        else:
            diagnosis.message = loader.state_line()
        return diagnosis

    # The worker that runs the network.

    def _process_images(self, stop: threading.Event) -> None:
        while not stop.is_set():
            if not self._image_arrived.wait(_POLL):
                continue
            self._image_arrived.clear()
            for camera in self._cameras:
                self._watch.student = student = self._loader.student
                camera.process_latest(student.engine if student else None)
            self._report_latency()

    def _report_latency(self) -> None:
        """Tell the distiller the 99th percentile of the last frames, ms; of several cameras'."""
        if (now := time.monotonic()) - self._reported < _REPORT_PERIOD:
            return
        self._reported = now
        if self._latency.get_subscription_count() and (found := [
                value for camera in self._cameras
                if (value := camera.recent_latency()) is not None]):
            self._latency.publish(Float32(data=max(found)))
