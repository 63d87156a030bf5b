# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Records of the bench on disk."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from depth_distill_ros.errors import DepthDistillError


def write_json(path: Path, record: dict[str, Any]) -> None:
    """Replace `path` at once: whoever reads it, or is interrupted, never has half of it."""
    aside = path.with_name(f'.{path.name}.{os.getpid()}')
    try:
        aside.write_text(json.dumps(record, indent=2, ensure_ascii=False) + '\n',
                         encoding='utf-8')
        aside.replace(path)
    except OSError as error:
        raise DepthDistillError(f'cannot write {path}: {error.strerror}') from error
