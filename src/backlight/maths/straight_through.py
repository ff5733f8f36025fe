"""A value by one formula, its derivative by another: rounding that lets a gradient through.

It is a primitive, since a function with a rule of its own (`jax.custom_jvp`) loses its rule within a loop or a
checkpoint that is differentiated twice, and with it the derivative: JAX then takes what stands in the function.
"""

import jax.numpy as jnp
from jax.extend.core import Primitive
from jax.interpreters import ad, batching, mlir
from jaxtyping import Array, Float


def straight_through(value: Array, live: Array) -> Array:
    """Return `value`, and differentiate as if it were `live`, to any order: the straight-through estimator.

    In a compiled function `live` itself is computed only where a derivative asks for it.

    **Arguments:** `live`: of the shape and type of `value`, or brought to them.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> float(jax.grad(lambda x: straight_through(jnp.floor(x), x**2))(3.0))
        6.0
    """
    value = jnp.asarray(value)
    return _straight_through.bind(value, jnp.broadcast_to(jnp.asarray(live, value.dtype), value.shape))


_straight_through = Primitive("straight_through")
_straight_through.def_impl(lambda value, live: value)
_straight_through.def_abstract_eval(lambda value, live: value)
mlir.register_lowering(_straight_through, lambda context, value, live: [value])


def _differentiated(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    return _straight_through.bind(*primals), tangents[1]


def _mapped(arguments: tuple, axes: tuple) -> tuple[Array, int]:
    size = next(x.shape[axis] for x, axis in zip(arguments, axes, strict=True) if axis is not None)
    both = (batching.bdim_at_front(x, axis, size) for x, axis in zip(arguments, axes, strict=True))
    return _straight_through.bind(*both), 0


ad.primitive_jvps[_straight_through] = _differentiated
batching.primitive_batchers[_straight_through] = _mapped


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
