"""Fresnel diffraction on any output pixels."""

import equinox as eqx
from jaxtyping import Array, Float

from backlight.errors import InputError
from backlight.light import Field
from backlight.maths.leaf import Given
from backlight.maths.precise import precise
from backlight.maths.safe import real_array
from backlight.wave.fourier_integral import fourier_integral, output_grid
from backlight.wave.journey import journey
from backlight.wave.propagation_error import aliasing, paraxial, sum_account
from backlight.wave.round_off import integral_digits
from backlight.wave.sampling import Sampling, zoom_operations
from backlight.wave.window import Window, demand_distance


class ChirpZ(eqx.Module):
    """Propagate by the Fresnel integral on output pixels of any pitch about any center, by chirp-z transforms.

        U(r) = 1/(iλz) ∫ U(r′)·exp(iπ|r−r′|²/(λz)) dr′

    The quadratic phase of the output rides in its curvature, 1/z. It differentiates in pitch and center too.

    **Arguments:**

    - `scale`: output pitch over input pitch, or `pitch`: output pitch (y, x), m. Leaves.
    - `center`: (y, x), m, of the output; by default the optical axis with `scale`; with `pitch` it walks with the tilt,
      by λzτ. A leaf.
    - `shape`: rows and columns of the output; by default the input's.

    Behind a curved carrier the numbers are those of the equivalent flat problem, see `FreeSpace`.

    Valid paraxially, and where the input's pixels sample the chirp: see `sampling`.

    Example:
        >>> import numpy as np
        >>> from backlight.light import Field, Grid
        >>> from backlight.wave import ChirpZ, FreeSpace
        >>> light = Field(np.ones((4, 8)), Grid((4, 8), 1e-6), 500e-9)
        >>> moved = FreeSpace(1e-3, ChirpZ(scale=2.5, shape=(3, 5)))(light)
        >>> moved.values.shape, round(1e6 * float(moved.grid.pitch[0]), 2)
        ((3, 5), 2.5)
    """

    window: Window

    def __init__(
        self,
        *,
        scale: Given | None = None,
        pitch: Given | None = None,
        center: Given | None = None,
        shape: tuple[int, int] | None = None,
    ):
        self.window = Window(scale=scale, pitch=pitch, center=center, shape=shape)
        demand_pixels(self.window, "ChirpZ")

    @property
    def scale(self) -> Float[Array, ""]:
        """How much wider the pixels come out; `InputError` where the pitch is given in meters."""
        return self.window.scale

    @property
    def curved(self) -> bool:
        """Whether the light comes out on a sphere: yes, of curvature 1/z."""
        return True

    def __call__(self, field: Field, distance: Float[Array, ""]) -> Field:
        """Return the field `distance` further on."""
        demand_distance(distance)
        curvature = precise(1.0) / distance
        return fourier_integral(field, distance, self.window, curvature, curvature, curvature)

    def sampling(self, field: Field, distance: Float[Array, ""] | float) -> Sampling:
        """Return the margins and the predicted error: aliasing of the chirp under the sum, and what is not paraxial."""
        demand_distance(distance)
        z = real_array(distance)
        way = journey(field, z, output_grid(field, z, self.window, precise(1.0) / z))
        walks, operations = way.straight_walks(), zoom_operations(field.grid.shape, way.shape)
        digits = integral_digits(field, way, curvature=1 / z, behind=1 / z)
        return sum_account(way, walks, (aliasing(way, walks), paraxial(way)), operations, digits=digits)


def demand_pixels(window: Window, method: str) -> None:
    """Refuse a window without a pitch of its own."""
    if window.ratio is None and window.pitch is None:
        raise InputError(
            f"{method} output pixels",
            got="neither scale nor pitch",
            expected="one of them",
            remedy=f"say {method}(scale=1.0) for the input's pixels, or use FresnelTransform for λz/(N·pitch)",
        )
