"""Weights of modes: the irradiance each carries."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from backlight.errors import InputError
from backlight.maths.leaf import NOT_NEGATIVE, Given, Vector, frame_shape, reals
from backlight.maths.safe import complex_array, square_root, squared_modulus


def weights_of(weights: Given | None, count: int) -> Vector:
    """Return weights as a leaf: as given, or `count` equal ones that sum to 1.

    **Errors:** `InputError` if one is below 0, or their number is not `count`.
    """
    leaf = reals("weights", np.full(count, 1 / count) if weights is None else weights, NOT_NEGATIVE)
    if frame_shape(leaf)[-1:] != (count,):
        raise InputError("weights", got=f"shape {frame_shape(leaf)}", expected=f"{count}, one for each mode")
    return leaf


def amplitudes(weights: Float[Array, " modes"]) -> Complex[Array, "modes 1 1"]:
    """Return √w of each mode, uniform over the grid. At w = 0 the slope is 0: start an unknown weight above."""
    return complex_array(square_root(weights)[:, None, None])


def shares(values: Complex[Array, "*modes #y #x"]) -> Float[Array, "*modes"]:
    """Return the share of the energy in each mode; 0, with slope 0, where there is no light."""
    energy = jnp.sum(squared_modulus(values), axis=(-2, -1))
    total = jnp.sum(energy)
    return energy / jnp.where(total > 0, total, 1.0)
