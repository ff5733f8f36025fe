"""Freeform surfaces: a conic, and polynomials or splines in y and x on it."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from backlight.errors import InputError
from backlight.maths.exact import Exact, Number, number, table, vector
from backlight.maths.leaf import POSITIVE
from backlight.maths.zernike import Term, zernike_sum
from backlight.rays.profiles import Profile, conic_extends, conic_sag, curvature_of


class Freeform(Profile):
    """A conic and a departure from it: z = c r²/(1 + √(1 − (1+κ) c² r²)) + `departure`(y, x)."""

    curvature: Exact
    conic: Exact

    @abstractmethod
    def departure(self, y: Float[Array, "..."], x: Float[Array, "..."]) -> Float[Array, "..."]:
        """Return the height above the conic, m."""

    def sag(self, y, x):
        """Return the height."""
        return conic_sag(self.curvature, self.conic, y**2 + x**2) + self.departure(y, x)

    def base(self):
        """Return those of the conic."""
        return self.curvature, self.conic

    def extends(self, y, x):
        """Return where the conic does."""
        return conic_extends(self.curvature, self.conic, y**2 + x**2)


class XYPolynomial(Freeform):
    """Conic and powers of both coordinates: Σ cₖ (x/ρ)^iₖ (y/ρ)^jₖ.

    **Arguments:** `norm_radius`: ρ, m; `coefficients`: cₖ, m; `powers`: (iₖ, jₖ), of x and of y; `radius`, `conic`: as
    of `Conic`.

    **Errors:** `InputError` for another number of powers than of coefficients, a power below 0, and ρ ≤ 0.

    Example:
        >>> from backlight.rays import XYPolynomial
        >>> surface = XYPolynomial(10e-3, [1e-6, 2e-6], [(2, 0), (1, 1)])
        >>> round(float(surface.sag(5e-3, 10e-3)) * 1e6, 4)
        2.0
    """

    coefficients: Exact
    norm_radius: Exact
    powers: tuple[tuple[int, int], ...] = eqx.field(static=True)

    def __init__(
        self,
        norm_radius: Number | int,
        coefficients: Any,
        powers: Sequence[tuple[int, int]],
        radius: Number | int | None = None,
        conic: Number | int = 0.0,
    ):
        self.curvature, self.conic = curvature_of(radius), number("conic", conic)
        self.norm_radius = number("norm_radius", norm_radius, POSITIVE)
        self.coefficients = vector("coefficients", coefficients)
        self.powers = tuple((int(i), int(j)) for i, j in powers)
        matched("powers", self.powers, self.coefficients)
        if any(min(pair) < 0 for pair in self.powers):
            raise InputError("powers", got=f"{self.powers}", expected="powers of 0 or more")

    def departure(self, y, x):
        """Return Σ cₖ (x/ρ)^iₖ (y/ρ)^jₖ."""
        y, x = y / self.norm_radius, x / self.norm_radius
        return sum((self.coefficients[k] * x**i * y**j for k, (i, j) in enumerate(self.powers)), 0 * y * x)


class ZernikeSag(Freeform):
    """Conic and Zernike polynomials: Σ cₖ Zₖ(y/ρ, x/ρ), smooth beyond ρ too.

    **Arguments:** `norm_radius`: ρ, m; `coefficients`: cₖ, m; `terms`: the polynomials, `maths.zernike.noll_term(j)` in
    Noll's order with mean square 1, `Term(*fringe(j), 1.0)` in Fringe order with maximum 1; `radius`, `conic`: as of
    `Conic`.

    **Errors:** `InputError` for another number of terms than of coefficients, and ρ ≤ 0.

    Example:
        >>> from backlight.maths.zernike import Term, fringe
        >>> from backlight.rays import ZernikeSag
        >>> surface = ZernikeSag(10e-3, [1e-6], [Term(*fringe(4), 1.0)])  # 2ρ² − 1
        >>> round(float(surface.sag(10e-3, 0.0)) * 1e6, 4)
        1.0
    """

    coefficients: Exact
    norm_radius: Exact
    terms: tuple[Term, ...] = eqx.field(static=True)

    def __init__(
        self,
        norm_radius: Number | int,
        coefficients: Any,
        terms: Sequence[Term],
        radius: Number | int | None = None,
        conic: Number | int = 0.0,
    ):
        self.curvature, self.conic = curvature_of(radius), number("conic", conic)
        self.norm_radius = number("norm_radius", norm_radius, POSITIVE)
        self.coefficients = vector("coefficients", coefficients)
        self.terms = tuple(terms)
        matched("terms", self.terms, self.coefficients)

    def departure(self, y, x):
        """Return Σ cₖ Zₖ."""
        y, x = (jnp.asarray(at / self.norm_radius) for at in (y, x))
        return zernike_sum(jnp.asarray(self.coefficients), self.terms, y, x)


class BSpline(Freeform):
    """Conic and a uniform cubic B-spline over a rectangle: Σ cᵢⱼ B₃(v − i) B₃(u − j).

    N control points along an axis make N − 3 intervals from −h to h. Beyond the rectangle there is no surface, and rays
    that meet the continuation of the outermost polynomials there have missed it.

    **Arguments:** `half_size`: h along (y, x), m; `heights`: control points cᵢⱼ, m, rows along y, at least 4 × 4;
    `radius`, `conic`: as of `Conic`.

    **Errors:** `InputError` for fewer control points than 4 along an axis, and for h that is not two numbers > 0.

    Example:
        >>> import numpy as np
        >>> from backlight.rays import BSpline
        >>> surface = BSpline((5e-3, 5e-3), np.full((6, 6), 1e-6))
        >>> round(float(surface.sag(1e-3, -2e-3)) * 1e6, 4)  # the B-splines sum to 1
        1.0
    """

    heights: Exact
    half_size: Exact

    def __init__(self, half_size: Any, heights: Any, radius: Number | int | None = None, conic: Number | int = 0.0):
        self.curvature, self.conic = curvature_of(radius), number("conic", conic)
        self.half_size, self.heights = vector("half_size", half_size), table("heights", heights)
        h = self.half_size
        if h.shape != (2,) or (not isinstance(h, Array) and not np.all(h > 0)):
            raise InputError("half_size", got=f"{h}", expected="two numbers > 0, along (y, x)")
        if min(self.heights.shape) < 4:
            raise InputError("heights", got=f"shape {self.heights.shape}", expected="4 or more along each axis")

    def departure(self, y, x):
        """Return the sum of the 16 control points that reach a place."""
        (rows, down), (columns, along) = (
            _reaching(at / self.half_size[axis], self.heights.shape[axis]) for axis, at in enumerate((y, x))
        )
        heights = jnp.asarray(self.heights)[rows[..., :, None], columns[..., None, :]]
        return jnp.sum(down[..., :, None] * along[..., None, :] * heights, axis=(-2, -1))

    def extends(self, y, x):
        """Return what lies in the rectangle, where the conic extends."""
        within = (jnp.abs(y) <= self.half_size[0]) & (jnp.abs(x) <= self.half_size[1])
        return within & super().extends(y, x)


def _reaching(at: Any, count: int) -> tuple[Array, Array]:
    """Return which four B-splines reach a place in −1 … 1, and their values there, along a last axis."""
    place = (at + 1) / 2 * (count - 3)
    first = jnp.clip(jnp.floor(place), 0, count - 4)
    t = place - first
    values = [(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3]
    return first[..., None].astype(int) + np.arange(4), jnp.stack(values, axis=-1) / 6


def matched(where: str, terms: tuple, coefficients: Exact) -> None:
    """Refuse another number of terms than of coefficients."""
    if len(terms) != coefficients.shape[0]:
        raise InputError(where, got=f"{len(terms)} of {coefficients.shape[0]} coefficients",
                         expected="one for each coefficient")  # fmt: skip
