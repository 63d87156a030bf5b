# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
The robot's depth: every camera frame is answered by the newest student, or counted.

The executor only puts frames into a slot; one worker answers, another loads releases beside the
running one. The worker takes its engine once per frame, so no depth mixes two releases.
"""

from __future__ import annotations

from dataclasses import dataclass
import json
from pathlib import Path
import threading
import time

from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import String
import torch

from depth_distill_ros.distillation.release import release_folders
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.geometry.view import View
from depth_distill_ros.inference.engine import TorchEngine
from depth_distill_ros.nodes import camera_info, images
from depth_distill_ros.nodes.diagnostics import Diagnosis, Durations, Level
from depth_distill_ros.nodes.frame_queue import FrameLedger, NewestSlot
from depth_distill_ros.nodes.lifecycle import ManagedNode, report
from depth_distill_ros.nodes.parameters import INFERENCE

_POLL = 0.2  # seconds a worker may take to notice that it has to stop


class ReleaseError(DepthDistillError):
    """A message on the release topic that names no release."""


@dataclass(frozen=True)
class Student:
    """A warm engine, and where it came from; number 0 is a model given by parameter."""

    engine: TorchEngine
    folder: Path
    number: int


class InferenceNode(ManagedNode):
    """image + camera_info to depth + camera_info_out, with the stamp and frame_id of the image."""

    def __init__(self) -> None:
        super().__init__('inference', INFERENCE)
        self._depth = self.output(Image, 'depth')
        self._info_out = self.output(CameraInfo, 'camera_info_out')
        self.cleanup()

    def configure(self) -> None:
        self.cleanup()
        if self.value('threads'):
            torch.set_num_threads(self.value('threads'))
        model, work_dir = self.value('model'), self.value('work_dir')
        if model:
            self._student = self._make_student(Path(model).expanduser(), 0)
        elif work_dir:
            found = reversed(release_folders(Path(work_dir).expanduser() / 'releases'))
            any(self._load(folder, int(folder.name)) for folder in found)

    def activate(self) -> None:
        self._info = None
        self.work(self._answer_frames)
        self.work(self._load_releases)
        self.listen(CameraInfo, 'camera_info', self._on_info, 5)
        self.listen(Image, 'image', self._on_image, 5)
        self.listen(String, 'release', self._on_release, 1, reliability='reliable', latched=True,
                    may_be_silent=True)

    def deactivate(self) -> None:
        if self._frames.take() is not None:
            self._ledger.drop('deactivated')

    def cleanup(self) -> None:
        self._student: Student | None = None
        self._info: CameraInfo | None = None
        self._frames: NewestSlot[tuple[Image, float]] = NewestSlot()
        self._releases: NewestSlot[tuple[Path, int]] = NewestSlot()
        self._ledger = FrameLedger()
        self._latency, self._engine_time, self._overhead = Durations(), Durations(), Durations()
        self._swaps = self._refused = 0
        self._last_rejection = self._last_refusal = ''
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def diagnose(self) -> Diagnosis:
        student, values = self._student, self._ledger.values()
        diagnosis = Diagnosis(values={
            'release': student.number if student else None,
            'release_folder': student.folder if student else None,
            **values, **self._latency.milliseconds('latency'),
            **self._engine_time.milliseconds('engine'),
            **self._overhead.milliseconds('overhead'), 'swaps': self._swaps,
            'refused_releases': self._refused, 'last_rejection': self._last_rejection,
            'last_refusal': self._last_refusal})
        if student is None:
            diagnosis.level, diagnosis.message = Level.WARN, 'no release yet'
        elif self._last_refusal:
            diagnosis.level, diagnosis.message = Level.WARN, self._last_refusal
        else:
            diagnosis.message = f'answering with release {student.number}'
        return diagnosis

    def _on_info(self, message: CameraInfo) -> None:
        self._info = message

    def _on_image(self, message: Image) -> None:
        self._ledger.receive()
        if self._frames.put((message, time.monotonic())) is not None:
            self._ledger.drop('newer_frame')

    def _on_release(self, message: String) -> None:
        try:
            record = json.loads(message.data)
            self._releases.put((Path(record['folder']), int(record['number'])))
        except (ValueError, KeyError, TypeError):
            self._refuse(ReleaseError(f'release topic: "{message.data}" is no JSON with folder '
                                      'and number'))

    def _answer_frames(self, stop: threading.Event) -> None:
        while not stop.is_set():
            frame = self._frames.take(_POLL)
            if frame is not None:
                self._answer(*frame)

    def _answer(self, message: Image, received: float) -> None:
        student, info, started = self._student, self._info, time.monotonic()
        if student is None:
            self._ledger.drop('no_release')
            self.get_logger().warning('no release yet: camera frames are dropped until the '
                                      'distiller publishes one', once=True)
            return
        size = (message.height, message.width)
        if info is None or camera_info.image_size(info) != size:
            known = 'none came' if info is None else 'the last is for {}x{}'.format(
                *camera_info.image_size(info))
            self._reject('no_camera_info', f'image of {size[0]}x{size[1]} without its '
                         f'camera_info: {known}: is camera_info remapped to the same camera?')
            return
        try:
            pixels = images.read_rgb(message)
            view = View.fit(size, student.engine.input_size)
            seen = view.image(pixels)
            before = time.monotonic()
            depth = student.engine(seen)
            spent = time.monotonic() - before
            info_out = camera_info.through_view(info, view, depth.shape)
        except DepthDistillError as error:
            self._reject('image' if isinstance(error, images.ImageError) else 'camera_info',
                         str(error))
            return
        info_out.header = message.header
        self._info_out.publish(info_out)
        self._depth.publish(images.from_array(
            depth, '32FC1', message.header.stamp, message.header.frame_id))
        self._ledger.answer()
        ended = time.monotonic()
        self._latency.add(ended - received)
        self._engine_time.add(spent)
        self._overhead.add(ended - started - spent)

    def _reject(self, reason: str, line: str) -> None:
        self._ledger.reject(reason)
        self._last_rejection = line
        self.get_logger().warning(f'frame rejected: {line}', throttle_duration_sec=1.0)

    def _load_releases(self, stop: threading.Event) -> None:
        while not stop.is_set():
            record = self._releases.take(_POLL)
            running = self._student
            if record is not None and (running is None or running.folder != record[0]):
                self._load(*record)

    def _make_student(self, folder: Path, number: int) -> Student:
        return Student(TorchEngine(folder, self.value('device') or None), folder, number)

    def _load(self, folder: Path, number: int) -> bool:
        try:
            self._student = self._make_student(folder, number)
        except DepthDistillError as error:
            self._refuse(error)
            return False
        self._swaps += 1
        self._last_refusal = ''
        self.get_logger().info(f'release {number} answers from now on ({folder})')
        return True

    def _refuse(self, error: DepthDistillError) -> None:
        self._refused += 1
        running = f'release {self._student.number} stays' if self._student else 'none is running'
        self._last_refusal = report(self.get_logger(), f'release refused, {running}', error)
