# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
The watch in operation: the teacher is asked about frames for which depth was published.

It compares what was published, whichever engine made it, with the teacher, and the release that
made it with the release before it on the same image. Frames are never stored.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
import time

import cv2
import numpy as np
import torch
from torch import nn

from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.losses import resized
from depth_distill_ros.distillation.operation.release_control import ReleaseControl
from depth_distill_ros.distillation.operation.release_state import (
    Operation,
    ReleaseId,
    ReleaseState,
    ReleaseStateError,
)
from depth_distill_ros.distillation.operation.watch_record import Look, WatchRecord
from depth_distill_ros.evaluation.metrics import depth_metrics
from depth_distill_ros.networks.model_folder import load_model
from depth_distill_ros.networks.normalisation import to_input

_KEPT_EVERY = 30.0  # seconds between two writings of the figures
_COST = 20.0  # the watch rests for so many times the duration of a look


@dataclass(frozen=True, eq=False)
class WatchedFrame:
    """
    A frame that was answered.

    Attributes:
        image: H×W×3 uint8 RGB, as the student's network saw it
        depth: h×w float32 metres, as that network predicted it, with the scale anchor if that is
            applied; NaN where it predicted none
        release: that answered
        stamp: of the image, nanoseconds
    """

    image: np.ndarray
    depth: np.ndarray
    release: ReleaseId
    stamp: int


class Watch:
    """
    Looks at one frame now and then.

    Args:
        teacher: reads images of `size`, (height, width)
        releases: folder of the releases
        limit: of WatchRecord
        roll_back: whether a release that is worse than the one before it is rolled back
    Attributes:
        record: what was found
    """

    def __init__(self, teacher: nn.Module, size: tuple[int, int], compute: Compute,
                 releases: Path, limit: float, roll_back: bool):
        self._teacher, self._size, self._compute = teacher, size, compute
        self._control, self._roll_back = ReleaseControl(releases), roll_back
        self.record = WatchRecord(limit)
        self._before: tuple[ReleaseId, ReleaseId | None, nn.Module | None] | None = None
        self._factor = 1.0  # of the scale anchor of the release before
        self._due = self._kept = 0.0

    def due(self, period: float) -> bool:
        """Return whether a look is due: after `period` seconds, and at little cost."""
        return period > 0 and time.monotonic() >= self._due

    def look(self, frame: WatchedFrame, period: float) -> str:
        """Look at a frame; return why a release was rolled back, '' if none was."""
        started = time.monotonic()
        try:
            return self._looked(frame, started)
        finally:
            self._due = time.monotonic() + max(period, _COST * (time.monotonic() - started))

    def _looked(self, frame: WatchedFrame, started: float) -> str:
        state = self._control.file.read()
        teacher = self._depth(self._teacher, frame.image)
        before = self._release_before(state, frame.release)
        self.record.add(Look(
            frame.release, _agreement(frame.depth, teacher),
            _agreement(self._factor * self._depth(before, frame.image), teacher)
            if before else None,
            frame.stamp))
        line = self._rolled_back(state, frame.release)
        if line or started - self._kept >= _KEPT_EVERY:
            self._kept = started
            self._control.file.change(lambda state: self._with_figures(state, frame.release))
        return line

    def _with_figures(self, state: ReleaseState, release: ReleaseId) -> ReleaseState:
        known = {other: found for other, found in state.operation.items()
                 if self._control.folder(other)}
        return replace(state, operation={**known, release: Operation(*self.record.of_release)})

    def _rolled_back(self, state: ReleaseState, release: ReleaseId) -> str:
        why = self.record.why_worse() if self._roll_back and not state.held else ''
        if not why or state.in_use is None or state.in_use.release != release:
            return ''
        try:
            return f'{release} is {why}; {self._control.rollback(why)}'
        except ReleaseStateError:  # nothing is left to roll back to
            return ''

    def _release_before(self, state: ReleaseState, release: ReleaseId) -> nn.Module | None:
        """Return the network that a rollback of the release would lead to; None without one."""
        if state.in_use is None or state.in_use.release != release:
            return None
        try:
            before = state.before(lambda other: self._control.folder(other) is not None)
        except ReleaseStateError:
            return None
        if self._before is None or self._before[:2] != (release, before):
            network = None
            folder = self._control.folder(before)
            if folder and self._control.usable(before):
                network, card = load_model(folder)
                network = network.to(self._compute.device)
                self._factor = card.anchor.factor if card.anchor else 1.0
            self._before = release, before, network
        return self._before[2]

    @torch.no_grad()
    def _depth(self, network: nn.Module, image: np.ndarray) -> np.ndarray:
        """Return the network's h×w metres for an image of any size."""
        if image.shape[:2] != self._size:
            image = cv2.resize(image, self._size[::-1], interpolation=cv2.INTER_AREA)
        images = to_input(torch.from_numpy(image[None]).to(self._compute.device))
        with self._compute.autocast():
            return network(images).float()[0, 0].cpu().numpy()


def _agreement(depth: np.ndarray, teacher: np.ndarray) -> float:
    """Return the delta1 of h×w metres against the teacher's; a pixel without depth is wrong."""
    if depth.shape != teacher.shape:
        depth = resized(torch.from_numpy(np.ascontiguousarray(depth))[None, None],
                        teacher.shape)[0, 0].numpy()
    return depth_metrics(depth, teacher)['delta1']
