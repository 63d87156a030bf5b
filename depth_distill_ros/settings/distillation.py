# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is distilled and how: by the distiller node on a stream, or by a run on data sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from depth_distill_ros.settings.field import SettingError, Settings, modified, setting
from depth_distill_ros.settings.inference import InferenceSettings
from depth_distill_ros.settings.names import (
    DATA,
    METHODS,
    NETWORKS,
    PAPER_SIZE,
    STEREO,
    STREAM_METHODS,
    STREAM_NETWORKS,
    backbones,
)
from depth_distill_ros.settings.node import NodeSettings
from depth_distill_ros.settings.optimisation import OptimisationSettings
from depth_distill_ros.settings.robot_frames import ROBOT_FRAMES


@dataclass(frozen=True)
class StreamMethodSettings(Settings):
    """Switches of D3 and of its baselines; each method takes its own."""

    g_form: str = setting('paper', 'transformation network G of D3: as in the paper, a light one '
                          'for robots, or none', choices=('paper', 'light', 'none'))
    g_width: float = setting(1.0, 'width of G; 1: as in the paper', range=(0.01, 1.0))
    g_residual: bool = setting(True, 'G adds to its input image instead of producing it anew')
    g_lr: float = setting(0.0, 'learning rate of G and of generators; 0: lr', range=(0.0, 1.0))
    alpha: float = setting(1e-3, 'weight of the BatchNorm statistics l_BN in the loss of G (eq. '
                           '8)', range=(0.0, 1e3))
    g_bound: float = setting(
        0.0, 'most that a residual G changes a value of its normalised image (a tanh); 0: no '
        'limit', range=(0.0, 10.0))
    g_every: int = setting(1, 'steps of D3 from one update of G to the next; the others need no '
                           'graph through the teacher', unit='steps', range=(1, 1000))
    beta: float = setting(1e-3, 'weight of the reconstruction l_rec in the loss of G (eq. 8); 0: '
                          'no l_rec', range=(0.0, 1e3))
    rec_reduction: str = setting(
        'mean', 'how l_rec is reduced over the pixels', choices=('mean', 'sum'))
    g_trains_on: str = setting(
        'own', "losses that G is trained on: its own (eq. 8), or the student's too (eq. 10 as "
        'printed)', choices=('own', 'own_and_student'), old_names=('reading',),
        old_values={'A': 'own', 'B': 'own_and_student'})
    mixing: str = setting('classes', 'regions that D3 mixes between two images',
                          choices=('classes', 'instances', 'none'))
    mixed_share: float = setting(
        1.0, 'share of the simulated images of each batch that D3 mixes and transforms beside '
        'the plain ones; at least two images', range=(0.01, 1.0))
    bn_weight: float = setting(
        1.0, 'weight of the current batch in the running means of the feature statistics that '
        'l_BN compares; 1: the current batch alone (eq. 6)', range=(1e-3, 1.0))
    curriculum: str = setting(
        'none', 'how D3 goes from plain images to mixed ones beside them, and on to G of them '
        'where there is a G. none: the last from the first step on; steps: a stage has '
        'curriculum_steps; progress: as the loss of the plain images flattens',
        choices=('none', 'steps', 'progress'))
    curriculum_steps: int = setting(
        100, 'with curriculum steps, length of a stage; with progress, steps whose mean loss is '
        'compared with that of as many before', unit='steps', range=(1, 2**31 - 1))
    augmentation: float = setting(0.0, 'strength of the random camera augmentation of d3 and '
                                  'kd-ood; 0: none; d3plus has its own', range=(0.0, 4.0))
    augmentation_after: int = setting(
        0, "steps of d3 and kd-ood before the augmentation begins; until then the teacher's depth "
        'of a frame is computed once', unit='steps', range=(0, 2**31 - 1))
    calibration: str = setting('', "file of the teacher's feature statistics, for a teacher "
                               'without BatchNorm (depth-distill models calibrate)')
    every_scale: bool = setting(
        True, 'a student with several output scales (SARPN) is trained at each of them')


@dataclass(frozen=True)
class MethodSettings(StreamMethodSettings):
    """Switches of all methods: those of LWD and DACNN need measured depth, which no node has."""

    kd_weight: float = setting(0.1, 'weight λ of the teacher depth in the loss of lwd',
                               range=(0.0, 1.0), old_names=('lam',))
    equation: int = setting(1, 'equation of lwd, by the data that it is trained on: 1 labelled; 2 '
                            'auxiliary; 3 both; 4 both labelled', choices=(1, 2, 3, 4))
    w_smooth: float = setting(0.01, 'weight of L_smooth in dacnn', range=(0.0, 1e6))
    w_proxy: float = setting(
        0.01, 'weight of L_proxy, the teacher depth, in dacnn', range=(0.0, 1e6))
    w_guidance: float = setting(
        1000.0, "weight of L_guidance, the teacher's features, in dacnn; without it and L_proxy "
        'the teacher does not run', range=(0.0, 1e6))
    guidance_softmax: str = setting(
        'positions', 'axis of the softmax in L_guidance', choices=('positions', 'channels'))
    guidance_reduction: str = setting('mean', 'how L_guidance is reduced', choices=('mean', 'sum'))


@dataclass(frozen=True)
class DistillationSettings(StreamMethodSettings, OptimisationSettings):
    """What the node and the runs on data sets have in common."""

    method: str = setting('d3', 'training method', choices=METHODS)
    teacher: str = setting(
        '', 'model folder, hf:ID, torchscript:FILE or module:function; empty: the shipped one of '
        'rendered rooms; real: the shipped one of photographs')
    student: str = setting('lden', 'network of the student', choices=tuple(NETWORKS))
    student_backbone: str = setting('mobilenetv2', 'backbone of the student',
                                    choices=backbones(NETWORKS), old_names=('backbone',))
    student_start: str = setting(
        '', 'weights that the student starts from: random; imagenet, for the encoder (downloads '
        'where no package has them); the folder of a model with the same backbone, for the '
        'encoder; whole:FOLDER, all of a model of the same network; empty: the first of these '
        'that there is: the shipped general student (in the node, first_student), the encoder of '
        'a shipped model, installed ImageNet weights, random', old_names=('start',))
    auxiliary_share: float = setting(
        0.0, 'share of each batch that are auxiliary images, the frames of --auxiliary; 0: a '
        'whole batch of each kind, as in LWD', range=(0.0, 0.9))

    @property
    def auxiliary_images(self) -> int:
        """Images of each batch that are auxiliary; two are left for the method's own data."""
        if not self.auxiliary_share:
            return 0
        return min(max(0, self.batch - 2), max(1, round(self.auxiliary_share * self.batch)))

    @property
    def identity(self) -> dict[str, Any]:
        """What a checkpoint must have been trained with for the training to go on from it."""
        names = ('method', 'teacher', 'student', 'student_backbone', 'g_form', 'g_width',
                 'g_residual')
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True)
class OnlineSettings(DistillationSettings, NodeSettings):
    """The distiller node."""

    method: str = modified(DistillationSettings, 'method', choices=STREAM_METHODS, help='d3, '
                           'd3plus (d3 with the random camera augmentation), or a baseline of d3')
    # plain distillation teaches most per second at first: docs/MEASUREMENTS.md, D3 per second
    curriculum: str = modified(StreamMethodSettings, 'curriculum', default='progress')
    # later the student overfits the robot's few frames: docs/MEASUREMENTS.md, the whole loop
    augmentation: float = modified(StreamMethodSettings, 'augmentation', default=1.0)
    augmentation_after: int = modified(StreamMethodSettings, 'augmentation_after', default=1500)
    # the best of four students at equal processor time: docs/MEASUREMENTS.md
    student: str = modified(DistillationSettings, 'student', default='lden_light',
                            choices=tuple(STREAM_NETWORKS))
    student_backbone: str = modified(
        DistillationSettings, 'student_backbone', default='efficientnet_lite0',
        choices=backbones(STREAM_NETWORKS))
    # the higher one makes a student of photographs worse: docs/MEASUREMENTS.md
    lr: float = modified(
        DistillationSettings, 'lr', default=0.0, range=(0.0, 1.0), help='learning rate at the '
        'start; 0: 1e-3, or 1e-4 if the student starts from the whole of another model than the '
        'general student, such as one of photographs')
    # the paper's; at the student's 1e-3, G leaves its images behind within minutes
    g_lr: float = modified(DistillationSettings, 'g_lr', default=1e-4)
    first_student: str = modified(
        InferenceSettings, 'first_student', old_names=(), help='shipped student whose weights the '
        'student starts from if it is of the same network, and which the first release must beat, '
        'as the inference node answers with it until then: general, of simulated rooms; real, of '
        'photographs, and no release before eight held-out frames of the robot judge it; none: '
        'not from one')
    robot_frames: str = setting(
        'learn', "use of the robot camera's frames, which are stored in work_dir/auxiliary. "
        'learn: they train the student, and the held-out ones evaluate releases; judge: the '
        'held-out ones evaluate releases, none trains; off: none is stored or read',
        choices=tuple(ROBOT_FRAMES))
    # half, as in LWD, where each update takes as many images of either kind
    auxiliary_share: float = modified(
        DistillationSettings, 'auxiliary_share', default=0.5, help="with robot_frames: learn, "
        "largest share of each training batch that are the robot's own frames; less while there "
        'are few of them')
    # a student that trains on these frames has its scale right: docs/MEASUREMENTS.md
    scale_anchor: bool = setting(
        False, "with robot_frames: learn, each release has the factor that brings the student's "
        "depth to the teacher's on the robot's own frames that train; the inference node applies "
        'it, and releases are judged with it')
    # mixing takes two images
    batch: int = modified(DistillationSettings, 'batch', range=(2, 4096))
    # the others need the end of the training, which a node does not know
    schedule: str = modified(
        DistillationSettings, 'schedule', choices=('d3', 'constant'),
        help='how the learning rate falls: halved in steps (d3), or not at all (constant)')
    # from 1e-3 down to about the paper's first rate, 1e-4
    halving_steps: int = modified(
        DistillationSettings, 'halving_steps', default=1500, range=(1, 2**31 - 1),
        help='with schedule d3, steps between two halvings of the learning rate')
    work_dir: str = setting('', 'folder of the run: its store/ is read, checkpoints/, releases/ '
                            'and tensorboard/ are written; must be given')
    min_frames: int = setting(512, 'different frames in the stream store before training starts',
                              unit='frames', range=(1, 10_000_000))
    held_out_frames: int = setting(
        32, 'stream frames that a release is scored on', unit='frames', range=(1, 4096))
    threads: int = setting(
        0, 'torch threads of a step; where as many cores are left, the next batch is prepared '
        'beside it. 0: torch decides', range=(0, 256))
    niceness: int = setting(0, 'niceness of the training: 19 yields the CPU to all other '
                            'processes', range=(0, 19))
    latency_budget: float = setting(
        0.0, 'the training pauses so that the 99th percentile of the latency of inference, which '
        'the inference node reports, stays below this; 0: it never pauses', unit='ms',
        range=(0.0, 10_000.0), changeable=True)
    release_period: float = setting(
        60.0, 'time between two attempts to release; shorter before the first release, after it '
        'at least nine times what an attempt takes', unit='seconds', range=(1.0, 1e6),
        changeable=True)
    keep: int = setting(
        10, 'newest releases that are kept, beside the best one, the one in use and the one '
        'before it; 0: all', unit='releases', range=(0, 100_000))
    watch_period: float = setting(
        5.0, 'time between two robot frames for which the published depth is compared with the '
        "teacher's; longer where the teacher is slow, so that this takes at most a twentieth of "
        'the time; 0: never', unit='seconds', range=(0.0, 3600.0), changeable=True)
    watch_limit: float = setting(
        0.5, 'delta1 against the teacher on the last robot frames below which there is a warning',
        range=(0.0, 1.0))
    auto_rollback: bool = setting(
        True, 'a release that is worse than the one before it on the same robot frames is rolled '
        'back')
    checkpoint_period: float = setting(
        300.0, 'time between two checkpoints', unit='seconds', range=(1.0, 1e6), changeable=True)
    preview_period: float = setting(10.0, 'time between two preview images', unit='seconds',
                                    range=(0.5, 1e6), changeable=True)

    @property
    def auxiliary_images(self) -> int:
        return super().auxiliary_images if self.robot_frames == 'learn' else 0

    @property
    def waits_for_robots(self) -> bool:
        """
        Whether no student is promoted before frames of the robot judge it.

        Simulated images make a student of photographs worse in real rooms while it becomes better
        on them (docs/MEASUREMENTS.md, the student of real rooms on a robot).
        """
        return self.first_student == 'real' and self.robot_frames != 'off'


@dataclass(frozen=True)
class OfflineSettings(DistillationSettings, MethodSettings):
    """A run on data sets; run.yaml in its folder holds these settings."""

    stream: str = setting('', f'simulated frames, {DATA}')
    labelled: str = setting('', f'frames with measured depth, {DATA}')
    auxiliary: str = setting('', f'frames of the target domain or any other, {DATA}')
    student_options: dict[str, Any] = setting(
        {}, "options of the student's network, such as up=unpool or depth_aware=false")
    size: tuple[int, int] = setting(
        (0, 0), "height and width of the images; 0 0: the teacher's, else "
        f'{PAPER_SIZE[0]} {PAPER_SIZE[1]}', unit='pixels', range=(0, 8192))
    steps: int = setting(0, 'length of the training; 0: that of the epochs', unit='steps',
                         range=(0, 2**31 - 1))
    epochs: float = setting(
        20.0, 'passes over the largest source', unit='epochs', range=(1e-9, 1e9))
    workers: int = setting(
        0, 'processes that read and prepare frames', unit='processes', range=(0, 256))

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.student == STEREO) != (self.method == 'dacnn-teacher'):
            raise SettingError(
                f'method {self.method} cannot train {self.student}: '
                + (f'choose the student {STEREO}' if self.method == 'dacnn-teacher'
                   else 'choose the method dacnn-teacher'))
