# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The stream: messages paired by stamp, semantic classes, and the bounded store of frames."""
