# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The curriculum of D3, our addition: which images a step trains on beside the plain ones."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from depth_distill_ros.distillation.parallel import processes

PLAIN, MIXED, TRANSFORMED = range(3)
# a mean loss that fell by less than this part of its whole fall has flattened
_FLAT = 0.1


class Curriculum:
    """
    From PLAIN images alone to MIXED ones (x̂′) beside them, and to TRANSFORMED ones (G(x̂′)).

    A stage ends after so many `steps`; by 'progress' it does where the mean loss of the plain
    images over so many steps has hardly fallen since the mean before it, compared with its fall
    in the whole stage. The loss is read from the device at these steps alone.

    Args:
        by: 'steps', 'progress', or 'none': the last stage from the first step on
        last: the stage that never ends
    """

    def __init__(self, by: str, steps: int, last: int):
        self._by, self._steps, self._last = by, steps, last
        self.stage = last if by == 'none' else PLAIN
        self._step = 0  # of the stage
        self._sum: Tensor | float = 0.0
        self._means: list[float] = []

    def add(self, loss: Tensor) -> None:
        """Add the loss of the plain images in a step, which may end the stage."""
        if self.stage == self._last:
            return
        self._step += 1
        self._sum = self._sum + loss.detach().float()
        if self._step % self._steps == 0:
            # the mean over the processes: all of them are in the same stage
            total = processes.means({'sum': torch.as_tensor(self._sum)})['sum']
            self._means.append(float(total) / self._steps)
            self._sum = 0.0
            if self._by == 'steps' or self._is_flat():
                self.stage, self._step, self._means = self.stage + 1, 0, []

    def _is_flat(self) -> bool:
        if len(self._means) < 2:
            return False
        first, before, now = self._means[0], *self._means[-2:]
        return before - now <= _FLAT * max(first - now, 0.0)

    def state_dict(self) -> dict[str, Any]:
        return {'stage': self.stage, 'step': self._step, 'sum': float(self._sum),
                'means': list(self._means)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        if self._by == 'none':  # switched off since
            return
        self.stage = min(state['stage'], self._last)
        self._step, self._sum, self._means = state['step'], state['sum'], list(state['means'])
