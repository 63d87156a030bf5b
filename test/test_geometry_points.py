# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Points lie on the plane, the sphere and the walls whose exact depth is given."""

from known_scenes import corridor, nearest, plane, rays, sphere
import numpy as np
import pytest

from depth_distill_ros.geometry.intrinsics import GeometryError, Intrinsics
from depth_distill_ros.geometry.points import Projector, SparseProjector, thin
from depth_distill_ros.geometry.scan import Mount

CAMERA = Intrinsics(250.0, 260.0, 148.0, 117.5, 228, 304)
MOUNTS = [Mount(0.5), Mount(0.5, pitch=0.25), Mount(0.8, pitch=-0.2, roll=0.3)]


def level_points(depth, mount):
    return Projector(CAMERA, 20.0).organised(depth) @ mount.to_level().T


@pytest.mark.parametrize('mount', MOUNTS)
def test_a_plane_is_flat_at_its_distance(mount):
    normal = np.array([0.8, 0.0, 0.6])
    points = level_points(nearest(plane(rays(CAMERA, mount), normal, 2.0)), mount)
    assert np.abs(points @ normal - 2.0).max() <= 1e-5


@pytest.mark.parametrize('mount', MOUNTS)
def test_a_sphere_is_round_about_its_centre_and_projects_onto_its_own_pixels(mount):
    centre = np.array([2.0, 0.1, 0.05])
    depth = nearest(sphere(rays(CAMERA, mount), centre, 0.3))
    points = Projector(CAMERA, 20.0).organised(depth)
    on = np.isfinite(depth)
    assert on.sum() > 2000 and np.isnan(points[~on]).all()
    away = np.linalg.norm(points[on] @ mount.to_level().T - centre, axis=1) - 0.3
    assert np.abs(away).max() <= 1e-4
    projected = points[on] @ CAMERA.matrix().T
    pixels = projected[:, :2] / projected[:, 2:]
    np.testing.assert_allclose(pixels, np.argwhere(on)[:, ::-1], atol=1e-3)


@pytest.mark.parametrize('mount', MOUNTS)
def test_a_corridor_has_its_walls_floor_and_ceiling_in_place(mount):
    points = level_points(corridor(rays(CAMERA, mount), mount), mount)
    surfaces = np.stack([points[..., 1] - 1.0, points[..., 1] + 1.0, points[..., 0] - 6.0,
                         points[..., 2] + mount.height, points[..., 2] - 2.5 + mount.height])
    assert np.abs(surfaces).min(axis=0).max() <= 1e-4


def test_what_is_invalid_has_no_point_and_what_is_far_lies_at_the_clamp_on_its_ray():
    depth = np.full(CAMERA.size, 2.0, np.float32)
    depth[3, :5] = [np.nan, 0.0, -1.0, -np.inf, np.inf]
    depth[4, 0] = 30.0
    points = Projector(CAMERA, 8.0).organised(depth)
    assert np.isnan(points[3, :4]).all() and np.isfinite(points[5]).all()
    for row, column in ((3, 4), (4, 0)):
        expected = 8.0 * np.array([(column - 148.0) / 250.0, (row - 117.5) / 260.0, 1.0])
        np.testing.assert_allclose(points[row, column], expected, rtol=1e-6)
    assert depth[3, 4] == np.inf and depth[4, 0] == 30.0


@pytest.mark.parametrize('voxel', [0.01, 0.05, 0.5])
def test_thinning_leaves_exactly_one_point_in_each_occupied_cube(voxel):
    rng = np.random.default_rng(4)
    points = rng.uniform(-3, 3, (100, 150, 3)).astype(np.float32)
    points[rng.random((100, 150)) < 0.3] = np.nan
    kept = thin(points, voxel)
    flat = points.reshape(-1, 3)
    cubes = np.floor(flat * np.float32(1 / voxel))
    occupied = np.unique(cubes[np.isfinite(flat[:, 0])], axis=0)
    np.testing.assert_array_equal(np.unique(cubes[kept], axis=0), occupied)
    assert len(kept) == len(occupied) and (np.diff(kept) > 0).all()


def test_thinning_nothing_leaves_nothing():
    assert thin(np.full((4, 5, 3), np.nan, np.float32), 0.1).shape == (0,)


def test_impossible_numbers_are_refused():
    with pytest.raises(GeometryError, match='free_beyond'):
        Projector(CAMERA, 0.0)
    with pytest.raises(GeometryError, match='voxel'):
        thin(np.ones((1, 1, 3), np.float32), -0.1)
    with pytest.raises(GeometryError, match=r'\(3, 4\)'):
        Projector(CAMERA, 5.0).organised(np.ones((3, 4), np.float32))


def test_a_sparse_cloud_leaves_no_cube_of_a_wall_out_and_keeps_a_thin_leg():
    camera = Intrinsics(580.0, 580.0, 319.5, 239.5, 480, 640)
    depth = np.full(camera.size, 4.0, np.float32)
    depth[:, 300:304] = 3.5  # 2.4 cm wide
    sparse = SparseProjector(camera, 10.0, 0.05, 5.0)
    assert sparse.stride == 3
    points, _ = sparse(depth)
    assert len(points) < depth.size / 10
    whole = Projector(camera, 10.0).organised(depth).reshape(-1, 3)
    def cubes(some, z):
        return set(map(tuple, np.floor(some[some[:, 2] == np.float32(z)] / 0.05).astype(int)))

    # Cubes at the edge of the image, which the odd pixels alone touch, may be left out.
    assert cubes(points, 4.0) <= cubes(whole, 4.0)
    assert len(cubes(points, 4.0)) > 0.9 * len(cubes(whole, 4.0))
    assert {y for _, y, _ in cubes(points, 3.5)} == {y for _, y, _ in cubes(whole, 3.5)}


def test_points_higher_than_the_robot_are_left_out():
    mount = Mount(0.6, pitch=0.1)
    wall = nearest(plane(rays(CAMERA, mount), (1, 0, 0), 2.0))
    points, _ = SparseProjector(CAMERA, 10.0, 0.05, 5.0)(wall, 1.0, mount)
    heights = points @ mount.to_level()[2] + 0.6
    assert 0.9 < heights.max() <= 1.0


def test_the_colours_of_a_sparse_cloud_are_those_of_its_pixels():
    depth = np.full(CAMERA.size, 2.0, np.float32)
    rgb = np.zeros((*CAMERA.size, 3), np.uint8)
    rgb[:, 148:] = 200  # to the right of the optical axis
    points, colours = SparseProjector(CAMERA, 10.0, 0.05, 5.0)(depth, rgb=rgb)
    assert ((colours[:, 0] == 200) == (points[:, 0] >= 0)).all()
