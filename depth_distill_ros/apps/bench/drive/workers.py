# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Drives one block of rooms after the other, or several at once in processes of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import dataclass
from multiprocessing import Queue, get_context
import os
from pathlib import Path
import queue
from typing import Any

from depth_distill_ros.apps.bench.drive.bench import DriveBench, Source
from depth_distill_ros.apps.bench.drive.results import Record
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.worker import end_with_the_parent

_DOMAINS = 101  # ROS domains whose ports every operating system leaves free
_POLL = 0.5  # seconds


@dataclass(frozen=True)
class Block:
    """Rooms of a seed that one source drives, by their numbers."""

    source: Source
    seed: int
    rooms: tuple[int, ...]


def drives(make: Callable[[Path], DriveBench], folder: Path, blocks: Sequence[Block],
           jobs: int) -> Iterator[Record]:
    """
    Yield each drive when it ends.

    Args:
        make: returns a bench whose logs go to a folder; to be pickled
        jobs: blocks that are driven at once
    Raises:
        DepthDistillError: a node does not start or does not answer, or a process was killed
    """
    if jobs == 1 or len(blocks) < 2:
        with closing(make(folder)) as bench:
            for block in blocks:
                yield from _driven(bench, block)
        return
    context = get_context('spawn')
    ended: Queue[Record] = context.Queue()
    with ProcessPoolExecutor(jobs, context, _start,
                             (make, folder, context.Value('i', 0), ended)) as pool:
        waiting = [pool.submit(_drive, block) for block in blocks]
        told = expected = 0
        try:
            while waiting or told < expected:
                done = [future for future in waiting if future.done()]
                waiting = [future for future in waiting if future not in done]
                expected += sum(future.result() for future in done)
                try:
                    yield ended.get(timeout=_POLL)
                    told += 1
                except queue.Empty:
                    continue
        except BrokenProcessPool as error:
            raise DepthDistillError('a process that drove was killed (out of memory?): give fewer '
                                    '--jobs, the drives that are written are kept') from error
        finally:
            pool.shutdown(cancel_futures=True)


def _driven(bench: DriveBench, block: Block) -> Iterator[Record]:
    for room, drive in bench.drives(block.source, block.seed, block.rooms):
        yield Record(block.source.name, block.seed, room, drive)


_bench: DriveBench
_ended: Queue[Record]


def _start(make: Callable[[Path], DriveBench], folder: Path, started: Any,
           ended: Queue[Record]) -> None:
    """Prepare a process: its own folder and ROS domain, so that no node hears another's."""
    global _bench, _ended
    end_with_the_parent()
    with started.get_lock():
        started.value += 1
        number = started.value
    domain = (int(os.environ['ROS_DOMAIN_ID']) + number) % _DOMAINS
    os.environ['ROS_DOMAIN_ID'] = str(domain)
    _bench, _ended = make(folder / f'job-{number}'), ended


def _drive(block: Block) -> int:
    """Drive a block and hand on each drive; return how many there were."""
    count = 0
    for record in _driven(_bench, block):
        _ended.put(record)
        count += 1
    return count
