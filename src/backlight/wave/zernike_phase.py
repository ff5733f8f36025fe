"""A smooth phase described by few numbers."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from backlight.light import Field, Grid, map_modes
from backlight.maths import edges
from backlight.maths.argument import instance
from backlight.maths.leaf import POSITIVE, Given, Pair, Scalar, number, pair
from backlight.maths.turns import wave
from backlight.wave.element import Element
from backlight.wave.zernikes import Zernikes

_BEYOND = 1.5
"""Radius, in units of the disc's, where the polynomials stop being evaluated: the edge has ended."""


class ZernikePhase(Element):
    """Delay the light on a disc by a sum of Zernike polynomials: U → U·exp(i s φ((r − r₀)/a)), φ = Σ cₖ Zₖ.

    s is the share of a pixel inside the disc, as of a `CircularAperture`; outside there is no delay. The phase is the
    same at every wavelength. In a pupil the aberrations of `Objective` do the same.

    **Arguments:**

    - `aberrations`: φ, rad: `NollZernikes` or `FringeZernikes`.
    - `radius`: a, m, > 0; a leaf.
    - `center`: r₀ = (y, x), m.

    Valid for a disc of some pixels, and pixels that sample the phase: less than half a turn from one to the next.

    **Errors:** `InputError` for a radius ≤ 0, and for what is no `Zernikes`.

    Example:
        >>> from backlight.light import Grid
        >>> from backlight.wave import NollZernikes, ZernikePhase
        >>> plate = ZernikePhase(NollZernikes([0.1, 0.2], first=4), 32e-6)
        >>> round(float(plate.phase(Grid((64, 64), 1e-6))[32, 32]), 4)
        -0.1732
    """

    aberrations: Zernikes
    radius: Scalar
    center: Pair

    def __init__(self, aberrations: Zernikes, radius: Given, *, center: Given = (0.0, 0.0)):
        self.aberrations = instance("aberrations", aberrations, Zernikes)
        self.radius, self.center = number("radius", radius, POSITIVE), pair("center", center)

    def phase(self, grid: Grid) -> Float[Array, "y x"]:
        """Return s·φ on the pixels of `grid`, rad."""
        y, x = (grid.y - self.center[0])[:, None] / self.radius, (grid.x - self.center[1]) / self.radius
        height, width = jnp.abs(grid.pitch) / self.radius
        share = edges.disc(y, x, jnp.ones_like(self.radius), (height, width))
        seen = y**2 + x**2 < _BEYOND**2
        return share * self.aberrations.phase(jnp.where(seen, y, 0.0), jnp.where(seen, x, 0.0))

    def __call__(self, field: Field) -> Field:
        """Return the light just behind."""
        return map_modes(self._delayed, field)

    def _delayed(self, field: Field) -> Field:
        return field.with_values(field.values * wave(self.phase(field.grid) / (2 * jnp.pi)))
