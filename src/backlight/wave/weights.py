"""Weights of modes: the irradiance each carries."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from backlight.errors import InputError
from backlight.maths.leaf import NOT_NEGATIVE, Given, Vector, frame_shape, reals
from backlight.maths.safe import complex_array, squared_modulus


def weights_of(weights: Given | None, count: int) -> Vector:
    """Return weights as a leaf: as given, or `count` equal ones that sum to 1.

    **Errors:** `InputError` if one is below 0, or their number is not `count`.
    """
    leaf = reals("weights", np.full(count, 1 / count) if weights is None else weights, NOT_NEGATIVE)
    if frame_shape(leaf)[-1:] != (count,):
        raise InputError("weights", got=f"shape {frame_shape(leaf)}", expected=f"{count}, one for each mode")
    return leaf


def uniform(weights: Float[Array, " modes"]) -> Complex[Array, "modes 1 1"]:
    """Return the values of modes that are uniform over the grid: 1, for the weights are no part of them."""
    return complex_array(jnp.ones(weights.shape)[:, None, None])


def shared(values: Complex[Array, "*modes #y #x"]) -> tuple[Complex[Array, "*modes #y #x"], Float[Array, "*modes"]]:
    """Return modes of equal energy and the share that each has of the light; both 0, with slope 0, where it is dark."""
    energy = jnp.sum(squared_modulus(values), axis=(-2, -1))
    total, lit = jnp.sum(energy), energy > 0
    share = energy / jnp.where(total > 0, total, 1.0)
    scale = jnp.where(lit, jax.lax.rsqrt(jnp.where(lit, share, 1.0)), 0.0)
    return values * scale[..., None, None], share
