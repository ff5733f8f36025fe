"""The weighted equation of Poisson with no flux through the border."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from backlight.maths.differences import forward_differences
from backlight.maths.no_flux import at_faces, cosines, divergence, from_cosines, laplacian_modes, weighted_poisson

SHAPES = [((17, 30), (1.3, 0.8)), pytest.param((9, 1), (1.0, 2.0), marks=pytest.mark.slow)]


def random(shape, seed=0):
    return jax.random.normal(jax.random.key(seed), shape)


@pytest.mark.parametrize(("shape", "sides"), SHAPES)
def test_divergence_is_minus_the_adjoint_of_the_differences(float64, shape, sides):
    u, flux = random(shape), random((2, *shape), 1)
    inner = jnp.sum(forward_differences(u, sides) * flux)
    assert float(inner + jnp.sum(u * divergence(flux, sides))) == pytest.approx(0, abs=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize(("shape", "sides"), SHAPES)
def test_cosines_are_the_modes_of_the_laplacian(float64, shape, sides):
    u = random(shape)
    direct = -divergence(forward_differences(u, sides), sides)
    np.testing.assert_allclose(from_cosines(laplacian_modes(shape, sides) * cosines(u)), direct, atol=1e-12)


@pytest.mark.parametrize("damping", [0.0, 0.03])
@pytest.mark.parametrize(("shape", "sides"), SHAPES)
def test_the_solution_solves_with_weights_over_two_decades(float64, shape, sides, damping):
    weight, u = 10.0 ** (2 * jax.random.uniform(jax.random.key(2), shape)), random(shape)
    u = u - jnp.sum(weight * u) / jnp.sum(weight)
    source = damping * weight * u - divergence(at_faces(weight) * forward_differences(u, sides), sides)
    found = weighted_poisson(weight, source, sides=sides, damping=damping, tolerance=1e-9)
    np.testing.assert_allclose(found, u, atol=1e-6)


def test_what_flows_in_without_flowing_out_is_left_aside():
    source = random((20, 30))
    np.testing.assert_allclose(
        weighted_poisson(jnp.ones((20, 30)), source), weighted_poisson(jnp.ones((20, 30)), source + 0.5), atol=1e-4
    )
