"""Amplitude and phase whose gradients stay finite at dark pixels."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Complex, Float, Inexact

from backlight.errors import InputError


def real_array(value: object, where: str = "value") -> Any:
    """Turn a number into an array of the default float type (float32 unless 64-bit is on).

    A module (a value per frame) keeps its type and has its own arrays turned.

    **Errors:** `InputError`, which names `where`, for text, a complex number, NaN, or anything else that is no number.
    """
    return _cast(value, jnp.result_type(float), where)


def complex_array(value: object, where: str = "value") -> Any:
    """Turn a number or array into the default complex type (complex64 unless 64-bit is on); all else as above."""
    return _cast(value, jnp.result_type(complex), where)


def _cast(value: Any, dtype: jnp.dtype, where: str) -> Any:
    if isinstance(value, eqx.Module):
        return jax.tree.map(lambda leaf: _cast(leaf, dtype, where), value)
    if isinstance(value, jax.Array):  # a result: its numbers are not fetched to be looked at
        _demand_kind(value.dtype, dtype, where)
        return value if value.dtype == dtype else jnp.asarray(value, dtype)
    if isinstance(value, float | int) and value == value:  # stays a known number in a trace: see `known_zero`
        with jax.ensure_compile_time_eval():
            return jnp.asarray(value, dtype)
    host = known_numbers(value, dtype, where)
    return jnp.asarray(value if host is None else host, dtype)


def known_numbers(value: Any, wanted: jnp.dtype, where: str) -> np.ndarray | None:
    """Return numbers as numpy's, of the type they have; `None` for a row with traced ones in it; errors as above."""
    try:
        host = np.asarray(value)
    except jax.errors.TracerArrayConversionError:
        return None
    except ValueError as error:
        raise InputError(where, got="rows of different lengths", expected="an array of numbers") from error
    _demand_kind(host.dtype, wanted, where, value)
    if np.isnan(host).any():
        raise InputError(where, got="NaN", expected="finite numbers", remedy="look where the value was computed")
    return host


def _demand_kind(given: np.dtype, wanted: jnp.dtype, where: str, value: object = None) -> None:
    """Refuse what is no number, and a complex one where a real one is wanted."""
    if given.kind in "SU":
        raise InputError(
            where, got=f"text, {value!r}", expected="numbers in SI units (m, rad, s, 1/m)",
            remedy="turn text into a number first: backlight.units.parse('5 um', 'length')",
        )  # fmt: skip
    if not (jnp.issubdtype(given, jnp.number) or given == np.bool_):
        raise InputError(where, got=repr(value), expected="a number or an array of numbers")
    if jnp.issubdtype(given, jnp.complexfloating) and not jnp.issubdtype(wanted, jnp.complexfloating):
        raise InputError(where, got="complex numbers", expected="real numbers")


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
    # Right by itself too: in a loop that is differentiated twice JAX takes the derivative of this, not the rule.
    return jnp.where(x > 0, jnp.sqrt(jnp.where(x > 0, x, 1.0)), 0.0)


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
