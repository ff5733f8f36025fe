"""The light on a plane that leans."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from backlight.light import Field, Grid, map_modes
from backlight.maths import double_float as df
from backlight.maths.double_float import Double
from backlight.maths.fourier import fft2
from backlight.maths.leaf import Given, Pair
from backlight.maths.safe import known_zero, real_array, square_root
from backlight.wave.carrier import as_column, flattened, frequencies, phasor, positions

MATRIX_ENTRIES = 2**20
"""How many numbers of the matrices to hold at a time."""


class RotatedPlane(eqx.Module):
    """Look at the light on a plane turned about the origin of this one.

    The plane leans by θ when its normal does: its axes are x̂ = x cos θ − z sin θ and y. Each plane wave of the
    spectrum is evaluated on it exactly,

        U(x̂, y) = ∬ F(f) exp(2πi (x̂ f̂(f) + y f_y)) df,   f̂ = f_x cos θ − w sin θ,   w = √(1/λ² − |f|²)

    (angular spectrum: Goodman, Introduction to Fourier Optics, §3.10), f with the carrier's tilt included. The carrier
    is turned with the plane, so that the values stay as slow as they were: a wave that meets the plane at right angles
    has no tilt there. Matsushima's interpolated spectrum (J. Opt. Soc. Am. A 20, 1755 (2003)) is faster and not exact.

    Evanescent waves decay away from the axis on both sides. Grid and pixels keep their numbers, now along x̂. A curved
    carrier is written into the values. The field is a scalar; components of a polarized one are not projected anew.

    **Arguments:** `angles`: (θ_y, θ_x), rad, how far the normal leans towards y and towards x; first towards y, then
    towards the x that remains. Zero leaves the plane where it is, and is a point like any other for a derivative.

    Valid for |θ| < π/2 and light that passes through the plane forwards (f along its normal > 0). The transform
    repeats the window: light must be dark at the window's edge on both planes. On the plane frequencies are stretched
    by (w along the new normal)/w, at most 1/cos of the wave's angle, and must stay below the Nyquist frequency.
    Costs N_y·N_x² operations for each angle that is not zero.

    Example:
        >>> import math
        >>> from backlight.light import Grid
        >>> from backlight.wave import PlaneWave, RotatedPlane
        >>> light = PlaneWave(500e-9, tilt=(0.0, math.sin(0.2) / 500e-9))(Grid((4, 6), 1e-6))
        >>> abs(float(RotatedPlane((0.0, 0.2))(light).tilt[1])) < 1
        True
    """

    angles: Pair

    def __init__(self, angles: Given):
        self.angles = real_array(angles)

    def magnification(self, curvature: Float[Array, ""]) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """Return 1, and no curvature: it is in the values."""
        return real_array(1.0), real_array(0.0)

    def __call__(self, field: Field) -> Field:
        """Return the light on the turned plane."""
        return map_modes(self._turned, field)

    def _turned(self, field: Field) -> Field:
        field = flattened(field)
        if not known_zero(self.angles[0]):
            field = _transposed(_lean(_transposed(field), self.angles[0]))
        return field if known_zero(self.angles[1]) else _lean(field, self.angles[1])


def _transposed(field: Field) -> Field:
    """Exchange y and x."""
    rows, columns = field.grid.shape
    grid = Grid((columns, rows), field.grid.pitch[::-1], field.grid.center[::-1])
    swapped = jnp.swapaxes(field.full, -2, -1)
    return Field(swapped, grid, field.wavelength, medium_index=field.medium_index, tilt=field.tilt[::-1])


def _lean(field: Field, angle: Float[Array, ""]) -> Field:
    """Return the field on the plane whose normal leans towards x by `angle`."""
    wavelength = df.divide(df.exact(field.wavelength), df.exact(field.medium_index))
    frequency, decay, tilt = _leaning(field.grid, field.tilt, wavelength, df.cosine_sine(df.exact(angle)))
    x = positions(field.grid, 1)
    # the transform counts from the first pixel, the plane from the origin
    from_origin = phasor(df.negate(df.multiply(frequencies(field.grid, 1), Double(x.hi[0], x.lo[0]))))
    spectrum = fft2(field.full) * (from_origin / field.grid.shape[1])
    values = jnp.fft.ifft(_evaluated(spectrum, x, frequency, decay), axis=-2)
    return eqx.tree_at(lambda light: (light.values, light.tilt), field, (values, tilt))


def _leaning(
    grid: Grid, tilt: Float[Array, "2"], wavelength: Double, turn: tuple[Double, Double]
) -> tuple[Double, Float[Array, "y x"], Float[Array, "2"]]:
    """Return f̂ − τ̂, how fast evanescent waves decay along x̂ (both in cycles/m), and the new carrier τ̂.

    τ̂ is rounded to one float, the difference is not: the field, carrier included, keeps its digits.
    """
    carrier = [df.exact(tilt[axis]) for axis in (0, 1)]
    gy, gx = (df.multiply(wavelength, df.add(frequencies(grid, axis), carrier[axis])) for axis in (0, 1))
    ty, tx = (df.multiply(wavelength, carrier[axis]) for axis in (0, 1))
    along, evanescent = _along(as_column(gy), gx, turn)
    carried, _ = _along(ty, tx, turn)
    turned = df.divide(carried, wavelength)
    new = turned.hi + turned.lo
    decay = jnp.abs(turn[1].hi) * evanescent / wavelength.hi
    return df.add(df.divide(along, wavelength), df.exact(-new)), decay, jnp.stack([tilt[0], new])


def _along(gy: Double, gx: Double, turn: tuple[Double, Double]) -> tuple[Double, Float[Array, "..."]]:
    """Return the part along x̂ of the direction (g_y, g_x, √(1 − g²)), and √(g² − 1) where that is evanescent."""
    square = df.add(df.multiply(gy, gy), df.multiply(gx, gx))
    rest = df.add(df.negate(square), df.exact(jnp.ones_like(square.hi)))
    lit = rest.hi > 0
    root = df.square_root(Double(jnp.where(lit, rest.hi, 1.0), jnp.where(lit, rest.lo, 0.0)))
    forward = Double(jnp.where(lit, root.hi, 0.0), jnp.where(lit, root.lo, 0.0))
    along = df.add(df.multiply(gx, turn[0]), df.negate(df.multiply(forward, turn[1])))
    return along, square_root(-rest.hi)


def _evaluated(
    spectrum: Complex[Array, "*modes y x"], x: Double, frequency: Double, decay: Float[Array, "y x"]
) -> Complex[Array, "*modes y x"]:
    """Return Σ F exp(2πi x̂ (f̂ − τ̂)) of each row of the spectrum: a matrix product a row, a few rows at a time.

    The matrices are rebuilt for the derivative rather than kept: N_y·N_x² numbers would not fit.
    """
    column = as_column(x)

    def row(given: tuple[Array, Double, Array]) -> Array:
        amplitudes, cycles, decays = given
        waves = phasor(df.multiply(column, cycles)) * jnp.exp(-2 * np.pi * jnp.abs(column.hi) * decays)
        return jnp.matmul(amplitudes, waves.T, precision=jax.lax.Precision.HIGHEST)

    rows = (jnp.moveaxis(spectrum, -2, 0), frequency, decay)
    together = max(1, MATRIX_ENTRIES // spectrum.shape[-1] ** 2)
    return jnp.moveaxis(jax.lax.map(jax.checkpoint(row), rows, batch_size=together), 0, -2)
