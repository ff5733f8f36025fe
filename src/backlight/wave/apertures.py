"""Apertures with soft edges: a pixel on the edge passes about the share of its area that is open."""

from abc import abstractmethod

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from backlight.light import Field, Grid, map_modes
from backlight.maths import edges
from backlight.maths.argument import setting
from backlight.maths.leaf import NOT_NEGATIVE, POSITIVE, Given, Pair, Scalar, number, pair
from backlight.wave.element import Element


class Aperture(Element):
    """An opening: U → s·U, s the share of each pixel that is open.

    The edge is s = ½(1 + erf(√π·d)), d the distance from it in units of `edge` pixels: smooth in every parameter.

    Example:
        >>> from backlight.wave import Aperture, CircularAperture
        >>> isinstance(CircularAperture(1e-4), Aperture)
        True
    """

    center: eqx.AbstractVar[Pair]
    edge: eqx.AbstractVar[float]

    @abstractmethod
    def share(self, grid: Grid) -> Float[Array, "y x"]:
        """Return s on the pixels of `grid`."""

    def __call__(self, field: Field) -> Field:
        """Return the light just behind."""
        return map_modes(lambda light: light.with_values(light.values * self.share(light.grid)), field)


class CircularAperture(Aperture):
    """A round hole: open for |r − r₀| < a.

    **Arguments:**

    - `radius`: a, m, > 0; a leaf.
    - `center`: r₀ = (y, x), m.
    - `edge`: width of the edge in pixels.

    Behind it the error of a diffraction pattern falls with the square of the pitch.

    **Errors:** `InputError` for an edge ≤ 0.

    Example:
        >>> from backlight.light import Grid
        >>> from backlight.wave import CircularAperture
        >>> round(float(CircularAperture(10e-6).share(Grid((64, 64), 1e-6)).sum()))
        314
    """

    radius: Scalar
    center: Pair
    edge: float = eqx.field(static=True)

    def __init__(self, radius: Given, *, center: Given = (0.0, 0.0), edge: float = 1.0):
        self.radius, self.center = number("radius", radius, NOT_NEGATIVE), pair("center", center)
        self.edge = setting("edge", edge, POSITIVE)

    def share(self, grid: Grid) -> Float[Array, "y x"]:
        """Return the open share of each pixel."""
        return _disc(grid, self.center, self.radius, self.edge)


class AnnularAperture(Aperture):
    """A ring: open for a₁ < |r − r₀| < a₂, a hole with a central obstruction.

    **Arguments:**

    - `inner`, `outer`: a₁ > 0 and a₂, m; leaves.
    - `center`: r₀ = (y, x), m.
    - `edge`: width of the edges in pixels.

    **Errors:** `InputError` for an edge ≤ 0.

    Example:
        >>> from backlight.light import Grid
        >>> from backlight.wave import AnnularAperture
        >>> round(float(AnnularAperture(5e-6, 10e-6).share(Grid((64, 64), 1e-6)).sum()))
        236
    """

    inner: Scalar
    outer: Scalar
    center: Pair
    edge: float = eqx.field(static=True)

    def __init__(self, inner: Given, outer: Given, *, center: Given = (0.0, 0.0), edge: float = 1.0):
        self.inner, self.outer = number("inner", inner, NOT_NEGATIVE), number("outer", outer, NOT_NEGATIVE)
        self.center, self.edge = pair("center", center), setting("edge", edge, POSITIVE)

    def share(self, grid: Grid) -> Float[Array, "y x"]:
        """Return the open share of each pixel."""
        hole, stop = (_disc(grid, self.center, radius, self.edge) for radius in (self.outer, self.inner))
        return hole - stop


class RectangularAperture(Aperture):
    """A rectangle along the axes: open for |y − y₀| < h/2 and |x − x₀| < w/2.

    **Arguments:**

    - `size`: (h, w), m; a leaf. One much wider than the light leaves a slit.
    - `center`: r₀ = (y, x), m.
    - `edge`: width of the edges in pixels.

    **Errors:** `InputError` for an edge ≤ 0.

    Example:
        >>> from backlight.light import Grid
        >>> from backlight.wave import RectangularAperture
        >>> round(float(RectangularAperture((10.5e-6, 20e-6)).share(Grid((64, 64), 1e-6)).sum()))
        211
    """

    size: Pair
    center: Pair
    edge: float = eqx.field(static=True)

    def __init__(self, size: Given, *, center: Given = (0.0, 0.0), edge: float = 1.0):
        self.size, self.center = pair("size", size, NOT_NEGATIVE), pair("center", center)
        self.edge = setting("edge", edge, POSITIVE)

    def share(self, grid: Grid) -> Float[Array, "y x"]:
        """Return the open share of each pixel."""
        height, width = self.edge * jnp.abs(grid.pitch)
        rows = edges.slit(grid.y - self.center[0], self.size[0], height)
        return rows[:, None] * edges.slit(grid.x - self.center[1], self.size[1], width)


def _disc(grid: Grid, center: Pair, radius: Scalar, edge: float) -> Float[Array, "y x"]:
    height, width = edge * jnp.abs(grid.pitch)
    return edges.disc((grid.y - center[0])[:, None], (grid.x - center[1])[None, :], radius, (height, width))
