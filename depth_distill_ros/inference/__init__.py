# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Prediction with a student: engines, their selection and their cache. Imports no ROS."""
