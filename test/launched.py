# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The package as ROS installs it, and `ros2 launch` as a process."""

import os
from pathlib import Path
import shutil
import signal
import subprocess
import time

import psutil
from waiting import TIMEOUT

from depth_distill_ros.installation import PACKAGE

ROOT = Path(__file__).resolve().parents[1]


def installed(folder):
    """Build the package with colcon and return the environment after `source setup.bash`."""
    subprocess.run(
        ['colcon', '--log-base', str(folder / 'log'), 'build', '--base-paths', str(ROOT),
         '--packages-select', PACKAGE, '--build-base', str(folder / 'build'),
         '--install-base', str(folder / 'install')], check=True, capture_output=True, cwd=folder)
    done = subprocess.run(['bash', '-c', 'source install/setup.bash && env -0'], cwd=folder,
                          check=True, capture_output=True)
    return dict(entry.split('=', 1) for entry in done.stdout.decode().split('\0') if entry)


def linked(folder):
    """Return an environment in which this checkout is found as a package, without a build."""
    index = folder / 'share' / 'ament_index' / 'resource_index' / 'packages'
    index.mkdir(parents=True)
    (index / PACKAGE).touch()
    share = folder / 'share' / PACKAGE
    share.mkdir()
    shutil.copytree(ROOT / 'launch', share / 'launch')
    (folder / 'lib').mkdir()
    (folder / 'lib' / PACKAGE).symlink_to(ROOT / 'scripts')
    paths = os.pathsep.join([str(folder), os.environ.get('AMENT_PREFIX_PATH', '')])
    return {**os.environ, 'AMENT_PREFIX_PATH': paths}


class Launched:
    """A running `ros2 launch` with its log; as a context it leaves no process behind."""

    def __init__(self, log, environment, *words):
        self._log = log
        with log.open('w') as output:
            self.process = subprocess.Popen(
                ['ros2', 'launch', *words], stdout=output, stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL, env=environment, start_new_session=True,
                # A shell lets what it starts in the background of a script ignore SIGINT.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        self._started = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.nodes()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for node in self._started.values():
            if node.is_running():
                node.kill()

    @property
    def log(self):
        return self._log.read_text(errors='replace')

    def nodes(self):
        """Return the running nodes by executable."""
        if self.process.poll() is None:
            found = psutil.Process(self.process.pid).children()
            names = {child: name for child in found for name in [_executable(child)] if name}
            self._started |= {child.pid: child for child in names}
            return {name: child for child, name in names.items()}
        return {}

    def wait_for(self, text, times=1):
        """Wait until a text was logged so often."""
        self.wait_until(lambda: self.log.count(text) >= times, text)

    def wait_until(self, condition, what):
        deadline = time.monotonic() + TIMEOUT
        while not (found := condition()):
            assert self.process.poll() is None or condition(), f'ended before {what}\n{self.log}'
            assert time.monotonic() < deadline, f'{what} did not come\n{self.log}'
            time.sleep(0.1)
        return found

    def signalled(self, number):
        """Send a signal to the launch alone; return its exit code."""
        self.nodes()
        self.process.send_signal(number)
        return self.ended()

    def ended(self):
        """Wait for the end of the launch; return its exit code."""
        try:
            return self.process.wait(TIMEOUT)
        except subprocess.TimeoutExpired:
            raise AssertionError(f'it does not end\n{self.log}') from None

    def left(self):
        """Return the executables of nodes that still run after some time."""
        deadline = time.monotonic() + TIMEOUT
        while (running := [node for node in self._started.values() if node.is_running()
                           and node.status() != psutil.STATUS_ZOMBIE]):
            if time.monotonic() > deadline:
                return running
            time.sleep(0.1)
        return []


def _executable(process):
    try:
        names = [Path(word).name for word in process.cmdline()]
        return next((name for name in names if name.endswith('_node')), None)
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return None
