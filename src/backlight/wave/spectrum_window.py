"""The part of a spectrum about its carrier: what a decimated image needs of it."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float, Int

from backlight.errors import InputError
from backlight.light import Grid
from backlight.maths.turns import wave


def window_about_axis(
    spectrum: Complex[Array, "*modes Y X"], grid: Grid, tilt: Float[Array, "2"], decimation: int
) -> tuple[Complex[Array, "*modes y x"], Grid, Float[Array, "2"]]:
    """Return the samples of F nearest to the axis, f + τ ≈ 0, the grid they transform to, and the tilt left over.

    The window moves by whole samples, m = −round(τL), and the rest τ + m/L stays in the carrier: light has the
    frequencies f + τ before and behind, exactly. Nothing is scaled: of the transform back, 1/decimation per axis.

    **Arguments:** `spectrum`: F in FFT order on `grid`, of length L along an axis; `tilt`: τ, cycles/m; `decimation`:
    how many times fewer samples.

    **Errors:** `InputError` where the pixels along an axis are no even multiple of the decimation.
    """
    if any(n % (2 * decimation) for n in grid.shape):
        raise InputError(
            "decimation", got=f"{decimation}, of light on {grid.shape} pixels, padding included",
            expected="an even number of pixels behind it on both axes",
            remedy=f"pad the light to multiples of {2 * decimation} pixels",
        )  # fmt: skip
    rows, columns = (n // decimation for n in grid.shape)
    length = grid.pitch * jnp.asarray(grid.shape, grid.pitch.dtype)
    middle = -jnp.round(jax.lax.stop_gradient(tilt * length))
    picked = spectrum
    for axis, n in ((-2, rows), (-1, columns)):
        picked = jnp.take(picked, _samples(middle[axis], n, spectrum.shape[axis]), axis=axis)
    coarse = Grid((rows, columns), grid.pitch * decimation, grid.center)
    turns = jnp.sum(middle * (0.5 - grid.center / length))  # of the transform's first pixel, m·x₀/L
    return picked * wave(turns - jnp.round(turns)), coarse, tilt + middle / length


def _samples(middle: Float[Array, ""], count: int, size: int) -> Int[Array, " n"]:
    """Return the indices, in FFT order of the window, of its samples among the `size` ones."""
    near = np.rint(np.fft.fftfreq(count) * count).astype(int)
    return jnp.mod(middle.astype(int) + near, size)
