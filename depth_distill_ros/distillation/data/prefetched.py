# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The next batch of a source, drawn and prepared by a thread beside a step."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from depth_distill_ros.distillation.data.batch import Batches, Source


class Prefetched:
    """
    A source whose next batch may be drawn `ahead`, while the step of the last one goes on.

    The batches, and what a checkpoint holds, are those of the source itself: the state is the one
    before a batch that was drawn ahead and not taken.

    Args:
        prepare: called with each batch that is drawn ahead, in the same thread
    """

    def __init__(self, source: Source, prepare: Callable[[Batches], object]):
        self._source, self._prepare = source, prepare
        self._thread = ThreadPoolExecutor(1, 'prefetch')
        self._next: Future[Batches] | None = None
        self._state: Any = None

    def ahead(self) -> None:
        """Begin to draw the next batch; nothing else may change the state of the source then."""
        if self._next is None:
            self._state = self._source.state_dict()
            self._next = self._thread.submit(self._drawn)

    def _drawn(self) -> Batches:
        batches = self._source.draw()
        self._prepare(batches)
        return batches

    def draw(self) -> Batches:
        """Return the next batch; errors as of the source."""
        pending, self._next = self._next, None
        return pending.result() if pending else self._source.draw()

    def state_dict(self) -> Any:
        return self._state if self._next else self._source.state_dict()

    def load_state_dict(self, state: Any) -> None:
        self._drop()
        self._source.load_state_dict(state)

    def close(self) -> None:
        """Wait for the batch that is being drawn, and end the thread."""
        self._drop()
        self._thread.shutdown()

    def _drop(self) -> None:
        pending, self._next = self._next, None
        if pending:
            pending.exception()
