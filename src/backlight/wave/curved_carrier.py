"""The carrier's curvature written out as a phase: where a part cannot take it along."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from backlight.light import Field, Grid
from backlight.maths import double_float as df
from backlight.maths.safe import known_zero, real_array
from backlight.maths.turns import cos_sin


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


def quadratic_turns(
    grid: Grid, axis: int, curvature: Array, wavelength: Array, medium_index: Array
) -> Float[Array, " n"]:
    """Return n c r²/(2λ) of one axis less its whole turns: in two floats, so that hundreds of turns lose no digit."""
    index = jnp.asarray(np.arange(grid.shape[axis]) - grid.shape[axis] // 2, grid.pitch.dtype)
    return _fraction(index, grid.pitch[axis], grid.center[axis], curvature, wavelength, medium_index)


def _turns(index: Array, pitch: Array, center: Array, curvature: Array, wavelength: Array, medium_index: Array) -> Any:
    return 0.5 * medium_index * curvature / wavelength * (index * pitch + center) ** 2


@jax.custom_jvp
def _fraction(*numbers: Array) -> Array:
    index, pitch, center, curvature, wavelength, medium_index = (df.exact(number) for number in numbers)
    r = df.add(df.multiply(index, pitch), center)
    half = df.exact(jnp.full_like(curvature.hi, 0.5))
    rate = df.divide(df.multiply(half, df.multiply(medium_index, curvature)), wavelength)
    return df.fraction(df.multiply(rate, df.multiply(r, r)))


@_fraction.defjvp
def _fraction_jvp(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    return _fraction(*primals), jax.jvp(_turns, primals, tangents)[1]
