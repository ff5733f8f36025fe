"""What a lens file tells."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from backlight.rays import Lens

ANGLE, OBJECT, IMAGE = "angle", "object height", "image height"
"""What the numbers of a field mean: angles against the axis, rad; heights of the object's point or of its image, m."""

AIR_BELOW = 1.01
"""An index below which a medium counts as air."""


@dataclass(frozen=True)
class LensFile:
    """A lens, and for which light and fields it was made.

    **Attributes:** `lens`; `name`; `wavelengths`, m, their `weights`, and `primary`, the number of the main one;
    `fields`, (y, x) one below the other, of the kind `field_kind`; `notes`, what the file says and is not in here.
    """

    lens: Lens
    name: str = ""
    wavelengths: tuple[float, ...] = (587.5618e-9,)
    weights: tuple[float, ...] = (1.0,)
    primary: int = 0
    fields: Float[np.ndarray, "n 2"] | tuple[tuple[float, float], ...] = ((0.0, 0.0),)
    field_kind: str = ANGLE
    notes: tuple[str, ...] = ()

    @property
    def wavelength(self) -> float:
        """The main wavelength, m."""
        return self.wavelengths[self.primary]
