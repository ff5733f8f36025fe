"""The chirp-z transform against the sum it stands for, and its derivatives."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from backlight.maths import chirp_z as module
from backlight.maths.chirp_z import centered_fft2
from backlight.maths.precise import phasor, precise

SIZES = [(31, 50), (100, 7), (64, 64)]

chirp_z = jax.jit(module.chirp_z, static_argnums=3, static_argnames="axis")


def noise(shape):
    rng = np.random.default_rng(0)
    return (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)).astype(np.complex64)


def indices(n):
    return np.arange(n) - n // 2


def direct(values, middle, step, count):
    """The sum, in float64, of numbers rounded to single precision first."""
    turns = np.outer(indices(values.size), float(middle) + indices(count) * float(step))
    return values.astype(complex) @ np.exp(-2j * np.pi * (turns % 1))


@pytest.mark.parametrize(("n", "count"), SIZES)
@pytest.mark.parametrize("step", [0.013, -0.31, 1e-5])
def test_chirp_z_is_the_direct_sum(n, count, step):
    values, middle, step = noise(n), np.float32(0.123), np.float32(step)
    expected = direct(values, middle, step, count)
    got = chirp_z(jnp.asarray(values), middle, step, count)
    assert np.linalg.norm(got - expected) <= 1e-6 * np.linalg.norm(expected)
    with jax.enable_x64(True):
        numbers = (jnp.asarray(x, float) for x in (middle, step))
        got = chirp_z(jnp.asarray(values, complex), *numbers, count)
        assert np.linalg.norm(got - expected) <= 1e-12 * np.linalg.norm(expected)


def test_phases_of_a_thousand_turns_keep_single_precision():
    """1500 samples in steps of 1/111: n′²·step/2 reaches 2500 turns, where a float32 step is 2e-4 of a turn."""
    values, step = noise(1500), precise(jnp.float32(1)) / jnp.float32(111)
    expected = direct(values, 0, 1 / 111, 1500)
    assert np.linalg.norm(chirp_z(jnp.asarray(values), 0.0, step, 1500) - expected) <= 1e-6 * np.linalg.norm(expected)
    rounded = direct(values, 0, np.float32(1 / 111), 1500)
    assert np.linalg.norm(rounded - expected) > 1e-4 * np.linalg.norm(expected)


def test_any_axis():
    values = jnp.asarray(noise((9, 4, 3)))
    rows = chirp_z(values, 0.1, 0.2, 5, axis=-2)
    assert rows.shape == (9, 5, 3)
    assert np.allclose(rows[2, :, 1], chirp_z(values[2, :, 1], 0.1, 0.2, 5), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("shape", [(8, 6), (7, 9)])
def test_the_centered_transform_is_a_chirp_z_in_steps_of_1_over_n(shape):
    values = jnp.asarray(noise(shape))
    expected = chirp_z(chirp_z(values, 0.0, 1 / shape[0], shape[0], axis=-2), 0.0, 1 / shape[1], shape[1])
    assert np.allclose(centered_fft2(values), expected, rtol=1e-5, atol=1e-5)


def test_derivatives_in_middle_and_step_are_those_of_the_sum(float64):
    values, weights = jnp.asarray(noise(31), complex), jnp.asarray(noise(20), complex)

    def loss(transform, middle, step):
        return jnp.sum(jnp.abs(transform(middle, step) - weights) ** 2)

    def plain(middle, step):
        return values @ jnp.exp(-2j * jnp.pi * jnp.outer(indices(31), middle + indices(20) * step))

    got = jax.grad(loss, (1, 2))(lambda a, b: chirp_z(values, a, b, 20), 0.07, 0.031)
    assert np.allclose(got, jax.grad(loss, (1, 2))(plain, 0.07, 0.031), rtol=1e-11)


def test_a_phasor_knows_its_second_derivative(float64):
    second = jax.grad(jax.grad(lambda x: phasor(precise(x) * precise(x)).real))(0.3)
    phase = 2 * np.pi * 0.09
    assert np.isclose(second, -4 * np.pi * np.sin(phase) - (4 * np.pi * 0.3) ** 2 * np.cos(phase))
