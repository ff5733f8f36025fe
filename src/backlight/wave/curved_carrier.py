"""The carrier's curvature written out as a phase: where a part cannot take it along."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex

from backlight.light import Field, Grid
from backlight.maths.precise import Precise, phasors, precise, separable
from backlight.maths.safe import known_zero
from backlight.maths.turns import wave
from backlight.wave.coordinates import positions


def without_curvature(field: Field) -> Field:
    """Return the same light with exp(iπ n c |r|²/λ) in its values and curvature 0.

    The grid must then carry that phase: n c |r|/λ, r out to the edge of the light, below the Nyquist frequency.
    """
    if known_zero(field.curvature):
        return field
    values = field.full * carried_sphere(field)
    return eqx.tree_at(lambda light: (light.values, light.curvature), field, (values, jnp.zeros_like(field.curvature)))


def carried_sphere(field: Field) -> Complex[Array, "y x"]:
    """Return exp(iπ n c |r|²/λ) of a field's carrier."""
    return sphere(field.grid, precise(field.curvature) / (precise(field.wavelength) / field.medium_index))


@jax.jit
def carrier_remainder(grid: Grid, tilt: Precise, curvature: Precise, wavelength: Precise) -> Complex[Array, "y x"]:
    """Return the phase that a carrier loses to its floats, 1e-4 rad a millimeter off the axis: it goes to the values.

    Of no derivative: the floats have that of the numbers themselves.

    **Arguments:** `wavelength` in the medium, m.
    """
    lost_tilt = (tilt - tilt.rounded()).double.hi
    lost_rate = (curvature - curvature.rounded()).double.hi / wavelength.double.hi * 0.5
    turns = [(lost_rate * r + lost_tilt[i]) * r for i, r in enumerate((grid.y, grid.x))]  # few: plain floats will do
    return separable(*(wave(jax.lax.stop_gradient(part)) for part in turns))


@jax.jit
def sphere(grid: Grid, rate: Precise) -> Complex[Array, "y x"]:
    """Return exp(iπ·rate·|r|²) on a grid."""
    y, x = (positions(grid, axis) for axis in (0, 1))
    return separable(*phasors(*(rate * 0.5 * r * r for r in (y, x))))
