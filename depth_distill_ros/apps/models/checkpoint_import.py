# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""depth-distill models import: turn a published checkpoint into a model folder."""

from __future__ import annotations

import argparse
from pathlib import Path

from depth_distill_ros.networks.authors import load_authors
from depth_distill_ros.networks.model_folder import save_model

HELP = "turn a paper's published checkpoint into a model folder"
EXAMPLE = 'depth-distill models import --format lden-authors N_t_X.pt models/lden_resnet34'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('file', type=Path, help='PyTorch checkpoint; no code in it is executed')
    parser.add_argument('out', type=Path,
                        help='new model folder (weights.safetensors and card.json); a suffix '
                             '.safetensors is removed from its name')


def run(arguments: argparse.Namespace) -> int:
    out = arguments.out
    folder = out.with_suffix('') if out.suffix == '.safetensors' else out
    network, card = load_authors(arguments.file, arguments.format)
    save_model(folder, network, card)
    count = sum(parameter.numel() for parameter in network.parameters())
    print(f'{folder}: {card.network} {card.backbone}, {count:,} weights')
    return 0
