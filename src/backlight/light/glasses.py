"""Glasses as makers tell them: relative to air, in a range of wavelengths, at one temperature; and at others."""

from typing import cast

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Float

from backlight.errors import InputError
from backlight.light.air import ROOM, Air
from backlight.light.materials import Material
from backlight.maths.argument import instance, setting
from backlight.maths.exact import Exact, number, vector
from backlight.maths.leaf import POSITIVE, Given
from backlight.maths.safe import real_array
from backlight.units import nm

_ROUNDING = 1e-6
"""Of a wavelength at the end of a range, in 32 bits."""


class ThermalChange(eqx.Module):
    """How the absolute index of a glass changes with temperature: Schott's formula (TIE-19, "Temperature coefficient").

    Δn = (n² − 1)/(2n) · (D₀ΔT + D₁ΔT² + D₂ΔT³ + (E₀ΔT + E₁ΔT²)/(λ² − λ_TK²)), n at the reference temperature, and ΔT
    from there. Measured from −100 to 140 °C, and from the g line to 1060 nm.

    **Arguments:** `powers`: D₀, D₁, D₂ in 1/K, 1/K², 1/K³; `resonant`: E₀, E₁ in m²/K, m²/K²; `resonance`: λ_TK, m,
    negative for an imaginary one (λ² + λ_TK² then), as makers write it. Leaves.

    Example:
        >>> import jax.numpy as jnp
        >>> from backlight.light import ThermalChange
        >>> change = ThermalChange([1.86e-6, 1.31e-8, -1.37e-11], [4.34e-19, 6.27e-22], 0.17e-6)  # N-BK7
        >>> f"{change.of(jnp.asarray(1.5187), 546.07e-9, 20.0) / 20:.1e}"
        '1.6e-06'
    """

    powers: Exact
    resonant: Exact
    resonance: Exact

    def __init__(self, powers: Given, resonant: Given, resonance: Given):
        self.powers, self.resonant = vector("powers", powers), vector("resonant", resonant)
        self.resonance = number("resonance", resonance)

    def of(self, n: Float[Array, "*shape"], wavelength: Given, rise: Exact | float) -> Float[Array, "*shape"]:
        """Return Δn of an index n at λ, m, for a rise ΔT, K."""
        (d0, d1, d2), (e0, e1) = self.powers, self.resonant
        squares = real_array(wavelength) ** 2 - self.resonance * abs(self.resonance)
        relative = rise * (d0 + rise * (d1 + rise * d2) + (e0 + rise * e1) / squares)
        return (n**2 - 1) / (2 * n) * relative


class Glass(Material):
    """A glass of a catalog: `index` is relative to air, by the wavelength in air, as makers print it.

    In a lens between `ConstantIndex(1.0)` every index is then one relative to air, and every wavelength one in air; no
    air is to be told. Where temperature or pressure matter, take `glass.at(temperature)`, an absolute index by the
    wavelength in vacuum, and put `Air(temperature, pressure)` between.

    **Arguments:**

    - `dispersion`: the formula.
    - `wavelengths`: from and to which it holds, m; no limit where `None`.
    - `thermal`: change with temperature, where it is known.
    - `reference`: temperature of glass and air for which the formula holds, K.
    - `name`: for messages.

    **Errors:** `InputError` from `index` for a known wavelength outside; of a traced one the index is NaN.

    Example:
        >>> from backlight.light import glass
        >>> bk7 = glass("N-BK7")
        >>> f"{bk7.index(587.5618e-9):.5f} {bk7.at(293.15).index(587.7248e-9):.5f}"
        '1.51680 1.51721'
    """

    dispersion: Material
    thermal: ThermalChange | None
    wavelengths: tuple[float, float] | None = eqx.field(static=True)
    reference: float = eqx.field(static=True)
    name: str = eqx.field(static=True)

    def __init__(
        self,
        dispersion: Material,
        *,
        wavelengths: tuple[float, float] | None = None,
        thermal: ThermalChange | None = None,
        reference: float = ROOM,
        name: str = "glass",
    ):
        self.dispersion = instance("dispersion", dispersion, Material)
        self.thermal = None if thermal is None else instance("thermal", thermal, ThermalChange)
        self.wavelengths = None if wavelengths is None else (float(wavelengths[0]), float(wavelengths[1]))
        self.reference, self.name = setting("reference", reference, POSITIVE), name

    def index(self, wavelength):
        """Return n relative to air at the wavelength λ in air, m."""
        index = self.dispersion.index(wavelength)
        if self.wavelengths is None:
            return index
        if not isinstance(wavelength, Tracer):
            _demand_inside(self.name, np.asarray(wavelength), self.wavelengths)
            return index
        low, high = self.wavelengths
        inside = (wavelength > low * (1 - _ROUNDING)) & (wavelength < high * (1 + _ROUNDING))
        return jnp.where(inside, index, jnp.nan)

    def at(self, temperature: Given) -> "GlassAt":
        """Return the glass at a temperature (K), in absolute terms.

        **Errors:** `InputError` where no thermal constants are known.
        """
        return GlassAt(self, temperature)


class GlassAt(Material):
    """A glass at a temperature, as seen from vacuum: n(λ) = n_air(λ) n_rel(λ/n_air(λ)) + Δn(λ, T).

    n_rel is the maker's, n_air that of the air the maker compares with (101325 Pa, reference temperature), and Δn
    Schott's formula. What an interferometer or a lens in air sees is the ratio to `Air(temperature, pressure)`.

    **Arguments:** `glass`; `temperature`, K, a leaf.

    **Errors:** `InputError` for a glass without thermal constants, and for a temperature that is not positive.

    Example:
        >>> from backlight.light import Air, glass
        >>> change = glass("N-BK7").at(313.15).index(546.2e-9) - glass("N-BK7").at(293.15).index(546.2e-9)
        >>> 3.0e-5 < float(change) < 3.4e-5
        True
    """

    glass: Glass
    temperature: Exact

    def __init__(self, glass: Glass, temperature: Given):
        self.glass, self.temperature = instance("glass", glass, Glass), number("temperature", temperature, POSITIVE)
        if glass.thermal is None:
            raise InputError(glass.name, got="no thermal constants", expected="Schott's D0, D1, D2, E0, E1, λTK",
                             remedy="give Glass a ThermalChange")  # fmt: skip

    def index(self, wavelength):
        """Return the absolute index at the wavelength λ in vacuum, m."""
        wavelength = real_array(wavelength)
        air = Air(self.glass.reference).index(wavelength)
        relative = self.glass.index(wavelength / air)
        change = cast(ThermalChange, self.glass.thermal)  # demanded by the constructor
        return air * relative + change.of(relative, wavelength, self.temperature - self.glass.reference)


def _demand_inside(name: str, wavelength: np.ndarray, limits: tuple[float, float]) -> None:
    outside = (wavelength < limits[0] * (1 - _ROUNDING)) | (wavelength > limits[1] * (1 + _ROUNDING))
    if np.any(outside):
        raise InputError(
            name, got=f"a wavelength of {wavelength[outside].flat[0] / nm:g} nm",
            expected=f"one from {limits[0] / nm:g} to {limits[1] / nm:g} nm, where its formula holds",
            remedy="take another glass; .dispersion is the formula without limits",
        )  # fmt: skip
