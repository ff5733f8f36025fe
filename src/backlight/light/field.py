"""Field: complex light on a grid, with its carrier kept apart."""

from collections.abc import Sequence
from typing import Any

import equinox as eqx
from jax.typing import ArrayLike
from jaxtyping import Array, Complex, Float

from backlight.light.grid import Grid
from backlight.maths.safe import complex_array, real_array, squared_modulus


class Field(eqx.Module):
    """Monochromatic light in one plane, the fast-varying carrier factored out.

    The true field at r = (y, x) is

        U(r) = values · exp(2πi τ·r) · exp(iπ n c |r|²/λ) · exp(i·constant)

    with τ = `tilt` and c = `curvature`. The constant (optical path along the axis) is dropped by declaration: in
    float32 it would cost the phase its accuracy, and no camera sees it.

    **Arguments:**

    - `values`: complex, shape (*modes, y, x); the two last axes may be 1 and then stand for a uniform field.
    - `grid`: where the values lie.
    - `wavelength`: λ in vacuum, m.
    - `medium_index`: n, refractive index of the medium.
    - `tilt`: τ = (τ_y, τ_x), cycles/m.
    - `curvature`: c = 1/R, 1/m; positive for light that diverges from a point at distance R behind the plane.

    Example:
        >>> import numpy as np
        >>> from backlight.light import Field, Grid
        >>> light = Field(np.full((4, 6), 2j), Grid((4, 6), 1e-6), 532e-9, tilt=(1e4, 0.0))
        >>> float(light.irradiance[0, 0])
        4.0
    """

    values: Complex[Array, "*modes #y #x"]
    grid: Grid
    wavelength: Float[Array, ""]
    medium_index: Float[Array, ""]
    tilt: Float[Array, "2"]
    curvature: Float[Array, ""]

    def __init__(
        self,
        values: ArrayLike | Sequence[Any],
        grid: Grid,
        wavelength: ArrayLike,
        *,
        medium_index: ArrayLike = 1.0,
        tilt: ArrayLike | Sequence[Any] = (0.0, 0.0),
        curvature: ArrayLike = 0.0,
    ):
        self.values = complex_array(values)
        self.grid = grid
        self.wavelength = real_array(wavelength)
        self.medium_index = real_array(medium_index)
        self.tilt = real_array(tilt)
        self.curvature = real_array(curvature)

    @property
    def irradiance(self) -> Float[Array, "*modes #y #x"]:
        """|U|² of each mode; the carriers do not change it."""
        return squared_modulus(self.values)

    def with_values(self, values: Complex[Array, "*modes y x"]) -> "Field":
        """Return the same light with other values."""
        return eqx.tree_at(lambda field: field.values, self, values)
