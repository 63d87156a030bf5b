# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Gradients averaged over the processes while the backward pass still goes on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, distributed, nn

from depth_distill_ros.distillation.parallel import processes

_BUCKET = 4 * 2**20  # bytes sent at once, of float32


class GradientAveraging:
    """
    Averages the gradients of some networks over the processes of one backward pass.

    As in DDP, a gradient is sent as soon as it is complete, in buckets and in the order of the
    backward pass, which is the same in all processes. With one process it does nothing.

        with averaging.of(parameters):
            loss.backward()
    """

    def __init__(self, networks: Iterable[nn.Module]):
        self._wanted: set[int] = set()
        self._bucket: list[Tensor] = []
        self._sent: list[tuple[Any, Tensor, list[Tensor]]] = []
        if processes.count() > 1:
            for network in networks:
                for parameter in network.parameters():
                    parameter.register_post_accumulate_grad_hook(self._complete)

    def of(self, parameters: Iterable[nn.Parameter]) -> GradientAveraging:
        """Average the gradients of these in the next backward pass."""
        self._wanted = {id(parameter) for parameter in parameters}
        return self

    def __enter__(self) -> None:
        self._bucket, self._sent = [], []

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._wanted = set()
        if kind is not None:
            return
        self._send()
        for work, flat, gradients in self._sent:
            work.wait()  # on a GPU its stream waits, not the host
            parts = (flat / processes.count()).split([g.numel() for g in gradients])
            for gradient, part in zip(gradients, parts, strict=True):
                gradient.copy_(part.view_as(gradient))

    def _complete(self, parameter: Tensor) -> None:
        if id(parameter) not in self._wanted or parameter.grad is None:
            return
        self._bucket.append(parameter.grad)
        if sum(g.numel() * g.element_size() for g in self._bucket) >= _BUCKET:
            self._send()

    def _send(self) -> None:
        if self._bucket:
            flat = torch.cat([g.flatten() for g in self._bucket])
            self._sent.append((distributed.all_reduce(flat, async_op=True), flat, self._bucket))
            self._bucket = []
