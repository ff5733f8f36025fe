"""The sensor: pixels, gain, background, saturation, quantization."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from backlight.errors import InputError
from backlight.light import Field, Grid, Image
from backlight.light.grid import grid_shape, pitch_pair
from backlight.maths.fourier import crop
from backlight.maths.leaf import Given, Pair, Scalar, Vector
from backlight.maths.safe import real_array


class Camera(eqx.Module):
    """Record irradiance: y = Q(min(g·B(r)·(E ∗ box) + o, s)).

    E is the irradiance summed over modes, box the light-sensitive area of a pixel, B = 1 + Σ bₖ Lₖ(r) a smooth
    background of two-dimensional Legendre polynomials without the constant, Q the quantization.

    **Arguments:**

    - `shape`: (rows, columns) of the frame.
    - `pitch`: pixel pitch, m; one number or (y, x).
    - `gain`: g, signal per unit irradiance.
    - `offset`: o, signal without light.
    - `background`: b, shape (3,), (8,), … = (d+1)² − 1 for polynomials of degree ≤ d per axis; order L₀L₁, L₁L₀,
      L₁L₁, … (first factor along y).
    - `fill_factor`: side of the light-sensitive square over the pitch; 0 samples at the pixel center.
    - `saturation`: s, largest signal; `None` for no limit. Its gradient is zero beyond, as the camera's is.
    - `step`: signal of one quantization step; `None` for none. Rounding passes the gradient straight through.

    **Errors:** `InputError` for a fill factor outside 0 … 1 or a number of coefficients that fits no degree.

    Example:
        >>> import jax.numpy as jnp
        >>> from backlight.camera import Camera
        >>> from backlight.light import Grid, Image
        >>> light = Image(jnp.full((4, 4), 2.0), Grid((4, 4), 1e-6))
        >>> float(Camera((2, 2), 1e-6, gain=10.0, saturation=15.0)(light).values.max())
        15.0
    """

    pitch: Pair
    gain: Scalar
    offset: Scalar
    background: Vector
    shape: tuple[int, int] = eqx.field(static=True)
    fill_factor: float = eqx.field(static=True)
    saturation: float | None = eqx.field(static=True)
    step: float | None = eqx.field(static=True)

    def __init__(
        self,
        shape: tuple[int, int],
        pitch: Given,
        *,
        gain: Given = 1.0,
        offset: Given = 0.0,
        background: Given = (),
        fill_factor: float = 0.0,
        saturation: float | None = None,
        step: float | None = None,
    ):
        self.shape, self.pitch = grid_shape(shape), pitch_pair(pitch)
        self.gain, self.offset = real_array(gain), real_array(offset)
        self.background = real_array(background)
        if not 0 <= fill_factor <= 1:
            raise InputError("fill_factor", got=str(fill_factor), expected="a number from 0 (point) to 1 (whole pixel)")
        _degree(jax.tree.leaves(self.background)[0].shape[-1])
        self.fill_factor, self.saturation, self.step = float(fill_factor), saturation, step

    @property
    def grid(self) -> Grid:
        """Where the pixels lie."""
        return Grid(self.shape, self.pitch)

    def __call__(self, light: Field | Image) -> Image:
        """Return the noiseless frame."""
        return Image(self.digitize(self.expose(light)), self.grid)

    def expose(self, light: Field | Image) -> Float[Array, "y x"]:
        """Return the mean signal before the converter: the noise comes between here and `digitize`."""
        return self.respond(self.collect(light))

    def digitize(self, signal: Float[Array, "y x"]) -> Float[Array, "y x"]:
        """Return the signal cut at saturation and rounded to steps."""
        return quantize(saturate(signal, self.saturation), self.step)

    def collect(self, light: Field | Image) -> Float[Array, "y x"]:
        """Return the irradiance each pixel receives."""
        irradiance = light.values if isinstance(light, Image) else light.irradiance
        irradiance = jnp.sum(irradiance, axis=tuple(range(irradiance.ndim - 2)))
        irradiance = jnp.broadcast_to(irradiance, light.grid.shape)
        if self.fill_factor:
            irradiance = integrate_pixels(irradiance, self.fill_factor)
        return crop(irradiance, self.shape)

    def respond(self, irradiance: Float[Array, "y x"]) -> Float[Array, "y x"]:
        """Return gain, background and offset applied."""
        return self.gain * irradiance * background(self.shape, self.background) + self.offset


def integrate_pixels(irradiance: Float[Array, "y x"], fill_factor: float) -> Float[Array, "y x"]:
    """Average over a square of `fill_factor` pixels: multiply the spectrum by sinc(a·fy)·sinc(a·fx)."""
    rows, columns = irradiance.shape
    sinc_y = jnp.asarray(np.sinc(np.fft.fftfreq(rows) * fill_factor), irradiance.dtype)
    sinc_x = jnp.asarray(np.sinc(np.fft.rfftfreq(columns) * fill_factor), irradiance.dtype)
    return jnp.fft.irfft2(jnp.fft.rfft2(irradiance) * sinc_y[:, None] * sinc_x, s=(rows, columns))


def background(shape: tuple[int, int], coefficients: Float[Array, " n"]) -> Float[Array, "y x"]:
    """Return B = 1 + Σ bₖ Lₖ, products of Legendre polynomials over the frame, each within ±1."""
    if coefficients.shape[-1] == 0:
        return jnp.ones((1, 1), coefficients.dtype)
    degree = _degree(coefficients.shape[-1])
    table = jnp.concatenate([jnp.ones(1, coefficients.dtype), coefficients]).reshape(degree + 1, degree + 1)
    return _legendre(shape[0], degree, table.dtype) @ table @ _legendre(shape[1], degree, table.dtype).T


def saturate(signal: Float[Array, "y x"], limit: float | None) -> Float[Array, "y x"]:
    """Return min(signal, limit)."""
    return signal if limit is None else jnp.minimum(signal, limit)


def quantize(signal: Float[Array, "y x"], step: float | None) -> Float[Array, "y x"]:
    """Return the nearest multiple of `step`, with the gradient of the identity."""
    if step is None:
        return signal
    return signal + jax.lax.stop_gradient(jnp.round(signal / step) * step - signal)


def _legendre(n: int, degree: int, dtype: jnp.dtype) -> Array:
    center = (np.arange(n) - (n - 1) / 2) / max((n - 1) / 2, 1)
    return jnp.asarray(np.polynomial.legendre.legvander(center, degree), dtype)


def _degree(count: int) -> int:
    degree = round((count + 1) ** 0.5) - 1
    if (degree + 1) ** 2 - 1 != count:
        raise InputError(
            "background", got=f"{count} coefficients", expected="0, 3, 8, 15 … = (degree + 1)² − 1 of them"
        )
    return degree
