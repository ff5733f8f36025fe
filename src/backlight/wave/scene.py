"""A scene that shines incoherently: irradiance in place of a field, with no wave to carry."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from backlight.errors import InputError
from backlight.light import Grid, Image
from backlight.light.grid import on_pixels
from backlight.maths.leaf import Given, RealMap, frame_shape, reals
from backlight.maths.safe import real_array


class Ambient(eqx.Module):
    """Light a scene evenly and incoherently: E = 1. What a scene makes of it, or shines by itself, is the scene's.

    It has no wavelength: what follows must not ask for one.

    Example:
        >>> from backlight.light import Grid
        >>> from backlight.wave import Ambient
        >>> float(Ambient()(Grid((4, 6), 1e-6)).values.mean())
        1.0
    """

    @property
    def curvature(self) -> Float[Array, ""]:
        """0: there is no wavefront."""
        return real_array(0.0)

    def __call__(self, grid: Grid) -> Image:
        """Return irradiance 1."""
        return Image(jnp.ones(grid.shape), grid)


class Scene(eqx.Module):
    """Send on light as a scene does: E → x·E.

    **Arguments:**

    - `irradiance`: x, shape (y, x), relative to what lights the scene.

    **Errors:** `InputError` for what has not two axes.

    Example:
        >>> import jax.numpy as jnp
        >>> from backlight.light import Grid
        >>> from backlight.wave import Ambient, Scene
        >>> scene = Scene(jnp.full((4, 6), 3.0))
        >>> float(scene(Ambient()(Grid(scene.shape, 1e-6))).values[0, 0])
        3.0
    """

    irradiance: RealMap

    def __init__(self, irradiance: Given):
        self.irradiance = reals("irradiance", irradiance)
        if len(frame_shape(self.irradiance)) != 2:
            raise InputError("irradiance", got=f"shape {frame_shape(self.irradiance)}", expected="pixels (y, x)")

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the grid the scene lies on."""
        return self.irradiance.shape[-2], self.irradiance.shape[-1]

    def __call__(self, light: Image) -> Image:
        """Return the light that the scene sends on."""
        return Image(light.values * on_pixels("irradiance", self.irradiance, light.grid), light.grid)
