# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Ranges are those of the walls and the ball; floor, ceiling and unknown bearings have none."""

from known_scenes import corridor, nearest, plane, rays, sphere
import numpy as np
import pytest

from depth_distill_ros.geometry.intrinsics import GeometryError, Intrinsics
from depth_distill_ros.geometry.scan import Mount, ScanLimits, Scanner

LIMITS = ScanLimits(0.05, 1.5, 0.2, 5.0)
CAMERA = Intrinsics(250.0, 260.0, 148.0, 117.5, 228, 304)
MOUNTS = [Mount(0.5), Mount(0.5, pitch=0.25), Mount(0.5, pitch=-0.15, roll=0.2),
          Mount(0.5, pitch=0.1, roll=-0.3)]


def bearings(scanner, ranges):
    return scanner.angle_min + np.arange(len(ranges)) * scanner.angle_increment


def flat_points(scanner, ranges):
    angle, seen = bearings(scanner, ranges), np.isfinite(ranges)
    return np.stack([ranges * np.cos(angle), ranges * np.sin(angle)], 1)[seen]


@pytest.mark.parametrize('mount', MOUNTS)
def test_a_corridors_walls_are_where_they_are_and_its_floor_and_ceiling_are_nowhere(mount):
    scanner = Scanner(CAMERA, mount, ScanLimits(0.02, 2.0, 0.1, 8.0))
    ranges = scanner(corridor(rays(CAMERA, mount), mount))
    points = flat_points(scanner, ranges)
    # Tilted, the outermost bearings hold nothing but floor.
    assert len(points) > 0.9 * len(ranges)
    walls = np.stack([points[:, 1] - 1.0, points[:, 1] + 1.0, points[:, 0] - 6.0])
    # A bearing holds pixels up to half of one away from its middle.
    slack = 0.01 + 0.5 * scanner.angle_increment * np.hypot(*points.T)
    assert (np.abs(walls).min(axis=0) <= slack).all()
    assert np.abs(walls).min(axis=0).mean() <= 0.006


@pytest.mark.parametrize('mount', MOUNTS)
def test_a_wall_ahead_is_within_a_centimetre_and_has_no_gaps(mount):
    scanner = Scanner(CAMERA, mount, ScanLimits(0.02, 2.0, 0.1, 8.0))
    seen = rays(CAMERA, mount)
    ranges = scanner(nearest(plane(seen, (1, 0, 0), 3.0), plane(seen, (0, 0, -1), mount.height)))
    points = flat_points(scanner, ranges)
    seen = np.flatnonzero(np.isfinite(ranges))
    assert len(seen) > 0.85 * len(ranges) and len(seen) == np.ptp(seen) + 1
    assert np.abs(points[:, 0] - 3.0).max() <= 0.01


@pytest.mark.parametrize('mount', MOUNTS)
def test_a_ball_is_seen_at_its_nearest_and_at_its_bearing(mount):
    centre, radius = np.array([2.0, 0.2, -0.1]), 0.25
    scanner = Scanner(CAMERA, mount, ScanLimits(0.05, 2.0, 0.1, 8.0))
    seen = rays(CAMERA, mount)
    ranges = scanner(nearest(sphere(seen, centre, radius), plane(seen, (1, 0, 0), 7.0)))
    angle, ball = bearings(scanner, ranges), ranges < 4.0
    flat = np.hypot(centre[0], centre[1])
    assert abs(ranges[ball].min() - (flat - radius)) <= 0.01
    half = np.arcsin(radius / flat)
    middle = np.arctan2(centre[1], centre[0])
    assert abs(angle[ball].min() - (middle - half)) <= 1.5 * scanner.angle_increment
    assert abs(angle[ball].max() - (middle + half)) <= 1.5 * scanner.angle_increment


def test_free_space_is_infinite_unknown_is_nan_and_too_near_is_minus_infinite():
    scanner = Scanner(CAMERA, Mount(0.5), ScanLimits(0.05, 1.0, 0.3, 4.0))
    depth = np.full(CAMERA.size, np.inf, np.float32)
    depth[:, :100] = np.nan
    depth[:, 250:] = 0.2
    ranges = scanner(depth)
    angle = bearings(scanner, ranges)
    u = 148.0 - 250.0 * np.tan(angle)
    assert np.isnan(ranges[u < 98]).all()
    assert np.isposinf(ranges[(u > 102) & (u < 248)]).all()
    assert np.isneginf(ranges[u > 252]).all()


def test_depth_beyond_the_range_counts_as_seen_through():
    scanner = Scanner(CAMERA, Mount(0.5), ScanLimits(0.05, 1.0, 0.3, 4.0))
    assert np.isposinf(scanner(np.full(CAMERA.size, 9.0, np.float32))[1:-1]).all()


def test_floor_alone_proves_free_only_as_far_as_it_is_seen():
    mount = Mount(0.5, pitch=0.5)  # the highest row looks down and meets the floor at 5.7 m
    floor = nearest(plane(rays(CAMERA, mount), (0, 0, -1), mount.height))
    near = Scanner(CAMERA, mount, ScanLimits(0.05, 1.0, 0.1, 3.0))(floor)
    assert np.isposinf(near[len(near) // 2])
    far = Scanner(CAMERA, mount, ScanLimits(0.05, 1.0, 0.1, 8.0))(floor)
    assert np.isnan(far[len(far) // 2])


def test_only_the_rows_of_the_band_are_looked_at():
    depth = np.full(CAMERA.size, 3.0, np.float32)
    depth[:60] = 1.0
    whole, lower = (Scanner(CAMERA, Mount(0.5), ScanLimits(0.02, 2.0, 0.2, 5.0, rows))(depth)
                    for rows in ((0.0, 1.0), (0.4, 0.7)))
    assert abs(np.nanmin(whole) - 1.0) < 0.01 and abs(np.nanmin(lower) - 3.0) < 0.01


def test_angles_cover_the_image_from_right_to_left():
    scanner = Scanner(CAMERA, Mount(0.5), LIMITS)
    assert scanner.angle_min == pytest.approx(-np.arctan2(303 - 148.0, 250.0))
    assert scanner.angle_max >= np.arctan2(148.0, 250.0) - 1e-9
    assert scanner.angle_max == pytest.approx(
        scanner.angle_min + (len(scanner(np.ones(CAMERA.size, np.float32))) - 1)
        * scanner.angle_increment)


@pytest.mark.parametrize('make, words', [
    (lambda: ScanLimits(1.0, 0.5, 0.2, 5.0), 'lowest height 1.0 m'),
    (lambda: ScanLimits(0.05, 1.5, 0.2, 0.1), 'ranges'),
    (lambda: ScanLimits(0.05, 1.5, 0.2, 5.0, (0.6, 0.4)), 'rows'),
    (lambda: Scanner(CAMERA, Mount(0.5, pitch=1.5), LIMITS),
     r'pitch of 85\.94\d* and a roll of 0 degrees.*behind'),
    (lambda: Scanner(CAMERA, Mount(0.5), ScanLimits(0.05, 1.5, 0.2, 5.0, (0.5, 0.501))), 'no row'),
    (lambda: Scanner(CAMERA, Mount(0.5), LIMITS)(np.ones((2, 2))), r'\(2, 2\)')])
def test_impossible_numbers_are_refused(make, words):
    with pytest.raises(GeometryError, match=words):
        make()
