# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The stream node, which stores frames to train on."""

from __future__ import annotations

from dataclasses import dataclass

from depth_distill_ros.settings.field import modified, setting
from depth_distill_ros.settings.inference import CameraSettings, InferenceSettings
from depth_distill_ros.settings.names import PAPER_SIZE
from depth_distill_ros.settings.node import IMAGE_SIDE, RATE, InputSettings


@dataclass(frozen=True)
class StreamSettings(InputSettings):
    """The stream node, and the auxiliary node that stores the robot's own frames."""

    work_dir: str = setting('', 'folder of the run; must be given')
    store: str = setting('store', 'subfolder of work_dir that holds the frames; the distiller '
                         'reads store and auxiliary')
    semantics: str = setting(
        'auto', "format of the semantic images: ids of the class table, Gazebo's labels_map, "
        "Isaac Sim's ids named frame by frame, or ids that LabelInfo names; auto detects it; "
        'none: images come without classes, as from the robot itself',
        choices=('auto', 'ids', 'labels_map', 'isaac', 'label_info', 'none'))
    rectify: str = modified(
        CameraSettings, 'rectify', help="where the distortion of the robot's camera is removed "
        '(semantics: none), as in the inference node, of which the launch files take it')
    resize: str = modified(
        InferenceSettings, 'resize', old_names=(), help='how an image of another aspect ratio '
        'becomes a frame: cropped to its middle, or padded as a whole, as in the inference node, '
        'of which the launch files take it for the node auxiliary')
    classes: str = setting('', 'class table (YAML) that adds names to those of '
                           'config/classes.yaml and may replace its ids')
    max_rate: float = setting(
        0.0, 'largest rate at which frames are stored; 0: every frame; the launch files set 1 for '
        'the node auxiliary', unit='frames/s', range=RATE, changeable=True)
    min_difference: float = setting(
        2.0, 'a frame is stored if its brightness, in 16×12 cells, differs from that of every '
        'stored frame by more than this on average; else it counts as repeated; 0: only frames '
        'that are the same count', unit='of 255', range=(0.0, 64.0), changeable=True)
    height: int = setting(
        PAPER_SIZE[0], "height of the stored frames; the launch files set that of the teacher's "
        'input', unit='pixels', range=IMAGE_SIDE)
    width: int = setting(
        PAPER_SIZE[1], "width of the stored frames; the launch files set that of the teacher's "
        'input', unit='pixels', range=IMAGE_SIDE)
    # at least one of every 256 frames must be held out to judge releases
    capacity: int = setting(4000, 'frames that the store keeps; a new one then replaces the '
                            'oldest; the launch files set 1000 for the node auxiliary',
                            unit='frames', range=(256, 10_000_000))
