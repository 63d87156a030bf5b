# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What every engine is: a model folder made ready to answer camera frames."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.geometry.view import View
from depth_distill_ros.networks.model import read_card

ORDERS = ('rgb', 'bgr')
_WARM_UP = 3


class EngineError(DepthDistillError):
    """An engine that cannot be made, or a picture that it cannot read."""


class EngineAbsentError(EngineError):
    """An engine whose package is not installed, or whose device this machine lacks."""


@dataclass(frozen=True, eq=False)
class Prediction:
    """
    What a network says about a picture.

    Attributes
    ----------
    depth : h×w float32 metres, NaN where it says nothing usable
    confidence : h×w float32 from 0 to 1; None from a network that does not say

    """

    depth: np.ndarray
    confidence: np.ndarray | None = None


class DepthEngine(ABC):
    """
    `engine(image, view)`: H×W×3 uint8, seen through the view, to a prediction at output_size.

    A pixel for which the network says nothing usable (not finite, or not in front of the camera)
    is NaN. The image's channels are in the order 'rgb' or 'bgr'. One call at a time; what an
    engine holds is freed with the last reference to it.

    Attributes
    ----------
    name : of the backend and its arithmetic or device, as in 'openvino-bf16'
    folder, card : of the model
    input_size : (height, width) that the view must lead to
    output_size : (height, width) of the prediction

    Raises ModelError where the folder holds no usable model; EngineError where the engine cannot
    be made, or an image or view is none that it reads.

    """

    def __init__(self, name: str, folder: Path):
        self.name = name
        self.folder = Path(folder)
        self.card = read_card(self.folder)
        self.input_size = self.card.size
        self.output_size: tuple[int, int]

    def __call__(self, image: np.ndarray, view: View, order: str = 'rgb') -> Prediction:
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            raise EngineError(f'an engine reads H×W×3 uint8 pictures, got {image.dtype} of shape '
                              f'{image.shape}')
        if view.size != self.input_size:
            raise EngineError(f'{self.folder} reads {self.input_size}, the view gives {view.size};'
                              ' make the view for the engine')
        if order not in ORDERS:
            raise EngineError(f'order of channels "{order}"; there are {", ".join(ORDERS)}')
        try:
            answers = self._infer(image, view, order)
        except DepthDistillError:
            raise
        except Exception as error:  # whatever a backend throws: each has its own kinds
            line = next(iter(str(error).splitlines()), type(error).__name__)
            raise EngineError(f'{self.name} failed on a picture: {line}') from error
        depth, *confidence = (answer[0, 0] for answer in answers)
        usable = np.isfinite(depth) & (depth > 0)
        return Prediction(np.where(usable, depth, np.float32(np.nan)), *confidence)

    @abstractmethod
    def _infer(self, image: np.ndarray, view: View, order: str) -> tuple[np.ndarray, ...]:
        """Return 1×1×h×w float32 metres, and as much confidence where the network has it."""

    def _warm_up(self) -> None:
        """Run a few times, as a backend's first runs are slow; to be called when it can run."""
        blank = np.zeros((*self.input_size, 3), np.uint8)
        view = View.fit(self.input_size, self.input_size)
        for _ in range(_WARM_UP):
            depth, *_ = self._infer(blank, view, 'rgb')
        if not np.isfinite(depth).all():
            raise EngineError(f'{self.folder} gives NaN on a blank picture with {self.name}; it '
                              'is unusable')
        self.output_size = depth.shape[2:]


def host_picture(image: np.ndarray, view: View, order: str) -> np.ndarray:
    """
    Return the 1×H×W×3 uint8 RGB picture that a graph reads, made on the CPU.

    Colours are swapped after the resize, 0.005 ms at 228×304, which no graph undercuts; and
    cv2's resize takes a fifth of the time of the same as matrix products on the CPU.
    """
    picture = view.image(image)
    return (cv2.cvtColor(picture, cv2.COLOR_BGR2RGB) if order == 'bgr' else picture)[None]
