"""Materials: refractive index by wavelength. No optics beyond that, so that rays and waves share them."""

from abc import abstractmethod
from collections.abc import Sequence

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from backlight.errors import InputError
from backlight.maths.argument import whole
from backlight.maths.exact import Exact, number, vector
from backlight.maths.leaf import POSITIVE, Given, Range, frame_shape
from backlight.maths.safe import real_array
from backlight.units import nm, um

D_LINE, F_LINE, C_LINE = 587.5618 * nm, 486.1327 * nm, 656.2725 * nm
"""Helium d and hydrogen F and C, in air: between them makers state n_d and V_d = (n_d − 1)/(n_F − n_C)."""

FROM_ONE = Range("≥ 1", lambda x: x >= 1)


class Material(eqx.Module):
    """A transparent medium.

    Example:
        >>> from backlight.light import Material
        >>> class Water(Material):
        ...     def index(self, wavelength):
        ...         return 1.324 + 3.046e-15 / wavelength**2
        >>> round(Water().index(589e-9), 4)
        1.3328
    """

    @abstractmethod
    def index(self, wavelength: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return n at the wavelength λ in vacuum (m)."""


class ConstantIndex(Material):
    """A medium without dispersion.

    **Arguments:** `n`: refractive index; a leaf.

    Example:
        >>> from backlight.light import ConstantIndex
        >>> float(ConstantIndex(1.5).index(532e-9))
        1.5
    """

    n: Exact

    def __init__(self, n: Given):
        self.n = number("n", n, POSITIVE)

    def index(self, wavelength):
        """Return n."""
        return jnp.broadcast_to(self.n, jnp.shape(wavelength))


class AbbeGlass(Material):
    """A glass by the two numbers that glasses are chosen by: n = A + B/λ² through n_d and n_F − n_C = (n_d − 1)/V_d.

    In the visible to about 1e-3 of makers' glasses: what two numbers do not tell is the partial dispersion. Both are
    leaves, so that a glass can be an unknown of a design.

    **Arguments:** `nd`: index at 587.5618 nm; `vd`: Abbe number with F 486.1327 nm and C 656.2725 nm.

    **Errors:** `InputError` for an index below 1, and an Abbe number that is not positive.

    Example:
        >>> from backlight.light import AbbeGlass
        >>> round(float(AbbeGlass(1.5168, 64.17).index(486.1327e-9)), 4)
        1.5224
    """

    nd: Exact
    vd: Exact

    def __init__(self, nd: Given, vd: Given):
        self.nd, self.vd = number("nd", nd, FROM_ONE), number("vd", vd, POSITIVE)

    def index(self, wavelength):
        """Return n_d + (n_d − 1)/V_d · (1/λ² − 1/λ_d²)/(1/λ_F² − 1/λ_C²)."""
        squares = (D_LINE / real_array(wavelength)) ** 2
        span = (D_LINE / F_LINE) ** 2 - (D_LINE / C_LINE) ** 2
        return self.nd + (self.nd - 1) / self.vd * (squares - 1) / span


class Cauchy(Material):
    """n = A + B/λ² + C/λ⁴ + …, good to about 1e-3 in the visible, away from absorption (Born and Wolf, §2.3).

    **Arguments:** `coefficients`: A, B, C, … in 1, m², m⁴, …; a leaf. Catalogues give µm²: times 1e-12, 1e-24.

    **Errors:** `InputError` if there is none.

    Example:
        >>> from backlight.light import Cauchy
        >>> round(float(Cauchy([1.5046, 4.20e-15]).index(587.6e-9)), 4)
        1.5168
    """

    coefficients: Exact

    def __init__(self, coefficients: Given):
        self.coefficients = _some("coefficients", coefficients)

    def index(self, wavelength):
        """Return A + B/λ² + …."""
        square = 1 / real_array(wavelength) ** 2
        total = jnp.zeros_like(square)
        for k in reversed(range(self.coefficients.shape[-1])):
            total = total * square + self.coefficients[k]
        return total


class Sellmeier(Material):
    """n² = 1 + Σ Bₖλ²/(λ² − Cₖ), good to 1e-5 between the resonances √Cₖ (Sellmeier, Ann. Phys. 219, 272 (1871)).

    **Arguments:** `strengths`: Bₖ; `resonances`: Cₖ, m²; leaves. Catalogues give Cₖ in µm²: times 1e-12.

    **Errors:** `InputError` if there is none, or not as many of one as of the other.

    Example:
        >>> from backlight.light import Sellmeier
        >>> glass = Sellmeier([1.03961212, 0.231792344, 1.01046945],  # SCHOTT N-BK7
        ...                   [6.00069867e-15, 2.00179144e-14, 1.03560653e-10])
        >>> round(float(glass.index(587.5618e-9)), 4)
        1.5168
    """

    strengths: Exact
    resonances: Exact

    def __init__(self, strengths: Given, resonances: Given):
        self.strengths, self.resonances = _some("strengths", strengths), _some("resonances", resonances)
        _demand_as_many("Sellmeier", _count(self.strengths), "strengths", _count(self.resonances), "resonances")

    def index(self, wavelength):
        """Return √(1 + Σ Bₖλ²/(λ² − Cₖ))."""
        square = real_array(wavelength)[..., None] ** 2
        return jnp.sqrt(1 + jnp.sum(self.strengths * square / (square - self.resonances), axis=-1))


class PowerSeries(Material):
    """n² = Σ aⱼ (λ/1 µm)^pⱼ: Schott's series a₀ + a₁λ² + a₂λ⁻² + a₃λ⁻⁴ + …, also with more powers.

    It has no resonances: good to 1e-5 where it was fitted, and far off soon beyond.

    **Arguments:** `coefficients`: aⱼ, a leaf, as catalogues give them for λ in µm; `powers`: pⱼ, whole, from −20 to 20.

    **Errors:** `InputError` if there is none, or not as many of one as of the other.

    Example:
        >>> from backlight.light import PowerSeries
        >>> glass = PowerSeries([2.2718929, -0.010108077, 0.010592509, 2.0816965e-4, -7.6472538e-6, 4.9240991e-7],
        ...                     [0, 2, -2, -4, -6, -8])  # BK7, before N-BK7
        >>> round(float(glass.index(587.5618e-9)), 4)
        1.5168
    """

    coefficients: Exact
    powers: tuple[int, ...] = eqx.field(static=True)

    def __init__(self, coefficients: Given, powers: Sequence[int]):
        self.coefficients = _some("coefficients", coefficients)
        self.powers = tuple(whole("powers", power, -20, 20) for power in powers)
        _demand_as_many("PowerSeries", _count(self.coefficients), "coefficients", len(self.powers), "powers")

    def index(self, wavelength):
        """Return √(Σ aⱼ (λ/1 µm)^pⱼ)."""
        microns = real_array(wavelength) / um
        return jnp.sqrt(sum(self.coefficients[j] * microns**power for j, power in enumerate(self.powers)))


def _some(name: str, numbers: Given) -> Exact:
    leaf = vector(name, numbers)
    if _count(leaf) == 0:
        raise InputError(name, got="none", expected="a row of at least one number")
    return leaf


def _count(leaf: Exact) -> int:
    return frame_shape(leaf)[-1]


def _demand_as_many(where: str, first: int, firsts: str, second: int, seconds: str) -> None:
    if first != second:
        raise InputError(where, got=f"{first} {firsts}, {second} {seconds}", expected="as many of each")
