"""The mathematics of the in-line hologram by hand: what a good practitioner writes in plain JAX.

Nothing of Backlight is used: this is the yardstick of `hologram.py`. The transfer function is carrier-free
(exp(ikz) dropped), two-dimensional and built on every call, because the distance is unknown; the band limit is fixed,
as it is in the product. complex64 throughout.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np


def loss_and_gradient(
    frame: jax.Array, shape: tuple[int, int], wavelength: float, pitch: float, reach: float
) -> Callable:
    """Return the compiled function (planes (2, y, x), distance) → loss and its gradient with respect to both."""
    sine_squared, band = _frequencies(shape, wavelength, pitch, reach)
    rows, columns = (big // 2 - small // 2 for big, small in zip(shape, frame.shape, strict=True))
    root = jnp.sqrt(frame)

    def loss(planes, distance):
        sample = jax.lax.complex(planes[0], planes[1])
        phase = -2 * jnp.pi / wavelength * distance * sine_squared / (1 + jnp.sqrt(1 - sine_squared))
        kernel = jnp.where(band, jnp.exp(1j * phase), 0)
        field = jnp.fft.ifft2(jnp.fft.fft2(sample) * kernel)
        seen = field[rows : rows + frame.shape[0], columns : columns + frame.shape[1]]
        intensity = seen.real**2 + seen.imag**2
        return 0.5 * jnp.sum((jnp.sqrt(intensity + 1e-12) - root) ** 2)

    return jax.jit(jax.value_and_grad(loss, argnums=(0, 1)))


def _frequencies(shape, wavelength, pitch, reach) -> tuple[jax.Array, jax.Array]:
    """Return λ²(fy² + fx²) and the band limit of Matsushima and Shimobaba (2009)."""
    gy = wavelength * np.fft.fftfreq(shape[0], pitch)[:, None]
    gx = wavelength * np.fft.fftfreq(shape[1], pitch)[None, :]
    sine_squared = gy**2 + gx**2
    if sine_squared.max() >= 1:
        raise ValueError("this yardstick knows no evanescent waves: take a pitch above the wavelength")
    cosine = np.sqrt(1 - sine_squared)
    band = (reach * abs(gy) / cosine <= 0.5 * shape[0] * pitch) & (reach * abs(gx) / cosine <= 0.5 * shape[1] * pitch)
    return jnp.asarray(sine_squared, jnp.float32), jnp.asarray(band)
