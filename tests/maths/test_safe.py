"""Amplitude and angle at dark pixels."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from backlight.maths import safe


def test_values_are_those_of_numpy():
    u = np.array([0, 1, -1, 1j, -2j, 3 + 4j], np.complex64)
    assert np.allclose(safe.amplitude(jnp.asarray(u)), np.abs(u))
    assert np.allclose(safe.angle(jnp.asarray(u)), np.angle(u))


@pytest.mark.parametrize("function", [safe.amplitude, safe.angle, safe.squared_modulus])
def test_gradients_at_dark_pixels_are_zero(function):
    def total(parts):
        return jnp.sum(function(jax.lax.complex(parts[0], parts[1])))

    gradient = jax.grad(total)(jnp.zeros((2, 3)))
    assert np.array_equal(gradient, np.zeros((2, 3)))
    curvature = jax.jvp(jax.grad(total), (jnp.zeros((2, 3)),), (jnp.ones((2, 3)),))[1]
    assert np.all(np.isfinite(curvature))


def test_a_square_root_below_zero_is_zero_with_zero_slope():
    assert float(safe.square_root(jnp.asarray(-1.0))) == 0
    assert float(jax.grad(safe.square_root)(-1.0)) == 0


def test_a_tree_with_one_nan_is_not_finite():
    assert bool(safe.all_finite({"a": jnp.ones(2), "b": 3}))
    assert not bool(safe.all_finite({"a": jnp.asarray([1.0, jnp.nan])}))


def test_second_derivatives_at_dark_pixels_are_finite_in_a_loop_too():
    def brightness(values):
        return jax.lax.map(lambda k: jnp.sum(safe.amplitude(k * values) ** 2), jnp.arange(1.0, 3.0)).sum()

    assert jax.hessian(brightness)(jnp.asarray([0.0, 1.0])).tolist() == [[0, 0], [0, 10]]
