# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The 13 classes of NYU/SceneNet, with 0 for unknown; the index is the id."""

NYU13 = ('unknown', 'bed', 'books', 'ceiling', 'chair', 'floor', 'furniture', 'objects', 'picture',
         'sofa', 'table', 'tv', 'wall', 'window')
(UNKNOWN, BED, BOOKS, CEILING, CHAIR, FLOOR, FURNITURE, OBJECTS, PICTURE, SOFA, TABLE, TV, WALL,
 WINDOW) = range(len(NYU13))
