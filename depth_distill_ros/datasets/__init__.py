# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Data sets from disk, one reader for each layout, opened with 'kind:path[,key=value...]'."""

from depth_distill_ros.datasets.kinds import help_text, open_reader
from depth_distill_ros.datasets.opened import OpenedReader, first_frame, readable_frames
from depth_distill_ros.datasets.reader import DatasetError, LeftOut, Reader, counted
from depth_distill_ros.frame import Frame

__all__ = ['DatasetError', 'Frame', 'LeftOut', 'OpenedReader', 'Reader', 'counted', 'first_frame',
           'help_text', 'open_reader', 'readable_frames']
