# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Starts nodes as processes without importing torch for each of them.

``NodeHost`` runs this file as a process that imports what the nodes use once, and forks for each
node that is started. Such a node is a process with a log, signals and an exit code like any other.
"""

import contextlib
import gc
import importlib
import json
import os
from pathlib import Path
import selectors
import signal
import subprocess
import sys
import threading

# All but rclpy, whose import starts threads, which do not survive a fork.
IMPORTS = ('distillation.online', 'inference.engine_selection', 'evaluation.metrics',
           'stream.sampler')


class NodeHost:
    """The process that forks, as the tests see it."""

    def __init__(self):
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__))], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            text=True, env={**os.environ, 'OMP_NUM_THREADS': '1', 'OMP_WAIT_POLICY': 'PASSIVE',
                            'CUDA_VISIBLE_DEVICES': ''})
        self._changed = threading.Condition()
        self._started, self._codes = [], {}
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def start(self, executable, words, log):
        """Fork a node with these arguments; its output goes to the file ``log``."""
        with self._changed:
            self._process.stdin.write(json.dumps([executable, words, str(log)]) + '\n')
            self._process.stdin.flush()
            forked = self._changed.wait_for(
                lambda: self._started or self._process.poll() is not None, 300.0)
            assert forked and self._started, 'the host does not fork'
            return HostedProcess(self._started.pop(), self._codes, self._changed)

    def close(self):
        self._process.stdin.close()
        self._process.wait()
        self._reader.join()

    def _read(self):
        for line in self._process.stdout:
            pid, code = json.loads(line)
            with self._changed:
                if code is None:
                    self._started.append(pid)
                else:
                    self._codes[pid] = code
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()


class HostedProcess:
    """A forked node with the methods of subprocess.Popen that tests use."""

    def __init__(self, pid, codes, changed):
        self.pid, self._codes, self._changed = pid, codes, changed

    def poll(self):
        with self._changed:
            return self._codes.get(self.pid)

    def wait(self, timeout=None):
        with self._changed:
            if not self._changed.wait_for(lambda: self.pid in self._codes, timeout):
                raise subprocess.TimeoutExpired(f'process {self.pid}', timeout)
            return self._codes[self.pid]

    def send_signal(self, number):
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self):
        self.send_signal(signal.SIGKILL)


def serve():
    """Fork a node for each line of stdin and report its end; return the node to be in a child."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for module in IMPORTS:
        importlib.import_module(f'depth_distill_ros.{module}')
    from torch.utils import tensorboard  # noqa: F401
    with contextlib.suppress(ImportError):  # of the default student; an extra
        importlib.import_module('timm')
    assert len(os.listdir('/proc/self/task')) == 1, 'threads do not survive a fork'
    gc.freeze()  # a collection in a node would copy every page of torch's objects
    waiting = selectors.DefaultSelector()
    waiting.register(0, selectors.EVENT_READ)
    rest = b''
    while True:
        for key, _ in waiting.select():
            if key.fd:
                waiting.unregister(key.fd)
                os.close(key.fd)
                _tell(key.data, os.waitstatus_to_exitcode(os.waitpid(key.data, 0)[1]))
                continue
            read = os.read(0, 1 << 16)
            if not read:  # the tests are over, or were killed: no node may be left behind
                for key in waiting.get_map().values():
                    if key.data:
                        os.kill(key.data, signal.SIGINT)
                return None
            *lines, rest = (rest + read).split(b'\n')
            for line in lines:
                request = json.loads(line)
                pid = os.fork()
                if not pid:
                    waiting.close()
                    return request
                waiting.register(os.pidfd_open(pid), selectors.EVENT_READ, pid)
                _tell(pid, None)


def _tell(pid, code):
    os.write(1, (json.dumps([pid, code]) + '\n').encode())


def become(executable, words, log):
    """Do what the executable does."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for number in (1, 2):
        os.dup2(output, number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.argv = [executable, *words]
    module = executable.removesuffix('_node')
    from depth_distill_ros.ros.support.process import run
    run(module, ''.join(part.capitalize() for part in executable.split('_')))


if __name__ == '__main__':
    requested = serve()
    if requested:
        become(*requested)
