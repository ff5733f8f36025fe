"""Imaging by a measured point-spread function: what a mask or a diffuser makes of a scene that shines incoherently."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from backlight.errors import InputError
from backlight.light import Grid, Image
from backlight.maths.argument import whole_pair
from backlight.maths.bandlimited import filtered, half_frequencies
from backlight.maths.chirp_z import chirp_z
from backlight.maths.fourier import crop, fast_size, pad
from backlight.maths.leaf import POSITIVE, Given, RealMap, Scalar, frame_shape, number, reals
from backlight.maths.safe import real_array

ROLL_OFF = 0.1
"""Cycles per pixel of the measured pattern over which a magnified one is faded out beyond its Nyquist frequency."""


class MeasuredPSF(eqx.Module):
    """Blur a scene by a measured point-spread function: E′(r) = (h_s ∗ E)(r), h_s(r) = h(r/s)/s².

    The shadow of a mask, or the caustic of a diffuser, grows about the optical axis when the object comes nearer; s = 1
    is the distance at which h was measured (Antipa et al., Optica 5, 1 (2018)). h is the band-limited pattern through
    its pixels, dark beyond them. It is scaled in its transform, H_s(f) = H(s·f), so that its energy is that of the
    pixels at any s, and s = 1 is the convolution with the pixels themselves. A pattern that is magnified has no
    frequencies beyond s·f = 1/2 cycles per pixel; it is faded out over 0.1 cycles per pixel there, and not cut, which
    would make jumps in s.

    **Arguments:**

    - `values`: h, shape (y, x), not negative, on the pixels of the scene; pixel n//2 is the axis.
    - `scale`: s, between 0.5 and 2.
    - `padding`: zeros (y, x) that the scene is surrounded with. Beyond them it is periodic: with those of the pattern
      less one, as it is where `None`, no light wraps around; with none, what wraps stays as near to the border of the
      scene as the pattern reaches.

    Valid where the pattern is the same for all points of the scene: no lens, small angles.

    **Errors:** `InputError` for a pattern without light, with a negative or infinite number or without two axes, and
    for another scale.

    Example:
        >>> import jax.numpy as jnp
        >>> from backlight.light import Grid, Image
        >>> from backlight.wave import MeasuredPSF
        >>> point = jnp.zeros((5, 7)).at[2, 3].set(2.0)
        >>> blurred = MeasuredPSF([[0.0, 1.0, 0.0], [0.0, 0.0, 3.0]])(Image(point, Grid((5, 7), 1e-6)))
        >>> [round(float(x), 4) for x in blurred.values[2]]
        [0.0, 0.0, 0.0, 0.0, 6.0, 0.0, 0.0]
    """

    values: RealMap
    scale: Scalar
    padding: tuple[int, int] = eqx.field(static=True)

    def __init__(self, values: Given, *, scale: Given = 1.0, padding: tuple[int, int] | None = None):
        self.values, self.scale = pattern("values", values), number("scale", scale, POSITIVE)
        rows, columns = frame_shape(self.values)
        self.padding = (rows - 1, columns - 1) if padding is None else whole_pair("padding", padding, 0)

    def magnification(self, curvature: Float[Array, ""] | float) -> tuple[Float[Array, ""], Float[Array, ""] | float]:
        """Return 1 and the curvature unchanged: the scene is told in the angles under which the camera's pixels lie."""
        return real_array(1.0), curvature

    def __call__(self, scene: Image) -> Image:
        """Return the irradiance on the sensor."""
        shape = scene.grid.shape
        wide = tuple(fast_size(n + m) if m else n for n, m in zip(shape, self.padding, strict=True))
        blurred = filtered(pad(scene.values, wide), self.transfer(wide))
        return Image(crop(blurred, shape), scene.grid)

    def transfer(self, shape: tuple[int, int]) -> Complex[Array, "y f"]:
        """Return H_s at the frequencies of `half_frequencies(shape)`: its value at f = 0 is the energy of a point."""
        rows, columns = shape
        half, step = columns // 2 + 1, [self.scale / n for n in shape]
        along_y = chirp_z(self.values, 0.0, step[0], rows, axis=-2)
        spectrum = chirp_z(along_y, (half // 2) * step[1], step[1], half, axis=-1)
        spectrum = jnp.roll(spectrum, -(rows // 2), axis=-2)
        y, x = (_faded(self.scale * np.abs(f)) for f in half_frequencies(shape))
        return spectrum * (y * x)


def pattern(where: str, values: Given) -> RealMap:
    """Return a point-spread function as a leaf, (y, x), not negative and with some light in it."""
    leaf = reals(where, values)
    return leaf


def _faded(frequency: Float[Array, "..."]) -> Float[Array, "..."]:
    """Return 1 up to Nyquist's frequency, and half a wave of the cosine from there to 0."""
    beyond = jnp.clip((frequency - 0.5) / ROLL_OFF, 0.0, 1.0)
    return 0.5 * (1 + jnp.cos(jnp.pi * beyond))
