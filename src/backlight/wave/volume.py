"""A sample with a depth: slices of refractive index."""

from abc import abstractmethod

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex

from backlight.errors import InputError
from backlight.light import Field, map_modes
from backlight.light.grid import on_pixels
from backlight.maths.leaf import ComplexMaps, Given, Scalar, complexes
from backlight.maths.turns import cos_sin
from backlight.wave.curved_carrier import carried_sphere, without_curvature


class Volume(eqx.Module):
    """A stack of slices that light enters at the front of the first and leaves at the back of the last.

    The common phase exp(2πi n·z/λ) of the medium over the whole depth is dropped, as in free space. The volume repeats
    itself sideways: light that leaves on one side comes in on the other, so surround the object with medium.

    A curved carrier is written out on the pixels, c·|r|·n/λ cycles/m at r, and taken off again behind: the grid must
    sample it.

    **Arguments:**

    - `contrast`: Δn = n − n_medium, complex, shape (slices, y, x); Im Δn > 0 absorbs. n_medium is the field's.
    - `thickness`: dz of one slice, m.

    **Errors:** `InputError` if `contrast` has not three axes, or no slice.

    Example:
        >>> from backlight.wave import MultiSlice, Volume
        >>> isinstance(MultiSlice([[[0.01]]], 1e-6), Volume)
        True
    """

    contrast: eqx.AbstractVar[ComplexMaps]
    thickness: eqx.AbstractVar[Scalar]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the grid the sample lies on."""
        return self.contrast.shape[-2], self.contrast.shape[-1]

    def __call__(self, field: Field) -> Field:
        """Return the light at the back of the last slice."""
        return map_modes(self._flattened, field)

    def _flattened(self, field: Field) -> Field:
        on_pixels("contrast", self.contrast, field.grid)
        light = without_curvature(field)
        values = self._passed(light.with_values(light.full))
        return field.with_values(values if light is field else values * jnp.conj(carried_sphere(field)))

    @abstractmethod
    def _passed(self, field: Field) -> Complex[Array, "*modes y x"]:
        """Return the values behind, for a flat carrier."""


def slices(contrast: Given) -> ComplexMaps:
    """Check a volume (slices, y, x) and return it."""
    volume = complexes("contrast", contrast)
    if isinstance(volume, jax.Array) and (volume.ndim != 3 or volume.shape[0] < 1):
        raise InputError(
            "contrast",
            got=f"shape {volume.shape}",
            expected="three axes (slices, y, x) with at least one slice",
            remedy="give one slice as contrast[None]",
        )
    return volume


@jax.custom_jvp
def phase_factor(turns: Complex[Array, "y x"]) -> Complex[Array, "y x"]:
    """Return exp(2πi t) of a complex number of turns; its derivative asks for nothing but the result."""
    cos, sin = cos_sin(jnp.real(turns))
    size = jnp.exp(-2 * np.pi * jnp.imag(turns))
    return jax.lax.complex(size * cos, size * sin)


@phase_factor.defjvp
def _phase_factor_jvp(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    factor = phase_factor(*primals)
    return factor, (2j * np.pi) * factor * tangents[0]
