"""Weights of modes: the irradiance each carries."""

import jax
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Complex, Float

from backlight.errors import InputError
from backlight.maths.leaf import Given, Vector
from backlight.maths.safe import complex_array, real_array, square_root


def weights_of(weights: Given | None, count: int) -> Vector:
    """Return weights as a leaf: as given, or `count` equal ones that sum to 1.

    **Errors:** `InputError` if one is below 0, or their number is not `count`.
    """
    leaf = real_array(np.full(count, 1 / count) if weights is None else weights)
    for values in jax.tree.leaves(leaf):
        if values.shape[-1:] != (count,):
            raise InputError("weights", got=f"shape {values.shape}", expected=f"{count}, one for each mode")
        if not isinstance(values, Tracer) and bool(np.any(np.asarray(values) < 0)):
            raise InputError("weights", got=f"{float(np.min(np.asarray(values)))}", expected="irradiances, each ≥ 0")
    return leaf


def amplitudes(weights: Float[Array, " modes"]) -> Complex[Array, "modes 1 1"]:
    """Return √w of each mode, uniform over the grid. At w = 0 the slope is 0: start an unknown weight above."""
    return complex_array(square_root(weights)[:, None, None])
