"""The part of a spectrum about its carrier: what an image of few pixels, or a small pupil, needs of it."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Complex, Float

from backlight.light import Grid
from backlight.maths.turns import wave


def window_about_axis(
    spectrum: Complex[Array, "*modes Y X"], grid: Grid, tilt: Float[Array, "2"], shape: tuple[int, int]
) -> tuple[Complex[Array, "*modes y x"], Grid, Float[Array, "2"]]:
    """Return the samples of F nearest to the axis, f + τ ≈ 0, the grid they transform to, and the tilt left over.

    The window moves by whole samples, m = −round(τL), and the rest τ + m/L stays in the carrier: light has the
    frequencies f + τ before and behind, exactly. Nothing is scaled.

    **Arguments:** `spectrum`: F in FFT order on `grid`, of length L along an axis; `tilt`: τ, cycles/m; `shape` of the
    window, even numbers, as those of the grid are.
    """
    length = grid.pitch * jnp.asarray(grid.shape, grid.pitch.dtype)
    middle = -jnp.round(jax.lax.stop_gradient(tilt * length))
    # The first sample of the window, in a spectrum that goes on beyond its end as a periodic one does: one slice, whose
    # derivative adds to a slice.
    edges = [(0, 0)] * (spectrum.ndim - 2) + [(0, n) for n in shape]
    periodic = jnp.pad(spectrum, edges, mode="wrap")
    first = [jnp.mod(middle[i].astype(int) - shape[i] // 2, grid.shape[i]) for i in (0, 1)]
    picked = jax.lax.dynamic_slice(
        periodic, [*[jnp.zeros_like(first[0])] * (spectrum.ndim - 2), *first], spectrum.shape[:-2] + shape
    )
    coarse = Grid(shape, grid.pitch * jnp.asarray(grid.shape) / jnp.asarray(shape), grid.center)
    turns = jnp.sum(middle * (0.5 - grid.center / length))  # of the transform's first pixel, m·x₀/L
    return jnp.fft.ifftshift(picked, axes=(-2, -1)) * wave(turns - jnp.round(turns)), coarse, tilt + middle / length


def within(spectrum: Complex[Array, "*modes y x"], shape: tuple[int, int]) -> Complex[Array, "*modes Y X"]:
    """Return a spectrum of as many samples or more, in FFT order: zeros between its highest frequencies."""
    for axis, n in zip((-2, -1), shape, strict=True):
        given = spectrum.shape[axis]
        if n == given:
            continue
        positive, negative = jnp.split(spectrum, [(given + 1) // 2], axis=axis)
        between = list(spectrum.shape)
        between[axis] = n - given
        spectrum = jnp.concatenate([positive, jnp.zeros(between, spectrum.dtype), negative], axis=axis)
    return spectrum
