# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A Rerun recording: to a file, to a viewer in the browser, or to a window."""

from __future__ import annotations

from collections.abc import Sequence
import os
from pathlib import Path
import signal
import socket
import subprocess
import sys
import time
from types import ModuleType

import numpy as np

from depth_distill_ros.errors import DepthDistillError, one_line
from depth_distill_ros.geometry.colour import colour_depth
from depth_distill_ros.geometry.intrinsics import Intrinsics
from depth_distill_ros.geometry.points import Projector

_APPLICATION = 'depth_distill'
_START = 30.0  # seconds until the server must answer
NEAR, FAR = 0.3, 6.0  # metres; the colours of depth


class Recording:
    """
    Sends images, depth, clouds and curves to Rerun.

    Args:
        file: of the recording; None: none is written
        port: the viewer is served at this port to browsers; 0: a window opens
    Attributes:
        address: of the served viewer, '' if none is
    Raises:
        DepthDistillError: Rerun is not installed, or cannot write or serve
    """

    def __init__(self, file: Path | None, port: int) -> None:
        self._rr = rerun_module()
        self.address = ''
        self._server: subprocess.Popen | None = None
        try:
            self._rr.init(_APPLICATION, spawn=file is None and not port)
            if file is not None:
                file.parent.mkdir(parents=True, exist_ok=True)
                self._rr.save(file)
            elif port:
                self._server = _server(port)
                self._rr.connect_grpc(f'rerun+http://127.0.0.1:{port + 1}/proxy')
                self.address = viewer_address(port)
        except (OSError, RuntimeError) as error:
            self._stop_server()
            raise DepthDistillError(f'Rerun: {one_line(error)}') from error
        except BaseException:  # Ctrl-C
            self._stop_server()
            raise
        self._rr.log('world', self._rr.ViewCoordinates.RDF, static=True)

    def arrange(self, images: Sequence[str], clouds: Sequence[str], curves: bool) -> None:
        """Show images in a column, each cloud in 3-D, and the curves beside them if there are."""
        blueprint = self._rr.blueprint
        column = blueprint.Vertical(*(blueprint.Spatial2DView(origin=name) for name in images))
        world = blueprint.Vertical(*(blueprint.Spatial3DView(
            origin='world', contents=f'{name}/**', name=name) for name in clouds))
        parts = [column, world]
        if curves:
            parts.append(blueprint.Vertical(
                blueprint.TimeSeriesView(origin='curves', name='training'),
                blueprint.TimeSeriesView(origin='releases', name='releases'),
                blueprint.TextDocumentView(origin='releases', name='list of releases')))
        self._rr.send_blueprint(blueprint.Blueprint(
            blueprint.Horizontal(*parts, column_shares=[1, 2, 1][:len(parts)]),
            collapse_panels=True))

    def at(self, seconds: float) -> None:
        """Set the time of what follows."""
        self._rr.set_time('time', duration=seconds)

    def at_step(self, step: int) -> None:
        """Set the training step of what follows."""
        self._rr.reset_time()
        self._rr.set_time('step', sequence=step)

    def at_frame(self, number: int, step: int) -> None:
        """Set the number of a frame, and the step of the student that answers it."""
        self.at_step(step)
        self._rr.set_time('frame', sequence=number)

    def image(self, name: str, image: np.ndarray) -> None:
        """Send an image, H×W×3 uint8 RGB."""
        self._rr.log(name, self._rr.Image(image).compress(80))

    def depth(self, name: str, depth: np.ndarray) -> None:
        """Send a depth as an image in colours, H×W metres."""
        self.image(name, colour_depth(depth, NEAR, FAR))

    def cloud(self, name: str, depth: np.ndarray, camera: Intrinsics, image: np.ndarray) -> None:
        """Send a depth as points in the colours of the image, H×W metres and H×W×3 uint8."""
        points = Projector(camera, 1e3).organised(depth)
        there = np.isfinite(points[..., 2])
        self.points(name, points[there], image[there])

    def points(self, name: str, points: np.ndarray, colours: np.ndarray | None = None) -> None:
        """Send points, N×3 metres in an optical frame, and their colours, N×3 uint8."""
        self._rr.log(name, self._rr.Points3D(points, colors=colours, radii=0.01))

    def value(self, name: str, value: float) -> None:
        """Send a point of a curve."""
        self._rr.log(name, self._rr.Scalars(value))

    def text(self, name: str, text: str) -> None:
        """Send a page of Markdown, which stays."""
        self._rr.log(name, self._rr.TextDocument(text, media_type='text/markdown'), static=True)

    def close(self) -> None:
        """Send what is left, and end the viewer that is served."""
        self._rr.disconnect()
        self._stop_server()

    def _stop_server(self) -> None:
        if self._server is not None:
            os.killpg(self._server.pid, signal.SIGTERM)
            self._server.wait()


def _server(port: int) -> subprocess.Popen:
    """
    Start Rerun's server for browsers of this machine alone.

    What a robot sees concerns nobody else. The server of Rerun's Python functions listens on all
    interfaces; that of its command can be bound to one.
    """
    server = subprocess.Popen(
        [sys.executable, '-m', 'rerun', '--serve-web', '--bind', '127.0.0.1', '--port',
         str(port + 1), '--web-viewer-port', str(port), '--server-memory-limit', '1GB'],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
        # its module starts a program of its own, which must end with it
        start_new_session=True)
    end = time.monotonic() + _START
    while server.poll() is None and time.monotonic() < end:
        with socket.socket() as tried:
            if tried.connect_ex(('127.0.0.1', port + 1)) == 0:
                return server
        time.sleep(0.1)
    os.killpg(server.pid, signal.SIGKILL)
    raise OSError(f'the viewer does not start at the ports {port} and {port + 1}: choose another '
                  'port')


def viewer_address(port: int) -> str:
    """Return where a browser of this machine finds the viewer that is served at a port."""
    return f'http://localhost:{port}/?url=rerun+http://localhost:{port + 1}/proxy'


def rerun_module() -> ModuleType:
    """Return the module rerun; DepthDistillError if it is not installed."""
    try:
        import rerun
    except ModuleNotFoundError as error:
        if error.name != 'rerun':
            raise
        raise DepthDistillError(
            "view: Rerun is not installed: pip install 'rerun-sdk>=0.23'") from None
    return rerun
