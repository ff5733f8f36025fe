"""Materials: refractive index by wavelength. No optics beyond that, so that rays and waves share them."""

from abc import abstractmethod

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from backlight.errors import InputError
from backlight.maths.leaf import POSITIVE, Given, Scalar, Vector, number, reals
from backlight.maths.safe import real_array


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

    n: Scalar

    def __init__(self, n: Given):
        self.n = number("n", n, POSITIVE)

    def index(self, wavelength):
        """Return n."""
        return jnp.broadcast_to(self.n, jnp.shape(wavelength))


class Cauchy(Material):
    """n = A + B/λ² + C/λ⁴ + …, good to about 1e-3 in the visible, away from absorption (Born and Wolf, §2.3).

    **Arguments:** `coefficients`: A, B, C, … in 1, m², m⁴, …; a leaf. Catalogues give µm²: times 1e-12, 1e-24.

    **Errors:** `InputError` if there is none.

    Example:
        >>> from backlight.light import Cauchy
        >>> round(float(Cauchy([1.5046, 4.20e-15]).index(587.6e-9)), 4)
        1.5168
    """

    coefficients: Vector

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

    strengths: Vector
    resonances: Vector

    def __init__(self, strengths: Given, resonances: Given):
        self.strengths, self.resonances = _some("strengths", strengths), _some("resonances", resonances)
        sizes = [_count(terms) for terms in (self.strengths, self.resonances)]
        if sizes[0] != sizes[1]:
            raise InputError(
                "Sellmeier", got=f"{sizes[0]} strengths, {sizes[1]} resonances", expected="as many of each"
            )

    def index(self, wavelength):
        """Return √(1 + Σ Bₖλ²/(λ² − Cₖ))."""
        square = real_array(wavelength)[..., None] ** 2
        return jnp.sqrt(1 + jnp.sum(self.strengths * square / (square - self.resonances), axis=-1))


def _some(name: str, numbers: Given) -> Vector:
    array = reals(name, numbers)
    if _count(array) == 0:
        raise InputError(name, got="none", expected="a row of at least one number")
    return array


def _count(numbers: Vector) -> int:
    shape = numbers.shape if not isinstance(numbers, eqx.Module) else ()
    return shape[-1] if shape else 1
