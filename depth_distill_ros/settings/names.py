# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Names that several components choose from."""

from __future__ import annotations

# height and width of the networks' input in the papers on NYU-v2
PAPER_SIZE = (228, 304)
# methods that need a teacher and the simulator's frames alone: those a robot can run
STREAM_METHODS = ('d3', 'd3plus', 'kd-ood', 'random-noise', 'dfad')
METHODS = (*STREAM_METHODS, 'supervised', 'lwd', 'dacnn-teacher', 'dacnn')
WITHOUT_TEACHER = ('supervised', 'dacnn-teacher')

STEREO = 'dacnn_stereo'
_LDEN_BACKBONES = ('mobilenetv2', 'resnet18', 'resnet34',
                   'efficientnet_lite0', 'efficientnet_lite1', 'efficientnet_lite2')
# the backbones of each network, the default first
STREAM_NETWORKS = {
    'lden': _LDEN_BACKBONES,
    'lden_light': _LDEN_BACKBONES,
    'edn': ('resnet18', 'resnet50'),
    'ffn': ('resnet18', 'resnet50', 'senet154'),
    'sarpn': ('resnet34', 'resnet18', 'resnet50', 'senet154'),
}
NETWORKS = {
    **STREAM_NETWORKS,
    'meter': ('xxs', 'xs', 's'),  # its sizes: it has no encoder of its own
    'dacnn': ('resnest50',),
    STEREO: ('resnest50',),
}


def backbones(networks: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return every backbone that one of the networks takes."""
    return tuple(dict.fromkeys(name for names in networks.values() for name in names))


# shipped students for the time before the first release
FIRST_STUDENTS = ('general', 'real')

DATA = 'KIND:PATH[,KEY=VALUE...]'
# how networks are evaluated, and on which part of an image
PROTOCOLS = ('robot', 'nyu', 'nyu-labelled', 'kitti-eigen', 'kitti-benchmark')
CROPS = ('none', 'garg', 'eigen', 'nyu')
# tables of the papers, and one beyond them
TABLES = ('d3-1', 'd3-3', 'd3-4', 'd3-5', 'lwd-2', 'lwd-3', 'lwd-4', 'lwd-5', 'lwd-fig7',
          'dacnn-1', 'dacnn-2', 'dacnn-3', 'd3plus')
PRESETS = ('small', 'full')
BENCH_PRESETS = ('small', 'real', 'real-full', 'full')
CAMERA_SIZES = {'vga': (480, 640), '720p': (720, 1280)}
SIMULATORS = ('gazebo', 'isaac', 'mujoco')
# formats of published checkpoints, and the authors' code
AUTHORS = {
    'lden-authors': 'github.com/JunjH/Boosting-Light-Weight-Depth-Estimation',
    'ffn-authors': 'github.com/JunjH/Revisiting_Single_Depth_Estimation',
    'sarpn-authors': 'github.com/Xt-Chen/SARPN',
    'meter-authors': 'github.com/lorenzopapa5/METER (NYU-v2)',
}
