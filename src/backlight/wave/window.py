"""Where the output of a propagation lies, for the methods that can choose."""

import equinox as eqx
from jaxtyping import Array, Float

from backlight.errors import InputError
from backlight.light.grid import grid_shape, pitch_pair
from backlight.maths.leaf import NONZERO, Given, Pair, Scalar, number, pair
from backlight.maths.precise import Precise, precise
from backlight.maths.safe import known_zero, real_array


def demand_distance(distance: Float[Array, ""] | float) -> None:
    """Refuse a distance known to be 0, for the methods that divide by it."""
    if known_zero(distance):
        raise InputError("distance", got="0 m", expected="another distance: over none, light stays on its pixels",
                         remedy="use AngularSpectrum, which leaves the light as it is")  # fmt: skip


class Window(eqx.Module):
    """Pixels of a chosen pitch about a chosen center.

    **Arguments:**

    - `scale`: output pitch over input pitch; or
    - `pitch`: output pitch (y, x), m; with neither, the method's own.
    - `center`: (y, x) of pixel n//2, m; by default the optical axis with `scale`, which a camera looks along, and
      where a ray from the input's center along the carrier arrives with `pitch`.
    - `shape`: rows and columns; by default the input's.

    **Errors:** `InputError` if both `scale` and `pitch` are given, or a shape is not two positive integers.

    Example:
        >>> from backlight.wave import Window
        >>> float(Window(scale=2.0).scale)
        2.0
    """

    ratio: Scalar | None
    pitch: Pair | None
    center: Pair | None
    shape: tuple[int, int] | None = eqx.field(static=True)

    def __init__(
        self,
        *,
        scale: Given | None = None,
        pitch: Given | None = None,
        center: Given | None = None,
        shape: tuple[int, int] | None = None,
    ):
        if scale is not None and pitch is not None:
            raise InputError("output window", got="scale and pitch", expected="one of them")
        self.ratio = None if scale is None else number("scale", scale, NONZERO)
        self.pitch = None if pitch is None else pitch_pair(pitch)
        self.center = None if center is None else pair("center", center)
        self.shape = None if shape is None else grid_shape(shape)

    @property
    def scale(self) -> Float[Array, ""]:
        """How much wider the pixels come out, where that is fixed."""
        if self.ratio is None:
            raise InputError(
                "scale of the propagator",
                got="an output pitch that is not a multiple of the input's",
                expected="a fixed ratio of the pitches: grids run backward from the camera",
                remedy="use ChirpZ(scale=...) or ScaledAngularSpectrum(scale=...)",
            )
        return self.ratio

    @property
    def middle(self) -> Float[Array, "2"] | None:
        """Center of the output where it does not walk with the light."""
        return real_array((0.0, 0.0)) if self.center is None and self.ratio is not None else self.center

    @property
    def natural(self) -> bool:
        """Whether all is left to the method: one FFT does."""
        return self.ratio is None and self.pitch is None and self.center is None and self.shape is None

    def pitch_from(self, pitch: Precise, own: Precise) -> Precise:
        """Return the output pitch for the input's, or the method's `own` where none is asked for."""
        if self.pitch is not None:
            return precise(self.pitch)
        return own if self.ratio is None else pitch * self.ratio

    def shape_from(self, shape: tuple[int, int]) -> tuple[int, int]:
        """Return the output shape for the input's."""
        return shape if self.shape is None else self.shape
