"""Phase gratings in closed form, and arrays of lenses."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from backlight.light import Field, Grid, map_modes
from backlight.light.grid import pitch_pair
from backlight.maths.leaf import NONZERO, Given, Pair, Scalar, number, pair
from backlight.maths.precise import fraction
from backlight.maths.turns import cos_sin, wave
from backlight.wave.coordinates import positions
from backlight.wave.element import Element


class SinusoidalPhaseGrating(Element):
    """Delay the light by a sinusoid: U → U·exp(iφ sin 2πκ·(r − r₀)).

    Order m carries the share J_m(φ)² (Goodman, Introduction to Fourier Optics, §4.4.4) and has the tilt m·κ.

    **Arguments:**

    - `frequency`: κ = (κ_y, κ_x), cycles/m; a leaf.
    - `modulation`: φ, rad, half of peak to valley; a leaf.
    - `center`: r₀ = (y, x), m, a point where the sine rises through 0.

    Valid where the grid samples the grating: the highest order of weight below the Nyquist frequency.

    Example:
        >>> import numpy as np
        >>> from backlight.light import Field, Grid
        >>> from backlight.wave import SinusoidalPhaseGrating
        >>> light = Field(np.ones((1, 64)), Grid((1, 64), 1e-6), 532e-9)
        >>> behind = SinusoidalPhaseGrating((0.0, 1 / 16e-6), 2.4048)(light)
        >>> bool(abs(behind.values.mean()) < 1e-4)
        True
    """

    frequency: Pair
    modulation: Scalar
    center: Pair

    def __init__(self, frequency: Given, modulation: Given, *, center: Given = (0.0, 0.0)):
        self.frequency, self.modulation = pair("frequency", frequency), number("modulation", modulation)
        self.center = pair("center", center)

    def __call__(self, field: Field) -> Field:
        """Return the light just behind."""
        return map_modes(self._delayed, field)

    def _delayed(self, field: Field) -> Field:
        _, sine = cos_sin(_turns(field.grid, self.frequency, self.center))
        return field.with_values(field.values * wave(self.modulation * sine / (2 * np.pi)))


class BlazedGrating(Element):
    """Delay the light by a sawtooth: U → U·exp(iφ·(κ·(r − r₀) modulo 1)), averaged over each pixel.

    Order m carries the share sinc²(m − φ/2π) (Goodman, Introduction to Fourier Optics, §4.4.4) and has the tilt m·κ.
    The average is taken along κ in closed form: the teeth's edges need not fall between pixels, and κ and r₀ can be
    unknowns.

    **Arguments:**

    - `frequency`: κ = (κ_y, κ_x) ≠ 0, cycles/m; a leaf.
    - `depth`: φ, rad, from the foot to the top of a tooth; a leaf. A relief of a material has 2π(n − n_medium)h/λ.
    - `center`: r₀ = (y, x), m, on the edge of a tooth.

    Example:
        >>> import numpy as np
        >>> from backlight.light import Field, Grid
        >>> from backlight.wave import BlazedGrating
        >>> light = Field(np.ones((1, 64)), Grid((1, 64), 1e-6), 532e-9)
        >>> behind = BlazedGrating((0.0, 1 / 16e-6), np.pi)(light)
        >>> round(float(abs(behind.values.mean()) ** 2), 3)  # sinc²(1/2) = 4/π²
        0.405
    """

    frequency: Pair
    depth: Scalar
    center: Pair

    def __init__(self, frequency: Given, depth: Given, *, center: Given = (0.0, 0.0)):
        self.frequency, self.depth = pair("frequency", frequency), number("depth", depth)
        self.center = pair("center", center)

    def __call__(self, field: Field) -> Field:
        """Return the light just behind."""
        return map_modes(self._delayed, field)

    def _delayed(self, field: Field) -> Field:
        turns = _turns(field.grid, self.frequency, self.center)
        width = jnp.sqrt(jnp.sum((self.frequency * field.grid.pitch) ** 2))
        return field.with_values(field.values * sawtooth(turns, self.depth, width))


class MicrolensArray(Element):
    """Let each cell of a square lattice be a lens: U → U·exp(−iπ n |r − r_cell|²/(λf)).

    **Arguments:**

    - `pitch`: of the lattice, m; one number or (y, x). A leaf. The lenses touch.
    - `focal_length`: f, m, in the light's medium; a leaf.
    - `center`: r₀ = (y, x), m, of one of the lenses.

    The phase is sampled: valid while n·pitch/(2λf) is below the Nyquist frequency, 1/(2·pixel).

    Example:
        >>> import numpy as np
        >>> from backlight.light import Field, Grid
        >>> from backlight.wave import FreeSpace, MicrolensArray
        >>> light = Field(np.ones((64, 64)), Grid((64, 64), 2e-6), 532e-9)
        >>> bool(FreeSpace(1e-3)(MicrolensArray(64e-6, 1e-3)(light)).irradiance[32, 32] > 10)
        True
    """

    pitch: Pair
    focal_length: Scalar
    center: Pair

    def __init__(self, pitch: Given, focal_length: Given, *, center: Given = (0.0, 0.0)):
        self.pitch, self.center = pitch_pair(pitch), pair("center", center)
        self.focal_length = number("focal_length", focal_length, NONZERO)

    def __call__(self, field: Field) -> Field:
        """Return the light just behind."""
        return map_modes(self._bent, field)

    def _bent(self, field: Field) -> Field:
        rate = -0.5 * field.medium_index / (field.wavelength * self.focal_length)
        values = field.full
        for axis in (0, 1):
            cell = self.pitch[axis] * _linear(field.grid, axis, 1 / self.pitch[axis], self.center[axis])
            values *= jnp.expand_dims(wave(rate * cell**2), 1 - axis)
        return field.with_values(values)


def sawtooth(
    turns: Float[Array, "*shape"], depth: Float[Array, ""], width: Float[Array, ""]
) -> Complex[Array, "*shape"]:
    """Return exp(iφ·(u modulo 1)) averaged over u ± w/2.

    **Arguments:** `turns`: u; `depth`: φ, rad; `width`: w > 0.
    """
    start = turns - jnp.floor(turns)
    low, high = start - 0.5 * width, start + 0.5 * width
    teeth = jnp.floor(high) - jnp.floor(low)
    partial = _tooth(high - jnp.floor(high), depth) - _tooth(low - jnp.floor(low), depth)
    return (teeth * _tooth(jnp.ones_like(depth), depth) + partial) / width


def _tooth(x: Array, depth: Array) -> Complex[Array, "..."]:
    """Return ∫₀ˣ exp(iφu) du = x·exp(iφx/2)·sin(φx/2)/(φx/2)."""
    turns = depth * x / (2 * np.pi)
    return x * jnp.sinc(turns) * wave(0.5 * turns)


def _turns(grid: Grid, frequency: Pair, center: Pair) -> Float[Array, "y x"]:
    """Return κ·(r − r₀) up to whole numbers."""
    rows, columns = (_linear(grid, axis, frequency[axis], center[axis]) for axis in (0, 1))
    return rows[:, None] + columns


@partial(jax.jit, static_argnums=1)
def _linear(grid: Grid, axis: int, frequency: Scalar, center: Scalar) -> Float[Array, " n"]:
    """Return κ(r − r₀) of one axis less its nearest whole number."""
    return fraction((positions(grid, axis) - center) * frequency)
