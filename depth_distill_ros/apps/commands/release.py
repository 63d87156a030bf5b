# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
depth-distill release: which student answers, and the way back.

RUN is the work_dir of a distiller. Inference nodes of that folder follow within a second, also
those that start later.
"""

from __future__ import annotations

from depth_distill_ros.apps.release import hold, promote, releases_list, rollback, show

HELP = 'list, show, promote, hold and roll back the releases of a run'
EXAMPLE = 'depth-distill release list runs/kitchen'

SUBCOMMANDS = {'list': releases_list, 'show': show, 'promote': promote, 'hold': hold,
               'rollback': rollback}
