"""Masks that delay the light: by a phase, by a height of material, at random."""

import equinox as eqx
import numpy as np
from jaxtyping import Array, Float

from backlight.errors import InputError
from backlight.light import Field, Grid, Material, map_modes
from backlight.light.grid import on_pixels
from backlight.maths.argument import instance, setting, whole
from backlight.maths.leaf import POSITIVE, Given, RealMap, reals
from backlight.maths.safe import real_array
from backlight.maths.straight_through import level
from backlight.maths.turns import wave
from backlight.wave.element import Element


class PhaseMask(Element):
    """Delay the light by a phase: U → U·exp(iφ), the same at every wavelength.

    **Arguments:** `phase`: φ, rad, shape (y, x) of the light's grid; a leaf.

    Example:
        >>> import numpy as np
        >>> from backlight.light import Field, Grid
        >>> from backlight.wave import PhaseMask
        >>> light = Field(np.ones((4, 6)), Grid((4, 6), 1e-6), 532e-9)
        >>> round(float(PhaseMask(np.full((4, 6), np.pi / 2))(light).values[0, 0].imag), 6)
        1.0
    """

    phase: RealMap

    def __init__(self, phase: Given):
        self.phase = reals("phase", phase)

    def __call__(self, field: Field) -> Field:
        """Return the light just behind."""
        phase = on_pixels("phase", self.phase, instance("light", field, Field).grid)
        return field.with_values(field.values * wave(phase / (2 * np.pi)))


class DiffractiveElement(Element):
    """Delay the light by a relief of material: U → U·exp(2πi(n(λ) − n_medium)h/λ).

    Each wavelength of a field sees its own delay. A fabricated relief has levels: heights h are then taken to the
    nearest of 0, `step`, 2 `step`, …; the gradient passes the rounding, and is 0 beyond the first and the last level.

    **Arguments:**

    - `height`: h, m, shape (y, x) of the light's grid; a leaf.
    - `material`: n(λ).
    - `step`: height of one level, m; `None` for a continuous relief.
    - `levels`: how many; `None` for no end.

    Valid as a thin element: heights and slopes small enough that light does not walk inside.

    **Errors:** `InputError` for a step ≤ 0, or levels without a step.

    Example:
        >>> import numpy as np
        >>> from backlight.light import ConstantIndex, Field, Grid
        >>> from backlight.wave import DiffractiveElement
        >>> light = Field(np.ones((4, 6)), Grid((4, 6), 1e-6), 500e-9)
        >>> half_wave = DiffractiveElement(np.full((4, 6), 500e-9), ConstantIndex(1.5))
        >>> round(float(half_wave(light).values[0, 0].real), 6)
        -1.0
    """

    height: RealMap
    material: Material
    step: float | None = eqx.field(static=True)
    levels: int | None = eqx.field(static=True)

    def __init__(self, height: Given, material: Material, *, step: float | None = None, levels: int | None = None):
        if levels is not None and step is None:
            raise InputError("levels", got=f"{levels} and no step", expected="a number ≥ 1 and the step between them")
        self.height, self.material = reals("height", height), instance("material", material, Material)
        self.step = None if step is None else setting("step", step, POSITIVE)
        self.levels = None if levels is None else whole("levels", levels, 1)

    @classmethod
    def designed(
        cls,
        phase: Given,
        wavelength: float,
        material: Material,
        *,
        medium_index: float = 1.0,
        levels: int | None = None,
    ) -> "DiffractiveElement":
        """Return the relief that gives `phase` modulo 2π at one wavelength, in `levels` equal steps per wave if given.

        **Arguments:** `phase`: rad, shape (y, x); `wavelength`: design wavelength in vacuum, m.

        **Errors:** `InputError` for a material that is no denser than the medium.
        """
        contrast = float(material.index(real_array(wavelength))) - medium_index
        if not contrast > 0:
            raise InputError(
                "material", got=f"an index {contrast:g} above the medium's", expected="a denser material: it delays",
                remedy="for a groove in a denser medium give heights to DiffractiveElement itself",
            )  # fmt: skip
        wave = wavelength / contrast
        turns = np.asarray(phase) / (2 * np.pi)
        if levels is not None:
            turns = np.rint(turns * levels) / levels  # before 2π is taken off: just below it the nearest level is 0
        height = wave * (turns - np.floor(turns))
        return cls(height, material, step=None if levels is None else wave / levels, levels=levels)

    @property
    def relief(self) -> Float[Array, "y x"]:
        """The heights as they are fabricated, m."""
        return self.height if self.step is None else self.step * level(self.height / self.step, self.levels)

    def __call__(self, field: Field) -> Field:
        """Return the light just behind."""
        return map_modes(self._delayed, field)

    def _delayed(self, field: Field) -> Field:
        contrast = self.material.index(field.wavelength) - field.medium_index
        relief = on_pixels("height", self.relief, field.grid)
        return field.with_values(field.values * wave(contrast * (relief / field.wavelength)))


def diffuser(seed: int, grid: Grid, *, std: float, correlation_length: float) -> PhaseMask:
    """Return a random smooth phase: Gaussian, of correlation σ² exp(−|r|²/ℓ²), periodic on the grid.

    **Arguments:** `std`: σ, rad; `correlation_length`: ℓ, m, at least about two pixels.

    Example:
        >>> from backlight.light import Grid
        >>> from backlight.wave import diffuser
        >>> diffuser(0, Grid((8, 12), 1e-6), std=0.5, correlation_length=3e-6).phase.shape
        (8, 12)
    """
    noise = np.random.default_rng(seed).standard_normal(grid.shape)
    f = [np.fft.fftfreq(n, abs(float(p))) for n, p in zip(grid.shape, grid.pitch, strict=True)]
    amplitude = np.exp(-0.5 * (np.pi * correlation_length) ** 2 * (f[0][:, None] ** 2 + f[1] ** 2))
    amplitude *= std / np.sqrt(np.mean(amplitude**2))
    return PhaseMask(np.fft.ifft2(np.fft.fft2(noise) * amplitude).real)
