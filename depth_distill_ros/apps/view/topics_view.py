# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The topics of a robot in the viewer: camera, depth and cloud, as they arrive."""

from __future__ import annotations

from contextlib import closing
import time

from depth_distill_ros.apps.view.recording import Recording


def show_topics(recording: Recording, image: str, depth: str, points: str, seconds: float) -> int:
    """
    Send what arrives for so many seconds (0: until Ctrl-C); return how many messages did.

    Args:
        image, depth, points: names of the topics
    """
    from depth_distill_ros.ros.clients.view_listener import ViewListener

    recording.arrange(['camera', 'depth'], ['world/points'], curves=False)
    began = time.monotonic()
    with closing(ViewListener(image, depth, points)) as listener:
        while not seconds or time.monotonic() - began < seconds:
            for message in listener.take(0.1):
                recording.at(message.stamp)
                if message.kind == 'image':
                    recording.image('camera', message.array)
                elif message.kind == 'depth':
                    recording.depth('depth', message.array)
                else:
                    recording.points('world/points', message.array)
        return listener.received
