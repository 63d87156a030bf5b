# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The inference node under load over DDS: a camera, the node, and a listener."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
import json
from pathlib import Path
import shutil
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from depth_distill_ros import installation
from depth_distill_ros.apps.supervisor import Child, Supervisor, last_line
from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.files import replacing, writing
from depth_distill_ros.networks.model_folder import load_model, read_card, save_model
from depth_distill_ros.ros import bringup
from depth_distill_ros.settings.launch import (
    DEPTH,
    DEPTH_CAMERA_INFO,
    RELEASE,
    InferenceLaunch,
    LoopLaunch,
)
from depth_distill_ros.settings.names import CAMERA_SIZES
from depth_distill_ros.stream.store import StreamWriter

if TYPE_CHECKING:
    from depth_distill_ros.ros.clients.bench_listener import BenchListener

_WARM = 1.0  # seconds after the first depth that are not measured
_LATE = 1.0  # seconds after its stamp until a frame counts as missed
_START = 120.0  # seconds until nodes must be ready
_ROOMS, _FRAMES = 8, 16


@dataclass(frozen=True)
class Load:
    """size: of CAMERA_SIZES; rate: Hz, 0: as fast as possible; training: with the distiller."""

    size: str
    rate: float
    training: bool

    def __str__(self) -> str:
        rate = f'{self.rate:g} Hz' if self.rate else 'flat out'
        return f'{self.size} {rate}{", training" if self.training else ""}'


@dataclass(frozen=True)
class Measurement:
    """
    The result of one load.

    Attributes:
        sent, answered: frames within the measured time
        fps: depths per second
        latency_ms: by percentile (p50, p95, p99, max), from the image's stamp to its depth's
            arrival
        jitter_ms: standard deviation of the time between two depths
        cpu: CPU time of the node per second; 1.0 is one core
        memory_mb: maximum resident memory of the node
        node: percentiles that the node publishes itself (wait, engine, overhead...)
        steps_per_second: training steps of the distiller
    """

    load: Load
    sent: int
    answered: int
    fps: float
    latency_ms: dict[str, float]
    jitter_ms: float
    cpu: float
    memory_mb: float
    node: dict[str, str]
    steps_per_second: float | None

    @property
    def missed(self) -> int:
        """Frames without a depth: the camera is too fast for the node, or messages were lost."""
        return self.sent - self.answered

    def as_dict(self) -> dict[str, Any]:
        """Return the result for JSON."""
        return {**asdict(self), 'missed': self.missed}


class StudentBench:
    """
    Runs loads one after the other, each with its own nodes; files go to `folder`.

    Args:
        model: folder of the measured student
        parameters: of the inference node, by name
        seconds: measured time of each load
    """

    def __init__(self, folder: Path, model: Path, parameters: dict[str, object], seconds: float):
        self._folder = Path(folder).absolute()
        self._model, self._parameters = Path(model).absolute(), parameters
        self._seconds = seconds

    def measure(self, load: Load) -> Measurement:
        """Start the nodes, apply the load, stop the nodes; return the measurement."""
        import psutil

        from depth_distill_ros.ros.clients.bench_listener import BenchListener

        nodes = {'inference': _command(self._inference())}
        if load.training:
            nodes = {'distiller': _command(self._distiller())} | nodes
        logs = self._folder / 'logs' / str(load).replace(' ', '-').replace(',', '')
        listener = BenchListener(DEPTH)
        supervisor = Supervisor(nodes, logs, {})
        try:
            if load.training:
                self._wait(lambda: _step(listener) > 0, 'distiller', listener, supervisor)
            self._wait(lambda: _ready(listener), 'inference', listener, supervisor)
            process = psutil.Process(_child(supervisor, 'inference').process.pid)
            return self._observe(load, listener, process, logs)
        except psutil.NoSuchProcess:
            raise DepthDistillError(f'{load}: the inference node ended: '
                                    + last_line(logs / 'inference.log')) from None
        finally:
            supervisor.stop()
            listener.close()

    def _inference(self) -> bringup.NodeSpec:
        arguments = InferenceLaunch(
            robot_image='bench/image', robot_camera_info='bench/camera_info',
            work_dir=str(self._folder), model=str(self._model))
        spec, = bringup.inference_graph(arguments)
        # the node keeps the measured student, whatever the distiller releases
        return replace(spec, parameters={**spec.parameters, **self._parameters},
                       remappings={**spec.remappings, RELEASE: 'bench/release'})

    def _distiller(self) -> bringup.NodeSpec:
        folder = self._folder / 'training'
        if not folder.exists():
            with writing(folder), replacing(folder) as aside:
                _fill(aside / 'store')
        shutil.rmtree(folder / 'checkpoints', ignore_errors=True)
        spec = next(s for s in bringup.distillation_graph(LoopLaunch(
            simulator='none', robot='real', work_dir=str(folder)), 'demo.yaml')
            if s.name == 'distiller')
        return replace(spec, parameters={**spec.parameters, 'min_frames': _ROOMS * _FRAMES // 2})

    def _observe(self, load: Load, listener: BenchListener, process: Any, logs: Path,
                 ) -> Measurement:
        stamps = self._folder / 'stamps.json'
        stamps.unlink(missing_ok=True)
        height, width = CAMERA_SIZES[load.size]
        camera = Supervisor({'camera': [
            sys.executable, '-m', 'depth_distill_ros.ros.clients.bench_camera',
            '--size', str(height), str(width), '--rate', str(load.rate),
            '--seconds', str(self._seconds + 2 * _WARM), '--stamps', str(stamps), '--ros-args',
            '-r', 'image:=bench/image', '-r', 'camera_info:=bench/camera_info',
            '-r', f'camera_info_out:={DEPTH_CAMERA_INFO}']}, logs, {})
        samples = []
        try:
            while camera.children[0].process.poll() is None:
                listener.spin(0.1)
                times = process.cpu_times()
                samples.append((time.time_ns(), times.user + times.system,
                                process.memory_info().rss, _step(listener)))
            listener.spin(_LATE)
        finally:
            camera.stop()
        if not stamps.exists():
            raise DepthDistillError(f'the camera exited early: {last_line(logs / "camera.log")}')
        if not listener.arrivals:
            raise DepthDistillError(
                f'{load}: no frame was answered; last rejection of the node: '
                f'{listener.values["inference"].get("last_rejection") or "none"}')
        return _measurement(load, self._seconds, json.loads(stamps.read_text(encoding='utf-8')),
                            listener, samples)

    def _wait(self, ready: Callable[[], bool], node: str, listener: BenchListener,
              supervisor: Supervisor) -> None:
        deadline = time.monotonic() + _START
        while not ready():
            listener.spin(0.2)
            supervisor.restart_exited()
            if time.monotonic() > deadline:
                raise DepthDistillError(
                    f'{node} has not started within {_START:.0f} s; last line of its log: '
                    + last_line(_child(supervisor, node).log))


def _child(supervisor: Supervisor, name: str) -> Child:
    return next(child for child in supervisor.children if child.name == name)


def resized_model(model: Path, size: tuple[int, int], folder: Path) -> Path:
    """Return `model`, or a copy of it in `folder` for images of another size."""
    if read_card(model).size == tuple(size):
        return model
    if not folder.exists():
        network, card = load_model(model)
        save_model(folder, network, replace(card, size=tuple(size), intrinsics=None))
    return folder


def _measurement(load: Load, seconds: float, stamps: Sequence[int], listener: BenchListener,
                 samples: Sequence[tuple[int, float, int, float]]) -> Measurement:
    begin = min(listener.arrivals.values()) + round(_WARM * 1e9)
    end = begin + round(seconds * 1e9)
    sent = [stamp for stamp in stamps if begin <= stamp < end]
    arrived = [listener.arrivals[stamp] for stamp in sent if stamp in listener.arrivals]
    latencies = [(listener.arrivals[stamp] - stamp) / 1e6
                 for stamp in sent if stamp in listener.arrivals]
    if len(arrived) < 2:
        raise DepthDistillError(f'{load}: {len(arrived)} of {len(sent)} frames were answered in '
                                f'{seconds:g} s; measure for longer')
    within = [sample for sample in samples if begin <= sample[0] < end]
    (first, cpu_before, *_), (last, cpu_after, *_) = within[0], within[-1]
    (began, *_, step_before), (ended, *_, step_after) = samples[0], samples[-1]
    return Measurement(
        load, len(sent), len(arrived), (len(arrived) - 1) / (arrived[-1] - arrived[0]) * 1e9,
        {name: round(float(np.percentile(latencies, share)), 2)
         for name, share in (('p50', 50), ('p95', 95), ('p99', 99), ('max', 100))},
        float(np.std(np.diff(arrived)) / 1e6), (cpu_after - cpu_before) / (last - first) * 1e9,
        max(sample[2] for sample in within) / 1e6,
        {key: value for key, value in listener.values['inference'].items()
         if key.endswith('_ms') or key.startswith(('dropped', 'rejected', 'engine'))},
        (step_after - step_before) / (ended - began) * 1e9 if load.training else None)


def _ready(listener: BenchListener) -> bool:
    values = listener.values.get('inference', {})
    return values.get('state') == 'active' and not values['preparing']


def _step(listener: BenchListener) -> float:
    return float(listener.values.get('distiller', {}).get('step') or 0)


def _command(spec: bringup.NodeSpec) -> list[str]:
    return [sys.executable, str(installation.executable(spec.executable)), *spec.ros_arguments()]


def _fill(store: Path) -> None:
    """Fill a store with frames for the distiller."""
    from depth_distill_ros.worlds.mujoco.camera import SimulatedCamera

    size = bringup.teacher_size(bringup.teacher_spec(''))
    with SimulatedCamera('stream', 0, size, _FRAMES) as camera, \
            StreamWriter(store, size, _ROOMS * _FRAMES) as writer:
        for frame in islice(camera, _ROOMS * _FRAMES):
            writer.append(frame)
