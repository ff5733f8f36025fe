"""The light on a plane that leans."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from backlight.light import Field, Grid, map_modes
from backlight.maths.fourier import fft2
from backlight.maths.leaf import Given, Pair, pair
from backlight.maths.precise import Precise, cosine_sine, phasor, precise, where
from backlight.maths.safe import known_zero, real_array, square_root
from backlight.wave.coordinates import frequencies, positions
from backlight.wave.curved_carrier import without_curvature

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
        self.angles = pair("angles", angles)

    def magnification(self, curvature: Float[Array, ""]) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """Return 1, and no curvature: it is in the values."""
        return real_array(1.0), real_array(0.0)

    def __call__(self, field: Field) -> Field:
        """Return the light on the turned plane."""
        return map_modes(self._turned, field)

    def _turned(self, field: Field) -> Field:
        field = without_curvature(field)
        if not known_zero(self.angles[0]):
            field = _transposed(_lean(_transposed(field), self.angles[0]))
        return field if known_zero(self.angles[1]) else _lean(field, self.angles[1])


def _transposed(field: Field) -> Field:
    """Exchange y and x."""
    rows, columns = field.grid.shape
    grid = Grid((columns, rows), field.grid.pitch[::-1], field.grid.center[::-1])
    swapped = jnp.swapaxes(field.full, -2, -1)
    return eqx.tree_at(lambda light: (light.values, light.grid, light.tilt), field, (swapped, grid, field.tilt[::-1]))


def _lean(field: Field, angle: Float[Array, ""]) -> Field:
    """Return the field on the plane whose normal leans towards x by `angle`."""
    wavelength = precise(field.wavelength) / field.medium_index
    frequency, decay, tilt = _leaning(field.grid, field.tilt, wavelength, cosine_sine(precise(angle)))
    x = positions(field.grid, 1)
    # the transform counts from the first pixel, the plane from the origin
    from_origin = phasor(-(frequencies(field.grid, 1) * x[0]))
    spectrum = fft2(field.full) * (from_origin / field.grid.shape[1])
    values = jnp.fft.ifft(_evaluated(spectrum, x, frequency, decay), axis=-2)
    return eqx.tree_at(lambda light: (light.values, light.tilt), field, (values, tilt))


def _leaning(
    grid: Grid, tilt: Float[Array, "2"], wavelength: Precise, turn: tuple[Precise, Precise]
) -> tuple[Precise, Float[Array, "y x"], Float[Array, "2"]]:
    """Return f̂ − τ̂, how fast evanescent waves decay along x̂ (both in cycles/m), and the new carrier τ̂.

    τ̂ is rounded to one float, the difference is not: the field, carrier included, keeps its digits.
    """
    gy, gx = (wavelength * (frequencies(grid, axis) + tilt[axis]) for axis in (0, 1))
    ty, tx = (wavelength * tilt[axis] for axis in (0, 1))
    along, evanescent = _along(gy[:, None], gx, turn)
    carried, _ = _along(ty, tx, turn)
    new = (carried / wavelength).rounded()
    decay = jnp.abs(turn[1].plain) * evanescent / wavelength.plain
    return along / wavelength - new, decay, jnp.stack([tilt[0], new])


def _along(gy: Precise, gx: Precise, turn: tuple[Precise, Precise]) -> tuple[Precise, Float[Array, "..."]]:
    """Return the part along x̂ of the direction (g_y, g_x, √(1 − g²)), and √(g² − 1) where that is evanescent."""
    rest = 1.0 - (gy * gy + gx * gx)
    lit = (rest.plain > 0) & (rest.double.hi > 0)
    forward = where(lit, where(lit, rest, 1.0).root(), 0.0)
    return gx * turn[0] - forward * turn[1], square_root(-rest.rounded())


def _evaluated(
    spectrum: Complex[Array, "*modes y x"], x: Precise, frequency: Precise, decay: Float[Array, "y x"]
) -> Complex[Array, "*modes y x"]:
    """Return Σ F exp(2πi x̂ (f̂ − τ̂)) of each row of the spectrum: a matrix product a row, a few rows at a time.

    The matrices are rebuilt for the derivative rather than kept: N_y·N_x² numbers would not fit.
    """
    column = x[:, None]

    def row(given: tuple[Array, Precise, Array]) -> Array:
        amplitudes, cycles, decays = given
        waves = phasor(column * cycles) * jnp.exp(-2 * np.pi * jnp.abs(column.plain) * decays)
        return jnp.matmul(amplitudes, waves.T, precision=jax.lax.Precision.HIGHEST)

    rows = (jnp.moveaxis(spectrum, -2, 0), frequency, decay)
    together = max(1, MATRIX_ENTRIES // spectrum.shape[-1] ** 2)
    return jnp.moveaxis(jax.lax.map(jax.checkpoint(row), rows, batch_size=together), 0, -2)
