"""A shift of the image: nothing that is preferred of a sample says where it lies."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from backlight.inverse.curvature import data_curvature
from backlight.inverse.marginal import products
from backlight.inverse.problem import Coordinates, Problem


def curvature_left_by_a_shift(
    problem: Problem, z: Coordinates, alone: Coordinates, own: Float[Array, "p p"], images: tuple[str, ...]
) -> Float[Array, "p p"]:
    """Return the curvature of the data left to moves of θ that a shift of the images may answer, and nothing else.

    Total variation, sparsity and smoothness do not change when an image is shifted, but the quadratic that touches them
    does: it takes the edges to be known. Where this curvature is zero, no such term tells anything either.

    **Arguments:** `alone`: moves of θ, stacked, with everything else held; `own`: the data's curvature along them.
    """
    shifts = [_shift(problem, z, path, axis) for path in images for axis in (-2, -1)]
    if not shifts:
        return own
    stacked = jax.tree.map(lambda *each: jnp.stack(each), *shifts)
    bent = jax.lax.map(lambda shift: data_curvature(problem, z, shift), stacked)
    across, among = (products(moves, bent) for moves in (alone, stacked))
    return own - across @ jnp.linalg.pinv(0.5 * (among + among.T), rtol=1e-6) @ across.T


def _shift(problem: Problem, z: Coordinates, path: str, axis: int) -> Coordinates:
    """Return the direction in which the coordinates of an image move when it is shifted along an axis."""
    frequencies = 2j * jnp.pi * jnp.fft.fftfreq(z[path].shape[axis])
    along = jnp.expand_dims(frequencies, -1) if axis == -2 else frequencies
    slope = jnp.fft.ifft2(jnp.fft.fft2(z[path]) * along).real.astype(z[path].dtype)
    return {other: slope if other == path else jnp.zeros_like(value) for other, value in z.items()}
