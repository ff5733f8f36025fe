"""Pictures between their pixels, against the sum of their waves."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from backlight.maths.bandlimited import at_lines, at_points, dirichlet, filtered, shift_transfer

SIZES = [(12, 9), (17, 32), (1, 6)]
RNG = np.random.default_rng(0)


@pytest.fixture(params=SIZES, ids=str)
def picture(request):
    return RNG.standard_normal(request.param)


def exact(values, y, x):
    """Return Σ values·D(y − k)·D(x − l) at points, by sums over all pixels."""
    rows, columns = (dirichlet(np.ravel(p), n) for p, n in zip((y, x), values.shape, strict=True))
    return np.einsum("pk,pl,kl->p", rows, columns, values).reshape(np.shape(y))


def test_dirichlet_kernel_is_the_wave_between_the_samples():
    n, positions = 12, np.asarray([0.0, 0.3, 7.5, 11.9])
    for m in range(6):
        wave = np.cos(2 * np.pi * m * np.arange(n) / n + 0.4)
        assert np.allclose(dirichlet(positions, n) @ wave, np.cos(2 * np.pi * m * positions / n + 0.4))


@pytest.mark.parametrize("precision", ["float32", pytest.param("float64", marks=pytest.mark.slow)])
def test_points_anywhere_are_within_a_millionth_of_the_sum(picture, precision):
    moves = RNG.uniform(-5, 5, (2, *picture.shape))
    rows, columns = (np.arange(n) + 0.25 for n in picture.shape)
    with jax.enable_x64(precision == "float64"):
        values, *moves = (jnp.asarray(a, float) for a in (picture, *moves))
        got = at_points(values, rows, columns, tuple(moves))
        assert got.dtype == values.dtype
        got, moves = np.asarray(got), np.asarray(moves)
    expected = exact(picture, rows[:, None] + moves[0], columns + moves[1])
    assert np.linalg.norm(got - expected) <= 1e-6 * np.linalg.norm(expected)


@pytest.mark.slow
def test_derivatives_of_the_window_lose_a_factor_of_twenty_each():
    """The window ends after 8 points, where its second derivative jumps: at moves of whole half pixels it is worst."""
    with jax.enable_x64(True):
        values = jnp.asarray(RNG.standard_normal((6, 21)))
        rows, columns = np.arange(6), np.arange(21)
        moves = jnp.asarray([0.0, 0.1, 0.25, 0.3, 0.4999, 0.5001])

        def moved(move):
            return at_points(values, rows, columns, (jnp.zeros((1, 1)), jnp.full((1, 1), move)))

        orders = (moved, jax.jacfwd(moved), jax.jacfwd(jax.jacfwd(moved)))
        for order, (function, error) in enumerate(zip(orders, (3e-7, 6e-6, 1e-4), strict=True)):
            waves = (2j * np.pi * np.fft.fftfreq(21)) ** order
            spectrum = np.fft.fft(values) * waves
            turned = np.exp(2j * np.pi * np.fft.fftfreq(21) * np.asarray(moves)[:, None, None])
            expected = np.fft.ifft(spectrum * turned).real
            got = np.asarray(jax.vmap(function)(moves))
            assert np.std(got - expected) < error * np.std(expected)


@pytest.mark.usefixtures("float64")
def test_shifts_and_lattices_are_exact(picture):
    y, x = (np.arange(n, dtype=float) for n in picture.shape)
    moved = shift_transfer(picture.shape, (jnp.asarray(0.3), jnp.asarray(-1.7)))
    shifted = filtered(jnp.asarray(picture), moved)
    expected = exact(picture, *np.broadcast_arrays(y[:, None] + 0.3, x - 1.7))
    assert np.allclose(shifted, expected, atol=1e-13)
    got = at_lines(jnp.asarray(picture), y, x[1:4] * 0.9 + 0.1)
    assert np.allclose(got, exact(picture, *np.broadcast_arrays(y[:, None], x[1:4] * 0.9 + 0.1)), atol=1e-13)
    assert np.array_equal(at_lines(jnp.asarray(picture), y[:1], x[::2]), picture[:1, ::2])
