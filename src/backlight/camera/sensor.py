"""The sensor: light on its pixels, the signal they make of it, the numbers that are recorded."""

import math
from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.core import Tracer
from jaxtyping import Array, Float

from backlight.camera.color import Mosaic
from backlight.camera.converter import Converter
from backlight.camera.placement import Placement, total_displacement, total_turn
from backlight.camera.response import Stage, background, background_degree
from backlight.errors import InputError
from backlight.light import Field, Grid, Image
from backlight.light.grid import grid_shape, pitch_pair
from backlight.maths.argument import instance, instances, kind_of, setting
from backlight.maths.bandlimited import at_lines, at_points, filtered, half_frequencies, shift_transfer
from backlight.maths.leaf import SHARE, Given, Pair, Range, Scalar, Vector, number, vector

DECIMATION = Range("≥ 1: camera pitch over light pitch", lambda x: (x >= 1) & np.isfinite(x))


class Camera(eqx.Module):
    """Record irradiance: y = Q(g·S(B(r)·(E ∗ box at the pixels)) + o).

    E is the irradiance summed over modes, box the light-sensitive area of a pixel, S the stages of the response, Q the
    converter, B = 1 + Σ bₖ Lₖ(r) a smooth background of two-dimensional Legendre polynomials without the constant.

    The light comes on pixels `decimation` times finer than the camera's; its pixel n//2 is the camera's. The area of a
    pixel is integrated, and its position taken, exactly for the band-limited irradiance through the light's pixels.

    **Arguments:**

    - `shape`: (rows, columns) of the frame.
    - `pitch`: pixel pitch, m; one number or (y, x).
    - `gain`: g, signal per unit irradiance.
    - `offset`: o, signal without light.
    - `background`: b, shape (3,), (8,), … = (d+1)² − 1 for polynomials of degree ≤ d per axis; order L₀L₁, L₁L₀,
      L₁L₁, … (first factor along y).
    - `fill_factor`: side of the light-sensitive square over the pitch; 0 samples at the pixel center.
    - `decimation`: the camera's pitch over that of the light, ≥ 1, not necessarily whole.
    - `placement`: where the pixels look, one displacement after the other: `Shift`, `Rotation`, `RollingShutter`.
    - `color`: a `Mosaic` of filters; `None` sums the modes.
    - `response`: S, stages in the order the signal passes them: `Vignetting`, `PixelGain`, `DarkCurrent`, …
    - `converter`: Q, saturation and rounding; `None` for neither.

    **Errors:** `InputError` for a fill factor outside 0 … 1, a decimation below 1, a number of coefficients that fits
    no degree; when called, for light that is smaller than the frame or whose pitch times `decimation` is not the
    camera's, or that ends before the place where a pixel looks (where these are known numbers: not while traced).

    Example:
        >>> import jax.numpy as jnp
        >>> from backlight.camera import Camera, Converter
        >>> from backlight.light import Grid, Image
        >>> light = Image(jnp.full((4, 4), 2.0), Grid((4, 4), 1e-6))
        >>> float(Camera((2, 2), 1e-6, gain=10.0, converter=Converter(ceiling=15.0))(light).values.max())
        15.0
    """

    pitch: Pair
    gain: Scalar
    offset: Scalar
    background: Vector
    placement: tuple[Placement, ...]
    color: Mosaic | None
    response: tuple[Stage, ...]
    converter: Converter
    shape: tuple[int, int] = eqx.field(static=True)
    fill_factor: float = eqx.field(static=True)
    decimation: float = eqx.field(static=True)

    def __init__(
        self,
        shape: tuple[int, int],
        pitch: Given,
        *,
        gain: Given = 1.0,
        offset: Given = 0.0,
        background: Given = (),
        fill_factor: float | int = 0,
        decimation: float | int = 1,
        placement: Sequence[Placement] = (),
        color: Mosaic | None = None,
        response: Sequence[Stage] = (),
        converter: Converter | None = None,
    ):
        self.shape, self.pitch = grid_shape(shape), pitch_pair(pitch)
        self.gain, self.offset = number("gain", gain), number("offset", offset)
        self.background = vector("background", background)
        background_degree(jax.tree.leaves(self.background)[0].shape[-1])
        self.fill_factor = setting("fill_factor", fill_factor, SHARE)
        self.decimation = setting("decimation", decimation, DECIMATION)
        self.placement = instances("placement", placement, Placement)
        self.response = instances("response", response, Stage)
        self.color = None if color is None else instance("color", color, Mosaic)
        self.converter = Converter() if converter is None else instance("converter", converter, Converter)

    @property
    def grid(self) -> Grid:
        """Where the pixels lie."""
        return Grid(self.shape, self.pitch)

    @property
    def light_pitch(self) -> Pair:
        """Pitch of the light the camera expects, m: its own over the decimation."""
        return self.pitch / self.decimation

    def __call__(self, light: Field | Image) -> Image:
        """Return the noiseless frame."""
        return Image(self.digitize(self.expose(light)), self.grid)

    def expose(self, light: Field | Image) -> Float[Array, "y x"]:
        """Return the mean signal before the converter: the noise comes between here and `digitize`."""
        return self.respond(self.collect(light))

    def digitize(self, signal: Float[Array, "y x"]) -> Float[Array, "y x"]:
        """Return the signal cut at saturation and rounded to steps."""
        return self.converter(signal)

    def collect(self, light: Field | Image) -> Float[Array, "y x"]:
        """Return the irradiance each pixel receives, through its filter."""
        if not isinstance(light, Field | Image):
            raise InputError("light on the camera", got=kind_of(light), expected="a Field or an Image")
        _demand_pitch(light.grid, self)
        colors = _by_wavelength(light)
        if self.color is None:
            return self._at_pixels(jnp.sum(colors, axis=0))
        return self.color.pick(self._at_pixels(self.color.mix(colors)))

    def respond(self, irradiance: Float[Array, "y x"]) -> Float[Array, "y x"]:
        """Return the signal: the beam's background, the stages, then gain and offset."""
        signal = irradiance * background(self.shape, self.background)
        for stage in self.response:
            signal = stage(signal, self.grid)
        return self.gain * signal + self.offset

    def _at_pixels(self, irradiance: Float[Array, "*channels Y X"]) -> Float[Array, "*channels y x"]:
        """Average over the area of each pixel of the frame: a displacement of all pixels alike goes into Fourier."""
        shape = irradiance.shape[-2:]
        rows, columns = _positions(shape, self.shape, self.decimation)
        y, x = (d / p for d, p in zip(total_displacement(self.placement, self.grid), self.light_pitch, strict=True))
        _demand_light_there(shape, rows[:, None] + y, columns[None, :] + x)
        uniform = y.ndim == x.ndim == 0
        factors = [pixel_transfer(shape, self)] if self.fill_factor else []
        factors += [shift_transfer(shape, (y, x))] if uniform and self.placement else []
        if factors:
            irradiance = filtered(irradiance, math.prod(factors[1:], start=factors[0]))
        if uniform:
            return at_lines(irradiance, rows, columns)
        y, x = jnp.broadcast_arrays(y, x)
        return at_points(irradiance, rows, columns, (y, x))


def _by_wavelength(light: Field | Image) -> Float[Array, "wavelength y x"]:
    """Return the irradiance of each wavelength, its other modes together; an image has them on its first axis."""
    irradiance = light.values if isinstance(light, Image) else light.irradiance
    mixed = irradiance.ndim == 2 if isinstance(light, Image) else light.wavelength.ndim == 0
    colors = irradiance[None] if mixed else irradiance
    colors = jnp.sum(colors, axis=tuple(range(1, colors.ndim - 2)))
    return jnp.broadcast_to(colors, (len(colors), *light.grid.shape))


def pixel_transfer(shape: tuple[int, ...], camera: Camera) -> Float[Array, "y f"]:
    """Return sinc(a p_y f_y′)·sinc(a p_x f_x′), f′ along the sides of a pixel, for light of `shape`."""
    y, x = (jnp.asarray(f * camera.fill_factor * camera.decimation, float) for f in half_frequencies(shape))
    turn = total_turn(camera.placement)
    if turn is not None:
        cos, sin, aspect = jnp.cos(turn), jnp.sin(turn), camera.pitch[0] / camera.pitch[1]
        y, x = cos * y - sin * aspect * x, sin / aspect * y + cos * x
    return jnp.sinc(y) * jnp.sinc(x)


def _positions(light: tuple[int, ...], shape: tuple[int, int], decimation: float) -> list[np.ndarray]:
    """Return where the pixels of the frame lie, in pixels from the first of the light: n//2 is the middle of both."""
    lines = [(np.arange(n) - n // 2) * decimation + big // 2 for n, big in zip(shape, light, strict=True)]
    if any(line[0] < 0 or line[-1] > big - 1 for line, big in zip(lines, light, strict=True)):
        raise InputError(
            "light on the camera", got=f"{shape} pixels × {decimation:g} to fit into {tuple(light)}",
            expected="a frame no larger than the light on either axis",
            remedy="give the sample at least as many pixels as the camera, times the decimation",
        )  # fmt: skip
    return lines


def _demand_light_there(shape: tuple[int, ...], rows: Array, columns: Array) -> None:
    """Refuse pixels that look past the light, where it is known where they look: they would see its other side.

    Up to a pixel beyond the outermost one of the light they see between the two.
    """
    if isinstance(rows, Tracer) or isinstance(columns, Tracer):
        return
    ends = [(float(np.min(at)), float(np.max(at)) - n + 1) for at, n in zip((rows, columns), shape[-2:], strict=True)]
    beyond = max(max(-first, last) for first, last in ends)
    if beyond > 1 + 1e-3:
        raise InputError(
            "placement of the camera", got=f"pixels that look {beyond:.3g} pixels of the light beyond its edge",
            expected="light where the camera looks: its grid is periodic, and the other side would come in",
            remedy=f"give the sample {int(np.ceil(2 * beyond))} pixels more on both axes than it has",
        )  # fmt: skip


def _demand_pitch(grid: Grid, camera: Camera) -> None:
    """Refuse light on other pixels, where both pitches are known numbers: they are not while a function is traced."""
    if isinstance(grid.pitch, Tracer) or isinstance(camera.pitch, Tracer):
        return
    got, expected = (np.asarray(pitch) for pitch in (grid.pitch, camera.light_pitch))
    if not np.allclose(got, expected, rtol=1e-3, atol=0):
        raise InputError(
            "pitch of the light", got=f"{got} m", expected=f"the camera's over its decimation, {expected} m",
            remedy="propagate to the camera's pixels, or give the camera the decimation that is meant",
        )  # fmt: skip
