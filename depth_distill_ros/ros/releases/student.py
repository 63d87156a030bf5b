# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A student that is ready to predict."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from depth_distill_ros.distillation.operation.release_state import ReleaseId
from depth_distill_ros.inference.engines.engine import DepthEngine
from depth_distill_ros.shipped import is_shipped


@dataclass(frozen=True)
class Student:
    """An engine that is ready, and its release; number 0 is a model that is no release."""

    engine: DepthEngine
    release: ReleaseId

    @property
    def folder(self) -> Path:
        return self.engine.folder

    @property
    def title(self) -> str:
        return str(self.release) if self.release.number else f'model {self.folder.name}'

    @property
    def is_first(self) -> bool:
        """Whether it is a shipped student, which answers before the first release."""
        return not self.release.number and is_shipped(self.folder)

    @property
    def has_confidence(self) -> bool:
        return bool(self.engine.card.options.get('confidence'))

    def figures(self) -> dict[str, object]:
        """Return the scores and the scale anchor on the card by name, for /diagnostics."""
        scores, anchor = self.engine.card.about.get('held_out'), self.engine.card.anchor
        return {
            **({f'held_out.{name}': value for name, value in scores.items()}
               if isinstance(scores, dict) else {}),
            **({'anchor.factor': anchor.factor, 'anchor.frames': anchor.frames}
               if anchor else {})}
