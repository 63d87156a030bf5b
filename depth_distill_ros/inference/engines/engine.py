# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The interface of all engines: a model folder made ready to predict from camera frames."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from depth_distill_ros.errors import DepthDistillError, first_line
from depth_distill_ros.geometry.view import View
from depth_distill_ros.networks.model_folder import read_card

_WARM_UP = 3
Log = Callable[[str], None]


def no_log(line: str) -> None:
    """Ignore a line of log."""


class EngineError(DepthDistillError):
    """An engine that cannot be made, or an image that it cannot read."""


class EngineAbsentError(EngineError):
    """An engine whose package is not installed, or whose device this machine lacks."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """
    The output of a network for one image.

    Attributes:
        depth: h×w float32 metres, NaN where the output is not finite or not positive
        confidence: h×w float32 from 0 to 1; None if the network has no confidence head
    """

    depth: np.ndarray
    confidence: np.ndarray | None = None


class DepthEngine(ABC):
    """
    `engine(image, view)` predicts from the part of an H×W×3 uint8 RGB image that the view shows.

    An engine processes one call at a time. Its memory is freed with the last reference to it.

    Attributes:
        name: of the backend and its precision or device, such as 'openvino-bf16'
        folder, card: of the model
        input_size: (height, width) that the view must have
        output_size: (height, width) of the prediction
    Raises:
        ModelError: the folder holds no usable model
        EngineError: the engine cannot be made, or cannot read the image or the view
    """

    def __init__(self, name: str, folder: Path):
        self.name = name
        self.folder = Path(folder)
        self.card = read_card(self.folder)
        self.input_size = self.card.size
        self.output_size: tuple[int, int]

    def __call__(self, image: np.ndarray, view: View) -> Prediction:
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            raise EngineError(f'an engine reads H×W×3 uint8 images, got {image.dtype} of shape '
                              f'{image.shape}')
        if view.size != self.input_size:
            raise EngineError(f'{self.folder} reads {self.input_size}, the view has {view.size}; '
                              'make the view with the input_size of the engine')
        try:
            outputs = self._infer(image, view)
        except DepthDistillError:
            raise
        except Exception as error:  # each backend raises its own types
            line = first_line(error)
            raise EngineError(f'{self.name} failed on an image: {line}') from error
        depth, *confidence = (output[0, 0] for output in outputs)
        usable = (depth > 0) & (depth < np.inf)  # comparisons with NaN are false
        if not usable.all():
            depth = np.where(usable, depth, np.float32(np.nan))
        return Prediction(depth, *confidence)

    @abstractmethod
    def _infer(self, image: np.ndarray, view: View) -> tuple[np.ndarray, ...]:
        """Return the outputs of ImageNetwork: depth and, if the network has it, confidence."""

    def _warm_up(self) -> None:
        """Run a few times, because a backend's first runs are slow; set output_size."""
        blank = np.zeros((*self.input_size, 3), np.uint8)
        view = View.fit(self.input_size, self.input_size)
        for _ in range(_WARM_UP):
            depth, *_ = self._infer(blank, view)
        if not np.isfinite(depth).all():
            raise EngineError(f'{self.folder} gives NaN on a blank image with {self.name}; it is '
                              'unusable')
        self.output_size = depth.shape[-2], depth.shape[-1]
