# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Starts Python processes without importing torch for each of them.

This file as a process (``ForkServer``) imports what the package's processes use, once, and forks
for each process that a test starts. Such a process has an id, signals, output and an exit code
like any other. All workers of pytest share one server, each through a ``ForkHost``.
"""

import atexit
from contextlib import suppress
import gc
import importlib
import json
import os
from pathlib import Path
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading

ROOT = Path(__file__).resolve().parents[1]
# All but rclpy and mujoco: rclpy starts threads, which do not survive a fork, and mujoco chooses
# its OpenGL when it is imported.
IMPORTS = ('distillation.online', 'distillation.offline', 'inference.engine_selection',
           'evaluation.metrics', 'stream.sampler')
_LARGEST = 1 << 20  # bytes of a request


class ForkServer:
    """The process that forks; it imports nothing before the first request."""

    def __init__(self):
        # as long as one process holds its own end of it, the server lives
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            listener.bind('')  # the kernel chooses an abstract address
            listener.listen()
            self.address = listener.getsockname().hex()
            paths = [str(ROOT), os.environ.get('PYTHONPATH', '')]
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(listener.fileno())], stdin=subprocess.PIPE,
                pass_fds=[listener.fileno()],
                env={**os.environ, 'OMP_NUM_THREADS': '1', 'OMP_WAIT_POLICY': 'PASSIVE',
                     'CUDA_VISIBLE_DEVICES': '',
                     'PYTHONPATH': os.pathsep.join(filter(None, paths))})

    def close(self):
        self._process.stdin.close()
        self._process.wait()


class ForkHost:
    """A connection to the server; what was started through it is interrupted when it closes."""

    def __init__(self, address):
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._server.connect(bytes.fromhex(address))
        self._changed = threading.Condition()
        self._started, self._codes, self._ended = [], {}, False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def start(self, words, output, env=None, stderr=None, session=False, torn_down=False):
        """
        Start what `python WORDS` starts: a file, `-m MODULE` or `-c CODE`, and arguments.

        Both outputs go to the open file ``output``, unless stderr has a file of its own. ``env``
        adds to the environment. With ``session`` the process leads a session of its own. With
        ``torn_down`` it ends as Python does, which takes a third of a second to take down torch.
        """
        environment = {**os.environ, **(env or {})}
        request = json.dumps(
            [[*map(str, words)], environment, os.getcwd(), session, torn_down]).encode()
        with self._changed, open(os.devnull) as nothing:
            socket.send_fds(self._server, [request], [
                file.fileno() for file in (nothing, output, stderr or output)])
            self._changed.wait_for(lambda: self._started or self._ended, 300.0)
            assert self._started, 'the host does not fork'
            return HostedProcess(self._started.pop(), self._codes, self._changed)

    def run(self, words, env=None, timeout=300.0):
        """Start it and wait for its end; return it as subprocess.run does."""
        with tempfile.TemporaryFile('w+') as stdout, tempfile.TemporaryFile('w+') as stderr:
            process = self.start(words, stdout, env, stderr)
            try:
                code = process.wait(timeout)
            finally:
                process.kill()
            for file in (stdout, stderr):
                file.seek(0)
            return subprocess.CompletedProcess(words, code, stdout.read(), stderr.read())

    def close(self):
        self._server.shutdown(socket.SHUT_RDWR)
        self._reader.join()
        self._server.close()

    def _read(self):
        while message := self._server.recv(_LARGEST):
            pid, code = json.loads(message)
            with self._changed:
                if code is None:
                    self._started.append(pid)
                else:
                    self._codes[pid] = code
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()


class HostedProcess:
    """A forked process with the methods of subprocess.Popen that tests use."""

    def __init__(self, pid, codes, changed):
        self.pid, self._codes, self._changed = pid, codes, changed

    @property
    def returncode(self):
        with self._changed:
            return self._codes.get(self.pid)

    def poll(self):
        return self.returncode

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


def serve(listener):
    """Fork at each request and report each end; return the request in the process to be."""
    waiting = selectors.DefaultSelector()
    waiting.register(0, selectors.EVENT_READ)
    waiting.register(listener, selectors.EVENT_READ)
    forked = {}  # by its pidfd: the id of a process and the connection of its test
    imported = False
    while True:
        for key, _ in waiting.select():
            if key.fd == 0:  # the tests are over, or were killed: nothing may be left behind
                _interrupt(pid for pid, _ in forked.values())
                return None
            if key.fileobj is listener:
                waiting.register(listener.accept()[0], selectors.EVENT_READ)
                continue
            if key.fd in forked:
                pid, connection = forked.pop(key.fd)
                waiting.unregister(key.fd)
                os.close(key.fd)
                _tell(connection, pid, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
                continue
            connection = key.fileobj
            request, files, *_ = socket.recv_fds(connection, _LARGEST, 3)
            if not request:
                waiting.unregister(connection)
                connection.close()
                _interrupt(pid for pid, its in forked.values() if its is connection)
                continue
            imported = imported or _import()
            pid = os.fork()
            if not pid:
                for number, file in enumerate(files):
                    os.dup2(file, number)
                    os.close(file)
                for fd in forked:
                    os.close(fd)
                for other in waiting.get_map().values():
                    if isinstance(other.fileobj, socket.socket):
                        other.fileobj.close()
                waiting.close()
                return json.loads(request)
            for file in files:
                os.close(file)
            pidfd = os.pidfd_open(pid)
            forked[pidfd] = pid, connection
            waiting.register(pidfd, selectors.EVENT_READ)
            _tell(connection, pid, None)


def _import():
    for module in IMPORTS:
        importlib.import_module(f'depth_distill_ros.{module}')
    from torch.utils import tensorboard  # noqa: F401
    with suppress(ImportError):  # of the default student; an extra
        importlib.import_module('timm')
    assert len(os.listdir('/proc/self/task')) == 1, 'threads do not survive a fork'
    gc.freeze()  # a collection in a forked process would copy every page of torch's objects
    return True


def _interrupt(pids):
    for pid in pids:
        os.kill(pid, signal.SIGINT)


def _tell(connection, pid, code):
    with suppress(OSError):  # the test is gone
        connection.send(json.dumps([pid, code]).encode())


def become(words, environment, folder, session, torn_down):
    """Do what `python WORDS` does, and end."""
    if torn_down:
        _run(words, environment, folder, session)
        return
    code = 0
    try:
        _run(words, environment, folder, session)
    except SystemExit as end:
        code = end.code
    except BaseException:
        sys.excepthook(*sys.exc_info())
        code = 1
    if not isinstance(code, int | None):
        print(code, file=sys.stderr)
        code = 1
    threading._shutdown()  # waits for the threads that are no daemons
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code or 0)


def _run(words, environment, folder, session):
    if session:
        os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    given = environment.get('PYTHONPATH', '').split(os.pathsep)
    sys.path[:0] = [path for path in given if path and path not in sys.path]
    sys.argv = words
    if words[0] == '-c':
        code = words.pop(1)
        exec(compile(code, '<string>', 'exec'), {'__name__': '__main__'})
    elif words[0] == '-m':
        words.pop(0)
        runpy.run_module(words[0], run_name='__main__', alter_sys=True)
    else:
        sys.path.insert(0, str(Path(words[0]).parent))
        runpy.run_path(words[0], run_name='__main__')


if __name__ == '__main__':
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the terminal; the tests are interrupted
    requested = serve(socket.socket(fileno=int(sys.argv[1])))
    if requested:
        become(*requested)
