"""Image: real irradiance on a grid."""

import equinox as eqx
from jaxtyping import Array, Float

from backlight.light.grid import Grid


class Image(eqx.Module):
    """Irradiance or camera signal: real `values` (*frames, y, x) on a `grid`.

    A camera takes what lies on the first axis for wavelengths, and adds them up where it has no mosaic; a row of frames
    goes through it one by one.

    Example:
        >>> import jax.numpy as jnp
        >>> from backlight.light import Grid, Image
        >>> Image(jnp.ones((4, 6)), Grid((4, 6), 1e-6)).values.shape
        (4, 6)
    """

    values: Float[Array, "*frames y x"]
    grid: Grid
