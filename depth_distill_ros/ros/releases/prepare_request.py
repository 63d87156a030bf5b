# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the engine worker is asked for, by the parameters of the inference node."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from depth_distill_ros.files import expanded
from depth_distill_ros.inference.engine_selection import INT8
from depth_distill_ros.inference.engine_worker import PrepareRequest
from depth_distill_ros.inference.parity import ParityLimits
from depth_distill_ros.settings import robot_frames


def prepare_request(value: Callable[[str], Any], folder: Path,
                    previous_engine: str = '') -> PrepareRequest:
    """Return the request for a release; `value` returns a parameter of the node."""
    work_dir, engine = value('work_dir'), value('engine')
    stores = tuple(str(expanded(work_dir) / name) for name in (
        'store', robot_frames.STORE)) if work_dir else ()
    return PrepareRequest(
        str(folder), engine, previous_engine, stores,
        value('threads') or torch.get_num_threads(),
        ParityLimits(value('parity_error'), value('parity_delta1')), engine == INT8)
