# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The simulated camera: frames that are the same for ever, and two looks that are not."""

from concurrent.futures import ThreadPoolExecutor
import itertools
import math
import os
from pathlib import Path
import subprocess
import sys

import cv2
import numpy as np
import pytest

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.frame import Frame
from depth_distill_ros.worlds.contact_sheet import row, write_contact_sheet
from depth_distill_ros.worlds.mujoco.camera import SimulatedCamera, sample_frames
from depth_distill_ros.worlds.mujoco.sensor import SensorModel
from depth_distill_ros.worlds.rooms import look_file

pytestmark = pytest.mark.slow

SMALL = (48, 64)


def frames(look, seed, count, **kwargs):
    with SimulatedCamera(look, seed, kwargs.pop('size', SMALL), **kwargs) as camera:
        return list(itertools.islice(camera, count))


@pytest.mark.parametrize('look', ['stream', 'target'])
def test_the_same_seed_gives_the_same_pixels_in_every_room(look):
    first, again = (frames(look, 5, 6, frames_per_room=2, stride=0.5) for _ in range(2))
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a.image, b.image)
        np.testing.assert_array_equal(a.semantics, b.semantics)
        np.testing.assert_array_equal(a.depth, b.depth)
    other = frames(look, 6, 1)[0]
    assert (other.depth != first[0].depth).mean() > 0.5
    assert (first[2].depth != first[0].depth).mean() > 0.5, 'the next room is another room'


def test_frames_are_what_the_stream_expects():
    taken = frames('target', 1, 5, rate=5.0, vertical_fov=math.radians(50.0))
    assert [frame.stamp for frame in taken] == [0, 200_000_000, 400_000_000, 600_000_000,
                                               800_000_000]
    for frame in taken:
        assert isinstance(frame, Frame)
        assert frame.size == SMALL
        assert frame.semantics.max() <= 13
        assert np.isfinite(frame.depth).all()
        assert 0.1 < frame.depth.min() and frame.depth.max() < 12.0
        assert frame.intrinsics.vertical_fov == pytest.approx(math.radians(50.0))
        assert frame.intrinsics.size == SMALL


def test_the_depth_of_a_furnished_room_stays_within_its_walls():
    with SimulatedCamera('stream', 8, SMALL, frames_per_room=3, stride=0.6) as camera:
        for frame in itertools.islice(camera, 12):
            x, y, z = camera.room.size
            assert frame.depth.max() <= math.sqrt(x * x + y * y + z * z)
            assert frame.depth.min() > 0.2


def test_frames_show_rooms_and_not_walls():
    taken = frames('target', 2, 80, frames_per_room=8, stride=0.5)
    floor = np.array([(frame.semantics == 5).mean() for frame in taken])
    classes = [len(np.unique(frame.semantics)) for frame in taken]
    middle = np.array([np.median(frame.depth) for frame in taken])
    assert (floor > 0.05).mean() > 0.8
    assert np.mean(classes) > 3.5
    assert (middle < 0.8).mean() < 0.1
    assert np.percentile(middle, 90) / np.percentile(middle, 10) > 1.5


def test_the_two_looks_differ_in_colour_and_grain():
    def statistics(look):
        saturation, grain = [], []
        for frame in frames(look, 4, 24, frames_per_room=1):
            saturation.append(cv2.cvtColor(frame.image, cv2.COLOR_RGB2HSV)[..., 1].mean())
            grey = frame.image.mean(axis=2)
            smooth = cv2.blur(grey, (3, 3))
            grain.append(np.median(np.abs(grey - smooth)))
        return np.mean(saturation), np.mean(grain)

    (vivid, clean), (pale, noisy) = statistics('stream'), statistics('target')
    assert vivid > 1.4 * pale
    assert noisy > clean


def test_the_right_view_shows_the_same_surfaces_shifted_by_their_disparity():
    baseline, size = 0.1, (120, 160)
    with SimulatedCamera('stream', 8, size, frames_per_room=1) as camera:
        for frame in itertools.islice(camera, 4):
            right = camera.right_view(baseline).astype(np.float32)
            rows, columns = np.mgrid[0:size[0], 0:size[1]].astype(np.float32)
            place = columns - camera.intrinsics.fx * baseline / frame.depth
            warped = cv2.remap(right, place, rows, cv2.INTER_LINEAR)
            inside = place > 0
            left = frame.image.astype(np.float32)
            assert np.median(np.abs(warped - left)[inside]) < 2.5
            assert np.abs(warped - left)[inside].mean() < 0.5 * np.abs(right - left)[inside].mean()


def test_the_sensor_keeps_the_image_and_adds_what_cameras_add():
    sensor = SensorModel(look_file.named('target').sensor, (120, 160))
    sensor.new_room(np.random.default_rng(0))
    grey = np.full((120, 160, 3), 128, np.uint8)
    first, second = sensor(grey).astype(float), sensor(grey).astype(float)
    assert np.abs(first - second).mean() > 0.5, 'the noise stands still'
    assert first[50:70, 70:90].mean() > first[:10, :10].mean(), 'no vignette'
    black, white = (sensor(np.full((120, 160, 3), v, np.uint8)).mean() for v in (0, 255))
    assert black < 20 and white > 180


def test_automatic_exposure_brings_dark_and_bright_rooms_to_one_brightness(tmp_path):
    file = tmp_path / 'auto.yaml'
    file.write_text('base: target\nsensor: {auto_exposure: 0.4, exposure: [1, 1], gamma: [1, 1], '
                    'contrast: [0, 0], vignette: [0, 0], white_balance: 0, noise: [0, 0]}\n')
    ramp = np.linspace(0.5, 1.5, 64 * 48).reshape(*SMALL, 1).repeat(3, 2)
    seen = []
    for look in ('target', str(file)):
        sensor = SensorModel(look_file.named(look).sensor, SMALL)
        sensor.new_room(np.random.default_rng(0))
        seen.append([sensor((level * ramp).astype(np.uint8)).mean() for level in (40, 80, 160)])
    fixed, automatic = seen
    assert fixed[2] > 2.5 * fixed[0]
    assert automatic == pytest.approx([0.4 * 255] * 3, rel=0.05)
    assert sensor(np.zeros((*SMALL, 3), np.uint8)).mean() < 10, 'there is no more than no light'


def test_hundreds_of_views_and_dozens_of_rooms_leave_nothing_behind():
    def resident():
        with open('/proc/self/statm') as file:
            return int(file.read().split()[1]) * 4096 / 2 ** 20

    if not sys.platform.startswith('linux'):
        pytest.skip('needs /proc')
    with SimulatedCamera('stream', 3, SMALL, frames_per_room=1) as camera:
        for _ in itertools.islice(camera, 15):
            pass
        before = resident()
        for _ in itertools.islice(camera, 40):
            pass
        assert resident() - before < 8.0
    before = resident()
    for seed in range(6):
        frames('target', seed, 1)
    assert resident() - before < 30.0


@pytest.mark.parametrize('wrong', [{'frames_per_room': 0}, {'rate': 0.0}, {'stride': -1.0},
                                   {'size': (0, 10)}, {'vertical_fov': 4.0}])
def test_impossible_cameras_are_refused_in_one_line(wrong):
    with pytest.raises(DepthDistillError) as caught:
        SimulatedCamera('target', 0, **{'size': SMALL, **wrong})
    assert '\n' not in str(caught.value)


def test_an_unknown_look_and_a_negative_seed_are_refused():
    with pytest.raises(DepthDistillError, match='mars'):
        SimulatedCamera('mars', 0)
    with pytest.raises(DepthDistillError, match='seed'):
        SimulatedCamera('target', -1)


def test_the_contact_sheet_shows_image_classes_and_depth(tmp_path):
    path = write_contact_sheet(tmp_path / 'new' / 'sheet.png',
                               sample_frames('target', [1, 2, 3], 1, SMALL))
    sheet = cv2.imread(str(path))
    assert sheet.shape == (2 * SMALL[0], 2 * 3 * SMALL[1], 3)
    frame = frames('target', 1, 1, stride=0.8)[0]
    line = row(frame)
    np.testing.assert_array_equal(line[:, :SMALL[1]], frame.image)
    np.testing.assert_array_equal(sheet[:SMALL[0], :3 * SMALL[1], ::-1], line)


def test_a_contact_sheet_that_cannot_be_written_names_its_path(tmp_path):
    (tmp_path / 'file').write_text('')
    with pytest.raises(DepthDistillError, match='file'):
        write_contact_sheet(tmp_path / 'file' / 'sheet.png',
                            sample_frames('target', [1], 1, SMALL))


def test_a_camera_works_in_another_thread_than_the_last_one():
    here = frames('target', 3, 1)[0]
    with ThreadPoolExecutor(1) as pool:
        there = pool.submit(frames, 'target', 3, 1).result()[0]
    np.testing.assert_array_equal(here.image, there.image)


def test_a_process_that_forgets_to_close_its_camera_ends_quietly():
    program = ('from depth_distill_ros.worlds.mujoco.camera import SimulatedCamera\n'
               'camera = SimulatedCamera("target", 0, (24, 32))\n'
               'next(camera)\n')
    done = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True,
                          timeout=300, check=False,
                          env={**os.environ, 'PYTHONPATH': str(Path(__file__).parents[1])})
    assert (done.returncode, done.stderr) == (0, '')


@pytest.mark.slow
def test_a_process_that_has_rendered_can_train():
    """Mesa and triton both load LLVM; in the wrong order the import of triton crashes."""
    program = ('from depth_distill_ros.worlds.mujoco.camera import SimulatedCamera\n'
               'with SimulatedCamera("target", 0, (24, 32)) as camera:\n'
               '    next(camera)\n'
               'import torch\n'
               'weight = torch.nn.Parameter(torch.ones(1))\n'
               'weight.sum().backward()\n'
               'torch.optim.Adam([weight], 0.5).step()\n'
               'print(weight.item())\n')
    done = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True,
                          check=False,
                          env={**os.environ, 'PYTHONPATH': str(Path(__file__).parents[1])})
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == pytest.approx(0.5, abs=1e-3)
