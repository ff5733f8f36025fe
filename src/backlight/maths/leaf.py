"""Types of the numbers a part owns: one value, or a module of values such as `PerFrame`.

To the type checker a leaf is the plain array that a part computes with: the composition unwraps `PerFrame` before it
calls a part. At run time (checked in tests only) a constructor may also be given the wrapper itself.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import equinox as eqx
import jax
import numpy as np
from jax.typing import ArrayLike
from jaxtyping import Array, Complex, Float

from backlight.errors import InputError
from backlight.maths.safe import real_array

Given = ArrayLike | Sequence[Any] | eqx.Module
"""What a constructor accepts for a leaf: a number, numbers, or a wrapper."""

if TYPE_CHECKING:  # `OneOrEach`: one number for all, or one for each axis, pixel or particle
    Scalar = Float[Array, ""]
    Pair = Float[Array, "2"]
    Vector = Float[Array, " n"]
    Points = Float[Array, "n axes"]
    OneOrEach = Float[Array, "..."]
    ComplexOneOrEach = Complex[Array, "..."]
    RealMap = Float[Array, "y x"]
    ComplexMap = Complex[Array, "y x"]
    ComplexMaps = Complex[Array, "n y x"]
    JonesVector = Complex[Array, "2"]
    JonesMap = Complex[Array, "2 2 *pixels"]
else:
    Scalar = Float[Array, ""] | eqx.Module
    Pair = Float[Array, "2"] | eqx.Module
    Vector = Float[Array, " n"] | eqx.Module
    Points = Float[Array, "n axes"] | eqx.Module
    OneOrEach = Float[Array, "..."] | eqx.Module
    ComplexOneOrEach = Complex[Array, "..."] | eqx.Module
    RealMap = Float[Array, "y x"] | eqx.Module
    ComplexMap = Complex[Array, "y x"] | eqx.Module
    ComplexMaps = Complex[Array, "n y x"] | eqx.Module
    JonesVector = Complex[Array, "2"] | eqx.Module
    JonesMap = Complex[Array, "2 2 *pixels"] | eqx.Module


def one_or_two(where: str, value: Given) -> OneOrEach:
    """Return a leaf of one number for both axes or two (y, x), as given: one stays one while it is estimated.

    **Errors:** `InputError`, which names `where`, for another shape.
    """
    values = real_array(value)
    if getattr(values, "shape", ()) not in ((), (2,)):  # a value per frame has none
        raise InputError(where, got=f"shape {values.shape}", expected="one number, or two (y, x)")
    return values


def numbers(value: Given) -> np.ndarray:
    """Return all numbers of a leaf, of all its frames, in one row: for what is chosen once, when a part is built."""
    return np.concatenate([np.ravel(np.asarray(one, float)) for one in jax.tree.leaves(value)])


def widest(value: Given) -> np.ndarray:
    """Return the largest modulus of a leaf of one number or two along (y, x); that of all frames along both."""
    both = np.max(np.abs(numbers(value))) if isinstance(value, eqx.Module) else np.abs(np.asarray(value, float))
    return np.broadcast_to(both, (2,))
