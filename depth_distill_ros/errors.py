# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The one error that a user is meant to read, and the exit code of a node that it ended."""

import os

# Exit code of a node with an error that no restart mends, such as a folder that is not there.
PERMANENT = os.EX_CONFIG


class DepthDistillError(Exception):
    """A failure the user can mend: one line that names the culprit and the cure."""
