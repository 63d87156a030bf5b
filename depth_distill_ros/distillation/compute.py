# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which device and precision a training runs with, chosen by what is there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch

_CPU_BF16_FLAGS = {'avx512_bf16', 'amx_bf16', 'bf16'}


def _cpu_has_bf16() -> bool:
    try:
        info = Path('/proc/cpuinfo').read_text(encoding='utf-8', errors='replace')
    except OSError:
        return False
    return any(_CPU_BF16_FLAGS & set(line.split())
               for line in info.splitlines() if line.lower().startswith(('flags', 'features')))


@dataclass(frozen=True)
class Compute:
    """A device, and whether matrix work runs in bfloat16 there (weights stay float32)."""

    device: torch.device
    bf16: bool

    @classmethod
    def available(cls) -> Compute:
        if torch.cuda.is_available():
            bf16 = torch.cuda.is_bf16_supported(including_emulation=False)
            return cls(torch.device('cuda'), bf16)
        return cls(torch.device('cpu'), _cpu_has_bf16())

    def autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16)

    def __str__(self) -> str:
        return f'{self.device.type}, {"bfloat16" if self.bf16 else "float32"}'

    def memory_mib(self) -> float:
        """Memory the process holds on the device; on a CPU its resident set."""
        if self.device.type == 'cuda':
            return torch.cuda.memory_allocated(self.device) / 2**20
        for line in Path('/proc/self/status').read_text(encoding='utf-8').splitlines():
            if line.startswith('VmRSS:'):
                return int(line.split()[1]) / 2**10
        return float('nan')
