"""Sources, samples and the account of a propagation."""

import jax.numpy as jnp
import numpy as np
import pytest

from backlight.errors import InputError
from backlight.light import Field, Grid
from backlight.wave import AngularSpectrum, FreeSpace, PlaneWave, SphericalWave, ThinSample

GRID = Grid((32, 48), 2e-6)


def test_sources_have_unit_irradiance_and_keep_their_carrier_apart():
    plane = PlaneWave(5e-7, tilt=(1e4, -2e4))(GRID)
    sphere = SphericalWave(5e-7, 0.02)(GRID)
    assert plane.values.shape == (1, 1)
    assert np.allclose(plane.tilt, (1e4, -2e4))
    assert np.allclose(sphere.curvature, 50.0)
    assert np.allclose(sphere.irradiance, 1)


def test_a_sample_multiplies_and_shows_amplitude_and_phase():
    sample = ThinSample(np.full((32, 48), 0.5j))
    assert np.allclose(sample.amplitude, 0.5)
    assert np.allclose(sample.phase, np.pi / 2)
    assert np.allclose(sample(PlaneWave(5e-7)(GRID)).values, 0.5j)


def test_negative_padding_is_refused():
    with pytest.raises(InputError, match="padding"):
        AngularSpectrum(padding=(-1, 0))


def field(values):
    return Field(values, GRID, 5e-7)


def test_a_smooth_field_over_a_short_way_needs_no_advice():
    x = np.linspace(-3, 3, 48)
    account = FreeSpace(1e-5).sampling(field(np.exp(-(x**2)) * np.exp(-(np.linspace(-3, 3, 32)[:, None] ** 2))))
    assert account.warnings == ()
    assert account.memory == 2 * 8 * 32 * 48


def test_noise_over_a_long_way_is_told_apart_in_words():
    noise = np.random.default_rng(0).standard_normal((32, 48))
    account = FreeSpace(5e-3).sampling(field(noise))
    text = " ".join(account.warnings)
    assert "Nyquist" in text
    assert "pad more" in text
    assert account.energy_lost > 0.5
    assert account.kernel_margin < 0.5


def test_walking_light_is_measured_with_the_tilt():
    beam = field(np.ones((32, 48)))
    straight = FreeSpace(1e-3).sampling(beam)
    tilted = FreeSpace(1e-3).sampling(Field(np.ones((32, 48)), GRID, 5e-7, tilt=(0.0, 2e5)))
    assert straight.output_margin > 1
    assert np.isclose(1 / tilted.output_margin, 1e-3 * 0.1 / np.sqrt(1 - 0.01) / 48e-6, rtol=1e-3)


def test_the_plan_pads_to_fast_sizes_and_no_more_than_twice():
    near, far = (AngularSpectrum.planned(GRID, 5e-7, z) for z in (1e-5, 1.0))
    assert near.padding[0] < far.padding[0]
    assert far.padding[0] + 32 == 64
    assert far.padding[1] + 48 == 96


def test_distance_zero_changes_nothing():
    values = jnp.asarray(np.random.default_rng(1).standard_normal((32, 48)))
    assert np.allclose(FreeSpace(0.0)(field(values)).values, values, atol=1e-6)
