# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Publishes the depth that the newest student predicts for each camera image.

Three threads: the executor receives images and keeps the latest of each camera
(``CameraPipeline._on_image``); one worker runs the network on it and publishes
(``CameraPipeline.process_latest``); a second worker loads new releases while the current one
answers. The first worker takes its engine once per frame, so no depth mixes two releases.

The first model is opened with torch, which takes half a second. A separate process then selects
the engine, and prepares each later release before this node opens it.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
import gc
from pathlib import Path
import sys
import threading

from std_msgs.msg import String
import torch

from depth_distill_ros.distillation.release_folders import release_folders, run_of
from depth_distill_ros.distillation.release_message import ReleaseError, ReleaseMessage
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.files import expanded
from depth_distill_ros.inference.engine_selection import REFERENCE, open_engine
from depth_distill_ros.inference.engine_worker import PrepareRequest
from depth_distill_ros.inference.engine_worker_client import (
    EngineWorkerClient,
    WorkerEndedError,
)
from depth_distill_ros.inference.engines.engine import DepthEngine
from depth_distill_ros.inference.parity import ParityLimits
from depth_distill_ros.networks.model_folder import read_card
from depth_distill_ros.ros.cameras.camera_pipeline import CameraPipeline
from depth_distill_ros.ros.cameras.camera_view import scan_limits
from depth_distill_ros.ros.cameras.latest_item import LatestItem
from depth_distill_ros.ros.cameras.names import check_names
from depth_distill_ros.ros.support.diagnostics import Diagnosis, Level
from depth_distill_ros.ros.support.lifecycle import ManagedNode, report
from depth_distill_ros.settings.inference import InferenceSettings

_POLL = 0.2  # seconds until a worker notices that it has to stop
# Seconds for which the loader may hold Python's lock while the other worker waits for it. With
# torch as the engine, that worker requests the lock at each of a hundred layers.
_SWITCH = 0.0005


@dataclass(frozen=True)
class Student:
    """An engine that is ready, and its release; number 0 is a model that is no release."""

    engine: DepthEngine
    folder: Path
    number: int

    @property
    def title(self) -> str:
        return f'release {self.number}' if self.number else f'model {self.folder.name}'

    @property
    def run(self) -> str:
        """Id of the training: a new one in the same folder gives the same numbers again."""
        return run_of(self.engine.card)

    @property
    def has_confidence(self) -> bool:
        return bool(self.engine.card.options.get('confidence'))


class InferenceNode(ManagedNode):
    """Runs the newest release on the images of its cameras."""

    def __init__(self) -> None:
        super().__init__('inference', InferenceSettings)
        names = self.value('cameras')
        check_names(names)
        self._image_arrived = threading.Event()
        self._cameras = [CameraPipeline(self, name, self._image_arrived) for name in names]
        self.cleanup()

    def configure(self) -> None:
        self.cleanup()
        sys.setswitchinterval(_SWITCH)
        if self.value('threads'):
            torch.set_num_threads(self.value('threads'))
        scan_limits(self.value)  # check them now instead of at each frame
        model, work_dir = self.value('model'), self.value('work_dir')
        if model:
            folder = expanded(model)
            name = folder.resolve().name
            self._swap(open_engine(folder, REFERENCE), int(name) if name.isdecimal() else 0)
        else:
            releases = expanded(work_dir) / 'releases'
            found = reversed(release_folders(releases)) if work_dir else ()
            if not any(self._start_with(folder, int(folder.name)) for folder in found):
                self.get_logger().warning(
                    f'no release yet{work_dir and f" in {releases}"}: camera frames are dropped '
                    'until a distiller publishes one')
        # Loading a release triggers garbage collection. Without this it would scan all imported
        # modules, which takes a third of a second, and no image is received meanwhile.
        gc.collect()
        gc.freeze()

    def activate(self) -> None:
        self.work(self._process_images)
        self.work(self._load_releases)
        for camera in self._cameras:
            camera.listen()
        self.listen(String, 'release', self._on_release, 1, reliability='reliable', latched=True,
                    may_be_silent=True)

    def deactivate(self) -> None:
        for camera in self._cameras:
            camera.stop()

    def cleanup(self) -> None:
        gc.unfreeze()
        for camera in self._cameras:
            camera.reset()
        self._student: Student | None = None
        self._engine_name = ''
        self._preparing: int | None = None
        self._releases: LatestItem[ReleaseMessage] = LatestItem()
        self._swaps = self._refused = 0
        self._last_refusal = self._unprepared = ''
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def diagnose(self) -> Diagnosis:
        student = self._student
        diagnosis = Diagnosis(values={
            'release': student.number if student else None,
            'release_folder': student.folder if student else None,
            'engine': student.engine.name if student else None,
            'preparing': self._preparing,
            **{k: v for camera in self._cameras for k, v in camera.values().items()},
            'swaps': self._swaps, 'refused_releases': self._refused,
            'last_refusal': self._last_refusal})
        if student is None:
            diagnosis.level, diagnosis.message = Level.WARN, 'no release yet'
        elif self.value('min_confidence') and not student.has_confidence:
            diagnosis.level, diagnosis.message = Level.WARN, (
                'min_confidence is set, but the model predicts no confidence')
        elif self._last_refusal or self._unprepared:
            diagnosis.level = Level.WARN
            diagnosis.message = self._last_refusal or self._unprepared
        else:
            diagnosis.message = f'{student.title} answers ({student.engine.name})'
            if self._preparing is not None:
                diagnosis.message += f', preparing {self._preparing}'
        return diagnosis

    def _on_release(self, message: String) -> None:
        try:
            self._releases.put(ReleaseMessage.parse(message.data))
        except ReleaseError as error:
            self._refuse(error)

    # The worker that runs the network.

    def _process_images(self, stop: threading.Event) -> None:
        while not stop.is_set():
            if not self._image_arrived.wait(_POLL):
                continue
            self._image_arrived.clear()
            for camera in self._cameras:
                student = self._student
                camera.process_latest(student.engine if student else None)

    # The worker that loads releases.

    def _load_releases(self, stop: threading.Event) -> None:
        with closing(EngineWorkerClient(self.get_logger().info)) as worker:
            if self._preparing is not None and self._student is not None:
                self._prepare(worker, self._student.folder, self._student.number, stop)
            while not stop.is_set():
                message = self._releases.take(_POLL)
                if message is not None:
                    self._take(worker, message, stop)
                worker.close_if_idle()

    def _take(self, worker: EngineWorkerClient, message: ReleaseMessage,
              stop: threading.Event) -> None:
        """Switch to the release of a message, unless it runs already or is refused."""
        running = self._student
        try:
            folder = message.path(self._trusted())
        except ReleaseError as error:
            self._refuse(error)
            return
        if running and running.folder == folder and message.run in ('', running.run):
            return
        if running or self._start_with(folder, message.number):
            self._prepare(worker, folder, message.number, stop)

    def _trusted(self) -> list[Path]:
        """Return the folders that releases of the topic may lie in."""
        work_dir = self.value('work_dir')
        named = [f'{work_dir}/releases'] if work_dir else []
        return [expanded(folder) for folder in (*named, *self.value('release_folders'))
                if folder]

    def _start_with(self, folder: Path, number: int) -> bool:
        """Open the first release with torch; return whether it can be used."""
        try:
            self._swap(open_engine(folder, REFERENCE), number)
        except DepthDistillError as error:
            self._refuse(error)
            return False
        return True

    def _prepare(self, worker: EngineWorkerClient, folder: Path, number: int,
                 stop: threading.Event) -> None:
        """Select an engine for the release and write its files, then switch to it."""
        self._preparing = number
        try:
            # torch needs no files
            name = REFERENCE if REFERENCE in (self.value('engine'), self._engine_name) \
                else worker.prepare(self._request(folder), stop.is_set)
            if name is None:
                return
            self._open(folder, number, name)
            if name != self._engine_name:
                gc.freeze()  # the modules of the engine's package as well
            self._engine_name, self._last_refusal, self._unprepared = name, '', ''
        except WorkerEndedError as error:
            self._unprepared = report(
                self.get_logger(), f'release {number} is opened with torch', error)
            self._prepared_by_torch(folder, number)
        except DepthDistillError as error:
            self._refuse(error)
        self._preparing = None

    def _prepared_by_torch(self, folder: Path, number: int) -> None:
        """Switch to a release that could not be prepared; the next one is prepared again."""
        try:
            self._open(folder, number, REFERENCE)
            self._last_refusal = ''
        except DepthDistillError as error:
            self._refuse(error)

    def _open(self, folder: Path, number: int, name: str) -> None:
        """Switch to a release with an engine, unless that is what runs."""
        running, card = self._student, read_card(folder)
        if (running.folder, running.run, running.engine.name) != (folder, run_of(card), name):
            self._swap(open_engine(folder, name, self.get_logger().info), number)

    def _request(self, folder: Path) -> PrepareRequest:
        work_dir = self.value('work_dir')
        return PrepareRequest(
            str(folder), self.value('engine'), self._engine_name,
            str(expanded(work_dir) / 'store') if work_dir else '',
            self.value('threads') or torch.get_num_threads(),
            ParityLimits(self.value('parity_error'), self.value('parity_delta1')))

    def _swap(self, engine: DepthEngine, number: int) -> None:
        running, self._student = self._student, Student(engine, engine.folder, number)
        line = f'{self._student.title} answers ({engine.folder}, {engine.name})'
        if running is None:
            self._preparing = number
        elif (running.folder, running.run) != (engine.folder, self._student.run):
            self._swaps += 1
        else:  # another engine for the same release, whose selection was logged
            self.get_logger().debug(line)
            return
        self.get_logger().info(line)

    def _refuse(self, error: DepthDistillError) -> None:
        self._refused += 1
        running = f'{self._student.title} stays' if self._student else 'none is running'
        self._last_refusal = report(self.get_logger(), f'release refused, {running}', error)
