"""Devices with pixels of their own laid over the light's grid."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from backlight.errors import InputError
from backlight.light import Field, Grid, map_modes
from backlight.light.grid import pitch_pair
from backlight.maths import edges
from backlight.maths.argument import setting, whole
from backlight.maths.leaf import (
    OPEN_SHARE,
    SHARE,
    ComplexMap,
    Given,
    Pair,
    RealMap,
    Scalar,
    Vector,
    complexes,
    number,
    pair,
    reals,
)
from backlight.maths.safe import real_array
from backlight.maths.straight_through import level
from backlight.wave.element import Element


class CodedMask(Element):
    """Multiply the light by a pattern with pixels of its own: U → t·U, dark outside the pattern.

    A pixel of the light gets the mean of what lies over it (edges as soft as one of its pixels): pitch, position and
    pattern are differentiable, and need not fit the light's grid.

    **Arguments:**

    - `pattern`: complex transmission, shape (rows, columns); a leaf.
    - `pitch`: of the pattern, m; one number or (y, x). A leaf.
    - `center`: (y, x), m, of the middle of the pattern.
    - `fill_factor`: open side of a pixel over its pitch.

    **Errors:** `InputError` for a fill factor outside 0 … 1.

    Example:
        >>> import numpy as np
        >>> from backlight.light import Field, Grid
        >>> from backlight.wave import CodedMask
        >>> light = Field(np.ones((16, 16)), Grid((16, 16), 1e-6), 532e-9)
        >>> behind = CodedMask([[0.5, 0], [0, 1]], 8e-6)(light).irradiance
        >>> [round(float(behind[i, j]), 6) for i, j in ((4, 4), (4, 12), (12, 12))]
        [0.25, 0.0, 1.0]
    """

    pattern: ComplexMap
    pitch: Pair
    center: Pair
    fill_factor: float = eqx.field(static=True)

    def __init__(self, pattern: Given, pitch: Given, *, center: Given = (0.0, 0.0), fill_factor: float = 1.0):
        self.pattern, self.pitch = complexes("pattern", pattern), pitch_pair(pitch)
        self.center = pair("center", center)
        self.fill_factor = setting("fill_factor", fill_factor, OPEN_SHARE)

    def __call__(self, field: Field) -> Field:
        """Return the light just behind."""
        return map_modes(self._masked, field)

    def _masked(self, field: Field) -> Field:
        over = lay_over(self.pattern, field.grid, self.pitch, self.center, self.fill_factor)
        return field.with_values(field.values * over)


class SpatialLightModulator(Element):
    """Modulate the phase by commands: U → ((1 − ε)·Σ pixel·exp(iφ(command)) + ε)·U.

    φ is read from the response curve at the command, rounded to a whole number from 0 to `levels` − 1: the gradient
    passes the rounding, and is 0 beyond the ends. The gaps between pixels are dark; the share ε of the amplitude is
    not modulated at all and makes the bright spot on the axis.

    **Arguments:**

    - `commands`: shape (rows, columns), in bits: 0 … levels − 1; a leaf.
    - `pitch`: of the modulator's pixels, m; one number or (y, x). A leaf.
    - `response`: φ, rad, at equally spaced commands from the first to the last, linear between; a leaf.
    - `unmodulated`: ε, 0 … 1; a leaf.
    - `center`: (y, x), m, of the middle of the modulator.
    - `levels`: number of commands, ≥ 2.
    - `fill_factor`: side of the active square over the pitch.

    The response holds for the light's wavelength. Valid at normal incidence, without cross-talk between pixels.

    **Errors:** `InputError` for levels < 2, a response of fewer than two numbers, or a fill factor outside 0 … 1.

    Example:
        >>> import numpy as np
        >>> from backlight.light import Field, Grid
        >>> from backlight.wave import SpatialLightModulator
        >>> light = Field(np.ones((4, 4)), Grid((4, 4), 1e-6), 532e-9)
        >>> modulator = SpatialLightModulator(np.full((8, 8), 127.6), 8e-6, response=(0, 2 * np.pi * 255 / 256))
        >>> round(float(modulator(light).values[2, 2].real), 6)
        -1.0
    """

    commands: RealMap
    pitch: Pair
    response: Vector
    unmodulated: Scalar
    center: Pair
    levels: int = eqx.field(static=True)
    fill_factor: float = eqx.field(static=True)

    def __init__(
        self,
        commands: Given,
        pitch: Given,
        *,
        response: Given = (0.0, 2 * np.pi),
        unmodulated: Given = 0.0,
        center: Given = (0.0, 0.0),
        levels: int = 256,
        fill_factor: float = 1.0,
    ):
        self.commands, self.pitch = reals("commands", commands), pitch_pair(pitch)
        self.center = pair("center", center)
        self.response, self.unmodulated = reals("response", response), number("unmodulated", unmodulated, SHARE)
        if jax.tree.leaves(self.response)[0].shape[-1:] < (2,):
            raise InputError(
                "response", got="fewer than two numbers", expected="phases from first to last command, rad"
            )
        self.levels, self.fill_factor = whole("levels", levels, 2), setting("fill_factor", fill_factor, OPEN_SHARE)

    @property
    def phase(self) -> Float[Array, "rows columns"]:
        """φ of each pixel, rad."""
        last = self.response.shape[-1] - 1
        place = level(self.commands, self.levels) * (last / (self.levels - 1))
        return jnp.interp(place, jnp.arange(last + 1, dtype=self.response.dtype), self.response)

    def __call__(self, field: Field) -> Field:
        """Return the light just behind."""
        return map_modes(self._modulated, field)

    def _modulated(self, field: Field) -> Field:
        pixels = jnp.exp(1j * self.phase)
        active = lay_over(pixels, field.grid, self.pitch, self.center, self.fill_factor)
        return field.with_values(field.values * ((1 - self.unmodulated) * active + self.unmodulated))


def lay_over(
    pixels: Complex[Array, "rows columns"], grid: Grid, pitch: Pair, center: Pair, fill_factor: float
) -> Complex[Array, "y x"]:
    """Return the pixels' mean over each sample of `grid`: rows · pixels · columnsᵀ, since squares are separable."""
    rows, columns = (
        _shares(place, n, pitch[axis], center[axis], fill_factor, jnp.abs(grid.pitch[axis]))
        for axis, (place, n) in enumerate(((grid.y, pixels.shape[0]), (grid.x, pixels.shape[1])))
    )
    return rows @ pixels @ columns.T


def _shares(place: Array, n: int, pitch: Array, center: Array, fill_factor: float, sample: Array) -> Array:
    """Return the share of each sample that each of n pixels covers, along one axis."""
    middles = real_array(np.arange(n) - (n - 1) / 2) * pitch + center
    return edges.slit(place[:, None] - middles, fill_factor * pitch, sample)
