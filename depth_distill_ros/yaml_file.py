# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A YAML file that a person wrote."""

from __future__ import annotations

from pathlib import Path

import yaml

from depth_distill_ros.errors import DepthDistillError


def read_yaml(path: Path, error_type: type[DepthDistillError]) -> object:
    """Return what the file holds, {} where that is nothing; `error_type` if it cannot be read."""
    try:
        return yaml.safe_load(path.read_text(encoding='utf-8')) or {}
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, 'strerror', None) or 'it is no text'
        raise error_type(f'{path}: cannot be read: {reason}') from error
    except yaml.YAMLError as error:
        raise error_type(f'{path}: no YAML: {" ".join(str(error).split())}') from error
