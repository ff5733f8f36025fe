"""Rounding that lets a gradient through."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


def straight_round(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Return the nearest whole number, with the gradient of the identity (straight-through estimator).

    Example:
        >>> import jax, jax.numpy as jnp
        >>> float(straight_round(jnp.asarray(1.7))), float(jax.grad(straight_round)(1.7))
        (2.0, 1.0)
    """
    return x + jax.lax.stop_gradient(jnp.round(x) - x)


def level(x: Float[Array, "*shape"], count: int | None) -> Float[Array, "*shape"]:
    """Return the nearest of 0, 1, … `count` − 1 (`None`: of all whole numbers); beyond the ends the gradient is 0."""
    return straight_round(x if count is None else jnp.clip(x, 0, count - 1))
