"""Imaging by a measured point-spread function: what a mask or a diffuser makes of a scene that shines incoherently."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Complex, Float

from backlight.errors import InputError
from backlight.light import Image
from backlight.maths.argument import whole_pair
from backlight.maths.bandlimited import filtered, half_frequencies
from backlight.maths.fourier import crop, fast_size, pad
from backlight.maths.leaf import NOT_NEGATIVE, Given, Range, RealMap, Scalar, frame_shape, number, reals
from backlight.maths.safe import real_array
from backlight.maths.turns import cos_sin

SCALES = Range("between 0.5 and 2", lambda x: (x >= 0.5) & (x <= 2))
LIGHT = Range("≥ 0 and finite", lambda x: (x >= 0) & np.isfinite(x))

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
    - `background`: level of h that is not the pattern's, taken off all over it.
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
        >>> point = Image(jnp.zeros((3, 5)).at[1, 2].set(2.0), Grid((3, 5), 1e-6))
        >>> [round(float(x)) for x in MeasuredPSF([[0.0, 0.0, 0.0], [1.0, 0.0, 3.0]])(point).values[1]]
        [0, 2, 0, 6, 0]
    """

    values: RealMap
    scale: Scalar
    background: Scalar
    padding: tuple[int, int] = eqx.field(static=True)

    def __init__(
        self,
        values: Given,
        *,
        scale: Given = 1.0,
        background: Given = 0.0,
        padding: tuple[int, int] | None = None,
    ):
        self.values, self.scale = _pattern(values), number("scale", scale, SCALES)
        self.background = number("background", background, NOT_NEGATIVE)
        rows, columns = frame_shape(self.values)
        self.padding = (rows - 1, columns - 1) if padding is None else whole_pair("padding", padding, 0)

    def magnification(self, curvature: Float[Array, ""] | float) -> tuple[Float[Array, ""], Float[Array, ""] | float]:
        """Return 1 and the curvature unchanged: the scene is told in the angles under which the camera's pixels lie."""
        return real_array(1.0), curvature

    def __call__(self, scene: Image) -> Image:
        """Return the irradiance on the sensor."""
        shape = scene.grid.shape
        rows, columns = (fast_size(n + m) if m else n for n, m in zip(shape, self.padding, strict=True))
        wide = rows, columns
        blurred = filtered(pad(scene.values, wide), self.transfer(wide))
        return Image(crop(blurred, shape), scene.grid)

    def transfer(self, shape: tuple[int, int]) -> Complex[Array, "y f"]:
        """Return H_s at the frequencies of `half_frequencies(shape)`: its value at f = 0 is the energy of a point."""
        y, x = (f.ravel() for f in half_frequencies(shape))
        rows, columns = (_waves(f, n, self.scale) for f, n in zip((y, x), self.values.shape, strict=True))
        values = (self.values - self.background).astype(rows.dtype)
        spectrum = jnp.matmul(jnp.matmul(rows, values, precision="highest"), columns.T, precision="highest")
        return spectrum * (_faded(self.scale * np.abs(y))[:, None] * _faded(self.scale * np.abs(x)))


def _waves(frequency: np.ndarray, n: int, scale: Float[Array, ""]) -> Complex[Array, "f n"]:
    """Return exp(−2πi s·f·r), r counted from pixel n//2: what s = 1 makes of it is exact, only (s − 1)·f·r rounds."""
    turns = np.outer(frequency, np.arange(n) - n // 2)
    cos, sin = cos_sin((scale - 1) * jnp.asarray(turns, scale.dtype))
    whole = jnp.asarray(np.exp(-2j * np.pi * (turns % 1)), jnp.result_type(cos, jnp.complex64))
    return whole * jax.lax.complex(cos, -sin)


def _pattern(values: Given) -> RealMap:
    """Return a point-spread function as a leaf, and refuse what is none."""
    leaf = reals("values", values, LIGHT)
    if len(frame_shape(leaf)) != 2:
        raise InputError("values", got=f"shape {frame_shape(leaf)}", expected="pixels (y, x)")
    if any(not isinstance(one, Tracer) and not np.any(np.asarray(one)) for one in jax.tree.leaves(leaf)):
        raise InputError("values", got="zeros only", expected="the picture that a point of light makes")
    return leaf


def _faded(frequency: Float[Array, "..."]) -> Float[Array, "..."]:
    """Return 1 up to Nyquist's frequency, and half a wave of the cosine from there to 0."""
    beyond = jnp.clip((frequency - 0.5) / ROLL_OFF, 0.0, 1.0)
    return 0.5 * (1 + jnp.cos(jnp.pi * beyond))
