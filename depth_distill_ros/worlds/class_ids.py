# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The ids of the classes that rooms are made of, by name (NYU-13, ``stream.classes``)."""

from __future__ import annotations

from depth_distill_ros.stream.classes import NYU13

(UNKNOWN, BED, BOOKS, CEILING, CHAIR, FLOOR, FURNITURE, OBJECTS, PICTURE, SOFA, TABLE, TV, WALL,
 WINDOW) = range(len(NYU13))
