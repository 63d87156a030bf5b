# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
One training in several processes, started by torchrun.

Gradients are averaged while the backward pass goes on (`gradient_averaging`). No network is
wrapped in DDP, because the methods make several passes through a network before its backward pass,
and through frozen networks too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
import os
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor, distributed, nn

T = TypeVar('T')


def join() -> None:
    """Join the other processes if torchrun started this one; each takes the GPU of its rank."""
    if 'WORLD_SIZE' not in os.environ or distributed.is_initialized():
        return
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ['LOCAL_RANK']))
    distributed.init_process_group('nccl' if torch.cuda.is_available() else 'gloo')


def leave() -> None:
    if distributed.is_initialized():
        distributed.destroy_process_group()


def rank() -> int:
    """Return the number of this process; only process 0 writes files."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def count() -> int:
    return distributed.get_world_size() if distributed.is_initialized() else 1


def share(batch: int) -> slice:
    """Return this process's part of a batch that all processes drew."""
    part = batch // count()
    return slice(rank() * part, (rank() + 1) * part)


def generator(*seed: int) -> torch.Generator:
    """Return a generator of random numbers for `seed`, different in each process."""
    state = np.random.SeedSequence((*seed, rank())).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(state) >> 1)


def gathered(value: object) -> list:
    """Return the values of all processes, by rank."""
    if count() == 1:
        return [value]
    values: list[object] = [None] * count()
    distributed.all_gather_object(values, value)
    return values


def anywhere(flag: Tensor) -> Tensor:
    """Return whether a scalar bool is true in any process, so that none goes on alone."""
    if count() == 1:
        return flag
    found = flag.float()
    distributed.all_reduce(found, distributed.ReduceOp.MAX)
    return found > 0


def from_first(make: Callable[[], T]) -> T:
    """Return in all processes what `make` returns in process 0."""
    if count() == 1:
        return make()
    values: list[Any] = [make() if rank() == 0 else None]
    distributed.broadcast_object_list(values, 0)
    return values[0]


def same_start(network: nn.Module) -> None:
    """Give the network the weights and buffers of process 0."""
    if count() > 1:
        for tensor in network.state_dict().values():
            distributed.broadcast(tensor, 0)


def means(losses: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the mean of each scalar over the processes, on its device."""
    values = torch.stack([value.detach().float() for value in losses.values()])
    if count() > 1:
        distributed.all_reduce(values)
        values = values / count()
    return dict(zip(losses, values.unbind(), strict=True))
