"""What the composition asks of the part in each slot; any `equinox.Module` with these methods fits.

Light is a `Field`, an `Image` of incoherent light, or `Rays`; a part takes the kind that it can carry.
"""

from typing import Any, Protocol

from jaxtyping import Array, Float

from backlight.light import Grid


class Illumination(Protocol):
    """Light out of nothing."""

    wavelength: Float[Array, ""]
    medium_index: Float[Array, ""]

    @property
    def curvature(self) -> Float[Array, ""]:
        """Wavefront curvature at the exit plane, 1/m; 0 for collimated light."""
        ...

    def __call__(self, grid: Grid, /) -> Any:
        """Return the light on `grid`."""
        ...


class Path(Protocol):
    """Light into light, on the way to the sample or to the camera."""

    def magnification(self, curvature: Float[Array, ""]) -> tuple[Float[Array, ""], Float[Array, ""]]:
        """Return how much wider the pixels come out (M) and the carrier's curvature behind."""
        ...

    def __call__(self, light: Any, /) -> Any:
        """Return the light at the far end."""
        ...


class Sample(Protocol):
    """What the light meets."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the grid the sample lies on; at least the camera's."""
        ...

    def __call__(self, light: Any, /) -> Any:
        """Return the light just behind the sample."""
        ...
