"""One transverse axis of a paraxial beam: its width, its sphere, its modes."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from backlight.maths.chirp_z import centered
from backlight.maths.hermite import hermite_functions
from backlight.maths.precise import fraction, pi, precise
from backlight.maths.turns import wave

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
        x = self.pitch * centered(self.pixels) + (self.origin - self.center)
        return x / (self.waist * jnp.sqrt(1 + self.relative_position**2))

    @property
    def sphere(self) -> Float[Array, " n"]:
        """The turns n x²/(2λR) of the beam's sphere, R = z + z_R²/z, less whole ones.

        They are counted in two floats, since thousands of radians cross a beam far from its waist.
        """
        return _sphere(*self)


def modes(count: int, axis: Axis) -> Complex[Array, "{count} n"]:
    """Return u_n = ψ_n(√2 x/w(z))·exp(i[ζx²/w(z)² − (n + ½)·arctan ζ])/(1+ζ²)^¼, n = 0 … count − 1.

    Siegman, Lasers, 1986, §17.5, for exp(−iωt); ∫|u_n|² dx = w√(π/2) for every n and ζ.
    """
    size = hermite_functions(count, np.sqrt(2) * axis.scaled) * (1 + axis.relative_position**2) ** -0.25
    orders = jnp.arange(count, dtype=size.dtype)[:, None]
    return size * phase(axis.sphere, (orders + 0.5) * jnp.arctan(axis.relative_position))


def phase(turns: Float[Array, "*shape"], gouy: Float[Array, "*orders"]) -> Complex[Array, "*out"]:
    """Return exp(2πi·turns)·exp(−i·gouy)."""
    return wave(turns) * jnp.exp(-1j * gouy)


@partial(jax.jit, static_argnums=0)
def _sphere(
    pixels: int, pitch: Array, origin: Array, center: Array, waist: Array, position: Array, wavelength: Array, n: Array
) -> Array:
    """Return the fraction of a turn of x²·z/(2λ(z² + z_R²)), λ in the medium."""
    z, length = precise(position), precise(wavelength) / n
    rayleigh = precise(waist) * waist * pi() / length
    x = precise(pitch) * centered(pixels) + (precise(origin) - center)
    return fraction(z / (z * z + rayleigh * rayleigh) / (length * 2.0) * x * x)
