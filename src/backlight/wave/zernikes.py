"""Aberrations: a smooth phase over the pupil, as few numbers."""

from abc import abstractmethod

import equinox as eqx
import jax
from jaxtyping import Array, Float

from backlight.maths.argument import whole
from backlight.maths.leaf import Given, Vector, vector
from backlight.maths.zernike import Term, fringe, noll_term, zernike_sum


class Zernikes(eqx.Module):
    """A sum of Zernike polynomials, φ = Σ cₖ Z_{first+k}; what their order and norm are is said by the subclass.

    The phase is a delay in radians and the same at every wavelength; a path difference W gives c = 2πW/λ.

    Example:
        >>> from backlight.wave import FringeZernikes, Zernikes
        >>> isinstance(FringeZernikes([0.1]), Zernikes)
        True
    """

    coefficients: eqx.AbstractVar[Vector]
    first: eqx.AbstractVar[int]

    @staticmethod
    @abstractmethod
    def term(j: int) -> Term:
        """Return the polynomial of index j."""

    def phase(self, y: Float[Array, "*#shape"], x: Float[Array, "*#shape"]) -> Float[Array, "..."]:
        """Return φ at (y, x) in units of the pupil's radius, rad."""
        terms = [self.term(self.first + k) for k in range(self.coefficients.shape[-1])]
        return zernike_sum(self.coefficients, terms, y, x)


class NollZernikes(Zernikes):
    """Zernike polynomials in Noll's order, mean square 1: cₖ is the term's root mean square over the pupil.

    J. Opt. Soc. Am. 66, 207 (1976): 1 piston, 2 and 3 tilt along x and y, 4 defocus, 5 and 6 astigmatism, 7 and 8
    coma along y and x, 11 spherical.

    **Arguments:**

    - `coefficients`: c, rad; a leaf.
    - `first`: index of the first coefficient.

    **Errors:** `InputError` for `first` < 1.

    Example:
        >>> import jax.numpy as jnp
        >>> from backlight.wave import NollZernikes
        >>> round(float(NollZernikes([0.1], first=4).phase(jnp.asarray(0.0), jnp.asarray(1.0))), 4)
        0.1732
    """

    coefficients: Vector
    first: int = eqx.field(static=True)

    def __init__(self, coefficients: Given = (), *, first: int = 1):
        self.coefficients, self.first = vector("coefficients", coefficients), whole("first", first, 1)
        self.term(first)

    @staticmethod
    def term(j: int) -> Term:
        """Return the polynomial of Noll's index j."""
        return noll_term(j)


class FringeZernikes(Zernikes):
    """Zernike polynomials in Fringe order (University of Arizona, Wyant), peak 1: cₖ is the term's value at the edge.

    1 piston, 2 and 3 tilt along x and y, 4 defocus, 5 and 6 astigmatism, 7 and 8 coma along x and y, 9 spherical; up
    to 37.

    **Arguments:**

    - `coefficients`: c, rad; a leaf.
    - `first`: index of the first coefficient.

    **Errors:** `InputError` for an index outside 1 … 37.

    Example:
        >>> import jax.numpy as jnp
        >>> from backlight.wave import FringeZernikes
        >>> round(float(FringeZernikes([0.1], first=9).phase(jnp.asarray(0.0), jnp.asarray(1.0))), 4)
        0.1
    """

    coefficients: Vector
    first: int = eqx.field(static=True)

    def __init__(self, coefficients: Given = (), *, first: int = 1):
        self.coefficients, self.first = vector("coefficients", coefficients), whole("first", first, 1)
        self.term(first + max(jax.tree.leaves(self.coefficients)[0].shape[-1] - 1, 0))
        self.term(first)

    @staticmethod
    def term(j: int) -> Term:
        """Return the polynomial of the Fringe index j."""
        return Term(*fringe(j), 1.0)
