"""The normal distribution far out, against the scaled complementary error function."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import erfcx, log_ndtr

from backlight.maths.normal import log_normal_cdf


@pytest.mark.parametrize(("precision", "error"), [("float32", 1e-5), ("float64", 1e-11)])
def test_value_slope_and_bend_keep_their_digits(precision, error):
    """d log Φ = φ/Φ = r, d² log Φ = −r(x + r); the bend cancels x² digits in the reference from −100 on."""
    x = np.array([2.0, 0.0, -3.0, -11.9, -12.1, -20.0, -40.0, -100.0])
    slope = np.sqrt(2 / np.pi) / erfcx(-x / np.sqrt(2))
    with jax.enable_x64(precision == "float64"):
        points = jnp.asarray(x, float)
        first = jax.grad(log_normal_cdf)
        np.testing.assert_allclose(log_normal_cdf(points), log_ndtr(x), rtol=error)
        np.testing.assert_allclose(jax.vmap(first)(points), slope, rtol=error)
        np.testing.assert_allclose(jax.vmap(jax.grad(first))(points), -slope * (x + slope), rtol=100 * error)
