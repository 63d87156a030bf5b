# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Names of cameras, which their topics and parameters begin with."""

from __future__ import annotations

from collections.abc import Sequence
import re

from depth_distill_ros.ros.support.parameters import ParameterError

_LEGAL = re.compile(r'(~?/)?[A-Za-z_][A-Za-z0-9_]*(/[A-Za-z_][A-Za-z0-9_]*)*')


def check_names(names: Sequence[str]) -> None:
    """Raise ParameterError unless the cameras have different names that ROS allows."""
    for name in names:
        if name and not _LEGAL.fullmatch(name):
            proposal = re.sub('[^A-Za-z0-9_]+', '_', name).strip('_')
            proposal = proposal if proposal[:1].isalpha() else f'camera_{proposal}'.rstrip('_')
            raise ParameterError(
                f'parameter cameras: "{name}" cannot begin the name of a topic (letters, digits '
                f'and underscores, no digit first): call it {proposal}')
    if len(set(names)) < len(names) or not names:
        raise ParameterError(f'parameter cameras is {list(names)}: give each camera its own name')
