"""Polarized light: two components on axis −3, and what acts on them (Jones)."""

from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from backlight.errors import InputError
from backlight.light import Field, Grid, map_modes
from backlight.light.grid import on_pixels
from backlight.maths.argument import slot
from backlight.maths.leaf import Given, JonesMap, JonesVector, OneOrEach, complexes, frame_shape, reals
from backlight.maths.safe import complex_array, squared_modulus
from backlight.wave.element import Element


def components(field: Field, count: int = 2) -> Complex[Array, "*modes component #y #x"]:
    """Return the values of a field that has `count` components on axis −3, in the order x, y (, z).

    **Errors:** `InputError` if axis −3 is absent, has another length, or holds modes with a weight each.
    """
    if field.values.ndim - field.weight.ndim < 3 or field.values.shape[-3] != count:
        raise InputError(
            "polarization",
            got=f"values of shape {field.values.shape}",
            expected=f"{count} components on axis −3: shape (…, {count}, y, x)",
            remedy="give the light a polarization: Polarized(source, jones)",
        )
    return field.values


def jones_vector(jones: Given) -> JonesVector:
    """Return (Jx, Jy) as a leaf; `InputError` for another shape."""
    leaf = complexes("jones", jones)
    if frame_shape(leaf) != (2,):
        raise InputError("jones", got=f"shape {frame_shape(leaf)}", expected="two numbers (Jx, Jy)")
    return leaf


def stokes_parameters(field: Field) -> Float[Array, "*modes 4 #y #x"]:
    """Return S₀ … S₃ of each mode on axis −3, in units of irradiance.

    S₀ = |Ex|² + |Ey|², S₁ = |Ex|² − |Ey|², S₂ = 2 Re(Ex* Ey), S₃ = 2 Im(Ex* Ey) (Born and Wolf, Principles of Optics,
    §1.4.2, for exp(−iωt)). S₃ > 0: the field vector turns from x towards y, helicity +1. Modes that do not interfere
    add: the sum over them describes partially polarized light.

    **Arguments:** `field`: with components (x, y) on axis −3.

    **Errors:** `InputError` if the field is not polarized.

    Example:
        >>> import numpy as np
        >>> from backlight.light import Field, Grid, map_modes
        >>> from backlight.wave import stokes_parameters
        >>> light = Field(np.array([1, 1j]).reshape(2, 1, 1) / 2**0.5, Grid((4, 6), 1e-6), 532e-9)
        >>> stokes_parameters(light)[:, 0, 0].round(3) + 0.0
        Array([1., 0., 0., 1.], dtype=float32)
    """
    return map_modes(_stokes, field)


def _stokes(field: Field) -> Float[Array, "*modes 4 #y #x"]:
    values = components(field)
    x, y = values[..., 0, :, :], values[..., 1, :, :]
    first, second = squared_modulus(x), squared_modulus(y)
    mixed = 2 * jnp.conj(x) * y
    weight = field.weight.reshape(field.weight.shape + (1,) * (values.ndim - field.weight.ndim))
    return weight * jnp.stack([first + second, first - second, mixed.real, mixed.imag], axis=-3)


class Polarized(eqx.Module):
    """Give a source a state of polarization: U → (Jx, Jy)·U.

    **Arguments:**

    - `source`: grid → scalar `Field`.
    - `jones`: (Jx, Jy), complex; |Jx|² + |Jy|² = 1 keeps the source's irradiance. (1, 0) is along x, (1, i)/√2 is
      circular with helicity +1.

    Valid paraxially: the field has no component along the axis.

    Example:
        >>> from backlight.light import Grid
        >>> from backlight.wave import PlaneWave, Polarized
        >>> Polarized(PlaneWave(532e-9), (1, 0))(Grid((4, 6), 1e-6)).values.shape
        (2, 1, 1)
    """

    source: Any
    jones: JonesVector

    def __init__(self, source: Any, jones: Given):
        self.source = slot("source", source, "wavelength", "medium_index", "curvature")
        self.jones = jones_vector(jones)

    @property
    def wavelength(self) -> Float[Array, "..."]:
        """λ in vacuum, m: the source's."""
        return self.source.wavelength

    @property
    def medium_index(self) -> Float[Array, "..."]:
        """Return the source's n."""
        return self.source.medium_index

    @property
    def curvature(self) -> Float[Array, "..."]:
        """Wavefront curvature at the exit plane, 1/m: the source's."""
        return self.source.curvature

    def at_wavelength(self, wavelength: Float[Array, ""], medium_index: Float[Array, ""]) -> "Polarized":
        """Return the source at another wavelength in the same state."""
        return eqx.tree_at(lambda one: one.source, self, self.source.at_wavelength(wavelength, medium_index))

    def __call__(self, grid: Grid) -> Field:
        """Return the polarized light on `grid`."""
        light = self.source(grid)
        return light.with_values(light.values[..., None, :, :] * self.jones[:, None, None])


class JonesElement(Element):
    """Multiply the two components by a matrix: U_i → Σ_j J_ij U_j.

    **Arguments:** `matrix`: J, complex, shape (2, 2), or (2, 2, y, x) with one matrix a pixel. Unitary: no loss.

    **Errors:** `InputError` for another shape; and for light without polarization.

    Example:
        >>> from backlight.light import Grid
        >>> from backlight.wave import JonesElement, PlaneWave, Polarized
        >>> light = Polarized(PlaneWave(532e-9), (1, 0))(Grid((4, 6), 1e-6))
        >>> JonesElement([[0, 0], [0.5, 0]])(light).irradiance[:, 0, 0]
        Array([0.  , 0.25], dtype=float32)
    """

    matrix: JonesMap

    def __init__(self, matrix: Given):
        self.matrix = complexes("matrix", matrix)
        shape = frame_shape(self.matrix)
        if len(shape) not in (2, 4) or shape[:2] != (2, 2):
            raise InputError("matrix", got=f"shape {shape}", expected="(2, 2) or (2, 2, y, x)")

    def __call__(self, field: Field) -> Field:
        """Return the light just behind."""
        return _transformed(field, self.matrix)


class Polarizer(Element):
    """Pass the component along one direction: J = a aᵀ, a = (cos α, sin α).

    **Arguments:** `angle`: α, rad, from x towards y; one number, or shape (y, x) for a polarizer a pixel.

    Light polarized at β leaves with cos²(α − β) of its irradiance (Malus).

    **Errors:** `InputError` for light without polarization.

    Example:
        >>> import math
        >>> from backlight.light import Grid
        >>> from backlight.wave import PlaneWave, Polarized, Polarizer
        >>> light = Polarizer(math.pi / 3)(Polarized(PlaneWave(532e-9), (1, 0))(Grid((4, 6), 1e-6)))
        >>> round(float(light.irradiance.sum()), 3)
        0.25
    """

    angle: OneOrEach

    def __init__(self, angle: Given):
        self.angle = reals("angle", angle)

    @property
    def matrix(self) -> Complex[Array, "2 2 *pixels"]:
        """J."""
        axis = _axis(self.angle)
        return complex_array(axis[:, None] * axis[None, :])

    def __call__(self, field: Field) -> Field:
        """Return the light just behind."""
        return _transformed(field, self.matrix)


class WavePlate(Element):
    """Delay one component behind the other: J = exp(−iΓ/2) f fᵀ + exp(iΓ/2) s sᵀ.

    f = (cos α, sin α) is the fast axis, s = (−sin α, cos α) the slow one; phase grows with path, so that the slow
    component gains Γ (Yariv and Yeh, Optical Waves in Crystals, §5.1, with exp(−iωt)). Lossless.

    **Arguments:**

    - `retardance`: Γ, rad; see `quarter` and `half`.
    - `angle`: α of the fast axis, rad, from x towards y. Both may have shape (y, x).

    **Errors:** `InputError` for light without polarization.

    Example:
        >>> from backlight.light import Grid
        >>> from backlight.wave import PlaneWave, Polarized, WavePlate, stokes_parameters
        >>> light = Polarized(PlaneWave(532e-9), (0.5**0.5, 0.5**0.5))(Grid((4, 6), 1e-6))
        >>> round(float(stokes_parameters(WavePlate.quarter()(light))[3, 0, 0]), 3)
        1.0
    """

    retardance: OneOrEach
    angle: OneOrEach

    def __init__(self, retardance: Given, angle: Given = 0.0):
        self.retardance, self.angle = reals("retardance", retardance), reals("angle", angle)

    @classmethod
    def quarter(cls, angle: Given = 0.0) -> "WavePlate":
        """Return a quarter-wave plate, Γ = π/2: at 45° it makes linear light circular."""
        return cls(np.pi / 2, angle)

    @classmethod
    def half(cls, angle: Given = 0.0) -> "WavePlate":
        """Return a half-wave plate, Γ = π: it mirrors a polarization at its axis."""
        return cls(np.pi, angle)

    @property
    def matrix(self) -> Complex[Array, "2 2 *pixels"]:
        """J."""
        retardance, angle = jnp.broadcast_arrays(self.retardance, self.angle)
        fast, slow = _axis(angle), _axis(angle + np.pi / 2)
        delay = jnp.exp(0.5j * retardance)
        return jnp.conj(delay) * fast[:, None] * fast[None, :] + delay * slow[:, None] * slow[None, :]

    def __call__(self, field: Field) -> Field:
        """Return the light just behind."""
        return _transformed(field, self.matrix)


def _axis(angle: Float[Array, "*pixels"]) -> Float[Array, "2 *pixels"]:
    return jnp.stack([jnp.cos(angle), jnp.sin(angle)])


def _transformed(field: Field, matrix: Complex[Array, "2 2 *pixels"]) -> Field:
    """Apply J to the components of each mode: wavelengths and source points are no components."""

    def one(light: Field) -> Field:
        values = components(light)
        if matrix.ndim > 2:
            on_pixels("matrix of each pixel", matrix, light.grid)
        x, y = values[..., 0, :, :], values[..., 1, :, :]
        return light.with_values(jnp.stack([row[0] * x + row[1] * y for row in matrix], axis=-3))

    return map_modes(one, field)
