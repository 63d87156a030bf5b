#!/usr/bin/env python3
# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Where the time of a camera frame goes in the inference node, from arrival to publication.

The pipeline of the node runs in a process of its own, frame by frame, with a subscriber of depth
in this one. The time of each stage excludes the stages that it calls; "own" is all of them but the
engine and DDS. With --against, another source tree (such as a worktree of an earlier commit) runs
the same frames, a few of each by turns, so that other load on the machine affects both alike.

Example: python benchmarks/frame_profile.py --sizes vga 720p --against ../before --out profile.json
"""

from __future__ import annotations

import argparse
from contextlib import closing
import json
import os
from pathlib import Path
import subprocess
import sys
import tempfile
from threading import Event, Thread
from time import perf_counter, thread_time
from typing import Any

_WORKER = '--worker'
TREE = Path(sys.argv[2] if sys.argv[1:2] == [_WORKER] else Path(__file__).resolve().parents[1])
sys.path[:0] = [str(TREE), str(Path(__file__).parent / 'helpers')]

import numpy as np  # noqa: E402
from stages import Stages  # noqa: E402

from depth_distill_ros.installation import environment  # noqa: E402
from depth_distill_ros.settings.names import CAMERA_SIZES, PAPER_SIZE  # noqa: E402

ENGINE, SENT, RECEIVED, REST = 'engine', 'DDS out', 'DDS in', 'rest'
STAGES = (RECEIVED, 'decode', 'camera view', 'crop and resize', ENGINE, 'check of the depth',
          'scale, confidence', 'clean depth', 'resize back', 'message', SENT, REST)
_WARM_UP, _TURN = 30, 10  # frames


def work(model: Path, size: tuple[int, int], engine_name: str, threads: int,
         parameters: dict[str, Any], clock: str) -> None:
    """Read numbers of frames from standard input, write the stages of each frame; the worker."""
    import cv2
    import rclpy
    from rclpy.lifecycle import LifecyclePublisher
    from rclpy.parameter import Parameter
    from rclpy.serialization import deserialize_message, serialize_message
    from sensor_msgs.msg import Image
    import torch

    from depth_distill_ros.geometry.intrinsics import Intrinsics
    from depth_distill_ros.geometry.view import View
    from depth_distill_ros.inference.engine_selection import open_engine, shipped_frames
    from depth_distill_ros.inference.engines.engine import DepthEngine
    from depth_distill_ros.ros.cameras.camera_pipeline import CameraPipeline
    from depth_distill_ros.ros.cameras.camera_view import CameraView
    from depth_distill_ros.ros.cameras.depth_outputs import DepthOutputs
    from depth_distill_ros.ros.conversions import camera_info, images
    from depth_distill_ros.ros.support.lifecycle import ManagedNode
    from depth_distill_ros.settings.inference import InferenceSettings

    torch.set_num_threads(threads)
    if clock == 'cpu':
        cv2.setNumThreads(1)
    rclpy.init()
    node = ManagedNode('profiled', InferenceSettings)
    pipeline = CameraPipeline(node, '', Event(), lambda *_: None)
    node.set_parameters([Parameter(name, value=value) for name, value in parameters.items()])
    node.trigger_configure()
    node.trigger_activate()
    engine = open_engine(model, engine_name)
    stages = Stages(thread_time if clock == 'cpu' else perf_counter)
    for owner, name, stage in (
            (images, 'read_rgb', 'decode'), (CameraPipeline, '_view_for', 'camera view'),
            (View, 'image', 'crop and resize'), (type(engine), '_infer', ENGINE),
            (DepthEngine, '__call__', 'check of the depth'),
            (DepthOutputs, '_predicted', 'scale, confidence'),
            (DepthOutputs, '_navigable', 'clean depth'), (CameraView, 'depth', 'resize back'),
            (images, 'from_array', 'message'), (LifecyclePublisher, 'publish', SENT)):
        stages.watch(owner, name, stage)
    receive = stages.timed(deserialize_message, RECEIVED)
    process = stages.timed(lambda message: (pipeline._on_image(message),
                                            pipeline.process_latest(engine)), REST)
    stamp = images.time_message(1_000_000_000)
    frames = [serialize_message(images.from_array(
        cv2.resize(frame, size[::-1]), 'rgb8', stamp, 'camera')) for frame in shipped_frames()]
    pipeline._infos.add(camera_info.from_intrinsics(
        Intrinsics.from_vertical_fov(0.8, size), stamp, 'camera'))
    while not pipeline._outputs.wanted():
        rclpy.spin_once(node, timeout_sec=0.1)
    count = 0
    for line in sys.stdin:
        found = []
        for _ in range(int(line)):
            stages.seconds.clear()
            process(receive(frames[count % len(frames)], Image))
            found.append(dict(stages.seconds))
            count += 1
        if pipeline.counts.values()['answered'] != count:
            raise SystemExit(f'{pipeline.counts.values()}: {pipeline.last_rejection}')
        print(json.dumps(found), flush=True)


class Worker:
    """The process that runs the pipeline of one source tree."""

    def __init__(self, tree: Path, arguments: list[str]) -> None:
        self.found: list[dict[str, float]] = []
        # cv2's and the engine's threads wait without spinning, as in the node's process
        self._process = subprocess.Popen(
            [sys.executable, __file__, _WORKER, str(tree), *arguments], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env=os.environ | {'PYTHONPATH': str(tree), 'OMP_WAIT_POLICY': 'PASSIVE'})

    def run(self, frames: int) -> list[dict[str, float]]:
        """Return the seconds of each stage of each frame."""
        print(frames, file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit('the worker has ended')
        return json.loads(line)

    def close(self) -> None:
        """End the process."""
        self._process.stdin.close()
        self._process.wait()


def profile(trees: dict[str, Path], frames: int, arguments: list[str]) -> dict[str, Any]:
    """Return {tree: {stage: {p50, p95} in ms}} of frames that the trees take by turns."""
    from depth_distill_ros.ros.clients.bench_listener import BenchListener

    stop = Event()
    with closing(BenchListener('depth')) as listener:
        spinning = Thread(target=lambda: [listener.spin(0.2) for _ in iter(stop.is_set, True)])
        spinning.start()
        workers = {name: Worker(tree, arguments) for name, tree in trees.items()}
        for worker in workers.values():
            worker.run(_WARM_UP)
        for _ in range(-(-frames // _TURN)):
            for worker in workers.values():
                worker.found += worker.run(_TURN)
        for worker in workers.values():
            worker.close()
        stop.set()
        spinning.join()
    return {name: _percentiles(worker.found) for name, worker in workers.items()}


def _percentiles(found: list[dict[str, float]]) -> dict[str, dict[str, float]]:
    milliseconds = {stage: [1e3 * one.get(stage, 0.0) for one in found] for stage in STAGES}
    own = [s for s in STAGES if s not in (ENGINE, SENT, RECEIVED)]
    milliseconds['own'] = list(np.sum([milliseconds[stage] for stage in own], axis=0))
    milliseconds['all'] = list(np.sum([milliseconds[stage] for stage in STAGES], axis=0))
    return {stage: {f'p{p}': round(float(np.percentile(values, p)), 3) for p in (50, 95)}
            for stage, values in milliseconds.items()}


def main() -> None:
    """Measure and print."""
    from rich.console import Console

    from depth_distill_ros.apps.bench.student import resized_model
    from depth_distill_ros.evaluation.terminal import terminal_table
    from depth_distill_ros.shipped import shipped_student

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--sizes', nargs='+', choices=sorted(CAMERA_SIZES), default=['vga'])
    parser.add_argument('--model', type=Path, default=shipped_student('general'))
    parser.add_argument('--input', nargs=2, type=int, default=PAPER_SIZE, metavar=('H', 'W'))
    parser.add_argument('--engine', default='openvino-f32')
    parser.add_argument('--threads', type=int, default=2, help='of the engine')
    parser.add_argument('--clock', choices=('wall', 'cpu'), default='wall',
                        help='cpu: processor time of the thread that runs the pipeline, cv2 with '
                        'one thread; for a machine that does other work')
    parser.add_argument('--frames', type=int, default=200, help='of each size')
    parser.add_argument('--parameters', type=json.loads, default={},
                        help='of the inference node, JSON')
    parser.add_argument('--against', type=Path, help='another source tree, the baseline')
    parser.add_argument('--out', type=Path, help='JSON file of the figures')
    a = parser.parse_args()
    os.environ.update(environment() | {'ROS_DOMAIN_ID': str(1 + os.getpid() % 100)})
    trees = ({'before': a.against.resolve()} if a.against else {}) | {'now': TREE}
    results: dict[str, Any] = {'load': os.getloadavg()[0]}
    with tempfile.TemporaryDirectory() as folder:
        model = resized_model(a.model, tuple(a.input), Path(folder) / 'model')
        for size in a.sizes:
            results[size] = found = profile(trees, a.frames, [json.dumps(
                [str(model), CAMERA_SIZES[size], a.engine, a.threads, a.parameters, a.clock])])
            columns = [f'{tree} {p} ms' for tree in found for p in ('p50', 'p95')]
            rows = [(stage, *(f'{figures[stage][p]:.3f}' for figures in found.values()
                              for p in ('p50', 'p95'))) for stage in (*STAGES, 'own', 'all')]
            Console(width=100).print(terminal_table(
                (size, *columns), rows,
                title=f'{a.engine}, {a.threads} threads, {a.clock} time, '
                      f'load {os.getloadavg()[0]:.1f}'))
    if a.out:
        a.out.write_text(json.dumps(results, indent=1), encoding='utf-8')


if __name__ == '__main__':
    if sys.argv[1:2] == [_WORKER]:
        model, size, *others = json.loads(sys.argv[3])
        work(Path(model), tuple(size), *others)
    else:
        main()
