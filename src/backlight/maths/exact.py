"""Leaves in double precision, whatever JAX's default is: a radius in float32 is wrong by nanometers of path.

They are numpy's until JAX computes with them: in 64 bits where that is on, in 32 bits elsewhere. What is JAX's already
(a result, something traced) stays as it is.
"""

from typing import TYPE_CHECKING, Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from backlight.maths.leaf import FINITE, Range, shaped, within
from backlight.maths.safe import known_numbers, real_array

if TYPE_CHECKING:  # what JAX makes of it
    Exact = Float[Array, "..."]
else:
    Exact = Float[Array, "..."] | Float[np.ndarray, "..."] | eqx.Module


def number(where: str, value: Any, allowed: Range = FINITE) -> Exact:
    """Return a leaf of one number.

    **Errors:** `InputError`, which names `where`, for anything else, and for one that is not `allowed`.
    """
    return within(where, shaped(where, _exact(value, where), lambda shape: shape == (), "one number"), allowed)


def vector(where: str, value: Any, allowed: Range = FINITE) -> Exact:
    """Return a leaf of numbers in a row; errors as for `number`."""
    leaf = shaped(where, _exact(value, where), lambda shape: len(shape) == 1, "numbers in a row")
    return within(where, leaf, allowed)


def _exact(value: Any, where: str) -> Any:
    if isinstance(value, eqx.Module):
        return jax.tree.map(lambda leaf: _exact(leaf, where), value)
    if isinstance(value, jax.Array):
        return value if jnp.issubdtype(value.dtype, jnp.floating) else real_array(value, where)
    known = known_numbers(value, jnp.dtype(np.float64), where)
    return jnp.asarray(value, float) if known is None else np.asarray(known, np.float64)
