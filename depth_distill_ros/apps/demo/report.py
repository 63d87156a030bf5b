# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The demo's results: the frames that they are of, its scores, and figures.json."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from depth_distill_ros.apps.demo import scores
from depth_distill_ros.apps.demo.history import History
from depth_distill_ros.apps.demo.report_image import DepthRow
from depth_distill_ros.datasets import open_reader
from depth_distill_ros.distillation.release_folders import releases
from depth_distill_ros.evaluation import blind_map
from depth_distill_ros.evaluation.blind_network import BlindNetwork
from depth_distill_ros.evaluation.constant import ConstantDepth, constant_depth
from depth_distill_ros.evaluation.evaluated import evaluated
from depth_distill_ros.evaluation.protocol import PROTOCOLS, FrameResult
from depth_distill_ros.files import expanded, write_json
from depth_distill_ros.frame import Frame
from depth_distill_ros.geometry.scan import Mount
from depth_distill_ros.networks.model_folder import CARD, ModelCard
from depth_distill_ros.networks.teachers import load_teacher
from depth_distill_ros.settings.robot_frames import ROBOT_FRAMES
from depth_distill_ros.shipped import shipped_rooms, shipped_student
from depth_distill_ros.spread import evenly_spread

_ROWS, _FRAMES = 4, 120
_PROTOCOL = PROTOCOLS['robot']
_CPU = torch.device('cpu')


@dataclass(frozen=True)
class Compared:
    """
    What the student is compared with, and how.

    Attributes:
        teacher: in the form of ``load_teacher``
        blind_map: file; empty: none
        mount: of the robot's camera, nominal
        first: the shipped student that answers before the first release, as release 0; or none
        scale_focal: depth is scaled by the focal length of the camera, as the inference node does
    """

    teacher: str
    blind_map: str
    mount: Mount
    first: str = 'none'
    scale_focal: bool = True


@dataclass(frozen=True)
class Report:
    """The scores, and a few frames with their depths by title."""

    scores: scores.RunScores
    rows: list[DepthRow]


def judged_frames(data: str, robot_frames: str) -> tuple[list[Frame], str]:
    """
    Return at most 120 frames that the figures are of, evenly spread, and which they are.

    The package has frames of rooms that its simulated robot never sees. Of another camera there
    are those alone that it plays, which then may have trained the student.

    Args:
        data: what the robot's camera plays, as ``open_reader`` takes it; empty: the package's
        robot_frames: the setting of the distiller
    """
    reader = open_reader(data or f'folder:{shipped_rooms()}')
    which = 'of rooms that the robot camera did not show' if not data else (
        'that the robot camera showed '
        f'(robot_frames: {robot_frames}: {ROBOT_FRAMES[robot_frames]})')
    return [reader[index] for index in evenly_spread(len(reader), _FRAMES)], which


def score_run(
        frames: Sequence[Frame], compared: Compared, release_root: Path, began: float,
        progress: Callable[[str], None]) -> Report:
    """
    Score constant depth, blind map, teacher and up to 20 releases on the same frames.

    Args:
        frames: of the robot's camera; without its intrinsics there are no figures of obstacles,
            and depth is not scaled
        release_root: folder of the run's releases
        began: start of the run, seconds since the epoch
        progress: called with what is being scored
    Raises:
        ScoreError: no usable frame, or no release.
    """
    frames = scores.usable(frames)
    records = [record for record in releases(release_root) if not record.not_promoted]
    if not frames or not records:
        what = 'no release was made' if frames else 'no frame with a reference was recorded'
        raise scores.ScoreError(f'no report: {what}; run the demo for longer')
    # Two threads that wait for each other on busy cores are many times slower than one.
    torch.set_num_threads(1)
    lens_known = all(frame.intrinsics for frame in frames)
    mount, scales = compared.mount if lens_known else None, compared.scale_focal and lens_known
    shown = set(evenly_spread(len(frames), _ROWS))
    results: dict[str, list[FrameResult]] = {}

    def score(title: str, network: torch.nn.Module, card: ModelCard,
              obstacles: bool = True) -> scores.Score:
        progress(title)
        kept = results.setdefault(title, [])
        return scores.score_of(evaluated(
            network, card, frames, _PROTOCOL, _CPU, mount if obstacles else None,
            lambda frame: kept.append(frame) if frame.index in shown else None,
            trained_with=card.intrinsics if scales else None))

    teacher, card = load_teacher(compared.teacher)
    taught = score('teacher', teacher, card)
    chosen = [(record.number, record.folder, (record.folder / CARD).stat().st_mtime - began)
              for record in (records[index] for index
                             in evenly_spread(len(records), scores.MAX_RELEASES))]
    if first := shipped_student(compared.first):
        chosen.insert(0, (0, first, 0.0))
    titles = {chosen[0][0]: 'first release', chosen[-1][0]: 'last release'}
    scored = []
    for number, folder, seconds in chosen:
        network, card = load_teacher(str(folder))
        scored.append(scores.ScoredRelease(number, seconds, score(
            titles.get(number, f'release {number}'), network, card, number in titles)))
    metres = constant_depth(frames)
    baselines = ModelCard('baseline', '', card.size)
    constant = score('constant', ConstantDepth(metres), baselines)
    blind = None
    if compared.blind_map:
        learned = blind_map.load(expanded(compared.blind_map))
        blind = score('blind map', BlindNetwork(learned, _PROTOCOL, card.size), baselines)
    return Report(
        scores.RunScores(len(frames), constant, blind, taught, tuple(scored)),
        _depth_rows(results))


def write_figures(
        path: Path, run: scores.RunScores, counts: dict[str, int], history: History) -> None:
    """Write every number of the report as JSON."""
    write_json(path, {'verdict': asdict(run), 'gain': run.gains(), 'counts': counts,
                      'history': history.rows})


def _depth_rows(results: dict[str, list[FrameResult]]) -> list[DepthRow]:
    columns = {name: results[name] for name in (
        'teacher', 'last release', 'first release', 'blind map') if name in results}
    return [DepthRow(frame.image, {
        'reference': frame.reference,
        **{title: column[number].prediction for title, column in columns.items()}})
        for number, frame in enumerate(results['teacher'])]
