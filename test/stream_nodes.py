# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Stream nodes for tests, what was rendered for them, and what they have stored."""

import numpy as np
import pytest
from ros_graph import Nodes

from depth_distill_ros.stream.store_reader import StreamReader
from depth_distill_ros.worlds.mujoco.camera import SimulatedCamera

SIZE = (60, 80)


@pytest.fixture(scope='module')
def rendered():
    """Twelve frames of three rooms, with what the renderer knows about them."""
    with SimulatedCamera('stream', 5, SIZE, frames_per_room=4, stride=0.5) as camera:
        frames = [frame for _, frame in zip(range(12), camera, strict=False)]
    assert all(len(np.unique(f.semantics)) > 2 for f in frames)
    return frames


@pytest.fixture(scope='module')
def ahead(graph, tmp_path_factory):
    """Start the stream node of the next test while the present one waits."""
    def begin():
        folder = tmp_path_factory.mktemp('stream')
        nodes = Nodes(graph, f'/{folder.name}', folder)
        return nodes, start(nodes, folder, wait_for=None), folder

    def take():
        taken.append(begin())
        return taken[-2]

    taken = [begin()]
    yield take
    taken[-1][0].close()


@pytest.fixture
def stream(ahead):
    """Return a stream node that is active, with its Nodes and its work_dir."""
    nodes, node, work_dir = ahead()
    try:
        node.wait_for_state('active')
        yield nodes, node, work_dir
    finally:
        nodes.close()


def start(nodes, work_dir, **parameters):
    return nodes.start('stream_node', work_dir=str(work_dir), height=SIZE[0], width=SIZE[1],
                       capacity=1000, **parameters)


def assert_stored(work_dir, frames):
    with StreamReader(work_dir / 'store') as reader:
        found = [reader.read(key) for key in reader.keys()]
    assert len(found) == len(frames)
    for stored, frame in zip(found, frames, strict=True):
        np.testing.assert_array_equal(stored.semantics, frame.semantics)
        np.testing.assert_array_equal(stored.image, frame.image)
        assert stored.intrinsics == frame.intrinsics
