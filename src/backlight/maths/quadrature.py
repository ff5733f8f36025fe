"""Few points in place of a distribution, as many as a stated error asks for.

A rule {pₖ, wₖ} stands for a distribution of unit width where its transform Σ wₖ·exp(i x·pₖ) is that of the
distribution for all |x| up to an `extent`: for a light source the transform is the degree of coherence, and the extent
is the largest separation (or path difference) over which light still interferes.
"""

from collections.abc import Callable, Iterable
from itertools import count
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.special import j0, j1, jv, roots_hermitenorm

from backlight.errors import InputError
from backlight.maths.leaf import pair

FARTHEST = 200
"""The largest extent: a disc takes about extent²/4 points."""


class Rule(NamedTuple):
    """Points and their weights, which sum to 1."""

    points: Float[np.ndarray, "points *pair"]
    weights: Float[np.ndarray, " points"]


def interval(extent: float, error: float) -> Rule:
    """Return Gauss-Legendre points for the uniform density on −1 … 1, whose transform is sin(x)/x.

    **Arguments:** `extent`: largest x; `error`: largest difference of the transforms there.

    **Errors:** `InputError` for a negative extent or one beyond `FARTHEST`, or an error below 1e-10 or not below 1.

    Example:
        >>> [len(interval(x, 1e-3).points) for x in (0.0, 3.0, 30.0)]
        [1, 4, 20]
    """
    _demand(extent, error)
    return _first_good((_legendre(n) for n in count(1)), lambda x: np.sinc(x / np.pi), extent, error)


def normal(extent: float, error: float) -> Rule:
    """Return points for the normal density of standard deviation 1, whose transform is exp(−x²/2).

    Gauss-Hermite or equally spaced points, whichever takes fewer: the first for a small extent, the second where light
    no longer interferes at its end.

    **Arguments and errors:** as for `interval`.

    Example:
        >>> [len(normal(x, 1e-3).points) for x in (0.5, 4.0)]
        [3, 10]
    """
    _demand(extent, error)
    candidates = (rule for n in count(1) for rule in (_hermite(n), _spaced(n, extent)))
    return _first_good(candidates, lambda x: np.exp(-0.5 * x**2), extent, error)


def square(extent: tuple[float, float], error: float) -> Rule:
    """Return points (y, x) for the uniform density on the square −1 … 1: a product of two `interval` rules.

    **Arguments and errors:** as for `interval`, one extent per axis.

    Example:
        >>> square((3.0, 0.0), 1e-3).points.shape
        (5, 2)
    """
    y, x = (interval(one, 0.5 * error) for one in extent)
    points = np.stack(np.meshgrid(y.points, x.points, indexing="ij"), axis=-1).reshape(-1, 2)
    return Rule(points, np.outer(y.weights, x.weights).ravel())


def disc(extent: float, error: float) -> Rule:
    """Return points (y, x) for the uniform density on the unit disc, whose transform is 2J₁(x)/x.

    Rings at the Gauss-Legendre points of the squared radius (Peirce, J. SIAM 5, 66, 1957), each with as many equally
    spaced points as it needs: m points err by 2Σ|J_{pm}(xρ)|, p ≥ 1 (Jacobi-Anger expansion). The rings take one half
    of the error, the points on them the other.

    **Arguments and errors:** as for `interval`.

    Example:
        >>> [len(disc(x, 1e-2).points) for x in (0.0, 4.0, 20.0)]
        [1, 14, 136]
    """
    _demand(extent, error)
    if _off(Rule(np.zeros(1), np.ones(1)), _airy, extent, j0) <= error:
        return Rule(np.zeros((1, 2)), np.ones(1))
    squared = (_legendre(n) for n in count(1))
    rings = _first_good((Rule(np.sqrt((1 + p) / 2), w) for p, w in squared), _airy, extent, 0.5 * error, j0)
    numbers = [_points_on_ring(extent * radius, 0.5 * error) for radius in rings.points]
    circles = [_ring(radius, m) for radius, m in zip(rings.points, numbers, strict=True)]
    shares = [np.full(m, weight / m) for weight, m in zip(rings.weights, numbers, strict=True)]
    return Rule(np.concatenate(circles), np.concatenate(shares))


Transform = Callable[[np.ndarray], np.ndarray]


def _first_good(rules: Iterable[Rule], transform: Transform, extent: float, error: float, kernel: Transform = np.cos):
    for rule in rules:
        if _off(rule, transform, extent, kernel) <= error:
            return rule
    raise RuntimeError("no rule was given")


def _off(rule: Rule, transform: Transform, extent: float, kernel: Transform) -> float:
    """Return the largest |Σ w·kernel(x p) − transform(x)|, 0 ≤ x ≤ extent, on steps much finer than either varies."""
    x = np.linspace(0, extent, 33 + int(16 * extent))
    return float(np.abs(kernel(x[:, None] * rule.points) @ rule.weights - transform(x)).max())


def _airy(x: np.ndarray) -> np.ndarray:
    return np.where(x > 1e-6, 2 * j1(x) / np.maximum(x, 1e-6), 1.0)


def _legendre(n: int) -> Rule:
    points, weights = np.polynomial.legendre.leggauss(n)
    return Rule(points, weights / weights.sum())


def _hermite(n: int) -> Rule:
    points, weights = roots_hermitenorm(n)
    return Rule(points, weights / weights.sum())


def _spaced(n: int, extent: float) -> Rule:
    """Return n points whose step h errs as much by its first alias, at 2π/h − extent, as by its ends, at nh/2."""
    step = (np.sqrt(extent**2 + 4 * np.pi * n) - extent) / n
    points = step * (np.arange(n) - (n - 1) / 2)
    weights = np.exp(-0.5 * points**2)
    return Rule(points, weights / weights.sum())


def _points_on_ring(reach: float, error: float) -> int:
    """Return the smallest m ≥ reach for which 2Σ|J_{pm}(x)| ≤ error: up to its order, J grows with x."""
    for m in count(max(int(np.ceil(reach)), 2)):
        if 2 * np.abs(jv(m * np.arange(1, 4), reach)).sum() <= error:
            return m
    raise RuntimeError("no number was given")


def _ring(radius: float, m: int) -> np.ndarray:
    angle = 2 * np.pi * np.arange(m) / m
    return radius * np.stack([np.sin(angle), np.cos(angle)], axis=-1)


def _demand(extent: float, error: float) -> None:
    if not 0 <= extent <= FARTHEST:
        raise InputError(
            "points of a source",
            got=f"a reach of {extent:.4g} radians of phase between its center and its edge",
            expected=f"0 … {FARTHEST}, up to some ten thousand points",
            remedy="state a shorter reach: the distance over which the optics can still make light interfere",
        )
    if not 1e-10 <= error < 1:
        raise InputError("error", got=str(error), expected="a number from 1e-10 to 1: of a degree of coherence")
