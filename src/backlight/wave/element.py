"""What light passes on its way: elements one after the other."""

from abc import abstractmethod
from typing import Any

import equinox as eqx
from jaxtyping import Array, Float

from backlight.light import Field
from backlight.maths.argument import slot
from backlight.maths.safe import real_array


class Element(eqx.Module):
    """Something thin in the beam: it changes the light and leaves the grid and the carrier's curvature as they are.

    Example:
        >>> from backlight.wave import Element
        >>> class Half(Element):
        ...     def __call__(self, field):
        ...         return field.with_values(0.5 * field.values)
        >>> [float(x) for x in Half().magnification(0.0)]
        [1.0, 0.0]
    """

    @abstractmethod
    def __call__(self, field: Field) -> Field:
        """Return the light just behind."""

    def magnification(self, curvature: Float[Array, ""] | float) -> tuple[Float[Array, ""], Float[Array, ""] | float]:
        """Return 1 and the curvature unchanged."""
        return real_array(1.0), curvature


class Chain(eqx.Module):
    """Parts that the light passes one after the other, as one path.

    **Arguments:** `parts`: anything that turns a `Field` into a `Field` and tells its `magnification(curvature)`.

    **Errors:** `InputError` for a part without these, and for a list of parts: write `Chain(*parts)`.

    Example:
        >>> import numpy as np
        >>> from backlight.light import Field, Grid
        >>> from backlight.wave import Chain, FreeSpace
        >>> light = Field(np.ones((4, 6)), Grid((4, 6), 1e-6), 532e-9, curvature=1 / 0.1)
        >>> round(1e6 * float(Chain(FreeSpace(0.02), FreeSpace(0.03))(light).grid.pitch[0]), 3)
        1.5
    """

    parts: tuple[Any, ...]

    def __init__(self, *parts: Any):
        self.parts = tuple(slot(f"part {i + 1} of Chain", one, "magnification") for i, one in enumerate(parts))

    def magnification(self, curvature: Float[Array, ""]) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """Return the product of all magnifications, and the curvature behind the last part."""
        total = real_array(1.0)
        for part in self.parts:
            scale, curvature = part.magnification(curvature)
            total = total * scale
        return total, curvature

    def __call__(self, field: Field) -> Field:
        """Return the light behind the last part."""
        for part in self.parts:
            field = part(field)
        return field
