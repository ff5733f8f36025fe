"""How much of each sample of a pupil is open, where edges of apertures cut through samples."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from backlight.light import Rays
from backlight.maths.edges import inside
from backlight.maths.vectors import Vector
from backlight.rays.lens import Lens
from backlight.rays.rims import Aperture, all_apertures, share, within, without_edges
from backlight.rays.trace import gathered

STEEP = 1e-20
"""Change from sample to sample, m, below which there is none."""


def openness(lens: Lens, rays: Rays, distance: Float[Array, "y x"]) -> tuple[Array, Array]:
    """Return the share of each sample that all sharp edges leave open, and the share of light that soft ones let pass.

    Each edge is a line through the samples; of a sample the one counts that cuts off most.

    **Arguments:** `rays`: one for each sample, neighbors beside each other; `distance`: from the rim of the pupil
    itself, in samples, positive inside.
    """

    def nearest(told: tuple[Array, Array], aperture: Aperture, place: Vector) -> tuple[Array, Array]:
        distance, passed = told
        inside_by = within(aperture, place)
        change = jnp.sqrt(_squared_slope(inside_by) + STEEP**2)
        passed = passed * jnp.where(aperture.width > 0, share(aperture, place), 1.0)
        return jnp.minimum(distance, inside_by / change), passed

    start = distance, jnp.ones_like(distance)
    distance, passed = gathered(without_edges(lens), rays, nearest, start, all_apertures(lens.surfaces))
    return inside(distance), passed


def _squared_slope(values: Float[Array, "y x"]) -> Float[Array, "y x"]:
    """Return |∇|², the mean of both sides: not 0 in the middle of a hole."""
    ahead = (jnp.roll(values, -1, axis) - values for axis in (0, 1))
    return sum((step**2 + jnp.roll(step, 1, axis) ** 2 for axis, step in enumerate(ahead)), jnp.zeros(())) / 2


def slopes(values: Float[Array, "y x"]) -> Float[Array, "2 y x"]:
    """Return the change per sample along y and x."""
    return jnp.stack([(jnp.roll(values, -1, axis) - jnp.roll(values, 1, axis)) / 2 for axis in (0, 1)])
