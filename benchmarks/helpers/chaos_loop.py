# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The loop that benchmarks/chaos.py disturbs: its nodes, their world, and what they promise."""

from __future__ import annotations

from pathlib import Path
import random
import signal
import sys
import threading
import time

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / 'test')]  # the tests' own ways to start nodes

import numpy as np  # noqa: E402

SIZE = (64, 64)
RATE = 20.0  # frames/s of simulator and camera
NODES = ('stream', 'distiller', 'inference')
PATIENCE = 120.0


class Broken(Exception):
    """A promise that did not hold."""


class Loop:
    """
    The loop on a graph.

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
        self.engine = engine
        self.random = random.Random(seed)
        self.running: dict[str, object] = {}
        self._stop = threading.Event()
        self.depths: list[float] = []
        self.report: dict[str, object] = {}
        self.pids: set[int] = set()
        students.save_teacher(folder / 'teacher', size=SIZE)
        students.release(folder, 2.0, size=SIZE, run='before')
        for name in NODES:
            self.start(name)
        self._world = threading.Thread(target=self._play)
        self._world.start()
        try:
            self.wait(lambda: self.progress('distiller') > 0 and len(self.depths) > 3, 'the loop')
        except Broken:
            self.close()
            raise

    # The loop.

    def start(self, name: str):
        parameters = {
            'stream': {'height': SIZE[0], 'width': SIZE[1], 'capacity': 500},
            'distiller': {
                'teacher': str(self.folder / 'teacher'), 'method': 'kd-ood', 'batch': 2,
                'min_frames': 40, 'held_out_frames': 4, 'threads': 1, 'release_period': 5.0,
                'checkpoint_period': 3.0, 'keep': 0, 'niceness': 5},
            'inference': {'threads': 1, 'engine': self.engine}}[name]
        node = self.nodes.start(f'{name}_node', wait_for=None, script=self._scripts,
                                work_dir=str(self.folder), **parameters)
        self.running[name] = node
        self.pids.add(node.process.pid)
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

    def progress(self, name: str) -> int:
        key = {'stream': 'stored', 'distiller': 'step', 'inference': 'answered'}[name]
        return int(self.running[name].values().get(key) or 0)

    def wait(self, condition, what: str) -> None:
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

    def recovers(self, fault: str) -> None:
        """Wait until every node does something new."""
        for name in NODES:
            before, node = self.progress(name), self.running[name]
            try:
                self.wait(lambda: node.ended() or self.progress(name) > before,  # noqa: B023
                           f'{name} after {fault}')
            except Broken as error:
                raise Broken(f'{error}; it says "{node.message()}", {node.values()}') from None
            if node.ended():  # a supervisor starts it again, such as one that was stuck
                self.report.setdefault('restarted', []).append(f'{name} after {fault}')
                node = self.start(name)
                self.wait(lambda: self.progress(name) > 0, f'{name}, restarted')  # noqa: B023

    def memory(self, name: str) -> float:
        """Return all memory of a node that is resident, MB."""
        return self._kilobytes(name, 'Rss') / 1e3

    def memory_of_its_own(self, name: str) -> float:
        """Return that without the pages of files, such as libraries and the store, MB."""
        return self._kilobytes(name, 'Anonymous') / 1e3

    def _kilobytes(self, name: str, key: str) -> int:
        lines = Path(f'/proc/{self.running[name].process.pid}/smaps_rollup').read_text()
        return next(int(line.split()[1]) for line in lines.splitlines() if line.startswith(key))

    def close(self) -> None:
        """End world and nodes."""
        self._stop.set()
        self._world.join()
        for node in self.running.values():
            node.process.send_signal(signal.SIGINT)
        for node in self.running.values():
            node.exit_code()


def _step(checkpoint: Path) -> int:
    from depth_distill_ros.distillation.checkpoint import load_checkpoint
    return int(load_checkpoint(checkpoint)['training']['step'])
