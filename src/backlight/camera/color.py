"""Color filters over the pixels."""

import math

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from backlight.errors import InputError
from backlight.maths.leaf import Given, RealMap, reals, shaped


class Mosaic(eqx.Module):
    """A filter on each pixel (Bayer): a pixel of channel c records Σₘ S[c, m]·E_m, m the wavelengths of the light.

    **Arguments:**

    - `sensitivity`: S, shape (channels, wavelengths): what the pixels of each channel make of each. The other modes of
      the light (polarizations, points of a source) are summed; light of one wavelength wants one column.
    - `pattern`: letters of the smallest square that repeats, row by row from the first pixel of the frame on.
    - `channels`: letters of the rows of S.

    **Errors:** `InputError` for a pattern that is no square or has a letter that is no channel, and for a light with
    another number of wavelengths.

    Example:
        >>> import numpy as np
        >>> from backlight.camera import Camera, Mosaic
        >>> from backlight.light import Field, Grid
        >>> light = Field(np.ones((3, 2, 4)), Grid((2, 4), 1e-6), np.array([630e-9, 532e-9, 450e-9]))
        >>> bayer = Mosaic([[3.0, 0, 0], [0, 2.0, 0], [0, 0, 1.0]])
        >>> Camera((2, 4), 1e-6, color=bayer)(light).values.tolist()
        [[3.0, 2.0, 3.0, 2.0], [2.0, 1.0, 2.0, 1.0]]
    """

    sensitivity: RealMap
    pattern: str = eqx.field(static=True)
    channels: str = eqx.field(static=True)

    def __init__(self, sensitivity: Given, pattern: str = "RGGB", *, channels: str = "RGB"):
        self.pattern, self.channels = pattern, channels
        self.sensitivity = shaped(
            "sensitivity", reals("sensitivity", sensitivity), lambda shape: len(shape) == 2, "(channels, wavelengths)"
        )
        if math.isqrt(len(pattern)) ** 2 != len(pattern) or not pattern:
            raise InputError("pattern", got=repr(pattern), expected="letters of a square, such as 'RGGB'")
        if not set(pattern) <= set(channels):
            raise InputError("pattern", got=repr(pattern), expected=f"letters among {channels!r}")
        if not isinstance(self.sensitivity, eqx.Module) and len(self.sensitivity) != len(channels):
            raise InputError(
                "sensitivity", got=f"{len(self.sensitivity)} rows", expected=f"one for each channel of {channels!r}"
            )

    def mix(self, irradiance: Float[Array, "wavelength y x"]) -> Float[Array, "channel y x"]:
        """Return the irradiance each channel takes in."""
        if len(irradiance) != self.sensitivity.shape[1]:
            raise InputError(
                "light on the mosaic", got=f"{len(irradiance)} wavelengths",
                expected=f"{self.sensitivity.shape[1]} of them",
                remedy="give the sensitivity a column for each wavelength of the light",
            )  # fmt: skip
        return jnp.einsum("cm,myx->cyx", self.sensitivity, irradiance, precision="highest")

    def pick(self, values: Float[Array, "channel y x"]) -> Float[Array, "y x"]:
        """Return what each pixel's own channel has: the raw frame."""
        return jnp.sum(values * jnp.asarray(self.masks(values.shape[-2:]), values.dtype), axis=0)

    def masks(self, shape: tuple[int, ...]) -> np.ndarray:
        """Return which pixels belong to each channel, shape (channel, y, x)."""
        side = math.isqrt(len(self.pattern))
        cell = np.array([self.channels.index(letter) for letter in self.pattern]).reshape(side, side)
        rows, columns = (np.arange(n) % side for n in shape)
        return cell[np.ix_(rows, columns)] == np.arange(len(self.channels))[:, None, None]
