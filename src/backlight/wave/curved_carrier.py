"""The carrier's curvature written out as a phase: where a part cannot take it along."""

import equinox as eqx
import jax
import jax.numpy as jnp

from backlight.light import Field
from backlight.maths.safe import known_zero, real_array
from backlight.maths.turns import cos_sin
from backlight.wave.grid_turns import quadratic_turns


def without_curvature(field: Field) -> Field:
    """Return the same light with exp(iπ n c |r|²/λ) in its values and curvature 0.

    The grid must then carry that phase: n c |r|/λ, r out to the edge of the light, below the Nyquist frequency.
    """
    if known_zero(field.curvature):
        return field
    values = field.full
    for axis in (0, 1):
        turns = quadratic_turns(field.grid, axis, field.curvature, field.wavelength, field.medium_index)
        values *= jnp.expand_dims(jax.lax.complex(*cos_sin(turns)), 1 - axis)
    return eqx.tree_at(lambda light: (light.values, light.curvature), field, (values, real_array(0.0)))
