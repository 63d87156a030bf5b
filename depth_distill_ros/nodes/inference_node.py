# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
The robot's depth: every camera frame is answered by the newest student, or counted.

The executor only puts frames into a slot; one worker answers all cameras, another loads releases
beside the running one. The worker takes its engine once per frame, so no depth mixes two releases.
"""

from __future__ import annotations

from dataclasses import dataclass
import json
from pathlib import Path
import threading

import numpy as np
from std_msgs.msg import String
import torch

from depth_distill_ros.distillation.release import release_folders
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.inference.engine import DepthEngine, EngineError
from depth_distill_ros.inference.parity import ParityLimits
from depth_distill_ros.inference.selection import AUTO, select_engine
from depth_distill_ros.nodes.camera import Camera
from depth_distill_ros.nodes.diagnostics import Diagnosis, Level
from depth_distill_ros.nodes.frame_queue import NewestSlot
from depth_distill_ros.nodes.lifecycle import ManagedNode, report
from depth_distill_ros.nodes.parameters import INFERENCE_NODE, ParameterError
from depth_distill_ros.stream.store_reader import StreamReader

_COMPARED = 8  # frames
_POLL = 0.2  # seconds a worker may take to notice that it has to stop


class ReleaseError(DepthDistillError):
    """A message on the release topic that names no release."""


@dataclass(frozen=True)
class Student:
    """A warm engine, and where it came from; number 0 is a model given by parameter."""

    engine: DepthEngine
    folder: Path
    number: int

    @property
    def says_how_sure(self) -> bool:
        return bool(self.engine.card.options.get('confidence'))


class InferenceNode(ManagedNode):
    """Answers its cameras with the newest release."""

    def __init__(self) -> None:
        super().__init__('inference', INFERENCE_NODE)
        names = self.value('cameras')
        if len(set(names)) < len(names) or not names:
            raise ParameterError(f'parameter cameras is {list(names)}: give each camera a name '
                                 'of its own')
        self._frame_came = threading.Event()
        self._cameras = [Camera(self, name, self._frame_came) for name in names]
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
        self.work(self._answer_frames)
        self.work(self._load_releases)
        for camera in self._cameras:
            camera.listen()
        self.listen(String, 'release', self._on_release, 1, reliability='reliable', latched=True,
                    may_be_silent=True)

    def deactivate(self) -> None:
        for camera in self._cameras:
            camera.halt()

    def cleanup(self) -> None:
        for camera in self._cameras:
            camera.reset()
        self._student: Student | None = None
        self._fastest = ''
        self._releases: NewestSlot[tuple[Path, int]] = NewestSlot()
        self._swaps = self._refused = 0
        self._last_refusal = ''
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def diagnose(self) -> Diagnosis:
        student = self._student
        diagnosis = Diagnosis(values={
            'release': student.number if student else None,
            'release_folder': student.folder if student else None,
            'engine': student.engine.name if student else None,
            **{k: v for camera in self._cameras for k, v in camera.values().items()},
            'swaps': self._swaps, 'refused_releases': self._refused,
            'last_refusal': self._last_refusal})
        if student is None:
            diagnosis.level, diagnosis.message = Level.WARN, 'no release yet'
        elif self.value('min_confidence') and not student.says_how_sure:
            diagnosis.level, diagnosis.message = Level.WARN, (
                'min_confidence is set, and the model says nothing of how sure it is')
        elif self._last_refusal:
            diagnosis.level, diagnosis.message = Level.WARN, self._last_refusal
        else:
            diagnosis.message = f'answering with release {student.number}'
        return diagnosis

    def _on_release(self, message: String) -> None:
        try:
            record = json.loads(message.data)
            self._releases.put((Path(record['folder']), int(record['number'])))
        except (ValueError, KeyError, TypeError):
            self._refuse(ReleaseError(f'release topic: "{message.data}" is no JSON with folder '
                                      'and number'))

    def _answer_frames(self, stop: threading.Event) -> None:
        while not stop.is_set():
            if not self._frame_came.wait(_POLL):
                continue
            self._frame_came.clear()
            for camera in self._cameras:
                student = self._student
                camera.answer(student.engine if student else None)

    def _load_releases(self, stop: threading.Event) -> None:
        while not stop.is_set():
            record = self._releases.take(_POLL)
            running = self._student
            if record is not None and (running is None or running.folder != record[0]):
                self._load(*record)

    def _make_student(self, folder: Path, number: int) -> Student:
        wanted = self.value('engine')
        if self._fastest and wanted == AUTO:
            # what was fastest a release ago is so still; to find out would cost the camera time
            try:
                return Student(self._engine(folder, self._fastest), folder, number)
            except EngineError as error:
                report(self.get_logger(), f'release {number} with {self._fastest}', error)
        engine = self._engine(folder, wanted)
        # a release that this engine cannot run says nothing of the next release
        self._fastest = self._fastest or engine.name
        return Student(engine, folder, number)

    def _engine(self, folder: Path, wanted: str) -> DepthEngine:
        return select_engine(
            folder, wanted, self._stored_frames(),
            ParityLimits(self.value('parity_error'), self.value('parity_delta1')),
            self.get_logger().info)

    def _stored_frames(self) -> list[np.ndarray] | None:
        """Return frames to compare engines on; None where the run has none yet."""
        work_dir = self.value('work_dir')
        if not work_dir:
            return None
        try:
            with StreamReader(Path(work_dir).expanduser() / 'store') as reader:
                keys = reader.keys()
                return [reader.read(key).image for key in keys[-_COMPARED:]] or None
        except DepthDistillError:
            return None

    def _load(self, folder: Path, number: int) -> bool:
        try:
            student = self._make_student(folder, number)
        except DepthDistillError as error:
            self._refuse(error)
            return False
        self._student = student
        self._swaps += 1
        self._last_refusal = ''
        self.get_logger().info(
            f'release {number} answers from now on ({folder}, {student.engine.name})')
        return True

    def _refuse(self, error: DepthDistillError) -> None:
        self._refused += 1
        running = f'release {self._student.number} stays' if self._student else 'none is running'
        self._last_refusal = report(self.get_logger(), f'release refused, {running}', error)
