"""What a model must obey while it is made better: equalities and bounds of numbers that it tells of itself."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from backlight.errors import InputError
from backlight.inverse.losses import IntensityL2

HEAVIEST = 1e6
"""Of what is added for a constraint that is off by its size."""


class Constraint(NamedTuple):
    """low ≤ g(model) ≤ high, an equality where both are the same.

    **Arguments:** `of`: g, model → one number; `low`, `high`; `size`: what g may be off by, to which the merit's other
    numbers are related too; `name`, for reports.

    Example:
        >>> from backlight.inverse.constraints import within
        >>> long = within(lambda model: model.length, 0.02, 0.05, size=1e-6, name="length")
        >>> long.violation(0.06)
        0.009999999999999995
    """

    of: Callable[[Any], Array]
    low: float
    high: float
    size: float
    name: str

    def violation(self, value: float) -> float:
        """Return by how much a value is out of bounds, in the unit of g."""
        return max(self.low - value, value - self.high, 0.0)


def equal(of: Callable[[Any], Array], value: float, *, size: float = 1.0, name: str | None = None) -> Constraint:
    """Return g(model) = value."""
    return within(of, value, value, size=size, name=name)


def within(
    of: Callable[[Any], Array],
    low: float = -np.inf,
    high: float = np.inf,
    *,
    size: float = 1.0,
    name: str | None = None,
) -> Constraint:
    """Return low ≤ g(model) ≤ high.

    **Errors:** `InputError` for bounds in the wrong order or none, and for a size that is not positive.
    """
    if not (low <= high and size > 0 and (np.isfinite(low) or np.isfinite(high))):
        raise InputError("constraint", got=f"{low:g} to {high:g} in units of {size:g}",
                         expected="low ≤ high, one of them finite, and a size > 0")  # fmt: skip
    return Constraint(of, float(low), float(high), float(size), name or getattr(of, "__name__", "constraint"))


class Bounded(IntensityL2):
    """½ Σ dist(ŷ − y, [low, high])²: least squares for the numbers whose bounds are 0, one-sided for others."""

    low: Float[Array, " n"]
    high: Float[Array, " n"]

    def fisher_root(self, predicted, data, noise):
        """Return how far ŷ − y is from the bounds."""
        off = predicted - data
        return off - jnp.clip(off, self.low, self.high)


class Multipliers(NamedTuple):
    """The state of the augmented Lagrangian of Hestenes, Powell and Rockafellar (Nocedal and Wright, §17.3).

    L = ½‖r‖² + Σ ½μ·dist(g + λ/μ, [low, high])², g in units of its `size`: the multipliers are shifts of what is asked
    for, so that every search is one of least squares, by the same compiled program.

    **Attributes:** `shifts`, λ/μ; `weights`, μ.
    """

    shifts: Float[np.ndarray, " n"]
    weights: Float[np.ndarray, " n"]

    def moved(self, values: Float[np.ndarray, " n"], constraints: Sequence[Constraint], slow: Any) -> "Multipliers":
        """Return λ ← μ·(g + λ/μ − nearest allowed), and μ ten times as large where the violation falls slowly.

        Not beyond `HEAVIEST`: multipliers find the end too, and least squares loses half of the digits of √μ.
        """
        low, high = scaled_bounds(constraints)
        shifts = values + self.shifts
        shifts = shifts - np.clip(shifts, low, high)
        grown = np.where(slow & (self.weights < HEAVIEST), 10.0, 1.0)
        return Multipliers(shifts / grown, self.weights * grown)


def scaled_bounds(constraints: Sequence[Constraint]) -> tuple[np.ndarray, np.ndarray]:
    """Return low and high of all, in units of their size."""
    return tuple(np.array([getattr(c, side) / c.size for c in constraints]) for side in ("low", "high"))  # type: ignore[return-value]


def scaled_values(model: Any, constraints: Sequence[Constraint]) -> Float[Array, " n"]:
    """Return g of all, in units of their size."""
    return jnp.stack([jnp.reshape(c.of(model), ()) / c.size for c in constraints])
