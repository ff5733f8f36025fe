"""Noise models of a whole sensor: samples, variances and likelihoods belong together."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from backlight.camera import Camera, Converter, Digitized, Gaussian, Poisson, SensorNoise
from backlight.systems import ImagingSystem, Nothing
from backlight.wave import PlaneWave, ThinSample

COUNT = 40000
SENSOR = SensorNoise(40.0, 0.3, offset=1.0, dark=0.5, nonuniformity=0.05)
ROUNDED = Digitized(Gaussian(0.3), Converter(step=0.25))
CUT = Digitized(Gaussian(0.5), Converter(floor=1.0, ceiling=3.0))


def scores(noise, mean, data):
    """Return ∂/∂ŷ and ∂²/∂ŷ² of −log p of each pixel."""
    first = jax.grad(lambda m, y: noise.negative_log_likelihood(m, y))
    per_pixel = jax.jit(jax.vmap(lambda m, y: jax.value_and_grad(first)(m, y), (None, 0)))
    return tuple(np.asarray(a) for a in per_pixel(jnp.asarray(mean), data))


def samples(noise, mean, seed=1):
    return noise.sample(jax.random.key(seed), jnp.full(COUNT, mean))


@pytest.mark.parametrize("noise", [SENSOR, ROUNDED], ids=["sensor", "rounded"])
@pytest.mark.parametrize("mean", [1.5, 3.1, 9.0])
def test_samples_have_the_stated_mean_and_variance(noise, mean):
    """4 standard errors: of a mean σ/√n, of a variance √(2/n)."""
    data, variance = np.asarray(samples(noise, mean)), float(noise.variance(jnp.asarray(mean)))
    assert abs(data.mean() - mean) < 4 * (variance / COUNT) ** 0.5
    assert abs(data.var() / variance - 1) < 4 * (2 / COUNT) ** 0.5


@pytest.mark.parametrize(
    ("noise", "means"), [(SENSOR, (1.5, 3.0, 9.0)), (ROUNDED, (3.1,)), (CUT, (0.9, 2.0, 2.8, 3.4))]
)
def test_the_score_has_mean_zero_and_the_curvature_is_its_variance(noise, means):
    """Fisher information, of limits too; known to 4·√(2/n) = 2.8 % where the score is normal, here to 5 %."""
    for mean in means:
        score, curvature = scores(noise, mean, samples(noise, mean))
        assert abs(score.mean()) < 4 * score.std() / COUNT**0.5
        assert abs(score.var() / curvature.mean() - 1) < 0.05


def test_saturated_pixels_do_not_pull_the_mean_down():
    """Where a third of the pixels is saturated, plain least squares is wrong by hundreds of standard errors."""
    mean = 2.8
    data = samples(CUT, mean)
    assert 0.3 < np.mean(data == 3) < 0.4
    (cut, _), (plain, _) = scores(CUT, mean, data), scores(Gaussian(0.5), mean, data)
    assert abs(cut.mean()) < 4 * cut.std() / COUNT**0.5
    assert plain.mean() > 30 * plain.std() / COUNT**0.5


@pytest.mark.parametrize("noise", [SENSOR, CUT, ROUNDED], ids=["sensor", "cut", "rounded"])
def test_the_likelihood_finds_the_noise_itself(noise):
    """Quanta, read noise, dark signal, black level, PRNU: each score is zero within 4 standard errors."""
    mean = jnp.asarray(np.random.default_rng(2).uniform(1.5, 6, COUNT), jnp.float32)
    data = noise.sample(jax.random.key(3), mean)
    slope = jax.grad(lambda n, m, y: n.negative_log_likelihood(m, y))
    for score in jax.tree.leaves(jax.jit(jax.vmap(slope, (None, 0, 0)))(noise, mean, data)):
        assert abs(np.mean(score)) < 4 * np.std(score) / COUNT**0.5


def test_darkness_is_the_black_level_and_stays_finite():
    assert float(SensorNoise(10.0, 0.2, offset=5.0).variance(jnp.asarray(1.0))) == pytest.approx(0.04)
    slope = jax.grad(lambda m: SensorNoise(10.0, 0.2, offset=5.0).negative_log_likelihood(m, jnp.asarray(4.0)))
    assert np.isfinite(slope(5.0))


def test_a_pixel_far_beyond_the_ceiling_has_a_finite_surprise():
    limits = Digitized(Gaussian(0.01), Converter(ceiling=1.0))
    value, slope = jax.value_and_grad(lambda m: limits.negative_log_likelihood(m, jnp.asarray(1.0)))(0.0)
    assert np.isclose(value, 0.5e4, rtol=0.01)
    assert np.isclose(slope, -1e4, rtol=0.01)


def test_frames_of_digitized_noise_are_codes_and_predictions_stay_linear():
    noise = Digitized(Poisson(20.0), Converter(step=0.5, ceiling=2.0))
    camera = Camera((20, 20), 1e-6, gain=2.1)
    system = ImagingSystem(PlaneWave(5e-7), Nothing(), ThinSample(np.ones((20, 20))), Nothing(), camera, noise)
    frame = np.asarray(system.simulate(jax.random.key(0)).values)
    assert set(np.unique(frame)) <= {0.5, 1.0, 1.5, 2.0}
    assert np.allclose(system.predict().values, 2.1)
