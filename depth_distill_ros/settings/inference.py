# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The inference node, which predicts depth, and each of its cameras."""

from __future__ import annotations

from dataclasses import dataclass

from depth_distill_ros.settings.field import Settings, modified, setting
from depth_distill_ros.settings.names import FIRST_STUDENTS
from depth_distill_ros.settings.node import RATE, InputSettings

AUTO = 'auto'
# on a GPU, then on a CPU; within each the usually faster first
ENGINES = (
    'tensorrt-fp16', 'torch-cuda', 'onnxruntime-cuda', 'openvino-int8', 'openvino-bf16',
    'openvino-f32', 'onnxruntime-cpu', 'torch-cpu')


@dataclass(frozen=True)
class InferenceSettings(InputSettings):
    """The inference node."""

    # a best-effort subscription gets the images of every publisher
    reliability: str = modified(InputSettings, 'reliability', default='best_effort')
    work_dir: str = setting(
        '', 'folder of the run; the newest of its releases/ is loaded at configure, or the one '
        'that was chosen (depth-distill release); empty: the node waits for the release topic')
    model: str = setting('', 'model folder to start with, in place of the newest release of '
                         'work_dir, such as a release that was copied to the robot')
    first_student: str = setting(
        FIRST_STUDENTS[0], 'shipped student that answers until the first release; neither has '
        'seen the world of the robot. general: of simulated rooms of all kinds; real: of '
        'photographs of rooms (NYU-v2); none: nothing answers, images are dropped',
        choices=(*FIRST_STUDENTS, 'none'), old_names=('before_release',))
    release_folders: tuple[str, ...] = setting(
        ('',), 'folders below which a release that the release topic names may lie, beside '
        'releases/ of work_dir; others are refused, because anybody on the graph can publish')
    use_release: int = setting(
        0, 'number of the release in work_dir that the service ~/use switches to; 0: the newest',
        range=(0, 999_999), changeable=True)
    cameras: tuple[str, ...] = setting(
        ('',), 'names of the cameras. The topics and parameters of the camera front are '
        'front/image, front.transport, ...; those of the one camera without a name are image, '
        'transport, ...')
    engine: str = setting(
        AUTO, 'engine that runs the network; auto: of the installed ones that agree with torch, '
        'GPU before CPU, then the fastest', choices=(AUTO, *ENGINES))
    threads: int = setting(0, 'threads of the engine; 0: it decides', range=(0, 256))
    parity_error: float = setting(0.005, 'largest median relative difference from the depth of '
                                  'torch with which an engine is not rejected', range=(0.0, 1.0))
    parity_delta1: float = setting(
        0.998, 'smallest share of pixels within a factor of 1.25 of the depth of torch with which '
        'an engine is not rejected', range=(0.0, 1.0))
    int8_after: float = setting(
        60.0, 'time for which a release answers before int8 is tried for it in the background, '
        'with engine auto on a CPU', unit='seconds', range=(0.0, 86_400.0), changeable=True)
    resize: str = setting(
        'crop', "how an image of another aspect ratio becomes the network's input: cropped to its "
        'middle, or padded as a whole', choices=('crop', 'pad'), old_names=('fit',))
    scale_focal: bool = setting(
        True, "scale depth by the ratio of the camera's focal length to that of the camera that "
        'the model was trained with, where its card states it')
    scale_anchor: bool = setting(
        True, "multiply depth by the factor that was learned with the release from the teacher's "
        "answers to the robot's frames, where its card states one for the camera's lens",
        changeable=True)
    output: str = setting(
        'camera', "pixels of the published depth: the camera's own, or the network's, which are "
        'fewer and cost less', choices=('network', 'camera'))
    encoding: str = setting('32FC1', 'encoding of the depth: 32FC1, metres, NaN where invalid; or '
                            '16UC1, millimetres, 0 where invalid', choices=('32FC1', '16UC1'))
    free_beyond: float = setting(
        0.0, 'depth beyond which a ray counts as free space: +inf in 32FC1, this depth in 16UC1 '
        'and in the points, which clears cost maps; 0: no limit', unit='metres',
        range=(0.0, 65.0), old_names=('far',))
    min_confidence: float = setting(0.0, 'depth with less confidence is published as NaN; 0: all '
                                    'of it is published', range=(0.0, 1.0), changeable=True)
    steady: float = setting(
        0.0, 'weight of the past in the average of depth over time, where the image stands still; '
        '0: no average', range=(0.0, 0.95), changeable=True)
    points_voxel: float = setting(
        0.0, 'side of the cubes that hold one point each; 0: an organised cloud with a point for '
        'each pixel', unit='metres', range=(0.0, 2.0), changeable=True)
    points_high: float = setting(
        0.0, 'points of a cloud with points_voxel that are higher above the floor are left out; '
        '0: none is', unit='metres', range=(0.0, 100.0), changeable=True)
    remove_flying: bool = setting(
        False, 'points and scan lack depth between two surfaces, where the network blends the '
        'near one into the far one', changeable=True)
    floor_tolerance: float = setting(
        0.0, 'what is less than so high above the floor is floor: in points and scan it lies on '
        'the floor, which marks nothing in a cost map and clears it. The floor is found in each '
        'depth, near where the mount of the camera has it; 0: no floor is looked for',
        unit='metres', range=(0.0, 0.5), changeable=True)
    clean_depth: bool = setting(
        False, 'remove_flying and floor_tolerance change the depth image too, for '
        'depth_image_proc', changeable=True)
    points_rgb: bool = setting(False, 'the points have the colours of the image', changeable=True)
    scan_low: float = setting(0.05, 'height above the floor from which on a point is an obstacle '
                              'of the scan', unit='metres', range=(-10.0, 10.0))
    scan_high: float = setting(1.5, 'height above the floor up to which a point is an obstacle '
                               'of the scan', unit='metres', range=(-10.0, 10.0))
    scan_range_min: float = setting(
        0.2, 'smallest range of the scan', unit='metres', range=(0.0, 100.0))
    scan_range_max: float = setting(
        5.0, 'largest range of the scan', unit='metres', range=(0.1, 100.0))
    scan_top: float = setting(0.0, "first row of the scan, as a share of the image's height from "
                              'the top', range=(0.0, 1.0))
    scan_bottom: float = setting(1.0, "last row of the scan, as a share of the image's height "
                                 'from the top', range=(0.0, 1.0))


@dataclass(frozen=True)
class CameraSettings(Settings):
    """Each camera of the inference node."""

    transport: str = setting('raw', 'topic of the images: image (raw), or image/compressed',
                             choices=('raw', 'compressed'))
    max_rate: float = setting(0.0, 'largest rate at which images are processed; 0: every image',
                              unit='frames/s', range=RATE, changeable=True)
    rectify: str = setting(
        'none', 'where the distortion that camera_info describes is removed. none: nowhere; node: '
        'in this node; upstream: before it, as in image_rect, so that P of camera_info holds for '
        'the image', choices=('none', 'node', 'upstream'),
        old_values={'as_is': 'none', 'here': 'node', 'done': 'upstream'})
    mount: str = setting(
        'parameters', 'where the pose of the camera above the floor comes from: camera_height, '
        'camera_pitch and camera_roll (parameters); these, and the tilt of the moment from the '
        'topic imu (imu); or TF, from the frame of the images to floor_frame (tf)',
        choices=('parameters', 'imu', 'tf'))
    camera_height: float = setting(0.5, 'height of the camera above the floor, for scan and floor',
                                   unit='metres', range=(0.0, 10.0))
    camera_pitch: float = setting(0.0, 'pitch of the camera, positive looks down, for scan and '
                                  'floor', unit='degrees', range=(-90.0, 90.0))
    camera_roll: float = setting(0.0, 'roll of the camera, positive turns its right side down, '
                                 'for scan and floor', unit='degrees', range=(-180.0, 180.0))
    floor_frame: str = setting('base_footprint', 'frame on the floor, z up, for mount: tf')
    scan_frame: str = setting('camera_link', 'frame of the scan: at the camera, level, x forward')
