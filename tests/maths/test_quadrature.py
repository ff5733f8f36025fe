"""Rules of few points: the transform of what they stand for, within the stated error."""

import numpy as np
import pytest
from scipy.special import j1

from backlight.errors import InputError
from backlight.maths.quadrature import FARTHEST, disc, interval, normal, square

RNG = np.random.default_rng(0)


def off(rule, x, expected):
    assert np.isclose(rule.weights.sum(), 1)
    assert (rule.weights > 0).all()
    return np.abs(np.exp(1j * (x @ np.atleast_2d(rule.points.T))) @ rule.weights - expected).max()


@pytest.mark.parametrize("error", [1e-1, 1e-3, 1e-6])
@pytest.mark.parametrize("extent", [0.0, 1.3, 25.0])
def test_rules_keep_the_stated_error(extent, error):
    x = extent * RNG.uniform(-1, 1, (500, 1))
    assert off(interval(extent, error), x, np.sinc(x[:, 0] / np.pi)) <= 1.01 * error
    assert off(normal(extent, error), x, np.exp(-0.5 * x[:, 0] ** 2)) <= 1.01 * error
    both = extent * RNG.uniform(-1, 1, (500, 2)) * (1, 0.5)
    assert off(square((extent, 0.5 * extent), error), both, np.prod(np.sinc(both / np.pi), axis=1)) <= 1.01 * error
    inside = both[np.hypot(*both.T) <= extent]
    r = np.maximum(np.hypot(*inside.T), 1e-9)
    assert off(disc(extent, error), inside, 2 * j1(r) / r) <= 1.01 * error


def test_rules_take_few_points():
    """A disc has about (x/2)² independent patches at the extent x; a line x/π, a Gaussian one per π/extent of ±3.7σ."""
    assert len(disc(60.0, 1e-2).weights) < 900
    assert len(interval(60.0, 1e-2).weights) < 60 / np.pi * 1.8
    assert len(normal(60.0, 1e-3).weights) < 1.3 * (60 + 3.7)
    assert [len(rule(0.0, 1e-2).weights) for rule in (disc, interval, normal)] == [1, 1, 1]


@pytest.mark.parametrize(
    ("extent", "error"), [(-1.0, 0.1), (2.0 * FARTHEST, 0.1), (1.0, 0.0), (1.0, 1.0), (np.nan, 0.1)]
)
def test_impossible_rules_are_refused(extent, error):
    for rule in (disc, interval, normal):
        with pytest.raises(InputError, match="expected"):
            rule(extent, error)
