"""Losses against their formulas; gradients against central differences; curvature against an average over noise."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from backlight.camera import Gaussian, Poisson, PoissonGaussian
from backlight.errors import InputError
from backlight.inverse import losses

pytestmark = pytest.mark.usefixtures("float64")

FORMULAS = {
    "intensity": lambda p, y: 0.5 * (p - y) ** 2,
    "amplitude": lambda p, y: 0.5 * (math.sqrt(p) - math.sqrt(y)) ** 2,
    "poisson": lambda p, y: p - y - y * math.log(p / y),
    "kullback_leibler": lambda p, y: y * math.log(y / p) - y + p,
    "l1": lambda p, y: math.sqrt((p - y) ** 2 + 1e-6) - 1e-3,
    "huber": lambda p, y: 0.5 * (p - y) ** 2 if abs(p - y) <= 0.1 else 0.1 * (abs(p - y) - 0.05),
    "likelihood": lambda p, y: 0.5 * ((p - y) / 0.2) ** 2 + math.log(0.2),
}


def _frames():
    rng = np.random.default_rng(0)
    return (jnp.asarray(rng.uniform(0.2, 2, (2, 3, 4))) for _ in range(2))


@pytest.mark.parametrize("name", losses.BY_NAME)
def test_formula_mask_and_gradient(name):
    loss, (predicted, data) = losses.BY_NAME[name](), _frames()
    weights = jnp.asarray(np.random.default_rng(1).integers(0, 2, data.shape), float)
    value = lambda p: loss(p, data, weights, Gaussian(0.2))  # noqa: E731
    by_hand = sum(
        w * FORMULAS[name](p, y)
        for p, y, w in zip(*(np.ravel(x).tolist() for x in (predicted, data, weights)), strict=True)
    )
    assert float(value(predicted)) == pytest.approx(by_hand, rel=1e-12)
    direction = jnp.asarray(np.random.default_rng(2).normal(size=data.shape))
    h = 1e-5
    difference = (value(predicted + h * direction) - value(predicted - h * direction)) / (2 * h)
    slope = jnp.vdot(jax.grad(value)(predicted), direction)
    assert float(slope) == pytest.approx(float(difference), rel=1e-6)
    assert not np.any(np.asarray(jax.grad(value)(predicted))[np.asarray(weights) == 0])


@pytest.mark.parametrize("name", losses.BY_NAME)
def test_dark_pixels_leave_value_and_gradient_finite(name):
    loss, zero = losses.BY_NAME[name](), jnp.zeros((1, 2, 2))
    value, gradient = jax.value_and_grad(lambda p: loss(p, zero, zero + 1, Gaussian(0.2)))(zero)
    assert np.isfinite(value)
    assert np.all(np.isfinite(gradient))


@pytest.mark.parametrize(
    ("loss", "noise"),
    [
        (losses.intensity(), Gaussian(0.05)),
        pytest.param(losses.amplitude(), Poisson(2000.0), marks=pytest.mark.slow),
        (losses.poisson(50.0), Poisson(50.0)),
        (losses.kullback_leibler(), Poisson(400.0)),
        (losses.likelihood(), Gaussian(0.05)),
        (losses.likelihood(), Poisson(50.0)),
        (losses.likelihood(), PoissonGaussian(400.0, 0.05)),
        (losses.huber(10.0), Gaussian(0.05)),
        (losses.weighted((0.3, losses.intensity()), (2.0, losses.amplitude())), Gaussian(0.01)),
    ],
)
def test_fisher_root_carries_the_expected_curvature(loss, noise):
    mean = jnp.linspace(0.5, 2.0, 5)
    draws = jax.vmap(lambda key: noise.sample(key, mean))(jax.random.split(jax.random.key(0), 20000))
    second = jax.vmap(lambda y: jax.grad(lambda q: jax.grad(lambda p: jnp.sum(loss.terms(p, y, noise)))(q).sum())(mean))
    expected = np.asarray(jnp.mean(second(draws), axis=0))
    jacobian = jax.jacobian(lambda p: loss.fisher_root(p, mean + 1e-9, noise).reshape(-1, 5))(mean)
    gram = np.diagonal(np.einsum("kij,kil->jl", np.asarray(jacobian), np.asarray(jacobian)))
    np.testing.assert_allclose(gram, expected, rtol=0.03)


def test_poisson_is_the_likelihood_of_its_noise():
    (predicted, data), noise = _frames(), Poisson(30.0)
    difference = losses.poisson(30.0).terms(predicted, data, None) - losses.likelihood().terms(predicted, data, noise)
    other = losses.poisson(30.0).terms(predicted + 0.3, data, None) - losses.likelihood().terms(
        predicted + 0.3, data, noise
    )
    np.testing.assert_allclose(difference, other, atol=1e-10)


def test_amplitude_is_near_poisson_at_four_quanta():
    mean, quanta = jnp.full((1, 4, 4), 1.0), 1e4
    data = mean + jnp.asarray(np.random.default_rng(0).normal(size=mean.shape)) / quanta**0.5
    slope = [
        jax.grad(lambda p, loss=loss: jnp.sum(loss.terms(p, data, None)))(mean)
        for loss in (losses.amplitude(), losses.poisson(quanta))
    ]
    np.testing.assert_allclose(4 * quanta * slope[0], slope[1], rtol=0.05)


def test_which_losses_are_least_squares_and_likelihoods():
    squares = {name for name, make in losses.BY_NAME.items() if make().least_squares}
    assert squares == {"intensity", "amplitude"}
    assert {name for name, make in losses.BY_NAME.items() if make().likelihood} == {"poisson", "likelihood"}
    assert losses.weighted((1.0, losses.intensity())).least_squares
    assert not losses.weighted((1.0, losses.l1())).least_squares


@pytest.mark.parametrize("name", ["intensity", "amplitude"])
def test_least_squares_are_half_the_squared_root(name):
    loss, (predicted, data) = losses.BY_NAME[name](), _frames()
    np.testing.assert_allclose(
        loss.terms(predicted, data, None), 0.5 * loss.fisher_root(predicted, data, None) ** 2, rtol=1e-14
    )


def test_weighted_sum():
    predicted, data = _frames()
    both = losses.weighted((0.3, losses.intensity()), (2.0, losses.huber()))
    by_parts = 0.3 * losses.intensity().terms(predicted, data, None) + 2 * losses.huber().terms(predicted, data, None)
    np.testing.assert_allclose(both.terms(predicted, data, None), by_parts, rtol=1e-14)


@pytest.mark.parametrize("parts", [(), ((-1.0, losses.intensity()),)])
def test_weights_below_zero_are_refused(parts):
    with pytest.raises(InputError, match="factor"):
        losses.weighted(*parts)


def test_the_noise_s_likelihood_asks_for_a_noise():
    with pytest.raises(InputError, match="noise"):
        losses.likelihood().terms(jnp.ones(1), jnp.ones(1), None)
