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
import resource
import signal
import sys
import tempfile
import time

sys.path[:0] = [str(Path(__file__).parent / 'helpers')]

from chaos_loop import NODES, PATIENCE, Broken, Loop  # noqa: E402
import numpy as np  # noqa: E402

_SMALL_DISK = 100_000  # bytes that a file may have while the disk is full
# of which the gaps around a kill are taken; a node is back after some hundreds
_MOST_DEPTHS = 5000
# MB by which a node may grow in a flood: the queues are shortened within a second of its beginning
FLOOD_LIMIT = 1000.0
# seconds and MB: the nodes give memory back some seconds after the last large message
_MEMORY_RETURNS, _LITTLE = 15.0, 50


class Campaign(Loop):
    """The faults, and what was found."""

    def kills(self, count: int) -> None:
        """Kill nodes, and the process that prepares releases, at random moments."""
        back: dict[str, list[float]] = {name: [] for name in NODES}
        gaps: list[float] = []
        victims = NODES if self.engine == 'torch-cpu' else (*NODES, 'worker')
        for done in range(count):
            if done and done % 50 == 0:
                print(f'{done} of {count} kills, nothing lost', flush=True)
            victim = self.random.choice(victims)
            time.sleep(self.random.uniform(0.0, 2.0))
            before, started = self.promised(), time.monotonic()
            if victim == 'worker':
                import psutil
                with suppress(psutil.Error):
                    for child in psutil.Process(
                            self.running['inference'].process.pid).children():
                        child.kill()
                continue
            node = self.running[victim]
            node.interrupt(signal.SIGKILL)
            self.nodes.graph.diagnostics.pop(node.full_name, None)
            answered = len(self.depths)
            self.start(victim)
            if victim == 'inference':
                self.wait(lambda: len(self.depths) > answered, 'depth')  # noqa: B023
                back[victim].append(time.monotonic() - started)
            else:
                self.wait(lambda: self.progress(victim) > 0, victim)  # noqa: B023
                back[victim].append(time.monotonic() - started)
                recent = self.depths[-_MOST_DEPTHS:]
                gaps.append(max(np.diff([t for t in recent if t >= started - 1.0]),
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
        chance, topic = self.random, self.nodes.topic
        text = self.nodes.graph.talk(String, topic('release'), profile(1, latched=True))
        image, info = (self.nodes.graph.talk(kind, topic(name)) for kind, name in (
            (Image, 'image'), (CameraInfo, 'camera_info')))
        texts = ('{"folder":"/x","number":1e999}', '[' * 10_000, 'x' * 100_000, '',
                 '{"folder":"/\\ud800","number":2}', '{"folder":"/","number":1}')
        numbers = (0.0, -1.0, 1e300, 1e-300, float('nan'), float('inf'))
        before = {name: node.process.pid for name, node in self.running.items()}
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
        self.recovers('garbage')
        ended = [name for name, node in self.running.items()
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
        before = {name: self.memory(name) for name in NODES}
        most = dict(before)
        deadline = time.monotonic() + seconds
        sent = 0
        while time.monotonic() < deadline:
            publisher.publish(images.from_array(
                pixels, 'rgb8', images.time_message(time.time_ns()), 'eye'))
            sent += 1
            most = {name: max(most[name], self.memory(name)) for name in NODES}
        self.nodes.graph.do(lambda: self.nodes.graph.node.destroy_publisher(publisher))
        self.recovers('a flood')
        growth = {name: round(most[name] - before[name]) for name in NODES}
        stays, deadline = growth, time.monotonic() + _MEMORY_RETURNS
        while max(stays.values()) > _LITTLE and time.monotonic() < deadline:
            time.sleep(0.5)
            stays = {name: round(self.memory(name) - before[name]) for name in NODES}
        self.report['flood'] = {'images': sent, 'growth_mb': growth, 'growth_that_stays_mb': stays}
        if (worst := max(growth.values())) > FLOOD_LIMIT:
            raise Broken(f'a node grew by {worst} MB in a flood')

    def disk(self, seconds: float) -> None:
        """Let no file of stream and distiller grow for a while, as on a full disk."""
        pids = [self.running[name].process.pid for name in ('stream', 'distiller')]
        before = self.promised()
        limits = [resource.prlimit(pid, resource.RLIMIT_FSIZE, (_SMALL_DISK, -1)) for pid in pids]
        time.sleep(seconds)
        for pid, limit in zip(pids, limits, strict=True):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limit)
        self.recovers('a full disk')
        self.wait(lambda: self.running['stream'].level() != 2, "the end of the stream's ERROR")
        self.check(before)
        self.report['disk'] = {'seconds': seconds}

    def soak(self, seconds: float) -> None:
        """Run on, and measure how memory grows: all that is resident, and what is not a file's."""
        names = [f'{name}{kind}' for kind in ('', ' without files') for name in NODES]
        begun, rows = time.monotonic(), []
        while (now := time.monotonic() - begun) < seconds:
            rows.append((now / 60.0, *map(self.memory, NODES),
                         *map(self.memory_of_its_own, NODES)))
            if len(rows) % 60 == 0:
                found = dict(zip(names, np.round(rows[-1][1:]).tolist(), strict=True))
                print(f'{now / 60.0:.0f} minutes of the soak, MB: {found}', flush=True)
            time.sleep(min(10.0, seconds / 10.0))
        minutes, *memories = np.array(rows[len(rows) // 4:]).T  # without the warm-up
        self.report['soak'] = {
            'seconds': seconds,
            'growth_mb_per_minute': {
                name: round(float(np.polyfit(minutes, memory, 1)[0]), 3)
                for name, memory in zip(names, memories, strict=True)},
            'columns': ['minutes', *(f'{name}, MB' for name in names)],
            'rows': [np.round(row, 1).tolist() for row in rows[::-(-len(rows) // 40)]]}

    def finish(self) -> dict[str, object]:
        """End all; check that nothing is left behind; return the report."""
        import psutil
        children = {child for pid in self.pids if psutil.pid_exists(pid)
                    for child in psutil.Process(pid).children(recursive=True)}
        self.close()
        left = [path.name for path in self.folder.rglob('.*.[0-9]*')]
        for name in NODES:  # the owners remove at their start what a killed writer left
            self.start(name)
        for name in NODES:
            self.running[name].wait_for_state('active')
            self.running[name].interrupt()
        orphans = [child.pid for child in children if child.is_running()
                   and child.status() != psutil.STATUS_ZOMBIE]
        files = [str(path) for path in self.folder.rglob('.*.[0-9]*')]
        self.report['left_behind'] = {
            'orphans': len(orphans), 'files_before_next_start': len(left),
            'files': len(files)}
        if orphans or files:
            raise Broken(f'left behind: processes {orphans}, files {files}')
        return self.report


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
    parser.add_argument('--engine', default='auto',
                        help='torch-cpu: no process prepares releases, which takes most time')
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
    campaign, broken = Campaign(
        nodes, folder, arguments.seed, arguments.scripts, arguments.engine), ''
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
