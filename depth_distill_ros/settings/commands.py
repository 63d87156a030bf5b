# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The settings of each command of `depth-distill`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from depth_distill_ros.settings import names
from depth_distill_ros.settings.cameras import SimulatorSettings
from depth_distill_ros.settings.distillation import DistillationSettings, OfflineSettings
from depth_distill_ros.settings.field import Settings, modified, setting
from depth_distill_ros.settings.inference import ENGINES, CameraSettings
from depth_distill_ros.settings.launch import InferenceLaunch, LoopLaunch
from depth_distill_ros.settings.training import (
    AnchorSettings,
    DistillRunSettings,
    EvaluationSettings,
    TrainSettings,
)

ONNX = 'onnx'
_COUNT = (1, 1_000_000)


@dataclass(frozen=True)
class EvaluateSettings(Settings):
    """A network is compared with the reference depth of a data set."""

    model: str = setting(
        '', 'model folder, run folder (its newest release, or the model it trained), hf:ID, '
        'torchscript:FILE or module:function; constant: the constant-depth baseline, the median '
        'depth of the data; blind-map: the median depth of each pixel, of blind_map',
        required=True)
    data: str = setting('', f'data set, {names.DATA}', required=True)
    blind_map: str = setting(
        '', f'what the blind map is learned from: the data set of a training side, {names.DATA}, '
        'none of whose frames is evaluated; or a file of depth-distill models blind-map. Its '
        'figures are shown beside those of the model')
    teacher: str = setting(
        '', 'teacher of the model, named as the model is: its figures are shown, and with '
        'blind_map the gain, (model - blind map) / (teacher - blind map) in delta1')
    camera_height: float = modified(
        CameraSettings, 'camera_height', default=0.0, help='height of the camera above the floor: '
        'the figures of obstacles are shown; 0: they are not')
    camera_pitch: float = modified(
        CameraSettings, 'camera_pitch', help='pitch of the camera, positive looks down; the exact '
        'mount of each frame is measured on the floor in the reference')
    metrics: str = setting(
        'robot', 'protocol: as on the robot, or as in the papers', choices=names.PROTOCOLS)
    cap: float = setting(0.0, 'reference depth beyond it is ignored; 0: the cap of the protocol',
                         unit='metres', range=(0.0, 1e6))
    crop: str = setting('auto', 'evaluated part of the image; auto: that of the protocol',
                        choices=('auto', *names.CROPS))
    sliding_window: bool = setting(
        False, "predict at the size of the image, in overlapping windows of the network's size, "
        'as DACNN is tested on KITTI')
    scale_focal: bool = setting(
        False, "scale depth by the focal length of the data relative to that on the model's "
        'card, as the inference node does')
    scale_anchor: bool = setting(
        True, "multiply depth by the factor of the scale anchor on the model's card, where it has "
        'one for the lens of the data, as the inference node does')
    batch: int = setting(
        8, 'images that the network processes at once', unit='images', range=(1, 4096))
    device: str = setting('', 'cpu, cuda:1, ...; empty: the best available')
    csv: str = setting('', 'file for one row of each frame; empty: none')
    maps: str = setting('', 'folder for images of the depth errors; empty: none')
    maps_count: int = setting(
        20, 'number of images in the folder maps, evenly spread over the data', unit='images',
        range=(0, 1_000_000))
    json: bool = setting(False, 'print the result as JSON')
    per_image: bool = modified(EvaluationSettings, 'per_image')


@dataclass(frozen=True)
class ExportSettings(Settings):
    """The files of the engines are made beside a model."""

    engine: tuple[str, ...] = setting(
        (ONNX,), 'engines whose files are made; onnx is the file that the others are made from. '
        'The others are timed, compared with torch, and rejected if their depth differs', choices=(
            ONNX, *sorted({name.partition('-')[0] for name in ENGINES} - {'torch'})))


@dataclass(frozen=True)
class ModelsSettings(Settings):
    """The networks are listed."""

    json: bool = setting(False, 'print JSON instead of a table')
    time: bool = setting(True, 'measure CPU times, which takes up to two minutes and 3 GB')


@dataclass(frozen=True)
class ImportSettings(Settings):
    """A published checkpoint becomes a model folder."""

    format: str = setting('lden-authors', 'origin of the checkpoint: ' + ', '.join(
        f'{name} of {source}' for name, source in names.AUTHORS.items()),
        choices=tuple(names.AUTHORS), required=True)


@dataclass(frozen=True)
class CalibrateSettings(Settings):
    """The feature statistics of a teacher are recorded."""

    teacher: str = modified(DistillationSettings, 'teacher')
    images: int = setting(512, 'number of images, evenly spread over the data', unit='images',
                          range=_COUNT, old_names=('pictures',))
    layers: str = setting(
        '', 'layers whose inputs are recorded, separated by commas, with wildcards * and ?; '
        'empty: all BatchNorm layers or, without any, GroupNorm and InstanceNorm layers and the '
        'layers after a LayerNorm or, without those, the convolutions')
    size: tuple[int, int] = modified(
        OfflineSettings, 'size', help="height and width of the input; 0 0: the teacher's")
    batch: int = modified(EvaluateSettings, 'batch', default=4)
    device: str = modified(EvaluateSettings, 'device')
    timeout: float = setting(30.0, 'maximum time to wait for an image of the topic',
                             unit='seconds', range=(0.1, 1e6))
    per_image: bool = modified(EvaluationSettings, 'per_image')


@dataclass(frozen=True)
class BlindMapSettings(Settings):
    """The map that networks are compared with is learned."""

    data: str = setting(
        '', f'frames with depth, of the camera and mount with which networks are compared, and '
        f'none of the frames on which they are: {names.DATA}', required=True)
    per_image: bool = modified(EvaluationSettings, 'per_image')


@dataclass(frozen=True)
class SimulateSettings(Settings):
    """The simulated rooms are drawn or exported."""

    look: str = modified(SimulatorSettings, 'look')
    seed: int = modified(SimulatorSettings, 'seed', help='seed of the first room; the next rooms '
                         'have the next seeds')
    rooms: int = setting(6, 'number of rooms', unit='rooms', range=_COUNT)
    export: str = setting('none', 'simulator that the rooms are exported to; none: they are drawn',
                          choices=('none', *names.SIMULATORS))
    size: tuple[int, int] = modified(OfflineSettings, 'size', default=(480, 640), range=(1, 8192),
                                     help='height and width of the exported cameras')
    texture_rows: int = setting(256, 'larger textures of the export are shrunk to this height',
                                unit='pixels', range=(1, 8192))


@dataclass(frozen=True)
class DemoSettings(Settings):
    """The whole loop runs in simulation."""

    minutes: float = setting(5.0, 'duration of the training', unit='minutes', range=(0.0, 1e6))
    work_dir: str = setting(
        'demo_run', 'folder for all files of the demo; an existing one is renamed')
    seed: int | None = modified(LoopLaunch, 'seed')
    teacher: str | None = modified(LoopLaunch, 'teacher')
    robot_frames: str | None = modified(LoopLaunch, 'robot_frames')
    params_file: str = modified(LoopLaunch, 'params_file')
    view: bool = setting(False, 'serve camera, depth and cloud to a browser of this machine '
                         '(Rerun)')


@dataclass(frozen=True)
class BenchPaperSettings(Settings):
    """The rows of a paper's table are trained and evaluated."""

    table: str = setting('d3-3', 'table of a paper', choices=names.TABLES, required=True)
    preset: str = setting(
        'small', 'small: path-traced and simulated rooms, for two cores and hours; real: the same '
        "with a camera's images, which --data names, as the target domain; real-full: that with "
        "the paper's recipe, image size and numbers, for a GPU; full: the papers' networks, "
        'recipes and data', choices=names.BENCH_PRESETS)
    teacher: str = setting('', 'real presets: a teacher that knows such images, as in distill; '
                           'empty: the shipped one of photographs')
    data: dict[str, str] = setting({}, 'data sets by role, such as test=KIND:PATH; an error '
                                   'names the roles that a table needs', texts=True)
    target: str = setting('', 'small preset: folder of bench render; empty: OUT/target; missing '
                          'frames are rendered')
    rows: tuple[str, ...] = setting(
        (), 'only these rows, named like their folders under --out; empty: all')
    seeds: int = setting(1, 'seeds that each row is trained with; several show mean and standard '
                         'deviation', range=_COUNT)
    out: str = setting('', 'folder of the runs, results.json and RESULTS.md', required=True)


@dataclass(frozen=True)
class BenchRenderSettings(Settings):
    """The target domain of the benchmark is path-traced."""

    preset: str = setting(
        'small', 'small: about half an hour on two free cores; full: larger images and more of '
        'them, about a day', choices=names.PRESETS)
    jobs: int = setting(0, 'processes; 0: one for each core', range=(0, 1024))
    out: str = setting('', 'new folder, or that of an interrupted run', required=True)


@dataclass(frozen=True)
class BenchStudentSettings(Settings):
    """The inference node is measured under load."""

    model: str = setting('', 'folder of the student; empty: the shipped general student')
    input: tuple[int, int] = modified(
        OfflineSettings, 'size', help="height and width of the network's input; 0 0: the model's")
    sizes: tuple[str, ...] = setting(
        tuple(names.CAMERA_SIZES), 'image sizes of the camera', choices=tuple(names.CAMERA_SIZES))
    rates: tuple[float, ...] = setting(
        (10.0, 30.0, 60.0, 0.0), 'frame rates of the camera; 0: a new frame as soon as the last '
        'one is answered', unit='frames/s', range=(0.0, 1000.0))
    training: str = setting('both', 'with: the distiller trains on the same machine meanwhile',
                            choices=('without', 'with', 'both'))
    set: dict[str, Any] = setting({}, 'parameters of the inference node')
    seconds: float = setting(10.0, 'measured time of each load', unit='seconds', range=(1.0, 1e6))
    out: str = setting('', 'folder for results.json, latency.png and logs', required=True)


@dataclass(frozen=True)
class BenchDriveSettings(Settings):
    """A simulated robot drives by the clouds of the inference node."""

    models: dict[str, str] = setting(
        {}, 'students by name, such as student=FOLDER: model folders, such as a release. Exact '
        'depth, the teacher, the blind map and a constant are driven beside them', texts=True)
    rooms: int = setting(100, 'rooms of each seed', unit='rooms', range=_COUNT)
    seeds: int = setting(3, 'seeds of rooms, starts and goals', range=(1, 1000))
    look: str = modified(SimulatorSettings, 'look', default='target', old_values={})
    set: dict[str, Any] = setting({}, 'parameters of the inference node')
    jobs: int = setting(
        1, 'blocks of ten rooms of a source that are driven at once, each with a node of its own; '
        'those under way are lost where the run is interrupted', range=(1, 100))
    out: str = setting('', 'folder for results.jsonl, paths.png and logs; an interrupted run goes '
                       'on', required=True)


@dataclass(frozen=True)
class ViewSettings(Settings):
    """A robot's topics or a run are shown."""

    save: str = setting('', 'file of a recording (.rrd) that is written instead of shown')
    port: int = setting(0, 'port at which the viewer is served to browsers of this machine, with '
                        'the data at the next one; 0: a window opens', range=(0, 65534))
    seconds: float = setting(0.0, 'how long topics are shown and a viewer is served; 0: until '
                             'Ctrl-C', unit='seconds', range=(0.0, 1e6))
    image: str = modified(InferenceLaunch, 'robot_image')
    depth: str = modified(InferenceLaunch, 'depth')
    points: str = modified(InferenceLaunch, 'points')
    teacher: str = setting('', "model folder of a run's teacher; empty: the shipped one")
    frames: int = setting(12, 'frames of each store of a run', unit='frames', range=(1, 1000))


@dataclass(frozen=True)
class ReleaseListSettings(Settings):
    """The releases of a run are listed."""

    json: bool = modified(ModelsSettings, 'json')


@dataclass(frozen=True)
class ReleaseShowSettings(Settings):
    """A release is described."""

    json: bool = setting(False, 'print JSON instead of lines')


@dataclass(frozen=True)
class ReleasePromoteSettings(Settings):
    """A release is put in use."""

    why: str = setting('by hand', 'reason, which the list of releases shows')


@dataclass(frozen=True)
class ReleaseHoldSettings(Settings):
    """The release in use stays in use."""

    off: bool = setting(False, 'newer releases are taken again')


@dataclass(frozen=True)
class ReleaseRollbackSettings(Settings):
    """The last good release is put in use."""

    why: str = modified(ReleasePromoteSettings, 'why')


COMMANDS: dict[str, type[Settings]] = {
    'distill': DistillRunSettings, 'train': TrainSettings, 'evaluate': EvaluateSettings,
    'export': ExportSettings, 'models': ModelsSettings, 'models import': ImportSettings,
    'models calibrate': CalibrateSettings, 'models anchor': AnchorSettings,
    'models blind-map': BlindMapSettings,
    'release list': ReleaseListSettings, 'release show': ReleaseShowSettings,
    'release promote': ReleasePromoteSettings, 'release hold': ReleaseHoldSettings,
    'release rollback': ReleaseRollbackSettings,
    'simulate': SimulateSettings, 'demo': DemoSettings, 'view': ViewSettings,
    'bench paper': BenchPaperSettings, 'bench render': BenchRenderSettings,
    'bench student': BenchStudentSettings, 'bench drive': BenchDriveSettings}
