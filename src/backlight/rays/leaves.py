"""Numbers of a lens in double precision, whatever JAX's default is: a radius in float32 is wrong by nanometers of path.

They are numpy's until JAX computes with them: in 64 bits where that is on, in 32 bits elsewhere.
"""

from typing import TYPE_CHECKING, Any

import jax
import numpy as np
from jaxtyping import Array, Float

from backlight.errors import InputError

if TYPE_CHECKING:  # what JAX makes of it
    Exact = Float[Array, "..."]
else:
    Exact = Float[Array, "..."] | Float[np.ndarray, "..."]


def number(where: str, value: Any) -> Exact:
    """Return a leaf of one number; `InputError`, which names `where`, for anything else."""
    return _shaped(where, value, 0, "one number")


def positive(where: str, value: Any) -> Exact:
    """Return a leaf of one number > 0, as far as that is known."""
    leaf = number(where, value)
    if isinstance(leaf, np.ndarray) and not leaf > 0:
        raise InputError(where, got=f"{leaf:g}", expected="a number > 0")
    return leaf


def vector(where: str, value: Any) -> Exact:
    """Return a leaf of numbers in a row."""
    return _shaped(where, value, 1, "numbers in a row")


def table(where: str, value: Any) -> Exact:
    """Return a leaf of numbers in rows and columns."""
    return _shaped(where, value, 2, "numbers in rows and columns")


def _shaped(where: str, value: Any, axes: int, words: str) -> Any:
    leaf = value if isinstance(value, jax.Array) else _exact(where, value, words)
    if leaf.ndim != axes:
        raise InputError(where, got=f"shape {leaf.shape}", expected=words)
    return leaf


def _exact(where: str, value: Any, words: str) -> np.ndarray:
    try:
        array = np.asarray(value, np.float64)
    except (TypeError, ValueError):
        raise InputError(where, got=repr(value), expected=words) from None
    if not np.all(np.isfinite(array)):
        raise InputError(where, got=f"{array[~np.isfinite(array)].flat[0]:g}", expected="finite numbers")
    return array
