"""Band-limited angular spectrum: one way to move light through free space."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from backlight.errors import InputError
from backlight.light import Field, Grid
from backlight.maths.fourier import crop, fast_size, fft2, ifft2, pad
from backlight.wave import transfer_function
from backlight.wave.sampling import Sampling, measure


class AngularSpectrum(eqx.Module):
    """Propagate by U → F⁻¹[H·F[U]] with the exact transfer function of free space.

    **Arguments:**

    - `padding`: pixels (y, x) added to the grid before the transform, in total; plan them with `planned`.
    - `band_limit`: drop the frequencies that the padded grid cannot carry over the distance.
    - `reach`: m; take the band limit of this distance, whatever the distance is. While a distance is being estimated a
      band that moved along with it would make the model jump; `None` follows the distance.

    Valid at any angle (scalar, no paraxial step); accuracy is set by the padded grid: see `sampling`.

    Example:
        >>> from backlight.light import Grid
        >>> from backlight.wave import AngularSpectrum
        >>> AngularSpectrum.planned(Grid((100, 120), 2e-6), 532e-9, 1e-3).padding
        (80, 72)
    """

    padding: tuple[int, int] = eqx.field(static=True, default=(0, 0))
    band_limit: bool = eqx.field(static=True, default=True)
    reach: float | None = eqx.field(static=True, default=None)

    def __check_init__(self):
        if len(self.padding) != 2 or any(n < 0 for n in self.padding):
            raise InputError("padding", got=repr(self.padding), expected="two numbers of pixels ≥ 0 (rows, columns)")

    @property
    def scale(self) -> float:
        """How much wider the pixels come out: not at all."""
        return 1.0

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
        grid = self._padded(field.grid)
        spectrum = fft2(pad(field.full, grid.shape))
        carried = transfer_function.carry(
            spectrum, grid, field.wavelength, distance, field.tilt, field.medium_index, self._reach(field, distance)
        )
        return field.with_values(crop(ifft2(carried), field.grid.shape))

    def sampling(self, field: Field, distance: Float[Array, ""] | float) -> Sampling:
        """Return the Nyquist margins, the energy lost and the memory of this propagation, before it is done."""
        return measure(field.with_values(field.full), self._padded(field.grid), distance)

    def _reach(self, field: Field, distance: Float[Array, ""]) -> Float[Array, ""] | None:
        if not self.band_limit:
            return None
        return distance if self.reach is None else jnp.asarray(self.reach, field.grid.pitch.dtype)

    def _padded(self, grid: Grid) -> Grid:
        return grid.resized((grid.shape[0] + self.padding[0], grid.shape[1] + self.padding[1]))
