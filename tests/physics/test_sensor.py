"""The camera and its noise against statistics."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from forms_sensor import FREQUENCIES, edge_spectrum, interleaved, pixel_transfer

from backlight.camera import Camera, Converter, Gaussian, Poisson, PoissonGaussian
from backlight.light import Grid, Image
from backlight.maths.bandlimited import at_lines

MEANS = (0.5, 2.0, 8.0)
NOISES = [Gaussian(0.3), Poisson(40.0), PoissonGaussian(40.0, 0.3)]


def name(noise):
    return type(noise).__name__


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("fill_factor", [0.5, 1.0])
def test_pixel_box_has_the_mtf_of_a_sinc(fill_factor):
    n, pitch, cycles = 32, 3e-6, 5
    wave = 1 + 0.5 * np.cos(2 * np.pi * cycles * np.arange(n) / n) * np.ones((7, 1))
    frame = Camera((7, n), pitch, fill_factor=fill_factor)(Image(jnp.asarray(wave), Grid((7, n), pitch))).values
    assert np.allclose(frame - 1, np.sinc(fill_factor * cycles / n) * (wave - 1), atol=1e-13)


def test_one_frame_folds_the_detail_that_shifted_frames_resolve():
    """Bars with harmonics at 0.25, 0.75, 1.25, 1.75 cycles per pixel, from 1, 4 and 16 frames, read between pixels."""
    sixteen = interleaved()
    squares = (pixel_transfer() * edge_spectrum()) ** 2
    for frames in (1, 2):
        lines = np.arange(128) * frames / 4
        picture = at_lines(jnp.asarray(interleaved(frames)), lines, lines)
        folded = squares[4 * FREQUENCIES[1] > 0.5 * frames].sum()
        expected = np.sqrt(2 * folded / squares.sum())  # what is missing, and again what it is taken for
        assert np.isclose(np.std(picture - sixteen) / np.std(sixteen), expected, rtol=1e-4)


def test_photon_transfer_is_a_line():
    """Variance over mean: slope 1/q, intercept σ². 60,000 pixels: a variance is known to 0.6 %."""
    noise = PoissonGaussian(25.0, 0.4)
    levels = jnp.asarray([1.0, 4.0, 16.0, 40.0])
    frames = noise.sample(jax.random.key(0), jnp.broadcast_to(levels[:, None], (4, 60000)))
    variance = np.var(frames, axis=1)
    slope, intercept = np.polyfit(levels, variance, 1, w=1 / variance)
    assert abs(slope * 25 - 1) < 0.02
    assert abs(intercept / 0.16 - 1) < 0.05


@pytest.mark.parametrize("noise", NOISES, ids=name)
def test_samples_agree_with_the_likelihood(noise):
    """The score has mean 0 and its variance is the curvature of −log p (Fisher): 4 standard errors."""
    count = 40000
    for mean in MEANS:
        data = noise.sample(jax.random.key(1), jnp.full(count, mean))
        assert abs(np.var(data) / noise.variance(jnp.asarray(mean)) - 1) < 4 * (2 / count) ** 0.5 * 1.2
        one = lambda m, y: noise.negative_log_likelihood(m, y)  # noqa: E731
        score = np.asarray(jax.vmap(jax.grad(one), (None, 0))(jnp.asarray(mean), data))
        curvature = np.asarray(jax.vmap(jax.grad(jax.grad(one)), (None, 0))(jnp.asarray(mean), data))
        assert abs(score.mean()) < 4 * score.std() / count**0.5
        assert abs(score.var() / curvature.mean() - 1) < 0.05


@pytest.mark.parametrize("noise", NOISES, ids=name)
def test_the_likelihood_finds_the_noise_itself(noise):
    """Σ −log p over samples is least at the true σ or q: the score in them is zero within 4 standard errors."""
    count = 40000
    mean = jnp.asarray(np.random.default_rng(2).uniform(2, 6, count), jnp.float32)
    data = noise.sample(jax.random.key(3), mean)
    per_pixel = jax.vmap(jax.grad(lambda n, m, y: n.negative_log_likelihood(m, y)), (None, 0, 0))(noise, mean, data)
    for score in jax.tree.leaves(per_pixel):
        assert abs(np.mean(score)) < 4 * np.std(score) / count**0.5


def test_poisson_likelihood_is_the_poisson_probability():
    """Stirling by Gosper: within 0.03 of the exact −log p, the constant ½ log 2π aside, down to no photoelectron."""
    from scipy.stats import poisson

    counts, mean = np.arange(0, 60), 7.5
    exact = -poisson.logpmf(counts, mean)
    got = np.asarray(Poisson(1.0).negative_log_likelihood(jnp.asarray(mean), jnp.asarray(counts, jnp.float32)))
    assert np.abs(got + 0.5 * np.log(2 * np.pi) - exact).max() < 0.03


def test_noise_comes_before_saturation_and_rounding():
    from backlight.systems import ImagingSystem, Nothing
    from backlight.wave import PlaneWave, ThinSample

    camera = Camera((20, 20), 1e-6, gain=10.0, converter=Converter(ceiling=10.0, step=1.0))
    system = ImagingSystem(PlaneWave(5e-7), Nothing(), ThinSample(np.ones((20, 20))), Nothing(), camera, Gaussian(2.0))
    frame = np.asarray(system.simulate(jax.random.key(0)).values)
    assert frame.max() == 10
    assert np.array_equal(frame, np.round(frame))
    assert 150 < (frame == 10).sum() < 330
