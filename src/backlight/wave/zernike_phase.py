"""A smooth phase described by few numbers."""

from functools import lru_cache

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from backlight.light import Field
from backlight.light.grid import grid_shape
from backlight.maths.argument import whole
from backlight.maths.leaf import Given, Vector, vector
from backlight.maths.zernike import noll_modes


class ZernikePhase(eqx.Module):
    """Delay the light by a sum of Zernike polynomials: U → U·exp(iφ), φ = Σ cₖ Z_{first+k}.

    Noll's order and normalization (J. Opt. Soc. Am. 66, 207 (1976)): cₖ is the root mean square of its term over the
    disc, the largest that fits the grid. Outside the disc φ = 0.

    **Arguments:**

    - `coefficients`: c, rad; a leaf.
    - `shape`: (rows, columns) of the grid.
    - `first`: Noll index of the first coefficient; 1 is piston, 2 and 3 are tilts, 4 is defocus.

    Example:
        >>> import numpy as np
        >>> from backlight.wave import ZernikePhase
        >>> round(float(ZernikePhase([0.1, 0.2], (64, 64), first=4).phase.std()), 2)
        0.2
    """

    coefficients: Vector
    shape: tuple[int, int] = eqx.field(static=True)
    first: int = eqx.field(static=True)

    def __init__(self, coefficients: Given, shape: tuple[int, int], *, first: int = 1):
        self.coefficients = vector("coefficients", coefficients)
        self.shape, self.first = grid_shape(shape), whole("first", first, 1)

    @property
    def phase(self) -> Float[Array, "y x"]:
        """φ, rad."""
        modes = _modes(self.first, self.coefficients.shape[-1], self.shape)
        return jnp.tensordot(self.coefficients, jnp.asarray(modes, self.coefficients.dtype), 1)

    def __call__(self, field: Field) -> Field:
        """Return the light just behind."""
        return field.with_values(field.values * jnp.exp(1j * self.phase))


@lru_cache(maxsize=4)
def _modes(first: int, count: int, shape: tuple[int, int]) -> np.ndarray:
    return noll_modes(range(first, first + count), shape)
