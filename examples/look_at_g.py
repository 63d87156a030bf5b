#!/usr/bin/env python3
# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
What G of a D3 run does: simulated images x′, their mixtures x̂′, and z = G(x̂′).

    python examples/look_at_g.py /tmp/own_teacher        (what your_own_teacher.py has written)
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from depth_distill_ros.apps.bench.paper_figures import trained_g
from depth_distill_ros.datasets import open_reader
from depth_distill_ros.distillation.mixing import mix
from depth_distill_ros.evaluation.figures import draw_transformed
from depth_distill_ros.networks.normalisation import denormalise, to_input


@torch.no_grad()
def main() -> None:
    """Draw g.jpg into the folder, which holds frames/ and run/."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('folder', type=Path, help='with the data set frames/ and the run run/')
    folder = parser.parse_args().folder
    reader = open_reader(f'folder:{folder / "frames"}')
    frames = [reader[index] for index in range(min(4, len(reader)))]
    x = to_input(torch.from_numpy(np.stack([frame.image for frame in frames])))
    classes = torch.from_numpy(np.stack([frame.semantics for frame in frames]))
    mixed = mix(x, classes, torch.Generator().manual_seed(0))
    z = trained_g(folder / 'run')(mixed)
    images = [list((denormalise(part).clamp(0, 1) * 255).byte().permute(0, 2, 3, 1).numpy())
              for part in (x, mixed, z)]
    draw_transformed(folder / 'g.jpg', *images)
    print(f'{folder / "g.jpg"}: G changes an image by {(z - mixed).abs().mean():.3f} in the mean '
          '(normalised units)')


if __name__ == '__main__':
    main()
