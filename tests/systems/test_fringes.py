"""Points of a display from fringes."""

import numpy as np
import pytest

from backlight.errors import InputError
from backlight.systems.fringes import fringe_patterns, seen_points

PERIODS = [140.0, 40.0, 12.0]


def photographed(points, steps=4, noise=0.0, seed=0):
    """Return what pixels record that see `points` (2, y, x): a camera of its own gain, black level and noise."""
    turns = points[:, None, None] / np.asarray(PERIODS)[:, None, None, None] - np.arange(steps)[:, None, None] / steps
    frames = 200 + 900 * (0.5 + 0.5 * np.cos(2 * np.pi * turns))
    return frames + noise * np.random.default_rng(seed).normal(size=frames.shape)


def some_points():
    y, x = np.meshgrid(np.linspace(3, 90, 40), np.linspace(5, 120, 50), indexing="ij")
    return np.stack([y + 0.02 * x**1.2, x + 3 * np.sin(y / 20)])


@pytest.mark.parametrize("steps", [3, 4, 7])
def test_points_are_found(steps):
    points = some_points()
    np.testing.assert_allclose(seen_points(photographed(points, steps), PERIODS).points, points, atol=1e-9)


def test_the_scatter_is_that_of_many_draws():
    """The error bar of a point, told by one set of frames, is the scatter over fifty."""
    points = some_points()
    drawn = [seen_points(photographed(points, noise=20.0, seed=i), PERIODS) for i in range(50)]
    errors = np.stack([d.points for d in drawn]) - points
    assert np.abs(errors).max() < 1  # no fringe is taken for another
    assert np.std(errors) == pytest.approx(np.sqrt(np.mean(drawn[0].scatter ** 2)), rel=0.05)
    assert np.median(drawn[0].modulation) == pytest.approx(450, rel=0.01)


def test_a_display_shows_what_is_then_read():
    shape = (24, 40)
    seen = seen_points(fringe_patterns(shape, [64.0, 20.0, 6.0]), [64.0, 20.0, 6.0])
    np.testing.assert_allclose(seen.points, np.stack(np.mgrid[: shape[0], : shape[1]]), atol=1e-9)


def test_what_cannot_be_unwrapped_is_refused():
    with pytest.raises(InputError, match="33 or more first"):
        fringe_patterns((20, 30), [16.0, 4.0])
    with pytest.raises(InputError, match="the longest first"):
        fringe_patterns((20, 30), [4.0, 64.0])
    with pytest.raises(InputError, match=r"\(2, period, step, y, x\)"):
        seen_points(np.zeros((2, 2, 4, 5, 5)), PERIODS)


def test_the_edge_of_the_display_is_no_place_to_wrap():
    """A pixel that sees the first row sees it, also where noise says that it is a little before."""
    periods = [72.0, 16.0, 4.0]
    frames = fringe_patterns((64, 64), periods)
    frames = frames + 0.01 * np.random.default_rng(0).normal(size=frames.shape)
    wanted = np.stack(np.meshgrid(np.arange(64), np.arange(64), indexing="ij"))
    assert np.abs(seen_points(frames, periods).points - wanted).max() < 0.05
