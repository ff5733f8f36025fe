"""Phases that grow along a grid, counted in turns less the whole ones: hundreds of turns lose no digit in float32."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from backlight.light import Grid
from backlight.maths import double_float as df


def linear_turns(grid: Grid, axis: int, frequency: Float[Array, ""], center: Float[Array, ""]) -> Float[Array, " n"]:
    """Return κ(r − r₀) of one axis less its nearest whole number, in −½ … ½.

    **Arguments:** `frequency`: κ, cycles/m; `center`: r₀, m.
    """
    return _linear(_index(grid, axis), grid.pitch[axis], grid.center[axis], center, frequency)


def quadratic_turns(
    grid: Grid, axis: int, curvature: Float[Array, ""], wavelength: Float[Array, ""], medium_index: Float[Array, ""]
) -> Float[Array, " n"]:
    """Return n c r²/(2λ) of one axis less its nearest whole number."""
    return _quadratic(_index(grid, axis), grid.pitch[axis], grid.center[axis], curvature, wavelength, medium_index)


def _index(grid: Grid, axis: int) -> Float[Array, " n"]:
    n = grid.shape[axis]
    return jnp.asarray(np.arange(n) - n // 2, grid.pitch.dtype)


def _exact(plain: Callable[..., Array], pairs: Callable[..., df.Double]) -> Callable[..., Array]:
    """Return the fraction of `pairs` (two floats per number) with the derivative of the same formula `plain`."""

    @jax.custom_jvp
    def fraction(*numbers: Array) -> Array:
        return df.fraction(pairs(*(df.exact(number) for number in numbers)))

    @fraction.defjvp
    def slope(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
        return fraction(*primals), jax.jvp(plain, primals, tangents)[1]

    return fraction


def _place(index: df.Double, pitch: df.Double, center: df.Double) -> df.Double:
    return df.add(df.multiply(index, pitch), center)


def _half(x: df.Double) -> df.Double:
    return df.Double(0.5 * x.hi, 0.5 * x.lo)


_linear = _exact(
    lambda index, pitch, center, origin, frequency: frequency * (index * pitch + (center - origin)),
    lambda index, pitch, center, origin, frequency: df.multiply(
        frequency, _place(index, pitch, df.add(center, df.negate(origin)))
    ),
)
_quadratic = _exact(
    lambda index, pitch, center, curvature, wavelength, n: (
        0.5 * n * curvature / wavelength * (index * pitch + center) ** 2
    ),
    lambda index, pitch, center, curvature, wavelength, n: df.multiply(
        _half(df.divide(df.multiply(n, curvature), wavelength)),
        df.multiply(_place(index, pitch, center), _place(index, pitch, center)),
    ),
)
