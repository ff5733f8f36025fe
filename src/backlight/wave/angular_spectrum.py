"""Band-limited angular spectrum: one way to move light through free space."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from backlight.light import Field, Grid
from backlight.maths.argument import instance, setting, whole_pair
from backlight.maths.fourier import crop, fast_size, fft2, ifft2, pad
from backlight.maths.leaf import NOT_NEGATIVE, Given, Pair, pair
from backlight.maths.precise import Precise, precise
from backlight.wave import transfer_function
from backlight.wave.journey import Journey, journey
from backlight.wave.propagation_error import folding, grazing, transfer_account
from backlight.wave.sampling import Sampling, numbers

REMEDY = (
    "pad more, up to the width of the grid (AngularSpectrum.planned does); ScaledAngularSpectrum for long distances"
)


class AngularSpectrum(eqx.Module):
    """Propagate by U → F⁻¹[H·F[U]] with the exact transfer function of free space.

    **Arguments:**

    - `padding`: pixels (y, x) added to the grid before the transform, in total; plan them with `planned`.
    - `band_limit`: drop the frequencies that the padded grid cannot carry over the distance.
    - `reach`: m; take the band limit of this distance, whatever the distance is. While a distance is being estimated a
      band that moved along with it would make the model jump; `None` follows the distance.
    - `shift`: (y, x), m; the output window is displaced by it from the input's (Matsushima, Opt. Express 18, 18453
      (2010)), on the same pitch: light that leaves to the side is followed without a grid that spans the way. A leaf.

    Valid at any angle (scalar, no paraxial step); accuracy is set by the padded grid: see `sampling`.

    Example:
        >>> from backlight.light import Grid
        >>> from backlight.wave import AngularSpectrum
        >>> AngularSpectrum.planned(Grid((100, 120), 2e-6), 532e-9, 1e-3).padding
        (80, 72)
    """

    padding: tuple[int, int] = eqx.field(static=True)
    band_limit: bool = eqx.field(static=True)
    reach: float | None = eqx.field(static=True)
    shift: Pair | None

    def __init__(
        self,
        padding: tuple[int, int] = (0, 0),
        band_limit: bool = True,
        reach: float | None = None,
        shift: Given | None = None,
    ):
        self.padding, self.band_limit = whole_pair("padding", padding, 0), instance("band_limit", band_limit, bool)
        self.reach = None if reach is None else setting("reach", reach, NOT_NEGATIVE)
        self.shift = None if shift is None else pair("shift", shift)

    @property
    def scale(self) -> float:
        """How much wider the pixels come out: not at all."""
        return 1.0

    @property
    def curved(self) -> bool:
        """Whether the light comes out on a sphere: it stays flat."""
        return False

    @classmethod
    def planned(cls, grid: Grid, wavelength: float, distance: float, *, medium_index: float = 1.0):
        """Pad just enough that light up to the grid's own band limit does not wrap around.

        A frequency f walks off by z·λf/√(1−(λf)²); at most one grid width is asked for, since light that walks further
        has left the window anyway. Sizes are rounded up to fast FFT lengths.
        """
        extra = []
        for n, pitch in zip(grid.shape, grid.pitch, strict=True):
            sine = min(wavelength / medium_index / (2 * float(pitch)), 0.999)
            walk = abs(distance) * sine / (1 - sine**2) ** 0.5
            extra.append(fast_size(n + min(n, int(walk / float(pitch)) + 1)) - n)
        return cls(padding=(extra[0], extra[1]))

    def __call__(self, field: Field, distance: Float[Array, ""]) -> Field:
        """Return the field `distance` further on."""
        grid = padded_grid(field.grid, self.padding)
        spectrum = fft2(pad(field.full, grid.shape))
        if self.shift is not None:
            spectrum = transfer_function.displace(spectrum, grid, displacement(field, self.shift))
        carried = transfer_function.carry(
            spectrum,
            grid,
            field.wavelength,
            distance,
            field.tilt,
            field.medium_index,
            self._reach(field, distance),
            self.shift,
        )
        return displaced(field.with_values(crop(ifft2(carried), field.grid.shape)), self.shift)

    def sampling(self, field: Field, distance: Float[Array, ""] | float) -> Sampling:
        """Return the Nyquist margins, the energy lost and the predicted error of this propagation, before it is done.

        Wrong is what the padded grid folds into the window, and what the band limit drops that would have arrived.
        """
        padded = padded_grid(field.grid, self.padding)
        way = journey(field, distance, displaced(field, self.shift).grid)
        widths = [n * abs(float(p)) for n, p in zip(padded.shape, padded.pitch, strict=True)]
        reach = 0.0 if not self.band_limit else numbers(distance if self.reach is None else self.reach)
        kept = [
            np.abs(walk(light.frequency)) <= 0.5 * width  # all where there is no band limit: nothing walks
            for walk, light, width in zip(way.walks(float(reach)), way.light, widths, strict=True)
        ]
        return transfer_account(
            way,
            way.walks(),
            padded,
            _walked(way, padded, widths),
            np.asarray(_band(field, padded, distance, self.shift)),
            (*folding(way, way.walks(), kept, widths, REMEDY), grazing(way)),
        )

    def _reach(self, field: Field, distance: Float[Array, ""]) -> Float[Array, ""] | None:
        if not self.band_limit:
            return None
        return distance if self.reach is None else jnp.asarray(self.reach, field.grid.pitch.dtype)


def padded_grid(grid: Grid, padding: tuple[int, int]) -> Grid:
    """Return the grid with more pixels about the same center."""
    return grid.resized((grid.shape[0] + padding[0], grid.shape[1] + padding[1]))


def displaced(field: Field, shift: Float[Array, "2"] | None) -> Field:
    """Return the field with its grid moved by `shift` (m); `None`: where it is."""
    if shift is None:
        return field
    return eqx.tree_at(lambda light: light.grid.center, field, field.grid.center + shift)


def displacement(field: Field, shift: Float[Array, "2"]) -> Precise:
    """Return how far a displaced grid lies from the field's: the shift, but for what its center's floats round off."""
    return precise(field.grid.center + shift) - field.grid.center


def _band(field: Field, padded: Grid, distance: Float[Array, ""] | float, shift: Float[Array, "2"] | None) -> Array:
    wavelength = field.wavelength / field.medium_index
    return transfer_function.band_limit(padded, wavelength, jnp.asarray(distance), field.tilt, shift)


def _walked(way: Journey, padded: Grid, widths: list[float]) -> np.ndarray:
    """Return how far each frequency walks from the output's center, in half-widths of the padded grid."""
    walks = transfer_function.walk_off(padded, jnp.asarray(way.wavelength), way.field.tilt)
    y, x = (np.abs(way.distance * np.asarray(w) - way.aim[i]) / (0.5 * widths[i]) for i, w in enumerate(walks))
    return np.maximum(y, x)
