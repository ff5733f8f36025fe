"""A shift of the image: nothing that is preferred of a sample says where it lies."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from backlight.inverse.curvature import data_curvature
from backlight.inverse.marginal import energies
from backlight.inverse.problem import Coordinates, Problem


def curvature_left_by_a_shift(
    problem: Problem, z: Coordinates, alone: Coordinates, images: tuple[str, ...]
) -> Float[Array, "p p"]:
    """Return the curvature of the data left to moves of θ that a shift of the images may answer, and nothing else.

    Total variation, sparsity and smoothness do not change when an image is shifted, but the quadratic that touches them
    does: it takes the edges to be known. Where this curvature is zero, no such term tells anything either.

    **Arguments:** `alone`: moves of θ with everything else held, stacked.
    """
    shifts = [_shift(problem, z, path, axis) for path in images for axis in (-2, -1)]
    count = jax.tree.leaves(alone)[0].shape[0]
    if not shifts:
        return energies(lambda move: data_curvature(problem, z, move), alone)
    moves = jax.tree.map(lambda first, *rest: jnp.concatenate([first, *(r[None] for r in rest)]), alone, *shifts)
    whole = energies(lambda move: data_curvature(problem, z, move), moves)
    across = whole[:count, count:]
    return whole[:count, :count] - across @ jnp.linalg.pinv(whole[count:, count:], rtol=1e-6) @ across.T


def _shift(problem: Problem, z: Coordinates, path: str, axis: int) -> Coordinates:
    """Return the direction in which the coordinates of an image move when it is shifted along an axis."""
    frequencies = 2j * jnp.pi * jnp.fft.fftfreq(z[path].shape[axis])
    along = jnp.expand_dims(frequencies, -1) if axis == -2 else frequencies
    slope = jnp.fft.ifft2(jnp.fft.fft2(z[path]) * along).real.astype(z[path].dtype)
    return {other: slope if other == path else jnp.zeros_like(value) for other, value in z.items()}
