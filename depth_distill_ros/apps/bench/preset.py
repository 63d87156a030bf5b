# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
The scale at which a table is run.

'full' has the papers' networks, recipes and data sets and takes days on a GPU. The others take
hours on two cores, and the embedded simulator renders their stream. In 'small' path-traced rooms
are the target domain, and the shipped model trained on them is the teacher. In 'real' images of a
camera are the target domain, as --data names them, and the teacher is one that knows such images;
'real-full' is the same with the paper's recipe and as many images, for a GPU.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from depth_distill_ros.apps.bench.rendered import Part, World
from depth_distill_ros.apps.bench.table import SEQUENCES, SHARES, SUBSETS, Role
from depth_distill_ros.distillation.student_start import WHOLE
from depth_distill_ros.settings.distillation import OfflineSettings
from depth_distill_ros.settings.names import PAPER_SIZE
from depth_distill_ros.settings.optimisation import RECIPES, recipe_of
from depth_distill_ros.shipped import shipped_start, shipped_student, shipped_teacher
from depth_distill_ros.worlds.path_traced import world as traced

# 20 epochs of 50,000 images in batches of 8, of 6,250 rooms with eight images each
_PAPER_UPDATES, _PAPER_ROOMS = 125_000, 6_250
_FULL = {'batch': 8, 'workers': 8}


@dataclass(frozen=True)
class Pair:
    """
    A teacher and a student, each (network, backbone).

    Attributes:
        name: that in the paper, where it has the pair
        teacher: ('', its name) where it is not trained and of any kind
        start: student_start of the student; empty: that of the preset
    """

    slug: str
    name: str
    teacher: tuple[str, str]
    student: tuple[str, str]
    start: str = ''


_MAIN = Pair('lden-mbv2', 'LDEN R34->MBv2', ('lden', 'resnet34'), ('lden', 'mobilenetv2'))
_PAIRS = (
    Pair('lden-r34', 'LDEN R34->R34', ('lden', 'resnet34'), ('lden', 'resnet34')),
    _MAIN,
    Pair('edn-r18', 'EDN R50->R18', ('edn', 'resnet50'), ('edn', 'resnet18')),
    Pair('ffn-r18', 'FFN R50->R18', ('ffn', 'resnet50'), ('ffn', 'resnet18')),
    Pair('sarpn-r34', 'SARPN SE154->R34', ('sarpn', 'senet154'), ('sarpn', 'resnet34')),
)


@dataclass(frozen=True)
class Preset:
    """
    Networks, settings and data of all tables.

    Attributes:
        main_pair: the pair of all tables except D3's table 3
        pairs: the pairs of D3's table 3
        own_teacher: the target domain's teacher, as load_teacher takes it; None: it is trained
        settings: changes to the recipe of every row, except DACNN's
        teacher_settings: further changes for the teachers that are trained
        stereo: changes to the recipes of DACNN's rows
        updates: updates of the student in rows without data (DFAD: five a step)
        worlds: by role, what the embedded simulator renders if no data is given
        target: what is path-traced if no data is given; None: nothing
        parts: by role, which frames of `target`
        notes: by paper, the differences to the paper, for readers of the results
    """

    name: str
    main_pair: Pair
    pairs: tuple[Pair, ...]
    own_teacher: str | None
    settings: Mapping[str, Any]
    teacher_settings: Mapping[str, Any]
    stereo: Mapping[str, Any]
    updates: int
    worlds: Mapping[str, World] = field(default_factory=dict)
    target: traced.World | None = None
    parts: Mapping[str, Part] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)

    def row_settings(self, method: str, network: tuple[str, str], **changes: Any,
                     ) -> OfflineSettings:
        """Return the method's recipe with the changes of the preset and of the row."""
        preset = self.stereo if method.startswith('dacnn') else self.settings
        return OfflineSettings(**{
            **RECIPES[recipe_of(method)], 'method': method, 'student': network[0],
            'student_backbone': network[1], **preset, **changes})

    def has(self, role: str) -> bool:
        """Tell whether the preset can render the data of a role."""
        return role in self.worlds or role in self.parts

    def note(self, table: str) -> str:
        """Return the differences to the paper of the table; empty if there are none."""
        return self.notes.get(table.partition('-')[0], '')


FULL = Preset(
    'full', _MAIN, _PAIRS, own_teacher=None,
    settings={'student_start': 'imagenet', 'size': PAPER_SIZE, 'workers': 8}, teacher_settings={},
    # DACNN is trained from scratch
    stereo={'student_start': 'random', 'size': (256, 512), 'workers': 8},
    updates=_PAPER_UPDATES)


# a training of minutes
_BRIEF = {'batch': 4, 'lr': 5e-4, 'schedule': 'd3', 'ema': 0.99, 'g_width': 0.1}


def small(target: traced.World = traced.PRESETS['small'], steps: int = 800, rooms: int = 100,
          test_rooms: int = 100, stereo_size: tuple[int, int] = (64, 128),
          stereo_steps: int = 240) -> Preset:
    """
    Make the small preset, whose data sets have nearly the papers' ratios of size.

    Args:
        target: the path-traced rooms; a quarter of the training rooms are X and NYU-v2, the rest U
        rooms: rooms of X1, eight images each
        test_rooms: rooms of the embedded simulator's test sets, four images each
    """
    shipped, size, parts = ('lden', 'resnet18'), target.size, _parts(target)
    pair = replace(_MAIN, teacher=shipped)
    same = Pair('lden-r18', _PAIRS[0].name, shipped, shipped)
    known, all_known = parts[Role.TRAIN].last, parts[Role.AUXILIARY].last
    tested = f'{target.images_of("test")} images of other rooms'
    main = (f'the shipped LDEN ResNet-18, trained on all {all_known} images of path-traced '
            'rooms, replaces ResNet-34 as the teacher of LDEN MobileNet-V2 at '
            f'{size[0]}×{size[1]}')
    return Preset(
        'small', pair, (same, pair), own_teacher='',
        settings={**_BRIEF, 'size': size, 'steps': steps, 'student_start': ''},
        teacher_settings={'student_start': str(shipped_teacher()), 'batch': 8},
        stereo={'size': stereo_size, 'steps': stereo_steps, 'batch': 4, 'lr': 3e-4, 'ema': 0.99,
                'student_start': 'random'},
        updates=steps, worlds=_worlds(target, rooms, test_rooms, stereo_size),
        target=target, parts=parts,
        notes={
            'd3': _note(f'{main}; {steps} updates of the student in batches of 4 in every row, '
                        'the same start for all rows of a backbone, an encoder trained on '
                        'simulated rooms; the pair of like networks is ResNet-18 twice, and its '
                        'student starts from the encoder with which the training of the teacher '
                        f'began; NYU-v2 is {known} images of path-traced rooms; X1 and X2 are '
                        f'{8 * rooms} and {48 * rooms} images of the embedded simulator, which '
                        "has the robot's lens and mount, so that the gap is smaller than the "
                        "paper's; ScanNet is the simulator's target look, on which the teacher "
                        'was trained before those rooms, in table 4 through a lens of 60°, and '
                        'its teacher is trained', tested),
            'd3plus': _note("trained as in D3's tables; the robot frames are the "
                            f'{target.images_of("val")} of the validation rooms, on which '
                            'the teacher was not trained, without their depth; with them a batch '
                            "is half simulated and half the robot's, and no larger", tested),
            'lwd': _note(f'{main}; {steps} steps of 4 images of each kind in every row; X and U '
                         f"are {known} and {all_known - known} images, the same teacher for U "
                         "and U', which was trained with the measured depth of both; other data "
                         'sets are rooms of the embedded simulator', tested),
            'dacnn': _note(f'images of {stereo_size[0]}×{stereo_size[1]}, {8 * rooms} pairs of '
                           f"the embedded simulator's target look, {stereo_steps} steps of 4 in "
                           'every row, from random weights', f'{4 * test_rooms} images')})


def real(teacher: str = 'real', steps: int = 800, rooms: int = 100, full: bool = False) -> Preset:
    """
    Make the preset of a camera's images, which `--data` names: NYU-v2, or those of a robot.

    Args:
        teacher: as load_teacher takes it; it must know such images
        rooms: rooms of X1, eight images each; X2 has six times as many
        full: the paper's recipe, image size and G, for a GPU
    """
    recipe, size = (_FULL, PAPER_SIZE) if full else (_BRIEF, (192, 256))
    # our student starts as in the node
    ours = Pair('lden-light', 'teacher->lden_light', ('', teacher),
                ('lden_light', 'efficientnet_lite0'), f'{WHOLE}{shipped_student("general")}')
    # without the internet its encoder is one that was trained on simulated rooms
    theirs = replace(_MAIN, teacher=('', teacher), start=str(shipped_start('mobilenetv2')))
    height, width = size
    world = World('nyu', 940_000_000, rooms, 8, size, vertical_fov=49.6)
    note = ('Images of a camera are the target domain. The teacher is not trained: '
            f'{teacher}. {steps} updates of the student in batches of {recipe["batch"]} images of '
            f'{height}×{width} in every row, lden_light from the general student, MobileNet-V2 '
            f'from an encoder trained on simulated rooms. X1 and X2 are {world.frames} and '
            f"{6 * world.frames} images of the embedded simulator with NYU-v2's lens, heights and "
            'tilts.')
    return Preset(
        'real-full' if full else 'real', ours, (ours, theirs), own_teacher=teacher,
        settings={**recipe, 'size': size, 'steps': steps, 'student_start': ''},
        teacher_settings={}, stereo={}, updates=steps,
        worlds={Role.STREAM: world, Role.STREAM_LARGE: replace(world, rooms=6 * rooms),
                Role.INDOOR: replace(world, look='general', seed=941_000_000)},
        notes=dict.fromkeys(('d3', 'd3plus', 'lwd'), note))


def real_full(teacher: str = 'real') -> Preset:
    """Make the preset `real` at the paper's size, for a GPU."""
    return real(teacher, _PAPER_UPDATES, _PAPER_ROOMS, full=True)


def _note(what: str, tested: str) -> str:
    return f'Small preset, rendered rooms: {what}. Evaluated on {tested}.'


def _parts(target: traced.World) -> dict[str, Part]:
    count = target.images_of('train')
    known = count // 4
    return {
        Role.TRAIN: Part('train', 0, known), Role.TEST: Part('test'),
        Role.AUXILIARY: Part('train', known, count),
        # like a robot's frames, they are new to the teacher
        Role.ROBOT_FRAMES: Part('val'),
        **{SUBSETS[name]: Part('train', known, known + max(1, round((count - known) * share)))
           for name, share in SHARES.items()}}


def _worlds(target: traced.World, rooms: int, test_rooms: int, stereo_size: tuple[int, int],
            ) -> dict[str, World]:
    # the simulated camera has the robot's lens, as a user would set it up
    size, lens = target.size, target.vertical_fov
    # seeds of a look are disjoint from each other and from those of the shipped models
    worlds = {
        Role.STREAM: World('stream', 920_000_000, rooms, 8, size, vertical_fov=lens),
        # begins with the rooms of X1
        Role.STREAM_LARGE: World('stream', 920_000_000, 6 * rooms, 8, size, vertical_fov=lens),
        Role.INDOOR: World('target', 910_000_000, rooms, 8, size, vertical_fov=lens),
        Role.OTHER_TEST: World('stream', 930_000_000, test_rooms, 4, size, vertical_fov=lens),
        # another lens makes another target domain
        Role.SCANNET_TRAIN: World('target', 912_000_000, rooms, 8, size, vertical_fov=60.0),
        Role.SCANNET_TEST: World('target', 913_000_000, test_rooms, 4, size, vertical_fov=60.0),
        Role.STEREO_TRAIN: World('target', 914_000_000, rooms, 8, stereo_size, baseline=0.2),
        Role.STEREO_TEST: World('target', 915_000_000, test_rooms, 4, stereo_size, baseline=0.2),
        Role.BENCHMARK_TEST: World(
            'target', 916_000_000, test_rooms, 4, stereo_size, baseline=0.2),
    }
    for number, role in enumerate(SEQUENCES.values()):
        # a sequence is one path through one room
        worlds[role] = World('stream', 931_000_000 + number, 1, 4 * test_rooms // 5 + 1, size,
                             stride=0.1, vertical_fov=lens)
    return worlds
