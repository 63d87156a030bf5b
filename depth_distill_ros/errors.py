# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The one error that a user is meant to read."""


class DepthDistillError(Exception):
    """A failure the user can mend: one line that names the culprit and the cure."""
