"""What may be known of an image that is not known: passive, absorbing, only delaying, nowhere below zero, a support."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool

from backlight.inverse.unknowns import Unknown, pack, unpack
from backlight.maths.safe import amplitude, angle


class _OnSupport(Unknown):
    """Base of unknown samples that may be known to be `outside` beyond a support."""

    support: Bool[Array, "y x"] | None = None
    outside: float = eqx.field(static=True, default=1.0)

    def __init__(self, *, support=None, outside: float = 1.0):
        self.support = None if support is None else jnp.asarray(support, dtype=bool)
        self.outside = float(outside)

    def tangent(self, z, direction):
        """Return the direction within the support."""
        return direction if self.support is None else jnp.where(self.support, direction, 0.0)

    def _inside(self, leaf: Array) -> Array:
        return leaf if self.support is None else jnp.where(self.support, leaf, self.outside)

    def _words(self, what: str) -> str:
        return what if self.support is None else f"{what}, {self.outside:g} outside a known support"


class Passive(_OnSupport):
    """Know that the sample does not amplify: |t| ≤ 1.

    **Arguments:** `support`: boolean (y, x), where the sample may be; `outside`: t elsewhere.
    """

    def coordinates(self, leaf, like):
        """Return real and imaginary plane."""
        return pack(leaf.astype(jnp.result_type(leaf.dtype, jnp.complex64)))

    def leaf(self, z, like):
        """Return the complex transmission."""
        return self._inside(unpack(z))

    def project(self, z):
        """Return t/max(|t|, 1)."""
        t = self._inside(unpack(z))
        return pack(t / jnp.maximum(amplitude(t), 1.0))

    def tangent(self, z, direction):
        """Return the direction without its radial part where |t| = 1."""
        size = jnp.sqrt(jnp.sum(z**2, axis=0))
        radial = jnp.sum(z * direction, axis=0) / jnp.maximum(size, 1e-6) ** 2
        return super().tangent(z, direction - jnp.where(size >= 1 - 1e-6, radial, 0.0) * z)

    @property
    def linear(self) -> bool:
        """Linear."""
        return True

    @property
    def knowledge(self) -> str:
        """Say it in words."""
        return self._words("passive (|t| ≤ 1)")


class Absorbing(_OnSupport):
    """Know that the sample only absorbs: t real, 0 ≤ t ≤ 1.

    **Arguments:** `support`: boolean (y, x), where the sample may be; `outside`: t elsewhere.
    """

    def coordinates(self, leaf, like):
        """Return |t|."""
        return amplitude(leaf)

    def leaf(self, z, like):
        """Return t = z + 0i."""
        return self._inside(jax.lax.complex(z, jnp.zeros_like(z)))

    def project(self, z):
        """Return z within 0 … 1, and `outside` beyond the support."""
        return jnp.clip(self._inside(z), 0.0, 1.0)

    def tangent(self, z, direction):
        """Return the direction where 0 < t < 1."""
        return super().tangent(z, jnp.where((z > 0) & (z < 1), direction, 0.0))

    @property
    def linear(self) -> bool:
        """Linear."""
        return True

    @property
    def knowledge(self) -> str:
        """Say it in words."""
        return self._words("purely absorbing (t real, 0 … 1)")


class NonNegative(_OnSupport):
    """Know that a real leaf is nowhere below zero: leaf = z, z ≥ 0, such as the irradiance of a scene.

    **Arguments:** `support`: boolean (y, x), where it may be; `outside`: its value elsewhere.
    """

    def __init__(self, *, support=None, outside: float = 0.0):
        super().__init__(support=support, outside=outside)

    def coordinates(self, leaf, like):
        """Return the leaf."""
        return leaf

    def leaf(self, z, like):
        """Return z, and `outside` beyond the support."""
        return self._inside(z)

    def project(self, z):
        """Return max(z, 0), and `outside` beyond the support."""
        return jnp.maximum(self._inside(z), 0.0)

    def tangent(self, z, direction):
        """Return the direction where z > 0."""
        return super().tangent(z, jnp.where(z > 0, direction, 0.0))

    @property
    def linear(self) -> bool:
        """Linear."""
        return True

    @property
    def knowledge(self) -> str:
        """Say it in words."""
        return self._words("not below zero")


class UnitModulus(_OnSupport):
    """Know that the sample only delays: t = exp(iφ).

    **Arguments:** `support`: boolean (y, x), where the sample may be; `outside`: t elsewhere, of modulus 1.
    """

    def coordinates(self, leaf, like):
        """Return φ = arg t."""
        return angle(leaf)

    def leaf(self, z, like):
        """Return exp(iφ)."""
        return self._inside(jax.lax.complex(jnp.cos(z), jnp.sin(z)))

    @property
    def knowledge(self) -> str:
        """Say it in words."""
        return self._words("purely phase (|t| = 1)")
