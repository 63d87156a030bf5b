# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Chooses an OpenGL that needs no display, before mujoco is imported."""

from __future__ import annotations

import ctypes.util
from importlib.util import find_spec
import os
import sys
from types import ModuleType

from depth_distill_ros.errors import DepthDistillError, first_line

_CURE = ("install 'libegl1 libgl1' (MUJOCO_GL=egl) or 'libosmesa6' (MUJOCO_GL=osmesa), "
         'for example: apt-get install libegl1 libgl1')


class GraphicsError(DepthDistillError):
    """No OpenGL to render with."""


def choose() -> None:
    """Set MUJOCO_GL to 'egl', else 'osmesa', unless it is set; GraphicsError without either."""
    if os.environ.get('MUJOCO_GL'):
        return
    for name, library in (('egl', 'EGL'), ('osmesa', 'OSMesa')):
        if ctypes.util.find_library(library):
            os.environ['MUJOCO_GL'] = name
            return
    raise GraphicsError(f'simulator: no OpenGL to render with: {_CURE}')


def load_mujoco() -> ModuleType:
    """
    Return the module mujoco, with an OpenGL that needs no display.

    Raises:
        DepthDistillError: mujoco is not installed.
        GraphicsError: no OpenGL; names the packages.
    """
    if 'mujoco' in sys.modules and not os.environ.get('MUJOCO_GL'):
        raise GraphicsError(
            'simulator: mujoco was imported before and uses an OpenGL that needs a display: '
            'set MUJOCO_GL=egl, or import depth_distill_ros.worlds.mujoco.camera first')
    choose()
    if find_spec('triton') is not None:
        # torch's optimisers import triton. Where Mesa's LLVM is loaded first, that import crashes.
        import triton  # noqa: F401
    try:
        import mujoco
    except ModuleNotFoundError as error:
        if error.name != 'mujoco':
            raise failed(error) from error
        raise DepthDistillError(
            "simulator: mujoco is not installed: pip install 'mujoco>=3.12'") from error
    except (ImportError, AttributeError, RuntimeError) as error:
        # PyOpenGL fails in any of these ways where a library is missing.
        raise failed(error) from error
    return mujoco


def failed(error: Exception) -> GraphicsError:
    """Return the one line for a GL that is there and does not work."""
    backend = os.environ.get('MUJOCO_GL', '')
    return GraphicsError(
        f'simulator: MUJOCO_GL={backend} cannot start ({first_line(error)}): {_CURE}')
