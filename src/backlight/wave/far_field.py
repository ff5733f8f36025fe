"""Far away from the light, and in the focal plane of a lens: one Fourier transform."""

from dataclasses import replace

import equinox as eqx
import numpy as np
from jaxtyping import Array, Float

from backlight.light import Field, Grid, map_modes, split_modes
from backlight.maths.leaf import NONZERO, Given, Scalar, number
from backlight.maths.precise import precise
from backlight.maths.safe import real_array
from backlight.wave.curved_carrier import sphere
from backlight.wave.fourier_integral import fourier_integral, output_grid
from backlight.wave.journey import Journey, journey
from backlight.wave.propagation_error import aliasing, far_field, paraxial, sum_account
from backlight.wave.round_off import integral_digits, pitch_digits
from backlight.wave.sampling import Sampling, zoom_operations
from backlight.wave.window import Window, demand_distance


class Fraunhofer(eqx.Module):
    """Propagate into the far field: U(r) = exp(iπr²/(λz))/(iλz) · F[U](r/(λz)) (Goodman, Fourier Optics, §4.3).

    The quadratic phase of the output rides in its curvature, 1/z. The distance is that from the input's center: only
    exp(iπd²/(λz)) is left out, d from there.

    **Arguments:** `scale` or `pitch`, `center`, `shape`: the output's pixels, as for `ChirpZ`; with none of them one
    FFT gives the pitch λz/(N·pitch).

    Valid where πd²/(λz) ≪ 1 over the light: see `sampling`.

    Example:
        >>> import numpy as np
        >>> from backlight.light import Field, Grid
        >>> from backlight.wave import Fraunhofer, FreeSpace
        >>> light = Field(np.ones((4, 8)), Grid((4, 8), 1e-5), 500e-9)
        >>> round(1e3 * float(FreeSpace(1.0, Fraunhofer())(light).grid.pitch[0]), 2)
        12.5
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

    @property
    def scale(self) -> Float[Array, ""]:
        """How much wider the pixels come out; `InputError` where that depends on the distance."""
        return self.window.scale

    @property
    def curved(self) -> bool:
        """Whether the light comes out on a sphere: yes, of curvature 1/z."""
        return True

    def __call__(self, field: Field, distance: Float[Array, ""]) -> Field:
        """Return the field `distance` further on."""
        demand_distance(distance)
        curvature = precise(1.0) / distance
        return fourier_integral(field, distance, self.window, curvature, precise(0.0), curvature)

    def sampling(self, field: Field, distance: Float[Array, ""] | float) -> Sampling:
        """Return the margins and the predicted error: the phase left out, and light outside the output's width."""
        demand_distance(distance)
        z = real_array(distance)
        way = journey(field, z, output_grid(field, z, self.window, precise(1.0) / z))
        walks, operations = way.straight_walks(), zoom_operations(field.grid.shape, way.shape)
        digits = np.hypot(integral_digits(field, way, curvature=1 / z, behind=1 / z), _pitch_digits(way, self.window))
        causes = (far_field(way), aliasing(way, walks), paraxial(way))
        return sum_account(way, walks, causes, operations, digits=digits)


class FocalPlane(eqx.Module):
    """Carry light from the front to the back focal plane of a lens: U(r) = 1/(iλf) · F[U](r/(λf)), a flat carrier.

    An ideal thin lens (Goodman, Fourier Optics, §5.2.2), the common exp(2ikf) dropped. Two of them are a 4f system: the
    image is upside down, f₂/f₁ times as large. A curved carrier is put on the values first: the input's pixels must
    sample it.

    **Arguments:**

    - `focal_length`: f, m; a leaf.
    - `scale` or `pitch`, `center`, `shape`: the output's pixels, as for `ChirpZ`; with none of them one FFT gives the
      pitch λf/(N·pitch). Between a camera and a sample say `scale`: grids run backward from the camera.

    Valid for the ideal lens at any f, within the output's width λf/pitch: see `sampling`.

    Example:
        >>> import numpy as np
        >>> from backlight.light import Field, Grid
        >>> from backlight.wave import FocalPlane
        >>> light = Field(np.ones((4, 8)), Grid((4, 8), 1e-5), 500e-9)
        >>> spot = FocalPlane(0.1)(light)
        >>> round(1e3 * float(spot.grid.pitch[0]), 2), int(spot.irradiance.argmax()) == 2 * 8 + 4
        (1.25, True)
    """

    focal_length: Scalar
    window: Window

    def __init__(
        self,
        focal_length: Given,
        *,
        scale: Given | None = None,
        pitch: Given | None = None,
        center: Given | None = None,
        shape: tuple[int, int] | None = None,
    ):
        self.focal_length = number("focal_length", focal_length, NONZERO)
        self.window = Window(scale=scale, pitch=pitch, center=center, shape=shape)

    def magnification(self, curvature: Float[Array, ""] | float) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """Return how much wider the pixels come out (`InputError` where that is not fixed), and a flat carrier."""
        return self.window.scale, real_array(0.0)

    def __call__(self, field: Field) -> Field:
        """Return the light in the back focal plane."""
        return map_modes(self._transformed, field)

    def sampling(self, field: Field) -> Sampling:
        """Return the margins and the predicted error: light outside the output's width; of modes, the worst one's."""
        return max((self._account(mode) for mode in split_modes(field)), key=lambda account: account.error)

    def _account(self, field: Field) -> Sampling:
        flat = _flattened(field)
        way = journey(
            flat, self.focal_length, output_grid(field, self.focal_length, self.window, precise(field.curvature))
        )
        digits = np.hypot(
            integral_digits(field, way, curvature=field.curvature, behind=0.0), _pitch_digits(way, self.window)
        )
        y, x = (replace(one, position=0 * one.position) for one in way.light)  # all of a direction goes to one point
        way = replace(way, light=(y, x))
        walks = way.straight_walks()
        operations = zoom_operations(field.grid.shape, way.shape)
        return sum_account(way, walks, (aliasing(way, walks),), operations, digits=digits)

    def _transformed(self, field: Field) -> Field:
        curvature = precise(field.curvature)
        return fourier_integral(field, self.focal_length, self.window, curvature, curvature, precise(0.0))


def _pitch_digits(way: Journey, window: Window) -> float:
    return pitch_digits(way, chirp=0.0) if window.natural else 0.0


def _flattened(field: Field) -> Field:
    """Return the light about an axis through its grid's center, the curvature put on the values."""
    wavelength = precise(field.wavelength) / field.medium_index
    rate = precise(field.curvature) / wavelength
    centered = Grid(field.grid.shape, field.grid.pitch)
    return Field(
        field.full * sphere(centered, rate),
        centered,
        field.wavelength,
        medium_index=field.medium_index,
        tilt=field.tilt + (rate * field.grid.center).plain,
        weight=field.weight,
    )
