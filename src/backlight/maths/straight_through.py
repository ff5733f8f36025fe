"""A value by one formula, its derivative by another: rounding that lets a gradient through."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


@jax.custom_jvp
def straight_through(value: Array, live: Array) -> Array:
    """Return `value`, and differentiate as if it were `live`: the straight-through estimator.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> float(jax.grad(lambda x: straight_through(jnp.floor(x), x**2))(3.0))
        6.0
    """
    return value


@straight_through.defjvp
def _straight_through_jvp(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    return straight_through(*primals), tangents[1]


def straight_round(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Return the nearest whole number, with the gradient of the identity.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> float(straight_round(jnp.asarray(1.7))), float(jax.grad(straight_round)(1.7))
        (2.0, 1.0)
    """
    return straight_through(jnp.round(x), x)


def level(x: Float[Array, "*shape"], count: int | None) -> Float[Array, "*shape"]:
    """Return the nearest of 0, 1, … `count` − 1 (`None`: of all whole numbers); beyond the ends the gradient is 0."""
    return straight_round(x if count is None else jnp.clip(x, 0, count - 1))
