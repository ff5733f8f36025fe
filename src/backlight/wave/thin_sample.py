"""A sample thin enough to act in one plane."""

from jaxtyping import Array, Float

from backlight.errors import InputError
from backlight.light import Field
from backlight.light.grid import on_pixels
from backlight.maths.argument import instance
from backlight.maths.leaf import ComplexMap, Given, complexes, frame_shape
from backlight.maths.safe import amplitude, angle
from backlight.wave.element import Element


class ThinSample(Element):
    """Multiply the light by a complex transmission: U → t·U.

    **Arguments:**

    - `transmission`: t = a·exp(iφ), shape (y, x); |t| ≤ 1 for a passive sample. The complex values are the leaf,
      amplitude and phase are views.

    Valid where the sample is thinner than the depth of field (projection approximation).

    Example:
        >>> import numpy as np
        >>> from backlight.wave import ThinSample
        >>> float(ThinSample(np.full((4, 6), 0.5j)).amplitude[0, 0])
        0.5
    """

    transmission: ComplexMap

    def __init__(self, transmission: Given):
        self.transmission = complexes("transmission", transmission)
        if len(frame_shape(self.transmission)) < 2:
            raise InputError("transmission", got=f"shape {frame_shape(self.transmission)}", expected="pixels (y, x)")

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the grid the sample lies on."""
        return self.transmission.shape[-2], self.transmission.shape[-1]

    @property
    def amplitude(self) -> Float[Array, "y x"]:
        """a = |t|."""
        return amplitude(self.transmission)

    @property
    def phase(self) -> Float[Array, "y x"]:
        """φ = arg t, rad, in (−π, π]."""
        return angle(self.transmission)

    def __call__(self, field: Field) -> Field:
        """Return the light just behind the sample."""
        transmission = on_pixels("transmission", self.transmission, instance("light", field, Field).grid)
        return field.with_values(field.values * transmission)
