# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Comparison of an engine's depth with torch's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from depth_distill_ros.evaluation.metrics import is_close
from depth_distill_ros.geometry.view import View
from depth_distill_ros.inference.engines.engine import DepthEngine
from depth_distill_ros.settings.inference import InferenceSettings


@dataclass(frozen=True)
class ParityLimits:
    """
    The largest median relative error and the smallest δ1 of an engine against torch.

    The shipped models reach 0.0008 and 1.0000 in bfloat16. The confidence may differ by a fiftieth
    in the mean.
    """

    median_relative_error: float = InferenceSettings.parity_error
    delta1: float = InferenceSettings.parity_delta1
    confidence_error: float = 0.02


@dataclass(frozen=True)
class Parity:
    """
    Difference of an engine to the reference.

    Attributes:
        median_relative_error: over the pixels for which both have a depth
        delta1: share of all pixels for which the depths differ by less than a factor of 1.25, or
            neither has a depth
        largest_error: metres, over the pixels for which both have a depth
        confidence_error: mean difference of the confidence; 0 for a network without
        frames: number of frames compared
        compared: number of pixels for which both have a depth
    """

    median_relative_error: float
    delta1: float
    largest_error: float
    confidence_error: float
    frames: int
    compared: int

    def within(self, limits: ParityLimits) -> bool:
        """Return whether the engine may replace torch."""
        return (self.compared > 0 and self.median_relative_error <= limits.median_relative_error
                and self.delta1 >= limits.delta1
                and self.confidence_error <= limits.confidence_error)

    def __str__(self) -> str:
        return (f'median relative error {self.median_relative_error:.2g}, δ1 {self.delta1:.4f} '
                f'against torch on {self.frames} frames')


def check_parity(engine: DepthEngine, reference: DepthEngine,
                 frames: Iterable[np.ndarray]) -> Parity:
    """Compare two engines of one model on H×W×3 uint8 RGB frames of any size, at least one."""
    pairs = []
    for frame in frames:
        view = View.fit(frame.shape[:2], reference.input_size)
        pairs.append((engine(frame, view), reference(frame, view)))
    found, expected = (np.stack([p.depth for p in side]) for side in zip(*pairs, strict=True))
    neither = np.isnan(found) & np.isnan(expected)
    both = ~(np.isnan(found) | np.isnan(expected))
    error = np.abs(found - expected)[both]
    agree = np.count_nonzero(is_close(found[both], expected[both]))
    confidence = [np.abs(one.confidence - other.confidence).mean() for one, other in pairs
                  if one.confidence is not None and other.confidence is not None]
    return Parity(
        float(np.median(error / expected[both])) if both.any() else 0.0,
        float((agree + np.count_nonzero(neither)) / found.size),
        float(error.max(initial=0.0)), float(np.mean(confidence)) if confidence else 0.0,
        len(pairs), int(both.sum()))
