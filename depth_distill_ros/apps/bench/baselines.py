# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is reached on the test set of a table without looking at its images."""

from __future__ import annotations

from collections.abc import Sequence
import json
from pathlib import Path

from torch import nn

from depth_distill_ros.apps.bench.runner import Bench, Outcome
from depth_distill_ros.apps.bench.table import BenchTable, Role
from depth_distill_ros.evaluation.blind_map import OtherFrames, learn
from depth_distill_ros.evaluation.blind_network import BlindNetwork
from depth_distill_ros.evaluation.constant import ConstantDepth, constant_depth
from depth_distill_ros.evaluation.evaluated import evaluated
from depth_distill_ros.evaluation.protocol import PROTOCOLS
from depth_distill_ros.files import write_json
from depth_distill_ros.networks.model_folder import ModelCard

CONSTANT, BLIND = 'constant', 'blind map'
# the training side of a test set, with the same camera and mount
_TRAINING_SIDES = {Role.TEST: Role.TRAIN, Role.SCANNET_TEST: Role.SCANNET_TRAIN}


def baselines(bench: Bench, table: BenchTable, outcomes: Sequence[Outcome],
              ) -> dict[str, dict[str, float]]:
    """
    Return the metrics of the constant depth and of the blind map on the table's test set.

    They are empty unless a row was trained on the training side, so that none is rendered for
    this. The figures are kept in the folder of the bench.
    """
    side = _TRAINING_SIDES.get(table.test)
    if side is None or not any(side in outcome.row.data.values() for outcome in outcomes):
        return {}
    path = bench.folder / 'baselines.json'
    kept = _read(path)
    protocol = bench.protocol(table, table.test)
    key = ' '.join((protocol, bench.spec(table.test), bench.spec(side)))
    if key not in kept:
        kept[key] = _measured(bench, protocol, table.test, side)
        write_json(path, kept)
    return kept[key]


def _read(path: Path) -> dict[str, dict[str, dict[str, float]]]:
    try:
        return json.loads(path.read_text(encoding='utf-8'))
    except (OSError, ValueError):
        return {}  # they are measured again


def _measured(bench: Bench, protocol: str, test: str, side: str) -> dict[str, dict[str, float]]:
    readers = [bench.reader(role) for role in (side, test)]
    blind = learn(readers[0])
    reader = OtherFrames(readers[1], blind)
    size = blind.depth.shape

    def metrics(network: nn.Module) -> dict[str, float]:
        card = ModelCard('baseline', '', size)
        return evaluated(network, card, reader, PROTOCOLS[protocol],
                         bench.compute.device)['metrics']

    found = {CONSTANT: metrics(ConstantDepth(constant_depth(reader))),
             BLIND: metrics(BlindNetwork(blind, PROTOCOLS[protocol], size))}
    bench.note_unused(readers)
    return found
