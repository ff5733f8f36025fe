"""One transverse axis of a paraxial beam: its width, its sphere, its modes."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from backlight.maths import double_float as df
from backlight.maths.hermite import hermite_functions
from backlight.maths.turns import cos_sin

HIGHEST = 120
"""The highest order: `hermite_functions` goes no further in float32."""


class Axis(NamedTuple):
    """Pixels and beam along one axis.

    **Attributes:** `pixels`; `pitch` and `origin` (position of pixel n//2) of the grid, m; `center` and `waist` of the
    beam, m; `position` behind the waist, m; `wavelength` in vacuum, m; `medium_index`.
    """

    pixels: int
    pitch: Float[Array, ""]
    origin: Float[Array, ""]
    center: Float[Array, ""]
    waist: Float[Array, ""]
    position: Float[Array, ""]
    wavelength: Float[Array, ""]
    medium_index: Float[Array, ""]

    @property
    def relative_position(self) -> Float[Array, ""]:
        """ζ = z/z_R, z_R = π n w²/λ."""
        return self.position / (np.pi * self.waist * self.medium_index * (self.waist / self.wavelength))

    @property
    def scaled(self) -> Float[Array, " n"]:
        """Distance from the beam's center over its radius there, x/(w√(1+ζ²))."""
        x = self._index * self.pitch + (self.origin - self.center)
        return x / (self.waist * jnp.sqrt(1 + self.relative_position**2))

    @property
    def sphere(self) -> Float[Array, " n"]:
        """The turns n x²/(2λR) of the beam's sphere, R = z + z_R²/z, less whole ones.

        They are counted in two floats, since thousands of radians cross a beam far from its waist; the derivative is
        that of ζ·scaled²/(2π), which is the same number.
        """
        plain = self.relative_position * self.scaled**2 / (2 * np.pi)
        exact = _sphere(self.pixels, *jax.lax.stop_gradient(self[1:]))
        return jax.lax.stop_gradient(exact) + (plain - jax.lax.stop_gradient(plain))

    @property
    def _index(self) -> Float[Array, " n"]:
        return jnp.asarray(np.arange(self.pixels) - self.pixels // 2, self.pitch.dtype)


def modes(count: int, axis: Axis) -> Complex[Array, "{count} n"]:
    """Return u_n = ψ_n(√2 x/w(z))·exp(i[ζx²/w(z)² − (n + ½)·arctan ζ])/(1+ζ²)^¼, n = 0 … count − 1.

    Siegman, Lasers, 1986, §17.5, for exp(−iωt); ∫|u_n|² dx = w√(π/2) for every n and ζ.
    """
    size = hermite_functions(count, np.sqrt(2) * axis.scaled) * (1 + axis.relative_position**2) ** -0.25
    orders = jnp.arange(count, dtype=size.dtype)[:, None]
    return size * phase(axis.sphere, (orders + 0.5) * jnp.arctan(axis.relative_position))


def phase(turns: Float[Array, "*shape"], gouy: Float[Array, "*orders"]) -> Complex[Array, "*out"]:
    """Return exp(2πi·turns)·exp(−i·gouy)."""
    return jax.lax.complex(*cos_sin(turns)) * jnp.exp(-1j * gouy)


@partial(jax.jit, static_argnums=0)
def _sphere(
    pixels: int, pitch: Array, origin: Array, center: Array, waist: Array, position: Array, wavelength: Array, n: Array
) -> Array:
    """Return the fraction of a turn of x²·z/(2λ(z² + z_R²)), λ in the medium."""
    z, length = df.exact(position), df.divide(df.exact(wavelength), df.exact(n))
    rayleigh = df.divide(df.multiply(_pi(pitch.dtype), df.multiply(df.exact(waist), df.exact(waist))), length)
    radius = df.add(df.multiply(z, z), df.multiply(rayleigh, rayleigh))
    per_square = df.divide(df.divide(z, radius), df.add(length, length))
    index = df.exact(jnp.asarray(np.arange(pixels) - pixels // 2, pitch.dtype))
    x = df.add(df.multiply(index, df.exact(pitch)), df.add(df.exact(origin), df.exact(-center)))
    return df.fraction(df.multiply(per_square, df.multiply(x, x)))


def _pi(dtype: jnp.dtype) -> df.Double:
    hi = np.asarray(np.pi, dtype)
    return df.Double(jnp.asarray(hi), jnp.asarray((np.pi - float(hi)) + 1.2246467991473532e-16, dtype))
