"""Coordinates in two floats and phases counted in turns; a curved carrier written out."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex

from backlight.light import Field, Grid
from backlight.maths import double_float as df
from backlight.maths.double_float import Double
from backlight.maths.safe import known_zero, real_array
from backlight.maths.turns import cos_sin


def positions(grid: Grid, axis: int) -> Double:
    """Return the coordinates of a grid's axis, m, in two floats."""
    n = grid.shape[axis]
    index = df.exact(real_array(np.arange(n) - n // 2))
    return df.add(df.multiply(index, df.exact(grid.pitch[axis])), df.exact(grid.center[axis]))


def frequencies(grid: Grid, axis: int) -> Double:
    """Return the spatial frequencies of a grid's axis in FFT order, cycles/m, in two floats."""
    n = grid.shape[axis]
    width = df.multiply(df.exact(real_array(float(n))), df.exact(grid.pitch[axis]))
    return df.divide(df.exact(real_array(np.rint(np.fft.fftfreq(n) * n))), width)


def as_column(a: Double) -> Double:
    """Return the numbers of a row as a column."""
    return Double(a.hi[:, None], a.lo[:, None])


def phasor(turns: Double) -> Complex[Array, "..."]:
    """Return exp(2πi t); whole turns are dropped before they cost a digit."""
    return jax.lax.complex(*cos_sin(df.fraction(turns)))


def flattened(field: Field) -> Field:
    """Return the same light with no curvature in its carrier: exp(iπ n c |r|²/λ) is written into the values.

    The grid must sample that sphere: n c |r|·pitch/λ < 1/2 where there is light.
    """
    if known_zero(field.curvature):
        return field
    wavelength = df.divide(df.exact(field.wavelength), df.exact(field.medium_index))
    bend = df.divide(df.exact(0.5 * field.curvature), wavelength)
    y, x = (phasor(df.multiply(bend, df.multiply(r, r))) for r in (positions(field.grid, 0), positions(field.grid, 1)))
    values = field.full * (y[:, None] * x)
    return eqx.tree_at(lambda light: (light.values, light.curvature), field, (values, jnp.zeros_like(field.curvature)))
