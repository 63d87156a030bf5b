# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
The depth-aware convolution tap by tap, compared with the form that unfolds all nine taps.

Both run at the sizes that DACNN uses for images of 256×512, forward only and with the backward
pass. Each measurement has a process of its own.

    python benchmarks/depth_aware_convolution.py
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time

from rich.console import Console
import torch
from torch import Tensor
from torch.nn.functional import unfold

from depth_distill_ros.evaluation.terminal import terminal_table
from depth_distill_ros.networks.dacnn.depth_aware import depth_aware_conv2d

# Uses in DACNN: divisor of the image's size, channels in, channels out.
_USES = ((8, 256, 64), (4, 384, 32), (2, 128, 8))
_GUIDES = 32


def unfolded(f: Tensor, g: Tensor, w: Tensor, bias: None, d: int) -> Tensor:
    """Return eq. 2 as printed: all nine taps of every pixel at once."""
    (count, channels, height, width), guides = f.shape, g.shape[1]
    taps = unfold(f, 3, d, d).view(count, channels, 9, height, width)
    around = unfold(g, 3, d, d).view(count, guides, 9, height, width)
    kernel = torch.exp(-0.5 * (around - g.unsqueeze(2)).square().sum(1, keepdim=True))
    return torch.einsum('bcohw,kco->bkhw', taps * kernel, w.flatten(2))


_FORMS = {'unfolded': unfolded, 'tap by tap': depth_aware_conv2d}


def _measure(form: str, use: tuple[int, int, int], learn: bool, batch: int, runs: int,
             dilation: int) -> dict:
    scale, channels_in, channels_out = use
    device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')
    torch.manual_seed(0)
    size = (256 // scale, 512 // scale)
    f = torch.randn(batch, channels_in, *size, device=device, requires_grad=learn)
    g = torch.randn(batch, _GUIDES, *size, device=device, requires_grad=learn)
    w = torch.randn(channels_out, channels_in, 3, 3, device=device, requires_grad=learn)
    before = _peak_mib(device)
    times = []
    for _ in range(runs + 1):
        began = time.perf_counter()
        y = _FORMS[form](f, g, w, None, dilation)
        if learn:
            torch.autograd.grad(y.mean(), (f, g, w))
        if device.type == 'cuda':
            torch.cuda.synchronize()
        times.append(time.perf_counter() - began)
    return {'form': form, 'scale': scale, 'channels': [channels_in, channels_out],
            'learning': learn, 'milliseconds': 1e3 * sorted(times[1:])[runs // 2],
            'peak_mib': _peak_mib(device) - before, 'mean': y.mean().item()}


def _peak_mib(device: torch.device) -> float:
    if device.type == 'cuda':
        return torch.cuda.max_memory_allocated() / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


def main() -> None:
    """Print the times, the memory and their ratios."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--batch', type=int, default=1)
    parser.add_argument('--dilation', type=int, default=6)
    parser.add_argument('--runs', type=int, default=5)
    a = parser.parse_args()
    rows, cells = [], []
    for use in _USES:
        for learn in (False, True):
            for form in _FORMS:
                with multiprocessing.get_context('spawn').Pool(1) as process:
                    rows.append(process.apply(
                        _measure, (form, use, learn, a.batch, a.runs, a.dilation)))
            slow, lean = rows[-2:]
            cells.append((
                str(use[0]), f'{use[1]} to {use[2]}', 'and backward' if learn else 'forward',
                f'{slow["milliseconds"]:.0f}', f'{lean["milliseconds"]:.0f}',
                f'{slow["milliseconds"] / lean["milliseconds"]:.2f}',
                f'{slow["peak_mib"]:.0f}', f'{lean["peak_mib"]:.0f}',
                f'{slow["peak_mib"] / max(lean["peak_mib"], 1):.1f}'))
    Console(width=120).print(terminal_table(
        ('at 1/', 'channels', 'pass', 'unfolded ms', 'tap by tap ms', 'times faster',
         'unfolded MiB', 'tap by tap MiB', 'times smaller'), cells, 0,
        title=f'depth-aware convolution, 256×512, batch {a.batch}, dilation {a.dilation}, '
              f'{torch.get_num_threads()} threads'))


if __name__ == '__main__':
    main()
