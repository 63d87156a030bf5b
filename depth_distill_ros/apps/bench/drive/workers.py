# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Drives one block of rooms after the other, or several at once in processes of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import dataclass
from multiprocessing import get_context
import os
from pathlib import Path
from typing import Any

from depth_distill_ros.apps.bench.drive.bench import DriveBench, Source
from depth_distill_ros.apps.bench.drive.results import Record
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.worker import end_with_the_parent

DOMAINS = 100  # of ROS, from 1, whose ports every operating system leaves free

Make = Callable[[Path], DriveBench]


@dataclass(frozen=True)
class Block:
    """Rooms of a seed that one source drives, by their numbers."""

    source: Source
    seed: int
    rooms: tuple[int, ...]


def drives(make: Make, folder: Path, blocks: Sequence[Block], jobs: int) -> Iterator[Record]:
    """
    Yield each drive when it ends; with several jobs, when its block ends.

    Args:
        make: returns a bench whose logs go to a folder; can be pickled
        jobs: blocks that are driven at once, up to DOMAINS
    Raises:
        DepthDistillError: a node does not start or does not answer, or a process was killed
    """
    if jobs == 1 or len(blocks) < 2:
        with closing(make(folder)) as bench:
            for block in blocks:
                yield from _driven(bench, block)
        return
    context = get_context('spawn')
    with ProcessPoolExecutor(jobs, context, _start,
                             (make, folder, context.Value('i', 0))) as pool:
        try:
            for ended in as_completed([pool.submit(_drive, block) for block in blocks]):
                yield from ended.result()
        except BrokenProcessPool as error:
            raise DepthDistillError('a process that drove was killed (out of memory?): give fewer '
                                    '--jobs, the drives that are written are kept') from error
        finally:
            pool.shutdown(cancel_futures=True)


def _driven(bench: DriveBench, block: Block) -> Iterator[Record]:
    for room, drive in bench.drives(block.source, block.seed, block.rooms):
        yield Record(block.source.name, block.seed, room, drive)


_make: Make
_folder: Path
_bench: DriveBench | None = None


def _start(make: Make, folder: Path, started: Any) -> None:
    """Prepare a process: its own folder and ROS domain, so that no node hears another's."""
    global _make, _folder
    end_with_the_parent()
    with started.get_lock():
        started.value += 1
        number = started.value
    _make, _folder = make, folder / f'job-{number}'
    domain = int(os.environ.get('ROS_DOMAIN_ID') or 0)
    os.environ['ROS_DOMAIN_ID'] = str(1 + (domain - 1 + number) % DOMAINS)


def _drive(block: Block) -> list[Record]:
    global _bench
    _bench = _bench or _make(_folder)  # here, so that its errors are those of the block
    return list(_driven(_bench, block))
