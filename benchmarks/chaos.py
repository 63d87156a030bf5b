#!/usr/bin/env python3
# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Kills, garbage, floods, a full disk and a soak: what the nodes promise must hold through all of it.

The nodes run over DDS with a small teacher; this process plays simulator, camera and operator, and
starts each node again that it kills. Prints a report and exits with 1 if a promise was broken.
The same seed gives the same faults. Example: python benchmarks/chaos.py --kills 1000 --soak 7200
"""

from __future__ import annotations

import argparse
from contextlib import closing, suppress
import json
from pathlib import Path
import random
import resource
import signal
import sys
import tempfile
import threading
import time

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / 'test')]  # the tests' own ways to start nodes

import numpy as np  # noqa: E402

SIZE = (64, 64)
RATE = 20.0  # frames/s of simulator and camera
NODES = ('stream', 'distiller', 'inference')
PATIENCE = 120.0
_SMALL_DISK = 100_000  # bytes that a file may have while the disk is full
# MB by which a node may grow in a flood: the queues are shortened within a second of its beginning
FLOOD_LIMIT = 1000.0


class Broken(Exception):
    """A promise that did not hold."""


class Campaign:
    """
    The loop on a graph, the faults, and what was found.

    Args:
        nodes: of ros_graph, starts the nodes
        folder: work_dir
        seed: of the faults
        scripts: start the executables instead of forks of one process
        engine: of the inference node; `torch-cpu` needs no process that prepares releases
    """

    def __init__(self, nodes, folder: Path, seed: int = 0, scripts: bool = False,
                 engine: str = 'auto') -> None:
        import students
        self.nodes, self.folder, self._scripts = nodes, folder, scripts
        self._engine = engine
        self._random = random.Random(seed)
        self._running: dict[str, object] = {}
        self._lock, self._stop = threading.Lock(), threading.Event()
        self.depths: list[float] = []
        self.report: dict[str, object] = {}
        self._pids: set[int] = set()
        students.save_teacher(folder / 'teacher', size=SIZE)
        students.release(folder, 2.0, size=SIZE, run='before')
        for name in NODES:
            self._start(name)
        self._world = threading.Thread(target=self._play)
        self._world.start()
        self._wait(lambda: self._progress('distiller') > 0 and len(self.depths) > 3, 'the loop')

    # The loop.

    def _start(self, name: str):
        parameters = {
            'stream': {'height': SIZE[0], 'width': SIZE[1], 'capacity': 500},
            'distiller': {
                'teacher': str(self.folder / 'teacher'), 'method': 'kd-ood', 'batch': 2,
                'min_frames': 40, 'held_out_frames': 4, 'threads': 1, 'release_period': 5.0,
                'checkpoint_period': 3.0, 'keep': 0, 'niceness': 5},
            'inference': {'threads': 1, 'engine': self._engine}}[name]
        node = self.nodes.start(f'{name}_node', wait_for=None, script=self._scripts,
                                work_dir=str(self.folder), **parameters)
        self._running[name] = node
        self._pids.add(node.process.pid)
        return node

    def _play(self) -> None:
        """Publish as a simulator and a camera do, until the end."""
        from sensor_msgs.msg import CameraInfo, Image

        from depth_distill_ros.geometry.intrinsics import Intrinsics
        from depth_distill_ros.ros.conversions import camera_info, images
        graph, topic = self.nodes.graph, self.nodes.topic
        camera = Intrinsics(60.0, 60.0, 31.5, 31.5, *SIZE)
        topics = {name: graph.talk(CameraInfo if name == 'camera_info' else Image, topic(name))
                  for name in ('image', 'semantics', 'camera_info')}
        graph.listen(Image, topic('depth'), callback=lambda _: self.depths.append(
            time.monotonic()))
        noise = np.random.default_rng(0)
        while not self._stop.wait(1.0 / RATE):
            stamp = images.time_message(time.time_ns())
            colours = noise.integers(0, 256, (8, 8, 3), np.uint8).repeat(8, 0).repeat(8, 1)
            classes = noise.integers(0, 14, (8, 8), np.uint8).repeat(8, 0).repeat(8, 1)
            topics['camera_info'].publish(camera_info.from_intrinsics(camera, stamp, 'eye'))
            topics['image'].publish(images.from_array(colours, 'rgb8', stamp, 'eye'))
            topics['semantics'].publish(images.from_array(classes, 'mono8', stamp, 'eye'))

    def _progress(self, name: str) -> int:
        key = {'stream': 'stored', 'distiller': 'step', 'inference': 'answered'}[name]
        return int(self._running[name].values().get(key) or 0)

    def _wait(self, condition, what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                raise Broken(f'{what} did not come within {PATIENCE:g} s')
            time.sleep(0.02)

    # What is promised.

    def promised(self) -> dict[str, object]:
        """Return what must not be lost."""
        from depth_distill_ros.distillation.release_folders import releases
        checkpoint = self.folder / 'checkpoints' / 'last.pt'
        return {'releases': [record.number for record in releases(self.folder / 'releases')],
                'step': _step(checkpoint) if checkpoint.exists() else 0}

    def check(self, before: dict[str, object]) -> None:
        """Raise Broken unless all that was promised is there and whole."""
        from depth_distill_ros.distillation.operation.release_state import StateFile
        from depth_distill_ros.distillation.release_folders import latest
        from depth_distill_ros.stream.store_reader import StreamReader
        now = self.promised()
        if lost := set(before['releases']) - set(now['releases']):
            raise Broken(f'releases {sorted(lost)} are lost')
        if now['step'] < before['step']:
            raise Broken(f'the checkpoint went from step {before["step"]} to {now["step"]}')
        damaged: list[object] = []
        latest(self.folder / 'releases', damaged.append)
        if damaged:
            raise Broken(str(damaged[0]))
        StateFile(self.folder / 'releases').read()
        with StreamReader(self.folder / 'store') as reader, reader.snapshot() as frames:
            for key in list(frames.keys())[-20:]:
                frames.read(key)

    # The faults.

    def kills(self, count: int) -> None:
        """Kill nodes, and the process that prepares releases, at random moments."""
        back: dict[str, list[float]] = {name: [] for name in NODES}
        gaps: list[float] = []
        for _ in range(count):
            victim = self._random.choice((*NODES, 'worker'))
            time.sleep(self._random.uniform(0.0, 2.0))
            before, started = self.promised(), time.monotonic()
            if victim == 'worker':
                import psutil
                with suppress(psutil.Error):
                    for child in psutil.Process(
                            self._running['inference'].process.pid).children():
                        child.kill()
                continue
            node = self._running[victim]
            node.interrupt(signal.SIGKILL)
            self.nodes.graph.diagnostics.pop(node.full_name, None)
            answered = len(self.depths)
            self._start(victim)
            if victim == 'inference':
                self._wait(lambda: len(self.depths) > answered, 'depth')  # noqa: B023
                back[victim].append(time.monotonic() - started)
            else:
                self._wait(lambda: self._progress(victim) > 0, victim)  # noqa: B023
                back[victim].append(time.monotonic() - started)
                gaps.append(max(np.diff([t for t in self.depths if t >= started - 1.0]),
                                default=PATIENCE))
            self.check(before)
        self.report['kills'] = {
            'count': count, **{f'{name}_back_s': _spread(times) for name, times in back.items()},
            'depth_gap_s': _spread(gaps)}

    def garbage(self, count: int) -> None:
        """Send messages that nobody should send; no node may end."""
        from sensor_msgs.msg import CameraInfo, Image
        from std_msgs.msg import String

        from depth_distill_ros.ros.support.qos import profile
        chance, topic = self._random, self.nodes.topic
        text = self.nodes.graph.talk(String, topic('release'), profile(1, latched=True))
        image, info = (self.nodes.graph.talk(kind, topic(name)) for kind, name in (
            (Image, 'image'), (CameraInfo, 'camera_info')))
        texts = ('{"folder":"/x","number":1e999}', '[' * 10_000, 'x' * 100_000, '',
                 '{"folder":"/\\ud800","number":2}', '{"folder":"/","number":1}')
        numbers = (0.0, -1.0, 1e300, 1e-300, float('nan'), float('inf'))
        before = {name: node.process.pid for name, node in self._running.items()}
        for _ in range(count):
            text.publish(String(data=chance.choice(texts)))
            image.publish(Image(
                height=chance.choice((0, 1, 64, 2**31)), width=chance.choice((0, 64, 2**32 - 1)),
                encoding=chance.choice(('rgb8', '32FC1', '', 'yuv422', '\ufffd' * 50)),
                step=chance.choice((0, 192, 2**32 - 1)), data=bytes(chance.randrange(1000))))
            message = CameraInfo(height=64, width=64)
            message.k = np.array([chance.choice(numbers) for _ in range(9)])
            message.p = np.array([chance.choice(numbers) for _ in range(12)])
            info.publish(message)
            time.sleep(0.01)
        self._recovers('garbage')
        ended = [name for name, node in self._running.items()
                 if node.ended() or node.process.pid != before[name]]
        if ended:
            raise Broken(f'{ended} ended on garbage')
        self.report['garbage'] = {'messages': 3 * count}

    def flood(self, seconds: float) -> None:
        """Send 4K images as fast as they go; memory must stay bounded."""
        from sensor_msgs.msg import Image

        from depth_distill_ros.ros.conversions import images
        publisher = self.nodes.graph.talk(Image, self.nodes.topic('image'))
        pixels = np.zeros((2160, 3840, 3), np.uint8)
        before = {name: self._memory(name) for name in NODES}
        most = dict(before)
        deadline = time.monotonic() + seconds
        sent = 0
        while time.monotonic() < deadline:
            publisher.publish(images.from_array(
                pixels, 'rgb8', images.time_message(time.time_ns()), 'eye'))
            sent += 1
            most = {name: max(most[name], self._memory(name)) for name in NODES}
        self.nodes.graph.node.destroy_publisher(publisher)
        self._recovers('a flood')
        growth = {name: round(most[name] - before[name]) for name in NODES}
        self.report['flood'] = {'images': sent, 'growth_mb': growth, 'growth_that_stays_mb': {
            name: round(self._memory(name) - before[name]) for name in NODES}}
        if (worst := max(growth.values())) > FLOOD_LIMIT:
            raise Broken(f'a node grew by {worst} MB in a flood')

    def disk(self, seconds: float) -> None:
        """Let no file of stream and distiller grow for a while, as on a full disk."""
        pids = [self._running[name].process.pid for name in ('stream', 'distiller')]
        before = self.promised()
        limits = [resource.prlimit(pid, resource.RLIMIT_FSIZE, (_SMALL_DISK, -1)) for pid in pids]
        time.sleep(seconds)
        for pid, limit in zip(pids, limits, strict=True):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limit)
        self._recovers('a full disk')
        self._wait(lambda: self._running['stream'].level() != 2, "the end of the stream's ERROR")
        self.check(before)
        self.report['disk'] = {'seconds': seconds}

    def soak(self, seconds: float) -> None:
        """Run on, and measure how memory grows."""
        begun, rows = time.monotonic(), []
        while (now := time.monotonic() - begun) < seconds:
            rows.append((now / 60.0, *(self._memory(name) for name in NODES)))
            time.sleep(min(10.0, seconds / 10.0))
        minutes, *memories = np.array(rows[len(rows) // 4:]).T  # without the warm-up
        self.report['soak'] = {'seconds': seconds, 'growth_mb_per_minute': {
            name: round(float(np.polyfit(minutes, memory, 1)[0]), 3)
            for name, memory in zip(NODES, memories, strict=True)}}

    def _recovers(self, fault: str) -> None:
        """Wait until every node does something new."""
        for name in NODES:
            before, node = self._progress(name), self._running[name]
            try:
                self._wait(lambda: node.ended() or self._progress(name) > before,  # noqa: B023
                           f'{name} after {fault}')
            except Broken as error:
                raise Broken(f'{error}; it says "{node.message()}", {node.values()}') from None
            if node.ended():  # a supervisor starts it again, such as one that was stuck
                self.report.setdefault('restarted', []).append(f'{name} after {fault}')
                node = self._start(name)
                self._wait(lambda: self._progress(name) > 0, f'{name}, restarted')  # noqa: B023

    def _memory(self, name: str) -> float:
        """Return the memory of a node, MB."""
        import psutil
        return psutil.Process(self._running[name].process.pid).memory_info().rss / 1e6

    def finish(self) -> dict[str, object]:
        """End all; check that nothing is left behind; return the report."""
        import psutil
        children = {child for pid in self._pids if psutil.pid_exists(pid)
                    for child in psutil.Process(pid).children(recursive=True)}
        self.close()
        left = [path.name for path in self.folder.rglob('.*.[0-9]*')]
        for name in NODES:  # the owners remove at their start what a killed writer left
            self._start(name)
        for name in NODES:
            self._running[name].wait_for_state('active')
            self._running[name].interrupt()
        orphans = [child.pid for child in children if child.is_running()
                   and child.status() != psutil.STATUS_ZOMBIE]
        files = [str(path) for path in self.folder.rglob('.*.[0-9]*')]
        self.report['left_behind'] = {
            'orphans': len(orphans), 'files_before_next_start': len(left),
            'files': len(files)}
        if orphans or files:
            raise Broken(f'left behind: processes {orphans}, files {files}')
        return self.report

    def close(self) -> None:
        """End world and nodes."""
        self._stop.set()
        self._world.join()
        for node in self._running.values():
            node.process.send_signal(signal.SIGINT)
        for node in self._running.values():
            node.exit_code()


def _step(checkpoint: Path) -> int:
    from depth_distill_ros.distillation.checkpoint import load_checkpoint
    return int(load_checkpoint(checkpoint)['training']['step'])


def _spread(times: list[float]) -> dict[str, float]:
    return {} if not times else {
        'n': len(times), 'median': round(float(np.median(times)), 2),
        'p95': round(float(np.percentile(times, 95)), 2), 'max': round(max(times), 2)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument('--kills', type=int, default=50)
    parser.add_argument('--garbage', type=int, default=500, help='rounds of three messages')
    parser.add_argument('--flood', type=float, default=15.0, help='seconds')
    parser.add_argument('--disk', type=float, default=10.0, help='seconds')
    parser.add_argument('--soak', type=float, default=60.0, help='seconds')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--scripts', action='store_true',
                        help='start the executables, which import torch each time, as launch does')
    parser.add_argument('--out', type=Path, help='file for the report, JSON')
    arguments = parser.parse_args()

    import os

    from depth_distill_ros.installation import graph_of_its_own
    with tempfile.TemporaryDirectory() as name:
        os.environ |= graph_of_its_own(Path(name) / 'log')
        from fork_host import ForkHost, ForkServer
        from ros_graph import Graph, Nodes
        with closing(ForkServer()) as server, closing(ForkHost(server.address)) as host, \
                closing(Graph(host)) as graph:
            return _run(arguments, Nodes(graph, '/chaos', Path(name)), Path(name) / 'run')


def _run(arguments: argparse.Namespace, nodes, folder: Path) -> int:
    folder.mkdir()
    campaign, broken = Campaign(nodes, folder, arguments.seed, arguments.scripts), ''
    try:
        for fault in ('soak', 'kills', 'garbage', 'flood', 'disk'):
            if amount := getattr(arguments, fault):
                getattr(campaign, fault)(amount)
                print(fault, json.dumps(campaign.report[fault]), flush=True)
        print('left behind', json.dumps(campaign.finish()['left_behind']))
    except Broken as error:
        broken = str(error)
        campaign.close()
    campaign.report['broken'] = broken
    if arguments.out:
        arguments.out.write_text(json.dumps(campaign.report, indent=2) + '\n')
    print(f'BROKEN: {broken}' if broken else 'every promise was kept')
    return 1 if broken else 0


if __name__ == '__main__':
    sys.exit(main())
