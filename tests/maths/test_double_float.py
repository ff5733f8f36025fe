"""Pairs of floats against exact rational arithmetic."""

from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from backlight.maths import double_float as df

RNG = np.random.default_rng(0)


def doubles(low, high):
    hi = np.float32(np.exp(RNG.uniform(np.log(low), np.log(high), 200)))
    lo = np.float32(hi * RNG.uniform(-1, 1, 200) * 2.0**-25)
    return df.Double(jnp.asarray(hi), jnp.asarray(lo))


def exact(number):
    return [Fraction(float(a)) + Fraction(float(b)) for a, b in zip(number.hi, number.lo, strict=True)]


@pytest.mark.parametrize(
    ("operation", "reference"),
    [
        (df.multiply, lambda a, b: a * b),
        (df.divide, lambda a, b: a / b),
        (df.add, lambda a, b: a + b),
        (lambda a, b: df.square_root(a), None),
    ],
)
def test_operations_keep_33_bits_compiled(operation, reference):
    a, b = doubles(1e-3, 1e6), doubles(1e-6, 1e2)
    result = exact(jax.jit(operation)(a, b))
    for got, x, y in zip(result, exact(a), exact(b), strict=True):
        wrong = abs(got * got / x - 1) / 2 if reference is None else abs(got / reference(x, y) - 1)
        assert wrong < 2.0**-33


def test_the_fraction_of_a_large_product_keeps_its_digits():
    turns = df.multiply(df.exact(jnp.float32(1879699.25)), df.exact(jnp.float32(0.0012345)))
    truth = Fraction(float(np.float32(1879699.25))) * Fraction(float(np.float32(0.0012345)))
    assert abs(float(df.fraction(turns)) - float(truth - round(truth))) < 2e-7


def test_derivatives_pass_through_the_pairs():
    def product(a, b):
        result = df.divide(df.multiply(df.exact(a), df.exact(b)), df.square_root(df.exact(b)))
        return result.hi + result.lo

    slopes = jax.grad(product, argnums=(0, 1))(jnp.float32(3.0), jnp.float32(4.0))
    assert np.allclose(slopes, (2.0, 0.75), rtol=1e-6)


def test_cosine_and_sine_keep_30_bits_up_to_a_right_angle():
    angles = np.float32([0.0, 1e-4, 0.3, -0.9, 1.57])
    for got, function in zip(jax.vmap(df.cosine_sine)(df.exact(jnp.asarray(angles))), (np.cos, np.sin), strict=True):
        wrong = np.float64(got.hi) + np.float64(got.lo) - function(np.float64(angles))
        assert np.abs(wrong).max() < 2.0**-30
    assert np.allclose(jax.grad(lambda a: df.cosine_sine(df.exact(a))[1].hi)(jnp.float32(0.4)), np.cos(0.4), rtol=1e-6)


@pytest.mark.parametrize("sum_of", [df.add, lambda a, b: df.add(b, a)])
def test_a_constant_costs_no_digits_first_or_second(sum_of):
    """1 − x²: were the 1 always taken off the sum, the compiler would drop the rounding error, 2⁻²⁶."""
    x = np.float32([0.6732655, 0.34280804, 0.13687617, 0.11487487])
    square = lambda x: df.negate(df.multiply(df.exact(x), df.exact(x)))  # noqa: E731
    rest = jax.jit(lambda x: sum_of(square(x), df.exact(jnp.ones_like(x))))(x)
    assert np.abs(np.float64(rest.hi) + np.float64(rest.lo) - (1 - np.float64(x) ** 2)).max() < 2.0**-33
