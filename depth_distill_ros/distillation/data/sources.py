# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Several sources of pictures drawn side by side, one batch of each a step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from depth_distill_ros.distillation.data.batch import Batch
from depth_distill_ros.distillation.data.reader_source import ReaderSource


class Sources:
    """A batch of each of `sources`, by name; the state is that of all of them."""

    def __init__(self, sources: Mapping[str, ReaderSource]):
        self._sources = dict(sources)

    @property
    def unreadable(self) -> int:
        return sum(source.unreadable for source in self._sources.values())

    def draw(self) -> Batch:
        return {name: source.draw() for name, source in self._sources.items()}

    def state_dict(self) -> dict[str, Any]:
        return {name: source.state_dict() for name, source in self._sources.items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for name, source in self._sources.items():
            source.load_state_dict(state[name])
