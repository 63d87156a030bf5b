# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Evaluation protocols: the input of the network, the compared pixels, and the metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
import math
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from depth_distill_ros.datasets.opened import readable_frames
from depth_distill_ros.datasets.preprocessing import Indoor
from depth_distill_ros.datasets.reader import LeftOut, Reader
from depth_distill_ros.datasets.readers.nyu import FARTHEST
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.evaluation.confidence import ConfidenceCurve
from depth_distill_ros.evaluation.crops import counted
from depth_distill_ros.evaluation.kitti import benchmark_metrics, eigen_metrics
from depth_distill_ros.evaluation.metrics import (
    NEAREST,
    MetricsWindow,
    depth_metrics,
)
from depth_distill_ros.frame import Frame
from depth_distill_ros.geometry.depth import valid
from depth_distill_ros.geometry.intrinsics import Intrinsics, focal_factor
from depth_distill_ros.geometry.view import View
from depth_distill_ros.networks.normalisation import to_input
from depth_distill_ros.networks.scale_anchor import ScaleAnchor
from depth_distill_ros.settings.commands import EvaluateSettings

Metrics = Callable[[np.ndarray, np.ndarray], dict[str, float]]


@dataclass(frozen=True)
class Protocol:
    """
    Which pixels are compared, and with which metrics.

    Attributes:
        metrics: function of a prediction and a reference, H×W metres each
        crop: the evaluated part of the reference, one of crops.CROPS
        cap: metres; larger references are ignored, and predictions are clamped to it
        whole: the network sees the whole image, stretched to its size. Otherwise it sees the
            largest centred part of its aspect ratio, as on the robot, and only that part is
            compared
        prepare: the data set's own test pipeline, applied first
    """

    metrics: Metrics
    crop: str = 'none'
    cap: float = math.inf
    whole: bool = False
    prepare: Callable[[Frame], Frame] = lambda frame: frame


PROTOCOLS = {
    'robot': Protocol(depth_metrics),
    'nyu': Protocol(depth_metrics, prepare=Indoor()),
    'nyu-labelled': Protocol(depth_metrics, crop='nyu', cap=FARTHEST, whole=True),
    'kitti-eigen': Protocol(eigen_metrics, crop='garg', cap=80.0, whole=True),
    'kitti-benchmark': Protocol(benchmark_metrics, whole=True),
}


@dataclass(frozen=True, eq=False)
class FrameResult:
    """
    The prediction and the metrics of one frame.

    Attributes:
        index, name: which frame of the reader
        image: H×W×3 uint8, the compared part of the image
        reference: h×w metres of that part, NaN where it is not evaluated
        prediction: h×w metres, as the network predicts it
        intrinsics: of the h×w pixels; None if the frame has none
        coverage: share of the reference's pixels with a finite prediction
        metrics, scaled: metrics of the prediction, and of the prediction times `scale`
        scale: median of the reference / median of the prediction
    """

    index: int
    name: str
    image: np.ndarray
    reference: np.ndarray
    prediction: np.ndarray
    intrinsics: Intrinsics | None
    coverage: float
    metrics: dict[str, float]
    scaled: dict[str, float]
    scale: float


@dataclass(frozen=True, eq=False)
class _Prepared:
    index: int
    name: str
    image: np.ndarray
    reference: np.ndarray
    intrinsics: Intrinsics | None
    inputs: tuple[np.ndarray, ...]
    scale: float


class Evaluation:
    """
    Evaluates the frames of a reader; afterwards `summary()`, `skipped` and why: `unused`.

    Args:
        predict: from images (B×3×H×W, ImageNet-normalised; with `stereo`, left and right ones) to
            B×1×h×w metres, NaN where there is no prediction; B×2×h×w if the second channel is the
            confidence, 0 to 1
        size: (height, width) of the images that the network is given; None: the size of the frame
        device: of the images
        trained_with: the camera that the network was trained with, at `size`. Its depth is scaled
            by the focal length of each frame's camera, as on the robot; None: depth is not scaled
        anchor: of the network; its factor is applied to frames of its lens, or of an unknown one
    """

    def __init__(self, predict: Callable[..., Tensor], size: tuple[int, int] | None,
                 protocol: Protocol, device: torch.device,
                 batch: int = EvaluateSettings.batch, stereo: bool = False,
                 trained_with: Intrinsics | None = None, anchor: ScaleAnchor | None = None):
        self._predict, self._size, self._protocol = predict, size, protocol
        self._device, self._stereo, self._trained_with = device, stereo, trained_with
        self._anchor = anchor
        self._batch = batch if size else 1
        self._plain, self._scaled = MetricsWindow(), MetricsWindow()
        self._coverage: list[float] = []
        self._confidence = ConfidenceCurve()
        self.skipped = 0
        self.unused: list[LeftOut] = []

    def frames(self, reader: Reader | Sequence[Frame]) -> Iterator[FrameResult]:
        """
        Yield the results in order.

        Frames without a reference to evaluate are `skipped`; the reader keeps which ones cannot
        be read. DatasetError if none can be read.
        """
        waiting: list[_Prepared] = []
        for index, source in readable_frames(reader):
            frame = self._read(index, source)
            if isinstance(frame, LeftOut):
                self.skipped += 1
                self.unused.append(frame)
                continue
            waiting.append(frame)
            if len(waiting) == self._batch:
                yield from self._evaluate(waiting)
                waiting = []
        if waiting:
            yield from self._evaluate(waiting)

    def summary(self) -> dict[str, Any]:
        """
        Return the mean metrics over the frames, plain and median-scaled.

        {'frames', 'skipped', 'coverage', 'metrics': {...}, 'median_scaled': {...}, 'confidence':
        [...]}; the last has a row for each threshold, over all pixels, and is empty without a
        confidence. DepthDistillError if no frame had a reference.
        """
        if not self._coverage:
            raise DepthDistillError(f'none of {self.skipped} frames has a reference depth to '
                                    'evaluate; give data with depth, or another crop or cap')
        return {
            'frames': len(self._coverage), 'skipped': self.skipped,
            'coverage': float(np.mean(self._coverage)),
            'metrics': self._plain.summary(), 'median_scaled': self._scaled.summary(),
            'confidence': self._confidence.rows()}

    def _read(self, index: int, frame: Frame) -> _Prepared | LeftOut:
        if frame.depth is None:
            return LeftOut(frame.name, 'no depth')
        if self._stereo and frame.right is None:
            raise DepthDistillError(f'{frame.name} has no right image, which the stereo network '
                                    'needs; give stereo data')
        frame = self._protocol.prepare(frame)
        depth = cast(np.ndarray, frame.depth)
        reference = counted(depth, self._protocol.crop, NEAREST, self._protocol.cap)
        view, crop = self._view(frame.image.shape[:2]), self._view(reference.shape).crop
        camera = frame.intrinsics
        if camera is not None:
            camera = camera.resized(reference.shape).cropped(*crop)
        reference = _part(reference, crop)
        if not valid(reference).any():
            return LeftOut(frame.name, 'no valid depth in the evaluated part of the image')
        images = [frame.image]
        if self._stereo and frame.right is not None:
            images.append(frame.right)
        return _Prepared(index, frame.name, _part(frame.image, view.crop), reference, camera,
                         tuple(view.image(image) for image in images),
                         self._focal_factor(frame, view) * self._anchor_factor(frame, view))

    def _focal_factor(self, frame: Frame, view: View) -> float:
        if self._trained_with is None:
            return 1.0
        if frame.intrinsics is None:
            raise DepthDistillError(f'{frame.name} has no intrinsics, which scaling by focal '
                                    'length needs; give K.txt or camera_info with the data')
        return focal_factor(self._trained_with, view.intrinsics(frame.intrinsics))

    def _anchor_factor(self, frame: Frame, view: View) -> float:
        if self._anchor is None:
            return 1.0
        return self._anchor.at(frame.intrinsics and view.intrinsics(frame.intrinsics))

    def _view(self, source: tuple[int, int]) -> View:
        if self._protocol.whole or self._size is None:
            return View((0, 0, *source), self._size or source)
        return View.fit(source, self._size)

    @torch.no_grad()
    def _evaluate(self, frames: list[_Prepared]) -> Iterator[FrameResult]:
        images = [to_input(torch.from_numpy(np.stack(side)).to(self._device))
                  for side in zip(*(frame.inputs for frame in frames), strict=True)]
        outputs = self._predict(*images).float()
        for frame, depth in zip(frames, outputs, strict=True):
            prediction, *confidence = interpolate(
                depth[None], frame.reference.shape, mode='bilinear',
                align_corners=True)[0].cpu().numpy()
            prediction = prediction * np.float32(frame.scale)
            for map_ in confidence:
                self._confidence.add(map_, prediction, frame.reference)
            yield self._result(frame, prediction)

    def _result(self, frame: _Prepared, prediction: np.ndarray) -> FrameResult:
        reference, metrics = frame.reference, self._protocol.metrics
        predicted = valid(reference) & np.isfinite(prediction)
        scale = 1.0
        if predicted.any():
            scale = float(np.median(reference[predicted])
                          / np.median(np.maximum(prediction[predicted], NEAREST)))
        plain, scaled = (metrics(self._clamped(prediction * factor), reference)
                         for factor in (1.0, scale))
        pixels = int(valid(reference).sum())
        self._plain.add(plain, pixels)
        self._scaled.add(scaled, pixels)
        self._coverage.append(float(predicted.sum() / pixels))
        return FrameResult(frame.index, frame.name, frame.image, reference, prediction,
                           frame.intrinsics, self._coverage[-1], plain, scaled, scale)

    def _clamped(self, prediction: np.ndarray) -> np.ndarray:
        # A missing prediction counts as the nearest depth: wrong, with finite errors.
        return np.where(np.isfinite(prediction),
                        np.clip(prediction, NEAREST, self._protocol.cap), NEAREST)


def mean_metrics(network: nn.Module, frames: Reader | Sequence[Frame], size: tuple[int, int],
                 device: torch.device, batch: int = EvaluateSettings.batch) -> dict[str, float]:
    """
    Return the mean metrics of `network`, which reads images of `size`, by the protocol 'robot'.

    The network is left in eval mode. DepthDistillError if no frame has a valid depth.
    """
    evaluation = Evaluation(network.eval(), size, PROTOCOLS['robot'], device, batch)
    for _ in evaluation.frames(frames):
        pass
    return evaluation.summary()['metrics']


def _part(array: np.ndarray, crop: tuple[int, int, int, int]) -> np.ndarray:
    top, left, height, width = crop
    return array[top:top + height, left:left + width]
