# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Let ``python -m depth_distill_ros`` be ``depth-distill``."""

import sys

from depth_distill_ros.apps.cli import main

sys.exit(main())
