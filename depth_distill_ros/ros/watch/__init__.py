# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The topics of the watch: what the student saw and predicted, from inference to the distiller."""
