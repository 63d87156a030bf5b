# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The losses of a step, which stay on the device until somebody reads them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor


class StepLosses(Mapping[str, float]):
    """
    Scalars by name; the first read waits for the device, and later ones do not.

    A training that read each loss at each step would wait for the device once a step, and the
    device would then wait for the next step's Python.
    """

    def __init__(self, losses: Mapping[str, Tensor]):
        self._losses, self._names = losses, tuple(losses)
        self._values: Tensor | list[float] = torch.stack(
            [value.detach().float() for value in losses.values()])

    def joined(self, **losses: Tensor) -> StepLosses:
        """Return these losses and others."""
        return StepLosses({**self._losses, **losses})

    def __getitem__(self, name: str) -> float:
        if isinstance(self._values, Tensor):
            self._values = self._values.tolist()
        try:
            return self._values[self._names.index(name)]
        except ValueError:
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
