# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How a network is judged: what it sees of a frame, what is compared, by which metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
import math
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from depth_distill_ros.datasets.preprocessing import Indoor
from depth_distill_ros.datasets.reader import Reader
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.evaluation.confidence import ConfidenceCurve
from depth_distill_ros.evaluation.kitti import benchmark_metrics, counted, eigen_metrics
from depth_distill_ros.evaluation.metrics import (
    NEAREST,
    MetricsError,
    MetricsWindow,
    depth_metrics,
)
from depth_distill_ros.frame import Frame
from depth_distill_ros.geometry.depth import valid
from depth_distill_ros.geometry.focal import focal_factor
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.geometry.view import View
from depth_distill_ros.networks.normalisation import to_input

Metrics = Callable[[np.ndarray, np.ndarray], dict[str, float]]


@dataclass(frozen=True)
class Protocol:
    """
    What is compared.

    Attributes
    ----------
    metrics : of a prediction and a reference, H×W metres each
    crop : the part of the reference that counts, one of kitti.CROPS
    cap : metres; no reference from there on counts, and predictions are clamped to it
    whole : the network sees the whole picture, stretched to its size; else the largest centred
        part of its aspect ratio, as on the robot, and only that part is compared
    prepare : the data set's own test pipeline, before anything else

    """

    metrics: Metrics
    crop: str = 'none'
    cap: float = math.inf
    whole: bool = False
    prepare: Callable[[Frame], Frame] = lambda sample: sample


PROTOCOLS = {
    'robot': Protocol(depth_metrics),
    'nyu': Protocol(depth_metrics, prepare=Indoor()),
    'kitti-eigen': Protocol(eigen_metrics, crop='garg', cap=80.0, whole=True),
    'kitti-benchmark': Protocol(benchmark_metrics, whole=True),
}


@dataclass(frozen=True, eq=False)
class JudgedFrame:
    """
    One frame's verdict.

    Attributes
    ----------
    index, name : which frame of the reader
    image : H×W×3 uint8, the part of the picture that is compared
    reference : h×w metres of that part, NaN where it does not count
    prediction : h×w metres, as the network says it
    coverage : share of the reference's pixels for which the network says a number
    metrics, scaled : of the prediction, and of the prediction times `scale`
    scale : median of the reference / median of the prediction

    """

    index: int
    name: str
    image: np.ndarray
    reference: np.ndarray
    prediction: np.ndarray
    coverage: float
    metrics: dict[str, float]
    scaled: dict[str, float]
    scale: float


@dataclass(frozen=True, eq=False)
class _Frame:
    index: int
    name: str
    image: np.ndarray
    reference: np.ndarray
    inputs: tuple[np.ndarray, ...]
    scale: float


class Evaluation:
    """
    Judges the frames of a reader; afterwards `summary()` and `skipped`.

    Parameters
    ----------
    answer : pictures (B×3×H×W, ImageNet-normalised; where `stereo`, left and right ones) to
        B×1×h×w metres, NaN for no answer; B×2×h×w where the second is how sure it is, 0 to 1
    size : (height, width) of the pictures it is given; None: as large as the frame is
    device : where the pictures are put
    learned : the camera whose metres the network says, at `size`: they are scaled to those of each
        frame's camera, as on the robot; None: they are taken as they are

    """

    def __init__(self, answer: Callable[..., Tensor], size: tuple[int, int] | None,
                 protocol: Protocol, device: torch.device, batch: int = 8, stereo: bool = False,
                 learned: Intrinsics | None = None):
        self._answer, self._size, self._protocol = answer, size, protocol
        self._device, self._stereo, self._learned = device, stereo, learned
        self._batch = batch if size else 1
        self._plain, self._scaled = MetricsWindow(), MetricsWindow()
        self._coverage: list[float] = []
        self._confidence = ConfidenceCurve()
        self.skipped = 0

    def frames(self, reader: Reader) -> Iterator[JudgedFrame]:
        """Yield the verdicts in order; frames without a reference that counts are `skipped`."""
        waiting: list[_Frame] = []
        for index in range(len(reader)):
            frame = self._read(index, reader[index])
            if frame is None:
                self.skipped += 1
                continue
            waiting.append(frame)
            if len(waiting) == self._batch:
                yield from self._judge(waiting)
                waiting = []
        if waiting:
            yield from self._judge(waiting)

    def summary(self) -> dict[str, object]:
        """
        Return the means over the frames: of the metrics, plain and median-scaled.

        {'frames', 'skipped', 'coverage', 'metrics': {...}, 'median_scaled': {...}, 'confidence':
        [...]}; the last is of pixels, by threshold, empty where the network does not say.
        DepthDistillError where no frame had a reference.
        """
        if not self._coverage:
            raise DepthDistillError(f'none of {self.skipped} frames has a reference depth that '
                                    'counts; give data with depth, or another crop or cap')
        return {
            'frames': len(self._coverage), 'skipped': self.skipped,
            'coverage': float(np.mean(self._coverage)),
            'metrics': self._plain.summary(), 'median_scaled': self._scaled.summary(),
            'confidence': self._confidence.rows()}

    def _read(self, index: int, sample: Frame) -> _Frame | None:
        if sample.depth is None:
            return None
        if self._stereo and sample.right is None:
            raise DepthDistillError(f'{sample.name} has no right picture, and the network is a '
                                    'stereo one; give stereo data')
        sample = self._protocol.prepare(sample)
        depth = cast(np.ndarray, sample.depth)
        reference = counted(depth, self._protocol.crop, NEAREST, self._protocol.cap)
        view = self._view(sample.image.shape[:2])
        reference = _part(reference, self._view(reference.shape).crop)
        if not valid(reference).any():
            return None
        pictures = [sample.image]
        if self._stereo and sample.right is not None:
            pictures.append(sample.right)
        return _Frame(index, sample.name, _part(sample.image, view.crop), reference,
                      tuple(view.image(picture) for picture in pictures),
                      self._focal_factor(sample, view))

    def _focal_factor(self, sample: Frame, view: View) -> float:
        if self._learned is None:
            return 1.0
        if sample.intrinsics is None:
            raise DepthDistillError(f'{sample.name} comes without its camera, which scaling by '
                                    'focal length needs; give K.txt or camera_info with the data')
        return focal_factor(self._learned, view.intrinsics(sample.intrinsics))

    def _view(self, source: tuple[int, int]) -> View:
        if self._protocol.whole or self._size is None:
            return View((0, 0, *source), self._size or source)
        return View.fit(source, self._size)

    @torch.no_grad()
    def _judge(self, frames: list[_Frame]) -> Iterator[JudgedFrame]:
        pictures = [to_input(torch.from_numpy(np.stack(side)).to(self._device))
                    for side in zip(*(frame.inputs for frame in frames), strict=True)]
        answers = self._answer(*pictures).float()
        for frame, depth in zip(frames, answers, strict=True):
            prediction, *confidence = interpolate(
                depth[None], frame.reference.shape, mode='bilinear',
                align_corners=True)[0].cpu().numpy()
            prediction = prediction * np.float32(frame.scale)
            for sure in confidence:
                self._confidence.add(sure, prediction, frame.reference)
            yield self._verdict(frame, prediction)

    def _verdict(self, frame: _Frame, prediction: np.ndarray) -> JudgedFrame:
        reference, metrics = frame.reference, self._protocol.metrics
        answered = valid(reference) & np.isfinite(prediction)
        scale = 1.0
        if answered.any():
            scale = float(np.median(reference[answered])
                          / np.median(np.maximum(prediction[answered], NEAREST)))
        plain, scaled = (metrics(self._clamped(prediction * factor), reference)
                         for factor in (1.0, scale))
        self._plain.add(plain)
        self._scaled.add(scaled)
        self._coverage.append(float(answered.sum() / valid(reference).sum()))
        return JudgedFrame(frame.index, frame.name, frame.image, reference, prediction,
                           self._coverage[-1], plain, scaled, scale)

    def _clamped(self, prediction: np.ndarray) -> np.ndarray:
        # No answer is as wrong as the nearest depth: it is no excuse, and the errors stay numbers.
        return np.where(np.isfinite(prediction),
                        np.clip(prediction, NEAREST, self._protocol.cap), NEAREST)


@torch.no_grad()
def evaluate_frames(network: nn.Module, images: np.ndarray, depth: np.ndarray,
                    device: torch.device, batch: int = 32) -> dict[str, float]:
    """
    Mean metrics of `network` on N×H×W×3 uint8 pictures and N×h×w metres of any size.

    The prediction is resized to the depth's size, and the network is left in eval mode. Frames
    whose depth is all holes do not count; MetricsError where that is every one.
    """
    network.eval()
    window = MetricsWindow()
    for start in range(0, len(images), batch):
        x = to_input(torch.from_numpy(images[start:start + batch]).to(device))
        prediction = interpolate(
            network(x).float(), depth.shape[1:], mode='bilinear', align_corners=True)
        for p, g in zip(prediction[:, 0].cpu().numpy(), depth[start:start + batch], strict=True):
            if valid(g).any():
                window.add(depth_metrics(p, g))
    if not len(window):
        raise MetricsError(f'none of the {len(images)} frames to evaluate on has a depth')
    return window.summary()


def _part(array: np.ndarray, crop: tuple[int, int, int, int]) -> np.ndarray:
    top, left, height, width = crop
    return array[top:top + height, left:left + width]
