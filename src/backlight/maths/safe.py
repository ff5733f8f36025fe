"""Amplitude and phase whose gradients stay finite at dark pixels."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Complex, Float, Inexact


def real_array(value: object) -> Any:
    """Turn a number into an array of the default float type (float32 unless 64-bit is on).

    A module (a value per frame) keeps its type and has its own arrays turned.
    """
    return _cast(value, jnp.result_type(float))


def complex_array(value: object) -> Any:
    """Turn a number or array into the default complex type (complex64 unless 64-bit is on); modules as above."""
    return _cast(value, jnp.result_type(complex))


def _cast(value: Any, dtype: jnp.dtype) -> Any:
    if isinstance(value, eqx.Module):
        return jax.tree.map(lambda leaf: jnp.asarray(leaf, dtype), value)
    if isinstance(value, jax.Array) and value.dtype == dtype:
        return value
    if isinstance(value, float | int):  # stays a known number while a function is being traced: see `known_zero`
        with jax.ensure_compile_time_eval():
            return jnp.asarray(value, dtype)
    return jnp.asarray(value, dtype)


def known_zero(x: Any) -> bool:
    """Tell whether `x` is 0 and cannot be anything else in this trace: work it would cause can be left out.

    An `x` that is traced (an argument, something differentiated) is never known.
    """
    return not isinstance(x, Tracer) and not np.any(np.asarray(x))


def squared_modulus(u: Inexact[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Return |u|² = Re(u)² + Im(u)², differentiable everywhere."""
    return jnp.real(u) ** 2 + jnp.imag(u) ** 2


def square_root(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Return √x for x > 0 and 0 elsewhere, with gradient 0 where x ≤ 0 (not infinite, not NaN)."""
    return _square_root(x)


@jax.custom_jvp
def _square_root(x):
    return jnp.sqrt(jnp.maximum(x, 0))


@_square_root.defjvp
def _square_root_jvp(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    positive = primals[0] > 0
    slope = jnp.where(positive, 0.5 * jax.lax.rsqrt(jnp.where(positive, primals[0], 1.0)), 0.0)
    return _square_root(primals[0]), slope * tangents[0]


def amplitude(u: Inexact[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Return |u| with gradient 0 at u = 0.

    Example:
        >>> import jax, jax.numpy as jnp
        >>> float(jax.grad(lambda a: amplitude(a * 1j))(0.0))
        0.0
    """
    return square_root(squared_modulus(u))


def angle(u: Complex[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Return arg(u) in (−π, π], with value and gradient 0 at u = 0."""
    dark = squared_modulus(u) == 0
    lit = jnp.where(dark, 1.0, u)
    return jnp.where(dark, 0.0, jnp.arctan2(jnp.imag(lit), jnp.real(lit)))


def all_finite(tree: object) -> Array:
    """Tell whether every number of every array in `tree` is finite."""
    leaves = [x for x in jax.tree.leaves(tree) if jnp.issubdtype(jnp.asarray(x).dtype, jnp.inexact)]
    return jnp.all(jnp.stack([jnp.all(jnp.isfinite(x)) for x in leaves])) if leaves else jnp.array(True)
