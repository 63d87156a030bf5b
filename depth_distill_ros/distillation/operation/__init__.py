# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which release answers: judged, chosen, watched in operation, rolled back."""
