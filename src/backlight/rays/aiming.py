"""Rays that pass given points of the real stop: where the entrance pupil is, aberrations of the pupil included."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Real

from backlight.light import Rays
from backlight.maths.exact import Number
from backlight.rays.first_order import first_order
from backlight.rays.launch import FieldPoint, demand_point, launch
from backlight.rays.lens import Lens
from backlight.rays.media import demand_media
from backlight.rays.trace import trace

STEPS = 6
"""Of Newton's: pupils are smooth, and begin within a few percent."""


def aim(
    lens: Lens,
    field: FieldPoint,
    points: Real[Array | np.ndarray, "2 *n"],
    wavelength: Float[Array | np.ndarray, "..."] | float,
    *,
    reference: Number | None = None,
) -> Rays:
    """Return rays that pass points of the stop, by Newton's iteration over the points of the entrance pupil.

    Derivatives are right to first order: the last step is differentiated, at a Jacobian that is held.

    **Arguments:** `points`: (y, x) of the stop, of radius 1 where first order sees the rim of the beam; the rest as of
    `launch`. A ray that is lost before the stop is aimed no further.

    **Errors:** as of `launch`.
    """
    demand_media(lens, wavelength)
    demand_point(lens, field)
    return _aimed(lens, field, points, wavelength, wavelength if reference is None else reference)


@jax.jit
def _aimed(
    lens: Lens, field: FieldPoint, points: Array | np.ndarray, wavelength: Array | float, reference: Array | float
) -> Rays:
    radius = first_order(lens, reference).stop_diameter / 2
    head, wanted = lens.head(lens.stop), jnp.asarray(points, float)

    def missed(at: Float[Array, "2 *n"]) -> Float[Array, "2 *n"]:
        rays = trace(head, launch(lens, field, at, wavelength, reference=reference))
        return jnp.where(rays.alive, rays.position[1:] / radius - wanted, 0.0)

    def better(at: Float[Array, "2 *n"]) -> Float[Array, "2 *n"]:
        still = jax.lax.stop_gradient(at)
        by_y, by_x = (jax.jvp(missed, (still,), (jnp.zeros_like(still).at[i].set(1.0),))[1] for i in (0, 1))
        return at - _solved(jax.lax.stop_gradient(by_y), jax.lax.stop_gradient(by_x), missed(at))

    at = jax.lax.stop_gradient(jax.lax.fori_loop(0, STEPS, lambda _, at: better(at), wanted))
    return launch(lens, field, better(at), wavelength, reference=reference)


def _solved(by_y: Array, by_x: Array, missed: Array) -> Array:
    """Return J⁻¹·missed for the 2 × 2 Jacobians whose columns are given; 0 where a ray tells nothing."""
    determinant = by_y[0] * by_x[1] - by_x[0] * by_y[1]
    told = jnp.abs(determinant) > 1e-6
    safe = jnp.where(told, determinant, 1.0)
    y = (by_x[1] * missed[0] - by_x[0] * missed[1]) / safe
    x = (by_y[0] * missed[1] - by_y[1] * missed[0]) / safe
    return jnp.where(told, jnp.stack([y, x]), 0.0)
