"""Image: real irradiance on a grid."""

import equinox as eqx
from jaxtyping import Array, Float

from backlight.light.grid import Grid


class Image(eqx.Module):
    """Irradiance or camera signal: real `values` (*frames, y, x) on a `grid`."""

    values: Float[Array, "*frames y x"]
    grid: Grid
