"""Grid: where the samples of a field or an image lie."""

from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from backlight.errors import InputError
from backlight.maths.argument import whole_pair
from backlight.maths.fourier import frequencies
from backlight.maths.leaf import NONZERO, Given, Pair, one_or_two, pair
from backlight.maths.safe import real_array


class Grid(eqx.Module):
    """A regular grid of `shape` (rows, columns) with `pitch` (y, x) in meters about `center`, which is pixel n//2.

    **Arguments:**

    - `shape`: (ny, nx), integers.
    - `pitch`: p, meters; one number for square pixels or (p_y, p_x). A leaf: it can be an unknown.
    - `center`: (y, x) of pixel n//2 in the plane, meters; the optical axis is at (0, 0).

    **Errors:** `InputError` if a size is not a positive integer or `pitch` has more than two numbers.

    Example:
        >>> from backlight.light import Grid
        >>> Grid((4, 6), 1e-6).x.shape
        (6,)
    """

    pitch: Float[Array, "2"]
    center: Float[Array, "2"]
    shape: tuple[int, int] = eqx.field(static=True)

    def __init__(self, shape: tuple[int, int], pitch: Given, center: Given = (0.0, 0.0)):
        self.shape, self.pitch, self.center = grid_shape(shape), pitch_pair(pitch), pair("center", center)

    @property
    def y(self) -> Float[Array, " ny"]:
        """Row coordinates, m."""
        return _centered(self.shape[0]) * self.pitch[0] + self.center[0]

    @property
    def x(self) -> Float[Array, " nx"]:
        """Column coordinates, m."""
        return _centered(self.shape[1]) * self.pitch[1] + self.center[1]

    @property
    def fy(self) -> Float[Array, " ny"]:
        """Spatial frequencies along y in FFT order, cycles/m."""
        return frequencies(self.shape[0], self.pitch[0])

    @property
    def fx(self) -> Float[Array, " nx"]:
        """Spatial frequencies along x in FFT order, cycles/m."""
        return frequencies(self.shape[1], self.pitch[1])

    def resized(self, shape: tuple[int, int]) -> "Grid":
        """Return the grid with more or fewer pixels about the same center pixel."""
        return Grid(shape, self.pitch, self.center)

    def scaled(self, factor: Float[Array, ""] | float) -> "Grid":
        """Return the grid stretched about the optical axis."""
        return Grid(self.shape, self.pitch * factor, self.center * factor)


def grid_shape(shape: Sequence[int]) -> tuple[int, int]:
    """Check a shape (rows, columns) and return it as two integers."""
    return whole_pair("shape", shape, 1)


def on_pixels(where: str, values: Array, grid: Grid) -> Array:
    """Return values of each pixel, or of all alike; `InputError`, which names `where`, for those of other pixels."""
    if values.ndim < 2 or any(n not in (1, size) for n, size in zip(values.shape[-2:], grid.shape, strict=True)):
        raise InputError(
            where, got=f"shape {values.shape}", expected=f"the grid's {grid.shape} pixels, or 1",
            remedy="build sample, mask and light on the same pixels",
        )  # fmt: skip
    return values


def pitch_pair(pitch: Given) -> Pair:
    """Return (pitch_y, pitch_x) of one number or two; of each frame where `pitch` is a `PerFrame`."""
    values = one_or_two("pitch", pitch, NONZERO)
    if isinstance(values, eqx.Module):
        return jax.tree.map(lambda frames: jax.vmap(pitch_pair)(frames), values)
    return jnp.broadcast_to(values, (2,))


def _centered(n: int) -> Array:
    return real_array(np.arange(n) - n // 2)
