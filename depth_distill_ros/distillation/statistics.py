# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""l_BN of D3 (eq. 6): how far a batch's feature statistics are from those of a teacher's world."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from torch import Tensor, nn

from depth_distill_ros.distillation.calibration import (
    CalibrationError,
    batch_norms,
    check_visible,
    inputs_seen,
    load_calibration,
    moments,
)

_CALIBRATE = 'record statistics with depth-distill models calibrate and give their file'


class BNStatistics:
    """
    Σ over layers of the teacher of ‖μ - μ_stored‖₂ + ‖σ² - σ²_stored‖₂.

    μ and the biased σ² are those of the layer's input over batch and space (or tokens). The norms
    are not squared, and no layer is weighted. Stored are the running statistics of all BatchNorm
    layers, or, where a calibration file is given, those of the layers in it. The teacher must be
    in eval mode.

    Raises CalibrationError for a teacher that stores nothing without a calibration, and for a
    calibration of another teacher.
    """

    def __init__(self, teacher: nn.Module, calibration: Path | None = None):
        check_visible(teacher)
        modules = dict(teacher.named_modules())
        if calibration is not None:
            self._stored = {modules[name]: statistics for name, statistics
                            in load_calibration(calibration, teacher).items()}
            return
        self._stored = {modules[name]: (modules[name].running_mean, modules[name].running_var)
                        for name in batch_norms(teacher)}
        if not self._stored:
            raise CalibrationError(
                'the teacher has no BatchNorm layer, so it stores no statistics for G to fit; '
                f'{_CALIBRATE}, or choose another teacher')
        if any(mean is None for mean, _ in self._stored.values()):
            raise CalibrationError("the teacher's BatchNorm layers keep no running statistics; "
                                   f'{_CALIBRATE}')

    @contextmanager
    def recorded(self) -> Iterator[list[Tensor]]:
        """Collect one term a layer from the teacher passes made inside."""
        terms: list[Tensor] = []

        def see(layer: nn.Module, value: Tensor) -> None:
            # the teacher may have gone to another device since
            stored = self._stored[layer] = tuple(s.to(value.device) for s in self._stored[layer])
            found = moments(layer, value.float())
            terms.append(sum((a - b).norm() for a, b in zip(found, stored, strict=True)))

        with inputs_seen(self._stored, see):
            yield terms
