"""Pairs of floats that carry twice the digits: enough for an optical phase in float32.

A number is the unevaluated sum hi + lo with |lo| ≤ ½ ulp(hi) (Dekker, Numer. Math. 18, 1971). Dekker's product
subtracts a rounded product from its exact parts, which a compiler that contracts a·b + c into one fused operation
silently spoils. Here every product is one of half mantissas, exact with or without contraction; the relative error
of an operation is about 2⁻³⁶ in float32, 2⁻³³ at worst.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float


class Double(NamedTuple):
    """The number hi + lo."""

    hi: Float[Array, "..."]
    lo: Float[Array, "..."]


def exact(x: Float[Array, "..."]) -> Double:
    """Take a float as it is."""
    return Double(x, jnp.zeros_like(x))


def add(a: Double, b: Double) -> Double:
    """Return a + b."""
    total, error = _two_sum(a.hi, b.hi)
    return _normalize(total, error + (a.lo + b.lo))


def negate(a: Double) -> Double:
    """Return −a."""
    return Double(-a.hi, -a.lo)


def multiply(a: Double, b: Double) -> Double:
    """Return a·b."""
    a_hi, b_hi = _upper_half(a.hi), _upper_half(b.hi)
    a_lo, b_lo = (a.hi - a_hi) + a.lo, (b.hi - b_hi) + b.lo
    return _normalize(a_hi * b_hi, (a_hi * b_lo + a_lo * b_hi) + a_lo * b_lo)


def divide(a: Double, b: Double) -> Double:
    """Return a/b by one Newton correction of the quotient."""
    quotient = a.hi / b.hi
    rest = add(a, negate(multiply(exact(quotient), b)))
    return _normalize(quotient, rest.hi / b.hi)


def square_root(a: Double) -> Double:
    """Return √a for a ≥ 0 by one Newton correction."""
    root = jnp.sqrt(a.hi)
    rest = add(a, negate(multiply(exact(root), exact(root))))
    return _normalize(root, jnp.where(root > 0, rest.hi / (2 * jnp.where(root > 0, root, 1.0)), 0.0))


def fraction(a: Double) -> Float[Array, "..."]:
    """Return a minus its nearest integer, in [−½, ½]."""
    return (a.hi - jnp.round(a.hi)) + a.lo


def cosine_sine(a: Double) -> tuple[Double, Double]:
    """Return cos a and sin a, |a| ≤ π/2, by their series in Horner's form."""
    square = multiply(a, a)
    k = np.arange(_TERMS, 0, -1)
    divisors = np.stack([2 * k * (2 * k - 1), 2 * k * (2 * k + 1)], axis=1)
    ones = jnp.ones(2, a.hi.dtype)

    def horner(tail: Double, divisor: Array) -> tuple[Double, None]:
        return add(negate(divide(multiply(square, tail), exact(divisor))), exact(ones)), None

    series, _ = jax.lax.scan(horner, exact(ones), jnp.asarray(divisors, a.hi.dtype))
    return Double(series.hi[0], series.lo[0]), multiply(a, Double(series.hi[1], series.lo[1]))


_TERMS = 12
"""(π/2)²⁶/26! = 3e-22: the series ends beyond the digits of a float64."""


def _two_sum(a: Array, b: Array) -> tuple[Array, Array]:
    """Return a + b and its rounding error.

    The smaller one is what the sum is compared with (Dekker), chosen number by number: were a constant c always taken
    off, the compiler would turn (b + c) − c into b, and lose the error.
    """
    larger = jnp.abs(a) >= jnp.abs(b)
    large, small = jnp.where(larger, a, b), jnp.where(larger, b, a)
    total = large + small
    return total, small - (total - large)


def _normalize(hi: Array, lo: Array) -> Double:
    total = hi + lo
    return Double(total, lo - (total - hi))


def _upper_half(x: Array) -> Array:
    """Clear the lower half of the mantissa."""
    if x.dtype == jnp.float64:
        bits, mask = jnp.uint64, 0xFFFFFFFFF8000000
    else:
        bits, mask = jnp.uint32, 0xFFFFF000
    return jax.lax.bitcast_convert_type(jax.lax.bitcast_convert_type(x, bits) & jnp.asarray(mask, bits), x.dtype)
