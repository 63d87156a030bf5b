# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The interface between a method and the trainer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from depth_distill_ros.distillation.data.batch import Batches


class Update(Protocol):
    """`update(loss, 'student')`: one backward pass, then one optimiser step of each network."""

    def __call__(self, loss: Tensor, *networks: str) -> None: ...


@runtime_checkable
class Stateful(Protocol):
    """What a checkpoint keeps the state of: numbers, strings, tensors, and containers of them."""

    def state_dict(self) -> Any: ...

    def load_state_dict(self, state: Any) -> None: ...


@runtime_checkable
class Preparing(Protocol):
    """A method that can compute a part of its next step in another thread, beside the current."""

    def prepare(self, batches: Batches) -> None: ...


class Method(Protocol):
    """
    One way to train. The trainer owns optimisers, schedule, precision and random state.

    A method that is Stateful too has a state of its own, which checkpoints keep by process. One
    that is Preparing may be given a batch before its step, in another thread.

    Attributes:
        needs: by name of the source, the fields of its Batch that must be there beside x
        networks: by name, the networks that are trained, in training mode; 'student' is the result
    """

    @property
    def needs(self) -> Mapping[str, tuple[str, ...]]: ...

    @property
    def networks(self) -> Mapping[str, nn.Module]: ...

    def step(self, batches: Batches, update: Update,
             generator: torch.Generator) -> dict[str, Tensor]:
        """Make one iteration with random numbers from `generator`; return the detached losses."""
