"""Transport of intensity on simulated planes: signs, borders, uneven light, noise, gradients."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from planes_twin import WAVELENGTH, bump, coordinates, deviation, record, uneven

from backlight.errors import InputError
from backlight.maths.differences import forward_differences
from backlight.maths.no_flux import at_faces, divergence, weighted_poisson
from backlight.systems.transport_of_intensity import (
    expected_error,
    fine_noise,
    least_risk,
    transport_of_intensity,
    transported_field,
)

SHAPE, PITCH = (96, 112), (1e-6, 1e-6)
OPTICS = {"wavelength": WAVELENGTH, "pixel_pitch": 1e-6}
PLANES = (-2e-6, 2e-6)


def even(y, x):
    return np.exp(1j * bump(y, x))


def shaded(y, x):
    """Uneven light whose unevenness is gone at the border, where the simulation is periodic."""
    fade = np.exp(-((y / 36e-6) ** 8) - (x / 42e-6) ** 8)
    return np.sqrt(1 + (uneven(y, x) - 1) * fade) * np.exp(1j * bump(y, x))


def seen(light, distances=PLANES, shape=SHAPE, pitch=PITCH):
    return record(light, shape, pitch, distances)


def truth(shape=SHAPE, pitch=PITCH):
    return bump(*coordinates(shape, pitch))


def teague(frames, distances):
    """Return the phase by Teague's auxiliary function, I∇φ = ∇ψ, with the same borders."""
    level, ones = jnp.asarray(frames.mean(axis=0)), jnp.ones(frames.shape[1:])
    change = (frames[1] - frames[0]) / (distances[1] - distances[0]) * 2 * np.pi / WAVELENGTH * 1e-12
    slope = forward_differences(weighted_poisson(ones, jnp.asarray(change))) / at_faces(level)
    return weighted_poisson(ones, -divergence(slope))


def test_a_delay_is_a_positive_phase_of_the_right_size():
    found = transport_of_intensity(seen(even), PLANES, **OPTICS)
    assert float(found[51, 51] - found[0, 0]) == pytest.approx(2.0, rel=0.02)
    assert deviation(found, truth()) <= 0.01


@pytest.mark.slow
def test_uneven_light_needs_the_whole_equation_and_not_teagues_function():
    frames = seen(shaded)
    found = transport_of_intensity(frames, PLANES, **OPTICS, regularization=0.0)
    assert deviation(found, truth()) <= 0.015
    assert deviation(teague(frames, PLANES), truth()) >= 3 * deviation(found, truth())


@pytest.mark.parametrize(
    ("shape", "pitch"), [((97, 81), (1e-6, 1.4e-6)), pytest.param((131, 112), (0.7e-6, 1e-6), marks=pytest.mark.slow)]
)
def test_odd_and_anisotropic_grids(shape, pitch):
    frames = seen(shaded, shape=shape, pitch=pitch)
    found = transport_of_intensity(frames, PLANES, wavelength=WAVELENGTH, pixel_pitch=pitch)
    assert deviation(found, truth(shape, pitch)) <= 0.02


def test_a_medium_shortens_the_wave():
    frames = record(even, SHAPE, PITCH, PLANES, medium_index=1.33)
    assert deviation(transport_of_intensity(frames, PLANES, **OPTICS, medium_index=1.33), truth()) <= 0.01


def stopped(y, x):
    """Light behind a field stop with a soft edge, and a lens that reaches beyond the stop on one side."""
    inside = 0.25 * (1 + np.tanh((34e-6 - np.abs(y)) / 1.5e-6)) * (1 + np.tanh((40e-6 - np.abs(x)) / 1.5e-6))
    return inside * np.exp(1j * bump(y, x, height=8.0, width=14e-6, center=(0.0, 40e-6)))


@pytest.mark.slow
def test_an_object_at_the_edge_of_a_field_stop_needs_the_dark_around_it():
    frames, planes = seen(stopped, (-0.5e-6, 0.5e-6)), (-0.5e-6, 0.5e-6)
    y, x = coordinates(SHAPE, PITCH)
    phase = bump(y, x, height=8.0, width=14e-6, center=(0.0, 40e-6))
    lit = ((np.abs(y) < 31e-6) & (np.abs(x) < 37e-6)).astype(float)
    found = transport_of_intensity(frames, planes, **OPTICS, regularization=0.0)
    assert deviation(found, phase, lit) <= 0.02
    inner = np.s_[18:-18, 18:-18]  # inside the stop the flux through the border is not in the picture
    cut = transport_of_intensity(frames[:, *inner], planes, **OPTICS, regularization=0.0)
    assert deviation(cut, phase[inner]) >= 0.1


@pytest.mark.parametrize("regularization", [pytest.param(0.0, marks=pytest.mark.slow), 4e9])
def test_the_noise_of_the_phase_is_the_expected_one(regularization):
    options = {"regularization": regularization, **OPTICS}
    solve = jax.jit(lambda frames: transport_of_intensity(frames, PLANES, **options))
    rng = np.random.default_rng(0)
    flat = [solve(1 + 0.01 * rng.normal(size=(2, 48, 60))) for _ in range(60)]
    wanted = float(expected_error((48, 60), PLANES, noise=0.01, **options))
    assert np.sqrt(np.mean(np.square(flat))) == pytest.approx(wanted, rel=0.1)


@pytest.mark.slow
def test_clouds_are_damped_where_they_outweigh_the_sample_and_only_there():
    frames = seen(even)
    rng = np.random.default_rng(1)
    noisy = frames + 0.05 * rng.normal(size=frames.shape)
    off = [
        [float(np.std(transport_of_intensity(f, PLANES, **OPTICS, **how) - truth())) for how in ({}, {"noise": 0.05})]
        for f in (frames, noisy)
    ]
    raw = float(np.std(transport_of_intensity(noisy, PLANES, **OPTICS, regularization=0.0) - truth()))
    assert max(off[1]) <= 0.7 * raw
    assert off[0][0] <= 0.02


def test_noise_is_told_from_a_smooth_picture():
    source = np.random.default_rng(2).normal(size=(80, 90)) + 20 * truth((80, 90))
    assert float(fine_noise(jnp.asarray(source))) == pytest.approx(1, rel=0.05)


def test_the_risk_of_pure_noise_is_least_with_damping_and_without_noise_there_is_none():
    sources = jnp.asarray(np.random.default_rng(3).normal(size=(9, 64, 64)))
    slowest = (np.pi / 64) ** 2  # q² of the broadest wave: a smaller ε would change nothing
    found = [float(least_risk(source, 1.0, jnp.ones(2))) for source in sources]
    assert np.median(found) >= 0.99 * slowest
    assert float(least_risk(100 * jnp.asarray(truth((64, 64))), 0.0, jnp.ones(2))) == 0


@pytest.mark.slow
def test_far_planes_need_a_higher_degree():
    def small(y, x):
        return np.exp(1j * bump(y, x, width=3e-6))

    planes, phase = np.linspace(-90e-6, 90e-6, 7), bump(*coordinates(SHAPE, PITCH), width=3e-6)
    frames = seen(small, planes)
    line, cubic = (transport_of_intensity(frames, planes, **OPTICS, degree=d, regularization=0.0) for d in (1, 3))
    assert deviation(cubic, phase) <= 0.03
    assert deviation(line, phase) >= 2 * deviation(cubic, phase)


def test_only_differences_of_distances_count_not_their_order_or_the_exposures():
    frames = seen(even, (-2e-6, 0.0, 2e-6))
    found = transport_of_intensity(frames, (-2e-6, 0.0, 2e-6), **OPTICS)
    shuffled = frames[[2, 0, 1]] * np.array([1.0, 1.1, 0.7])[:, None, None]
    far = transport_of_intensity(shuffled, 0.3 + np.array([2e-6, -2e-6, 0.0]), **OPTICS)
    np.testing.assert_allclose(far, found, atol=2e-3)


def test_the_phase_belongs_to_the_mean_distance_and_the_field_goes_to_any():
    """From planes at 0 and 6 µm the one at 14 µm, that was not used, is foretold."""
    frames = seen(shaded, (0.0, 6e-6, 14e-6))
    field = transported_field(frames[:2], (0.0, 6e-6), 14e-6, **OPTICS)
    predicted = np.abs(field.values) ** 2
    assert np.std(predicted - frames[2]) <= 0.15 * np.std(frames[2] - frames[1])


@pytest.mark.slow
def test_gradients_are_finite_differences(float64):
    """The ε by the data is a constant to gradients; here it is given."""
    frames = jnp.asarray(seen(shaded, shape=(40, 49)))
    direction = jnp.asarray(np.random.default_rng(4).normal(size=(3, *frames.shape[1:])))

    def loss(t):
        phase = transport_of_intensity(
            frames + t[0] * direction[:2], jnp.array([-2e-6, 2e-6]) * (1 + t[1] * jnp.array([1, 2])),
            wavelength=WAVELENGTH * (1 + t[2]), pixel_pitch=1e-6 * (1 + t[3] * jnp.array([1, -2])),
            regularization=1e8 * (1 + t[4]),
        )  # fmt: skip
        return jnp.sum(direction[2] * phase + phase**2)

    t, step = jnp.zeros(5), 1e-4
    slopes = [(loss(t.at[i].add(step)) - loss(t.at[i].add(-step))) / (2 * step) for i in range(5)]
    np.testing.assert_allclose(jax.grad(loss)(t), slopes, rtol=2e-3, atol=1e-3)


@pytest.mark.slow
def test_float32_is_right_and_jit_is_eager():
    frames = seen(shaded)

    def solve(f):
        return transport_of_intensity(f, PLANES, **OPTICS, regularization=0.0)

    single, compiled = solve(frames.astype(np.float32)), jax.jit(solve)(frames.astype(np.float32))
    assert single.dtype == jnp.float32
    np.testing.assert_allclose(compiled, single, atol=1e-3)
    with jax.enable_x64(True):
        double = solve(frames)
    np.testing.assert_allclose(single, double, atol=2e-3)


@pytest.mark.parametrize(
    ("frames", "distances", "options", "message"),
    [
        (np.ones((1, 8, 8)), [0.0], {}, "two planes or more"),
        (np.ones((8, 8)), [0.0, 1e-6], {}, "two planes or more"),
        (np.ones((2, 8, 8)), [1e-6, 1e-6], {}, "1 different distances"),
        (np.ones((3, 8, 8)), [0.0, 1e-6], {}, "3 frames and 2 distances"),
        ([np.ones((8, 8)), np.ones((8, 9))], [0.0, 1e-6], {}, "frames"),
        (np.zeros((2, 8, 8)), [0.0, 1e-6], {}, "light in every frame"),
        (np.full((2, 8, 8), np.nan), [0.0, 1e-6], {}, "NaN"),
        (np.ones((2, 8, 8)), [0.0, 1e-6], {"degree": 2}, "from 1 to 1"),
        (np.ones((2, 8, 8)), [0.0, 1e-6], {"pixel_pitch": 0.0}, "pitch"),
        (np.ones((2, 8, 8)), [0.0, 1e-6], {"wavelength": -1.0}, "wavelength"),
    ],
)
def test_bad_input_is_refused_with_a_remedy(frames, distances, options, message):
    with pytest.raises(InputError, match=message):
        transport_of_intensity(frames, distances, **(OPTICS | options))
