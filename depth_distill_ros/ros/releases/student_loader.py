# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Loads releases and switches to them, in a thread beside the one that predicts."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from functools import partial
import gc
from pathlib import Path
import threading
import time

from std_msgs.msg import String

from depth_distill_ros.distillation.operation.release_state import ReleaseId
from depth_distill_ros.distillation.release_message import ReleaseError, ReleaseMessage
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.files import expanded
from depth_distill_ros.inference import engine_selection
from depth_distill_ros.inference.engine_selection import INT8, REFERENCE, open_engine
from depth_distill_ros.inference.engine_worker_client import EngineWorkerClient, WorkerEndedError
from depth_distill_ros.inference.plausible import check_plausible
from depth_distill_ros.networks.model_folder import read_card
from depth_distill_ros.ros.cameras.latest_item import LatestItem
from depth_distill_ros.ros.releases.prepare_request import prepare_request
from depth_distill_ros.ros.releases.release_choice import ReleaseChoice, trusted_folders
from depth_distill_ros.ros.releases.student import Student
from depth_distill_ros.ros.support.lifecycle import ManagedNode, report
from depth_distill_ros.settings.inference import AUTO
from depth_distill_ros.shipped import shipped_student

_POLL = 0.2  # seconds until the thread notices that it has to stop, or a changed state


class StudentLoader:
    """
    Holds the student that answers, and replaces it by others.

    The executor's thread calls ``on_release``, the loader's own thread runs ``run``.

    Attributes:
        student: that answers; None before the first
        choice: which release shall answer
        warning: why the last release is not the one that answers, or is without an engine
    """

    def __init__(self, node: ManagedNode) -> None:
        self._node, self._logger = node, node.get_logger()
        self.reset()

    def reset(self) -> None:
        """Forget the student and all that was received."""
        self.student: Student | None = None
        self._engine_name = self._last_refusal = self._unprepared = ''
        self._preparing: int | None = None
        self._messages: LatestItem[ReleaseMessage] = LatestItem()
        self._waiting: ReleaseMessage | None = None  # not taken now
        self._overtaken = False  # the state was changed during a preparation
        self._given_up: set[ReleaseId] = set()  # a choice ended their preparation
        self._swaps = self._refused = 0
        self._swapped = 0.0
        self._tried: Student | None = None  # with int8
        self.choice = ReleaseChoice(None, self._warn_of_state)

    def start(self) -> None:
        """Open the model that the parameters and the state of the releases name, if any."""
        model, work_dir = self._node.value('model'), self._node.value('work_dir')
        root = expanded(work_dir) / 'releases' if work_dir else None
        self.choice = ReleaseChoice(root, self._warn_of_state)
        if model:
            folder = expanded(model)
            name = folder.resolve().name
            release = self.choice.release(
                folder, int(name) if name.isdecimal() else 0, read_card(folder))
            self._swap(Student(check_plausible(open_engine(folder, REFERENCE)), release))
            self.choice.starts_with_model(release)
            return
        for release, folder in self.choice.in_order(self._refuse):
            if self._open_with_torch(folder, release):
                first = self.choice.state.takes(release)
                self.choice.took(release, 'newest at the start' if first else
                                 'the one in use is unusable', anyway=True)
                return
        none_yet = f'no release yet{f" in {root}" if root else ""}'
        name = self._node.value('first_student')
        if (folder := shipped_student(name)) is None:
            self._logger.warning(f'{none_yet}: camera frames are dropped until a distiller '
                                 'publishes one')
            return
        self._logger.warning(f'{none_yet}: until a distiller publishes one, the {name} student '
                             'answers, which has never seen the world of this robot')
        self._swap(Student(check_plausible(open_engine(folder, REFERENCE)), ReleaseId(0, '')))

    def values(self) -> dict[str, object]:
        """Return what answers, since when, with its figures, for /diagnostics."""
        student = self.student
        return {
            'release': student.release.number if student else None,
            'release_folder': student.folder if student else None,
            'release_since': student and self.choice.since(student.release),
            'engine': student.engine.name if student else None,
            'preparing': self._preparing, 'held': self.choice.state.held,
            'swaps': self._swaps, 'refused_releases': self._refused,
            'last_refusal': self._last_refusal, 'release_state': self.choice.problem,
            **(student.figures() if student else {})}

    @property
    def warning(self) -> str:
        return self._last_refusal or self._unprepared

    def state_line(self) -> str:
        """Return what answers, and what is being prepared."""
        held = ', held' if self.choice.state.held else ''
        preparing = '' if self._preparing is None else f', preparing {self._preparing}'
        return f'{self.student.title} answers ({self.student.engine.name}){held}{preparing}'

    def on_release(self, message: String) -> None:
        """Keep a message of the release topic for the loader's thread."""
        try:
            self._messages.put(ReleaseMessage.parse(message.data))
        except ReleaseError as error:
            self._refuse(error)

    def run(self, stop: threading.Event) -> None:
        """Take what is told and chosen until `stop`."""
        with closing(EngineWorkerClient(self._logger.info)) as worker:
            if self._preparing is not None and self.student is not None:
                self._prepare(worker, self.student.folder, self.student.release, stop)
            while not stop.is_set():
                message = self._messages.take(_POLL)
                if message is not None:
                    self._take(worker, message, stop)
                if self.choice.refresh() or self._overtaken:
                    self._overtaken = False
                    self._follow(worker, stop)
                elif self.student and self.student.release in self._given_up:
                    self._prepare(worker, self.student.folder, self.student.release, stop)
                self._quantise(worker, stop)
                worker.close_if_idle()

    def _take(self, worker: EngineWorkerClient, message: ReleaseMessage,
              stop: threading.Event) -> None:
        """Switch to the release of a message, unless it runs already or is not to be taken."""
        running, self._waiting = self.student, None
        try:
            folder = message.path(trusted_folders(self._node.value))
            release = self.choice.release(folder, message.number, read_card(folder))
        except DepthDistillError as error:
            self._refuse(error)
            return
        if running and (running.folder, running.release) == (folder, release):
            return
        self._overtaken |= self.choice.refresh()  # it may have been held since the last poll
        if self._is_taken(release):
            self._switch(worker, folder, release, stop)
            if not self._overtaken or self.student and self.student.release == release:
                return
        self._waiting = message

    def _follow(self, worker: EngineWorkerClient, stop: threading.Event) -> None:
        """Do what the state says since somebody changed it."""
        running = self.student
        folder = self.choice.wanted(running.release) if running else None
        if running and folder:
            wanted = self.choice.state.uses[-1]
            self._logger.info(f'{wanted.release} is chosen: {wanted.why}')
            # an engine may take minutes, in which a bad release must not answer
            usable = running.release not in self.choice.state.rolled_back \
                or self._open_with_torch(folder, wanted.release)
            if not (usable and self._prepare(worker, folder, wanted.release, stop, running)):
                self.choice.took(running.release, f'{wanted.release} is unusable', anyway=True)
        if self._waiting:
            self._take(worker, self._waiting, stop)
        if folder:
            return
        if newest := self.choice.newest():
            release, folder = newest
            self._switch(worker, folder, release, stop)

    def _switch(self, worker: EngineWorkerClient, folder: Path, release: ReleaseId,
                stop: threading.Event) -> None:
        if self.student is None and not self._open_with_torch(folder, release):
            return
        self._prepare(worker, folder, release, stop)
        if self.student and self.student.release == release:
            self.choice.took(release, 'newest')

    def _prepare(self, worker: EngineWorkerClient, folder: Path, release: ReleaseId,
                 stop: threading.Event, before: Student | None = None) -> bool:
        """Select an engine and switch to it; False: it is unusable, and `before` answers again."""
        self._preparing, usable = release.number, True
        self._given_up.discard(release)
        try:
            # torch needs no files
            name = REFERENCE if REFERENCE in (self._node.value('engine'), self._engine_name) \
                else worker.prepare(
                    prepare_request(self._node.value, folder, self._engine_name),
                    partial(self._gives_up, stop))
            if stop.is_set():
                return True
            if name is None:
                self._given_up.add(release)
            elif self._still_chosen(release):
                self._open(folder, release, name)
                if name != self._engine_name:
                    gc.freeze()  # the modules of the engine's package as well
                self._engine_name, self._last_refusal, self._unprepared = name, '', ''
        except WorkerEndedError as error:
            self._unprepared = report(self._logger, f'{release} is opened with torch', error)
            if usable := self._open_with_torch(folder, release):
                self._last_refusal = ''
        except DepthDistillError as error:
            if before and self.student is not before:
                self._swap(before)
            self._refuse(error)
            usable = False
        self._preparing = None
        return usable

    def _quantise(self, worker: EngineWorkerClient, stop: threading.Event) -> None:
        """Try int8 once for a release that has answered for a while: it costs half a minute."""
        student = self.student
        if student is None or student is self._tried or self._node.value('engine') != AUTO \
                or not engine_selection.may_be_quantised(student.engine.name) \
                or time.monotonic() - self._swapped < self._node.value('int8_after'):
            return
        self._tried = student
        try:
            name = worker.prepare(replace(
                prepare_request(self._node.value, student.folder), int8=True),
                partial(self._gives_up, stop))
            if name is None:
                self._tried = None
            elif name == INT8 and self.student is student:
                self._open(student.folder, student.release, name)
                self._tried = self.student
        except DepthDistillError as error:
            self._logger.warning(f'int8 is not used: {error}')

    def _gives_up(self, stop: threading.Event) -> bool:
        """Return whether to stop preparing: another release than the one in use was chosen."""
        self._overtaken |= self.choice.refresh()
        chosen = self._overtaken and self.student and self.choice.wanted(self.student.release)
        return stop.is_set() or bool(chosen)

    def _still_chosen(self, release: ReleaseId) -> bool:
        """Return whether the state, which may have changed during the preparation, allows it."""
        self._overtaken |= self.choice.refresh()
        if not self._overtaken:
            return True
        in_use = self.choice.state.in_use
        return in_use is None or in_use.release == release or self._is_taken(release)

    def _is_taken(self, release: ReleaseId) -> bool:
        """Return whether a release is taken by itself, and log why it is not."""
        if why_not := self.choice.why_not(release):
            self._logger.info(f'{release} is not taken: {why_not}')
        return not why_not

    def _open_with_torch(self, folder: Path, release: ReleaseId) -> bool:
        """Switch to a release without a prepared engine; return whether it can be used."""
        try:
            self._open(folder, release, REFERENCE)
        except DepthDistillError as error:
            self._refuse(error)
            return False
        return True

    def _open(self, folder: Path, release: ReleaseId, name: str) -> None:
        """Switch to a release with an engine, unless that is what runs."""
        running = self.student
        if running is None or (
                running.folder, running.release, running.engine.name) != (folder, release, name):
            engine = check_plausible(open_engine(folder, name, self._logger.info))
            self._swap(Student(engine, release))

    def _swap(self, student: Student) -> None:
        running, self.student = self.student, student
        self._swapped = time.monotonic()
        line = f'{student.title} answers ({student.folder}, {student.engine.name})'
        if running is None:
            self._preparing = student.release.number
        elif (running.folder, running.release) != (student.folder, student.release):
            self._swaps += 1
        else:  # another engine for the same release, whose selection was logged
            self._logger.debug(line)
            return
        self._logger.info(line)

    def _warn_of_state(self, error: DepthDistillError) -> None:
        self._logger.warning(f'the release in use is not kept: {error}')

    def _refuse(self, error: DepthDistillError) -> None:
        self._refused += 1
        running = f'{self.student.title} stays' if self.student else 'none is running'
        self._last_refusal = report(self._logger, f'release refused, {running}', error)
