"""A thin lens."""

import equinox as eqx
from jaxtyping import Array, Float

from backlight.light import Field
from backlight.maths.argument import instance
from backlight.maths.leaf import NONZERO, Given, Scalar, number
from backlight.maths.safe import real_array


class ThinLens(eqx.Module):
    """Bend the light: c → c − 1/f, that is U → U·exp(−iπ n |r|²/(λf)).

    The quadratic phase goes into the carrier and is never sampled, so that any focal length is exact on any grid and
    `FreeSpace` behind the lens follows the beam with its pixels. At the focal plane of a collimated beam those pixels
    would be infinitely small (M = 1 − z/f = 0): there is no picture on them there, before and behind there is.

    **Arguments:** `focal_length`: f, m, in the light's medium and the same at every wavelength; negative diverges.

    Valid paraxially; without aberrations, which a `PhaseMask` adds.

    **Errors:** `InputError` for f = 0.

    Example:
        >>> import numpy as np
        >>> from backlight.light import Field, Grid
        >>> from backlight.wave import ThinLens
        >>> float(ThinLens(0.25)(Field(np.ones((4, 6)), Grid((4, 6), 1e-6), 532e-9)).curvature)
        -4.0
    """

    focal_length: Scalar

    def __init__(self, focal_length: Given):
        self.focal_length = number("focal_length", focal_length, NONZERO)

    def magnification(self, curvature: Float[Array, ""] | float) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """Return 1 and the curvature behind, c − 1/f."""
        return real_array(1.0), curvature - 1 / self.focal_length

    def __call__(self, field: Field) -> Field:
        """Return the light just behind the lens."""
        instance("light", field, Field)
        return eqx.tree_at(lambda light: light.curvature, field, field.curvature - 1 / self.focal_length)
