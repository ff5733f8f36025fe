"""How wide the spot of a point is."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from backlight.maths.exact import Number
from backlight.rays.launch import FieldPoint, PupilPoints, gauss_legendre, launch
from backlight.rays.lens import Lens
from backlight.rays.trace import demand_chief, trace


class Spot(NamedTuple):
    """Where the rays of a point of the object meet the image.

    **Attributes:** `chief`, (y, x) of the ray through the middle of the entrance pupil, m; `offsets`, of the others
    from there; `weights`, 0 for lost rays, which sum to 1, NaN where all are
    lost; `passed`, the share of the light that arrives.

    Example:
        >>> from backlight.light import ConstantIndex
        >>> from backlight.rays import Conic, Lens, Surface, spot
        >>> lens = Lens([Surface(Conic(50e-3), thickness=0.15, medium=ConstantIndex(1.5), stop=True), Surface()],
        ...             entrance_pupil_diameter=10e-3)
        >>> found = spot(lens, (0.0, 0.0), 550e-9)
        >>> found.offsets.shape, bool(found.rms < 50e-6)
        ((2, 72), True)
    """

    chief: Float[Array, "2"]
    offsets: Float[Array, "2 n"]
    weights: Float[Array, " n"]
    passed: Float[Array, ""]

    @property
    def mean_square(self) -> Float[Array, ""]:
        """Mean of the square of the distance from the chief ray, m²."""
        return jnp.sum(self.weights * jnp.sum(self.offsets**2, axis=0))

    @property
    def rms(self) -> Float[Array, ""]:
        """Root of the mean square of the distance from the chief ray, m."""
        return jnp.sqrt(self.mean_square)

    @property
    def centered_rms(self) -> Float[Array, ""]:
        """Root of the mean square of the distance from the mean of all rays, m."""
        mean = self.offsets @ self.weights
        return jnp.sqrt(jnp.sum(self.weights * jnp.sum((self.offsets - mean[:, None]) ** 2, axis=0)))


def spot(
    lens: Lens,
    field: FieldPoint,
    wavelength: Number,
    *,
    rule: PupilPoints | None = None,
    reference: Number | None = None,
) -> Spot:
    """Return the spot of a point of the object, by Gauss-Legendre points of the pupil.

    **Arguments:** `field`, `reference`: as of `launch`; `rule`: other points of the pupil.

    **Errors:** `InputError` where the chief ray is lost, or all others, with the surface.
    """
    rule = gauss_legendre() if rule is None else rule
    points = jnp.concatenate([jnp.zeros((2, 1)), jnp.asarray(rule.points, float)], axis=1)
    rays = trace(lens, launch(lens, field, points, wavelength, reference=reference))
    demand_chief("spot", rays)
    place = rays.position[1:]
    weights = jnp.where(rays.alive[1:], jnp.asarray(rule.weights, float) * rays.weight[1:], 0.0)
    passed = jnp.sum(weights)
    weights = jnp.where(passed > 0, weights / jnp.maximum(passed, 1e-30), jnp.nan)
    return Spot(place[:, 0], place[:, 1:] - place[:, :1], weights, passed)
