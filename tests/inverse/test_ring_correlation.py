"""Fourier ring correlation against its closed forms, for real and complex pictures on uneven grids."""

import numpy as np
import pytest

from backlight.errors import InputError
from backlight.inverse.quality import nrmse_amplitude, own_gains, pixels_that_count
from backlight.inverse.ring_correlation import ONE_SEVENTH, RingCorrelation, ring_correlation

SHAPE, PITCH = (240, 300), (1e-6, 0.8e-6)


def white(rng, dtype):
    noise = rng.normal(size=SHAPE)
    return noise if dtype is float else (noise + 1j * rng.normal(size=SHAPE)) / 2**0.5


def radius():
    fy, fx = (np.fft.fftfreq(n, p) for n, p in zip(SHAPE, PITCH, strict=True))
    return np.hypot(fy[:, None], fx)


def shaped(noise, envelope):
    """Return noise whose power at each frequency is `envelope`."""
    picture = np.fft.ifft2(np.fft.fft2(noise) * np.sqrt(envelope))
    return picture if np.iscomplexobj(noise) else picture.real


@pytest.mark.parametrize("dtype", [float, complex])
def test_a_signal_in_independent_noise_correlates_by_its_share_of_the_power(dtype):
    """FRC = SNR/(1 + SNR); averages of ten rings scatter by less than 2/√n."""
    rng = np.random.default_rng(0)
    snr = 8 * np.exp(-((radius() / 2e5) ** 2))
    signal = shaped(white(rng, dtype), snr)
    found = ring_correlation(signal + white(rng, dtype), signal + white(rng, dtype), PITCH)
    ratio = 8 * np.exp(-((found.frequency / 2e5) ** 2))
    lead = found.correlation - ratio / (1 + ratio)
    for first in range(10, len(lead) - 10, 10):
        part = slice(first, first + 10)
        assert abs(np.average(lead[part], weights=found.samples[part])) < 3 / np.sqrt(found.samples[part].sum())
    crossing = 2e5 * np.sqrt(np.log(8 / (ONE_SEVENTH / (1 - ONE_SEVENTH))))
    assert 1 / found.period(ONE_SEVENTH) == pytest.approx(crossing, rel=0.1)


@pytest.mark.parametrize("dtype", [float, complex])
def test_the_scatter_of_independent_noise_is_that_of_the_samples_it_says(dtype):
    """FRC is about 0 with the variance 1/(2n): the real part of n products of unit power holds half of it."""
    rng = np.random.default_rng(1)
    seen = [ring_correlation(white(rng, dtype), white(rng, dtype), PITCH) for _ in range(10)]
    for found in seen:
        assert abs(np.average(found.correlation, weights=found.samples)) < 4 / np.sqrt(found.samples.sum())
    scatter = np.mean([found.correlation[5:] ** 2 * found.samples[5:] for found in seen])
    assert scatter == pytest.approx(0.5, rel=0.1)


def test_a_picture_agrees_with_itself_to_the_last_ring_whatever_its_scale_and_phase():
    rng = np.random.default_rng(2)
    picture = 1 + 0.3 * white(rng, complex)
    found = ring_correlation(picture, 3 * picture * np.exp(1.2j), PITCH)
    np.testing.assert_allclose(found.correlation, 1, atol=1e-9)
    assert found.period(ONE_SEVENTH) == pytest.approx(2e-6, rel=0.01)
    assert found.period(found.half_bit) == found.period(ONE_SEVENTH)


def test_a_border_makes_no_correlation_of_its_own():
    """Two ramps with independent noise: without a window the jump from border to border correlates at every ring."""
    rng = np.random.default_rng(3)
    ramp = 50 * np.linspace(0, 1, SHAPE[1]) + np.zeros(SHAPE)
    found = ring_correlation(ramp + white(rng, float), ramp + white(rng, float), PITCH)
    assert np.mean(found.correlation[40:]) < 0.1


def test_thresholds_are_crossed_between_rings():
    rings = RingCorrelation(np.array([1.0, 2, 3, 4, 5]), np.array([0.1, 0.9, 0.6, 0.2, 0.9]), np.full(5, 1e12))
    assert rings.period(0.4) == pytest.approx(1 / 3.5)
    assert rings.period(0.95) is None
    uneasy = RingCorrelation(np.arange(1.0, 6), np.array([0.5, 0.1, 0.9, 0.6, 0.2]), np.full(5, 1e12))
    assert uneasy.period(0.4) == pytest.approx(1 / 4.5)
    assert rings.period(0.05) == pytest.approx(1 / 5)
    np.testing.assert_allclose(rings.half_bit, 0.2071 / 1.2071, rtol=1e-5)


@pytest.mark.parametrize("shape", [(240, 301), (240,), (4, 300)])
def test_pictures_that_cannot_be_compared_are_refused(shape):
    with pytest.raises((InputError, TypeError)):
        ring_correlation(np.ones(SHAPE if shape != (4, 300) else shape), np.ones(shape))


def test_own_gains_leave_the_least_error():
    rng = np.random.default_rng(4)
    data, predicted = (rng.uniform(0.2, 1, (3, 6, 8)) for _ in range(2))
    predicted[2] = 0
    weights = (rng.uniform(size=data.shape) > 0.2).astype(float)
    gains = own_gains(data, predicted, weights)
    assert gains[2] == 1
    for frame in range(2):
        part = data[frame], predicted[frame], weights[frame]
        least = nrmse_amplitude(part[0], gains[frame] * part[1], part[2] > 0)
        for factor in (0.98, 1.02):
            assert nrmse_amplitude(part[0], factor * gains[frame] * part[1], part[2] > 0) > least


def test_the_unexplained_share_counts_the_pixels_that_count():
    data, predicted = np.array([[4.0, 9.0]]), np.array([[1.0, 9.0]])
    assert nrmse_amplitude(data, predicted, np.ones((1, 2), bool)) == pytest.approx(1 / 13**0.5)
    assert nrmse_amplitude(data, predicted, np.array([[False, True]])) == 0
    assert np.isnan(nrmse_amplitude(data, predicted, np.zeros((1, 2), bool)))


def test_pixels_of_a_frame_that_is_not_trusted_do_not_count():
    weights = np.array([[[1.0, 0.6]], [[1e-4, 1e-4]], [[0.0, 1.0]]])
    assert pixels_that_count(weights).tolist() == [[[True, True]], [[False, False]], [[False, True]]]
    assert not pixels_that_count(np.zeros((1, 1, 2))).any()
