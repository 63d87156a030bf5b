# Copyright 2026 The depth_distill_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
Figures: frames as rows of images and depth maps (D3's figures 4 and 5), errors, and curves.

All depth maps of a row share one colour scale, so that a wrong depth looks wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
import numpy as np

from depth_distill_ros.errors import DepthDistillError
from depth_distill_ros.files import writing
from depth_distill_ros.geometry.colour import colour_depth

Column = Sequence[np.ndarray]
"""An array for each frame: an image, H×W×3 uint8 RGB, or depth, h×w float metres, NaN invalid."""

_COLOURS = 'turbo_r'  # the colours of colour_depth, for the scale beside it
_WRONG = 'inferno'
_DPI = 120


def draw_comparison(path: Path, images: Column, depths: Mapping[str, Column]) -> None:
    """
    Draw D3's figure 4: the image of each frame, then its depth maps.

    Args:
        depths: by title, each with as many frames as `images`. The first, the ground truth or the
            teacher, sets the colour scale of a row.
    """
    _draw_grid(path, {'image': images, **depths})


def draw_transformed(path: Path, plain: Column, mixed: Column, transformed: Column,
                     depths: Mapping[str, Column] | None = None) -> None:
    """Draw D3's figure 5: x′, x̂′ and G(x̂′), then depth maps of G(x̂′) by title, if given."""
    _draw_grid(path, {'x′': plain, 'x̂′': mixed, 'G(x̂′)': transformed, **(depths or {})})


def draw_errors(path: Path, title: str, image: np.ndarray, reference: np.ndarray,
                prediction: np.ndarray) -> None:
    """
    Draw one frame: image, reference, prediction and the absolute error, with their scales.

    Args:
        reference, prediction: h×w metres, of one size. The error is shown where both are finite;
            its scale ends at the 98th percentile.
    """
    error = np.abs(prediction - reference)
    figure = _figure(4, 1, image.shape)
    figure.suptitle(title, fontsize=9)
    axes = figure.subplots(1, 4)
    near, far = _range(reference)
    axes[0].imshow(image)
    for place, depth in zip(axes[1:], (reference, prediction), strict=False):
        place.imshow(colour_depth(depth, near, far))
    most = _range(error)[1]
    shown = axes[3].imshow(error, cmap=_WRONG, vmin=0.0, vmax=most)
    axes[3].set_facecolor('black')
    scale = ScalarMappable(Normalize(near, far), _COLOURS)
    figure.colorbar(scale, ax=axes[2], label='depth, m', shrink=0.8)
    figure.colorbar(shown, ax=axes[3], label='error, m', shrink=0.8)
    _finish(figure, path, axes[None], ['image', 'reference', 'prediction', '|error|'])


def draw_curves(path: Path, abscissa: str, ordinate: str,
                curves: Mapping[str, Sequence[tuple[float, Sequence[float]]]]) -> None:
    """Draw curves by title: the values at each abscissa as points, a line through their means."""
    figure = Figure(figsize=(5.0, 3.4), layout='constrained')
    axes = figure.subplots()
    for title, curve in curves.items():
        line, = axes.plot([x for x, _ in curve], [np.mean(values) for _, values in curve],
                          label=title)
        axes.plot([x for x, values in curve for _ in values],
                  [value for _, values in curve for value in values], '.', color=line.get_color())
    axes.set(xlabel=abscissa, ylabel=ordinate)
    axes.grid(alpha=0.3)
    axes.legend()
    _save(figure, path)


def _draw_grid(path: Path, columns: Mapping[str, Column]) -> None:
    counts = {title: len(column) for title, column in columns.items()}
    if len(set(counts.values())) != 1 or 0 in counts.values():
        raise DepthDistillError(f'{path}: all columns need the same number of frames, at least 1: '
                                + ', '.join(f'{n} of {title}' for title, n in counts.items()))
    rows = [list(row) for row in zip(*columns.values(), strict=True)]
    figure = _figure(len(columns), len(rows), rows[0][0].shape)
    axes = figure.subplots(len(rows), len(columns), squeeze=False)
    for line, row in zip(axes, rows, strict=True):
        depths = [array for array in row if array.ndim == 2]
        near, far = _range(depths[0]) if depths else (0.0, 1.0)
        for place, array in zip(line, row, strict=True):
            place.imshow(array if array.ndim == 3 else colour_depth(array, near, far))
        if depths:
            figure.colorbar(ScalarMappable(Normalize(near, far), _COLOURS), ax=line, label='m',
                            shrink=0.8, pad=0.01)
    _finish(figure, path, axes, list(columns))


def _figure(columns: int, rows: int, shape: tuple[int, ...]) -> Figure:
    width = 2.4
    return Figure(figsize=(width * columns + 1.2, width * rows * shape[0] / shape[1] + 0.5),
                  layout='constrained')


def _range(depth: np.ndarray) -> tuple[float, float]:
    """Return the 2nd and the 98th percentile; 0 to 1 m if no depth is finite."""
    known = depth[np.isfinite(depth)]
    if not known.size:
        return 0.0, 1.0
    near, far = np.percentile(known, (2, 98))
    return float(near), max(float(far), float(near) + 1e-3)


def _finish(figure: Figure, path: Path, axes: np.ndarray, titles: Sequence[str]) -> None:
    for place, title in zip(axes[0], titles, strict=True):
        place.set_title(title, fontsize=9)
    for place in axes.flat:
        place.set(xticks=[], yticks=[])
    _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=_DPI)
