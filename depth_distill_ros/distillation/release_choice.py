# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The choice of releases: students and the running release are compared with the teacher."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn

from depth_distill_ros.distillation.compute import Compute
from depth_distill_ros.distillation.data.batch import Batch
from depth_distill_ros.distillation.data.teacher_depth import AT_ONCE, BUDGET, TeacherDepth
from depth_distill_ros.distillation.losses import resized
from depth_distill_ros.distillation.mixing import mix
from depth_distill_ros.distillation.operation.release_gate import Verdict, compare, fault, verdict
from depth_distill_ros.distillation.release_folders import ReleaseRecord
from depth_distill_ros.evaluation.metrics import MetricsWindow, depth_metrics
from depth_distill_ros.evaluation.preview import preview_grid
from depth_distill_ros.geometry.intrinsics import Intrinsics, focal_factor
from depth_distill_ros.networks.model_folder import load_model
from depth_distill_ros.networks.normalisation import to_image
from depth_distill_ros.networks.scale_anchor import ScaleAnchor, learned

_MIXING_SEED = 1

# B×3×H×W images, each with the teacher's B×1×h×w metres
TeacherTargets = list[tuple[Tensor, Tensor]]
Predict = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class JudgedFrames:
    """
    Frames that a release is judged on, and that no training uses.

    Attributes:
        name: such as stream
        targets: the frames as the robot sees them; further entries show the same frames, in the
            same order, in another way
        robots: they are of the robot's camera, whose depth has the scale anchor of a release
    """

    name: str
    targets: TeacherTargets
    robots: bool = False


class ReleaseEvaluator:
    """
    Compares the depth of students with teacher depth, on plain and on transformed frames.

    Args:
        first: the model that answers before the first release; None: nothing does
        intrinsics: that the teacher's depth is true for; None: unknown
        mixes: whether the method trains on mixed or transformed images now, so that they judge too
        waits_for_robots: no student is promoted unless frames of the robot judge it
    """

    def __init__(self, teacher: nn.Module, transformation: nn.Module | None, compute: Compute,
                 first: Path | None = None, intrinsics: Intrinsics | None = None,
                 mixes: Callable[[], bool] = lambda: True, waits_for_robots: bool = False):
        self._mixes, self._waits_for_robots = mixes, waits_for_robots
        self._first, self._intrinsics = first, intrinsics
        self._teacher, self._transformation, self._compute = teacher, transformation, compute
        # the same frames come again and again
        self._plain_depth, self._robots_depth = (
            TeacherDepth(teacher, BUDGET // 8) for _ in range(2))

    @torch.no_grad()
    def _inputs(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Return x′, x̂′ and G(x̂′) (x̂′ again without G); the same batch is mixed the same way."""
        x, semantics = batch.x, batch.semantics
        mixed = mix(x, semantics, torch.Generator().manual_seed(_MIXING_SEED))
        if self._transformation is None:
            return x, mixed, mixed
        self._transformation.eval()
        with self._compute.autocast():
            return x, mixed, _in_parts(self._transformation, mixed).float()

    @torch.no_grad()
    def targets(self, batch: Batch) -> TeacherTargets:
        """Return the plain and, if they train, the transformed images with their teacher depth."""
        if not self._mixes():
            return self._with_depth(batch, self._plain_depth)
        x, _, z = self._inputs(batch)
        with self._compute.autocast():
            return [(x, self._plain_depth(batch)), (z, _in_parts(self._teacher, z).float())]

    @torch.no_grad()
    def plain_targets(self, batch: Batch) -> TeacherTargets:
        """Return the images of the robot's camera, which are never transformed, likewise."""
        return self._with_depth(batch, self._robots_depth)

    def _with_depth(self, batch: Batch, depth_of: TeacherDepth) -> TeacherTargets:
        with self._compute.autocast():
            return [(batch.x, depth_of(batch))]

    def anchor(self, student: nn.Module, batch: Batch, previous: ScaleAnchor | None,
               ) -> ScaleAnchor | None:
        """Return a student's scale anchor by frames of the robot, of which none judges."""
        student.eval()
        (found, expected), = self._predicted(self.plain_targets(batch), self._of(student))
        return learned(expected, found, batch.camera, previous)

    @torch.no_grad()
    def preview(self, student: nn.Module, batch: Batch) -> np.ndarray:
        """Return x′, x̂′, G(x̂′) and the teacher's and the student's depth of x′, a row a frame."""
        inputs = self._inputs(batch)
        with self._compute.autocast():
            depths = [network(batch.x).float()[:, 0].cpu().numpy()
                      for network in (self._teacher, student)]
        return preview_grid([to_image(x).cpu().numpy() for x in inputs], depths)

    def score(self, student: nn.Module, targets: TeacherTargets) -> dict[str, float]:
        """Return the mean metrics of a student against the teacher."""
        student.eval()
        return self._compare(targets, self._of(student))

    def judge(self, student: nn.Module, sets: Sequence[JudgedFrames],
              running: ReleaseRecord | None, anchor: ScaleAnchor | None = None) -> Verdict:
        """
        Return whether a student replaces the `running` release, by its depth on all `sets`.

        On frames of the robot's camera both have their scale anchors, as on the robot. A
        simulator's frames are of another world, which no anchor is for.

        The first release must beat the constant-depth baseline, so that no robot navigates by
        noise, and the shipped student that answers until then.
        """
        student.eval()
        against, before = (str(running.id), self._of_release(running)) if running else \
            self._before_releases(sets[0].targets)
        comparisons, faults, finite = {}, {}, True
        for frames in sets:
            own, other = (each.factor if each and frames.robots else 1.0
                          for each in (anchor, running and running.anchor))
            pairs = list(self._predicted(frames.targets, self._of(student), own))
            comparisons[frames.name] = compare(
                _agreements(pairs), _agreements(self._predicted(frames.targets, before, other)))
            faults[frames.name] = fault(*pairs[0])
            finite = finite and bool(np.isfinite(pairs[0][0]).all())
        lacks_robots = self._waits_for_robots and not any(frames.robots for frames in sets)
        return verdict(comparisons, faults, against, running is None, finite, lacks_robots)

    def _of(self, student: nn.Module) -> Predict:
        return lambda images, depth: resized(_in_parts(student, images), depth.shape[-2:])

    def _of_release(self, record: ReleaseRecord) -> Predict:
        released, _ = load_model(record.folder)
        return self._of(released.to(self._compute.device).to(memory_format=torch.channels_last))

    @cached_property
    def _shipped(self) -> Predict:
        """The depth of the shipped student, as the inference node scales it."""
        first, card = load_model(cast(Path, self._first))
        factor = focal_factor(card.intrinsics, self._intrinsics) \
            if card.intrinsics and self._intrinsics else 1.0
        predict = self._of(first.eval().to(self._compute.device))
        return lambda images, depth: factor * predict(images, depth)

    def _before_releases(self, targets: TeacherTargets) -> tuple[str, Predict]:
        """Return the name and the depth of the better one of the two that need no distillation."""
        found: dict[str, Predict] = {'the constant-depth baseline': _constant}
        if self._first:
            found['the shipped student'] = self._shipped
        return max(found.items(), key=lambda item: self._compare(targets, item[1])['delta1'])

    def _compare(self, targets: TeacherTargets, predict: Predict) -> dict[str, float]:
        window = MetricsWindow()
        for predicted, depth in self._predicted(targets, predict):
            for g, p in zip(depth, predicted, strict=True):
                window.add(depth_metrics(p, g))
        return window.summary()

    @torch.no_grad()
    def _predicted(self, targets: Iterable[tuple[Tensor, ...]], predict: Predict,
                   factor: float = 1.0) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield the predicted and the teacher's N×h×w metres of each entry of the targets."""
        for images, depth in targets:
            with self._compute.autocast():
                predicted = predict(images, depth).float() * factor
            yield predicted[:, 0].cpu().numpy(), depth[:, 0].cpu().numpy()


def _in_parts(network: nn.Module, images: Tensor) -> Tensor:
    return torch.cat([network(part) for part in images.split(AT_ONCE)])


def _constant(images: Tensor, depth: Tensor) -> Tensor:
    return depth.median().expand_as(depth)


def _agreements(pairs: Iterable[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    """Return the delta1 of each frame, the mean over the ways in which it is shown."""
    return np.mean([[depth_metrics(p, g)['delta1'] for p, g in zip(*pair, strict=True)]
                    for pair in pairs], axis=0)


def is_better(score: dict[str, float], best: float | None) -> bool:
    """Return whether a student scores higher in delta1 than the best one so far, if any."""
    return best is None or score['delta1'] > best
