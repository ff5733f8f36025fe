"""Discrete Fourier helpers: two last axes, numpy's scaling, zero frequency first."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float, Inexact, Shaped

from backlight.errors import InputError


def fft2(u: Inexact[Array, "*batch y x"]) -> Complex[Array, "*batch y x"]:
    """Return Σ u exp(−2πi(jm/M + kn/N)) over the two last axes; no scaling."""
    return jnp.fft.fft2(u)


def ifft2(spectrum: Complex[Array, "*batch y x"]) -> Complex[Array, "*batch y x"]:
    """Invert `fft2`: the scaling 1/(MN) is here."""
    return jnp.fft.ifft2(spectrum)


def frequencies(n: int, pitch: Float[Array, ""] | float) -> Float[Array, "{n}"]:
    """Return the DFT frequencies m/(n·pitch), m = 0, 1, …, −1, in cycles per unit of `pitch`.

    A grid with both ends included would shift an image by λz/(2n·pitch); this one does not.
    """
    return jnp.asarray(np.rint(np.fft.fftfreq(n) * n)) / (n * pitch)


def fast_size(n: int) -> int:
    """Return the smallest even 5-smooth size ≥ `n` that is no large power of two.

    Powers of two from 512 on cost up to twice the next size: their columns fall on the same cache lines.
    """
    size = max(int(n), 1)
    while not _is_fast(size):
        size += 1
    return size


def _is_fast(n: int) -> bool:
    if n > 8 and n % 2:
        return False
    if n >= 512 and n & (n - 1) == 0:
        return False
    for prime in (2, 3, 5):
        while n % prime == 0:
            n //= prime
    return n == 1


def pad(
    values: Shaped[Array, "*batch y x"], shape: tuple[int, int], fill: complex | float = 0.0
) -> Shaped[Array, "*batch Y X"]:
    """Surround `values` with `fill` up to `shape`; pixel n//2 stays the center.

    **Errors:** `InputError` if `shape` is smaller than the values.
    """
    _demand(shape, values.shape[-2:], "pad")
    widths = [(big // 2 - small // 2, (big - big // 2) - (small - small // 2)) for small, big in _sizes(values, shape)]
    return jnp.pad(values, [(0, 0)] * (values.ndim - 2) + widths, constant_values=fill)


def crop(values: Shaped[Array, "*batch Y X"], shape: tuple[int, int]) -> Shaped[Array, "*batch y x"]:
    """Cut the central `shape` out of `values`; pixel n//2 stays the center.

    **Errors:** `InputError` if `shape` is larger than the values.
    """
    _demand(values.shape[-2:], shape, "crop")
    rows, columns = ((big // 2 - small // 2, small) for big, small in _sizes(values, shape))
    return values[..., rows[0] : rows[0] + rows[1], columns[0] : columns[0] + columns[1]]


def _demand(large: tuple[int, ...], small: tuple[int, ...], action: str) -> None:
    if any(big < little for big, little in zip(large, small, strict=True)):
        raise InputError(
            f"grid to {action}",
            got=f"{tuple(small)} pixels to fit into {tuple(large)}",
            expected="the smaller grid no larger than the larger one on either axis",
            remedy="give the sample at least as many pixels as the camera",
        )


def _sizes(values: Array, shape: tuple[int, int]) -> list[tuple[int, int]]:
    return list(zip(values.shape[-2:], shape, strict=True))
