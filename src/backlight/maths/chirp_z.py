"""Chirp-z transform: the Fourier sum at any frequencies in equal steps, by three FFTs."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Inexact

from backlight.maths.fourier import fast_size
from backlight.maths.precise import Precise, phasors, precise


def chirp_z(
    values: Inexact[Array, "..."], middle: Any, step: Any, count: int, *, axis: int = -1
) -> Complex[Array, "..."]:
    """Return X_m = Σ_n x_n·exp(−2πi·n′·(middle + m′·step)) along one axis, n′ = n − N//2, m′ = m − count//2.

    Bluestein's identity n′m′ = (n′² + m′² − (m′−n′)²)/2 turns the sum into a convolution with a chirp (Rabiner, Schafer
    and Rader, IEEE Trans. Audio Electroacoust. 17, 86, 1969). The chirps reach thousands of turns: they are counted in
    two floats, and so are `middle` and `step` where they are given as `Precise`.

    **Arguments:**

    - `values`: x, N numbers along `axis`.
    - `middle`: cycles per sample at output m = count//2; a number, differentiable.
    - `step`: cycles per sample from one output to the next; either sign, a number, differentiable.
    - `count`: outputs.

    **Returns:** X along the same axis; the inverse transform is the one with `−middle`, `−step`. Any N and `count`: the
    FFTs inside have a fast size of their own, at least N + count − 1.

    Example:
        >>> import jax.numpy as jnp
        >>> from backlight.maths.chirp_z import chirp_z
        >>> [round(float(abs(x)), 3) for x in chirp_z(jnp.ones(5), 0.0, 0.1, 3)]
        [3.236, 5.0, 3.236]
    """
    x = jnp.moveaxis(values, axis, -1)
    middle, half = precise(middle), precise(step) * 0.5
    before, behind = centered(x.shape[-1]), centered(count)
    size = fast_size(x.shape[-1] + count - 1)
    chirp, first, last = phasors(
        half * _square(_lags(x.shape[-1], count, size)),
        -(half * _square(before)) - middle * before,
        -(half * _square(behind)),
    )
    convolved = jnp.fft.ifft(jnp.fft.fft(x * first, n=size) * jnp.fft.fft(chirp))[..., :count]
    return jnp.moveaxis(convolved * last, -1, axis)


def zoom(
    values: Inexact[Array, "*batch y x"], middle: Precise, step: Precise, shape: tuple[int, int]
) -> Complex[Array, "*batch rows columns"]:
    """Return the chirp-z transform along the two last axes; `middle` and `step` are pairs (y, x)."""
    rows = chirp_z(values, middle[0], step[0], shape[0], axis=-2)
    return chirp_z(rows, middle[1], step[1], shape[1], axis=-1)


def centered(n: int) -> np.ndarray:
    """Return the indices of n samples, 0 at sample n//2."""
    return np.arange(n) - float(n // 2)


def centered_fft2(values: Inexact[Array, "*batch y x"]) -> Complex[Array, "*batch y x"]:
    """Return Σ u·exp(−2πi(j′m′/M + k′n′/N)), both sides counted from their center pixels, without a shift of arrays."""
    ahead, behind = zip(*(_centering(n) for n in values.shape[-2:]), strict=True)
    return jnp.fft.fft2(values * _outer(ahead, values)) * _outer(behind, values)


def _square(index: np.ndarray) -> Precise:
    return precise(index) * precise(index)


def _lags(n: int, count: int, size: int) -> np.ndarray:
    """Return m′ − n′ at the places of a circular convolution; what lies between is never read."""
    place = np.arange(size)
    return np.where(place < count, place, place - size) + float(n // 2 - count // 2)


def _centering(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the phases of (j − n₀)(m − n₀) = jm − n₀j − n₀(m − n₀) that are not jm, without their whole turns."""
    turns = np.arange(n) * (n // 2) % n / n
    return np.exp(2j * np.pi * turns), np.exp(2j * np.pi * (turns - (n // 2) ** 2 % n / n))


def _outer(factors: tuple[np.ndarray, ...], like: Array) -> Array:
    return jnp.asarray(np.multiply.outer(*factors), jnp.result_type(like, jnp.complex64))
