"""Frequencies, padding and sizes."""

import jax.numpy as jnp
import numpy as np
import pytest

from backlight.errors import InputError
from backlight.maths import fourier


@pytest.mark.parametrize("n", [1, 4, 7])
def test_frequencies_are_fftfreq(n):
    assert np.allclose(fourier.frequencies(n, 2e-6), np.fft.fftfreq(n, 2e-6))


@pytest.mark.parametrize(("small", "large"), [((3, 4), (8, 7)), ((4, 5), (4, 6)), ((1, 1), (2, 3))])
def test_padding_keeps_the_center_pixel_and_cropping_undoes_it(small, large):
    values = jnp.arange(1.0, 1 + small[0] * small[1]).reshape(small)
    padded = fourier.pad(values, large, fill=0.0)
    assert padded.shape == large
    assert padded[large[0] // 2, large[1] // 2] == values[small[0] // 2, small[1] // 2]
    assert np.array_equal(fourier.crop(padded, small), values)


@pytest.mark.parametrize("move", [fourier.pad, lambda u, shape: fourier.crop(jnp.zeros(shape), u.shape)])
def test_what_does_not_fit_is_refused(move):
    with pytest.raises(InputError, match="at least as many pixels"):
        move(jnp.zeros((4, 4)), (4, 3))


def test_fast_sizes_are_smooth_even_and_no_large_power_of_two():
    for n in range(9, 1200):
        size = fourier.fast_size(n)
        rest = size
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        assert n <= size <= 1.2 * n + 8
        assert rest == 1
        assert size % 2 == 0
        assert size not in (512, 1024)
