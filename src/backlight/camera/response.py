"""What a sensor makes of the irradiance on its pixels, stage by stage, before gain, background and offset."""

from abc import abstractmethod

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from backlight.camera.placement import row_times
from backlight.errors import InputError
from backlight.light import Grid
from backlight.light.grid import on_pixels
from backlight.maths.leaf import (
    NONZERO,
    NOT_NEGATIVE,
    POSITIVE,
    Given,
    OneOrEach,
    Pair,
    Range,
    RealMap,
    Scalar,
    Vector,
    frame_shape,
    number,
    pair,
    reals,
    vector,
)
from backlight.maths.turns import cos_sin

Signal = Float[Array, "y x"]


class Stage(eqx.Module):
    """One step from irradiance to signal.

    Example:
        >>> from backlight.camera import Stage, Vignetting
        >>> isinstance(Vignetting([-0.1]), Stage)
        True
    """

    @abstractmethod
    def __call__(self, signal: Signal, grid: Grid) -> Signal:
        """Return the signal behind this stage; `grid` is the camera's."""


class Vignetting(Stage):
    """Light lost toward the corners, as a lens is calibrated: E·(1 + Σ vₖ ρ²ᵏ), k = 1, 2, …

    ρ is the distance from the center over half the diagonal of the frame (Goldman, IEEE TPAMI 32, 2276, 2010).

    **Arguments:** `coefficients`: v, any number of them; `center`: (y, x), m.

    Example:
        >>> import jax.numpy as jnp
        >>> from backlight.camera import Vignetting
        >>> from backlight.light import Grid
        >>> Vignetting([-0.5])(jnp.ones((3, 3)), Grid((3, 3), 1e-6))[1].tolist()
        [0.75, 1.0, 0.75]
    """

    coefficients: Vector
    center: Pair

    def __init__(self, coefficients: Given, *, center: Given = (0.0, 0.0)):
        self.coefficients, self.center = vector("coefficients", coefficients), pair("center", center)

    def __call__(self, signal, grid):
        """Return E·(1 + Σ vₖ ρ²ᵏ)."""
        corner = sum((0.5 * (n - 1) * p) ** 2 for n, p in zip(grid.shape, grid.pitch, strict=True))
        squares = _squared_radius(grid, self.center) / corner
        total = jnp.zeros((), signal.dtype)
        for k in reversed(range(self.coefficients.shape[0])):
            total = (total + self.coefficients[k]) * squares
        return signal * (1 + total)


class NaturalVignetting(Stage):
    """The cos⁴ law: light of chief rays at α to the axis falls off as cos⁴ α = 1/(1 + r²/d²)².

    Without losses at stops, and for an exit pupil much smaller than its distance (Born & Wolf, §4.8).

    **Arguments:** `distance`: d, exit pupil to sensor, m; `center`: (y, x) of the axis, m.

    Example:
        >>> import jax.numpy as jnp
        >>> from backlight.camera import NaturalVignetting
        >>> from backlight.light import Grid
        >>> NaturalVignetting(1e-6)(jnp.ones((3, 3)), Grid((3, 3), 1e-6))[1].tolist()
        [0.25, 1.0, 0.25]
    """

    distance: Scalar
    center: Pair

    def __init__(self, distance: Given, *, center: Given = (0.0, 0.0)):
        self.distance, self.center = number("distance", distance, NONZERO), pair("center", center)

    def __call__(self, signal, grid):
        """Return E/(1 + r²/d²)²."""
        return signal / (1 + _squared_radius(grid, self.center) / self.distance**2) ** 2


ANSWERING = Range("≥ 0, not all of them 0", lambda m: (m >= 0) & np.any(m > 0))


class PixelGain(Stage):
    """Pixels that answer differently (PRNU): E·m/⟨m⟩. The mean of the map is the camera's gain, not the map's.

    **Arguments:** `values`: m, shape of the frame.

    **Errors:** `InputError` for a negative number, and where all are 0.

    Example:
        >>> import jax.numpy as jnp
        >>> from backlight.camera import PixelGain
        >>> from backlight.light import Grid
        >>> PixelGain([[2.0, 6.0]])(jnp.ones((1, 2)), Grid((1, 2), 1e-6)).tolist()
        [[0.5, 1.5]]
    """

    values: RealMap

    def __init__(self, values: Given):
        self.values = reals("values", values, ANSWERING)

    def __call__(self, signal, grid):
        """Return E·m/⟨m⟩."""
        return signal * on_pixels("values of the pixel gain", self.values / jnp.mean(self.values), grid)


class DarkCurrent(Stage):
    """Signal that gathers without light: E + D·t.

    **Arguments:** `rate`: D, in units of the irradiance (before the gain) per second, one number or a map of the frame
    (DSNU); `exposure`: t, s.

    Example:
        >>> import jax.numpy as jnp
        >>> from backlight.camera import DarkCurrent
        >>> from backlight.light import Grid
        >>> DarkCurrent(4.0, 0.5)(jnp.ones((1, 2)), Grid((1, 2), 1e-6)).tolist()
        [[3.0, 3.0]]
    """

    rate: OneOrEach
    exposure: Scalar

    def __init__(self, rate: Given, exposure: Given):
        self.rate, self.exposure = reals("rate", rate), number("exposure", exposure, NOT_NEGATIVE)

    def __call__(self, signal, grid):
        """Return E + D·t."""
        rate = self.rate if self.rate.ndim == 0 else on_pixels("rate of the dark current", self.rate, grid)
        return signal + rate * self.exposure


class StrayLight(Stage):
    """Light that comes another way than through the instrument: E + Σ cₖ Lₖ(r), smooth over the frame.

    Lₖ are two-dimensional Legendre polynomials, each within ±1, without the constant, which is the camera's offset;
    in the order of the camera's background.

    **Arguments:** `coefficients`: c, shape (3,), (8,), … = (d + 1)² − 1 for polynomials of degree ≤ d per axis, in
    units of the irradiance (before the gain).

    **Errors:** `InputError` for a number of coefficients that fits no degree.

    Example:
        >>> import jax.numpy as jnp
        >>> from backlight.camera import StrayLight
        >>> from backlight.light import Grid
        >>> StrayLight([0.5, 0.0, 0.0])(jnp.ones((1, 3)), Grid((1, 3), 1e-6)).tolist()
        [[0.5, 1.0, 1.5]]
    """

    coefficients: Vector

    def __init__(self, coefficients: Given):
        self.coefficients = vector("coefficients", coefficients)
        background_degree(frame_shape(self.coefficients)[0])

    def __call__(self, signal, grid):
        """Return E + Σ cₖ Lₖ(r)."""
        return signal + (background(grid.shape, self.coefficients) - 1)


class Flicker(Stage):
    """Light that pulses under a rolling shutter: row j sees E·(1 + m·sinc(f·t)·cos 2π(f·t_j + φ)).

    t_j = (j − rows//2)·T is when the row is exposed, sinc(f·t) what an exposure of t seconds averages out. Lamps on
    mains flicker at twice its frequency.

    **Arguments:** `modulation`: m; `frequency`: f, Hz; `line_time`: T, s; `phase`: φ in turns, at the middle row;
    `exposure`: t, s.

    Example:
        >>> import jax.numpy as jnp
        >>> from backlight.camera import Flicker
        >>> from backlight.light import Grid
        >>> Flicker(0.5, 100.0, 5e-3)(jnp.ones((3, 1)), Grid((3, 1), 1e-6))[:, 0].tolist()
        [0.5, 1.5, 0.5]
    """

    modulation: Scalar
    frequency: Scalar
    line_time: Scalar
    phase: Scalar
    exposure: Scalar

    def __init__(
        self,
        modulation: Given,
        frequency: Given,
        line_time: Given,
        *,
        phase: Given = 0.0,
        exposure: Given = 0.0,
    ):
        self.modulation, self.frequency = number("modulation", modulation), number("frequency", frequency)
        self.line_time, self.phase = number("line_time", line_time), number("phase", phase)
        self.exposure = number("exposure", exposure, NOT_NEGATIVE)

    def __call__(self, signal, grid):
        """Return E·(1 + m·sinc(f·t)·cos 2π(f·t_j + φ))."""
        turns = self.frequency * row_times(grid.shape[0], self.line_time) + self.phase
        depth = self.modulation * jnp.sinc(self.frequency * self.exposure)
        return signal * (1 + depth * cos_sin(turns)[0])[:, None]


class ResponseCurve(Stage):
    """A signal that bends: a monotone curve through (0, 0) and (w, w), w the full scale.

    Its slope is linear between equally spaced knots, m₀ : m₁ : … = 1 : exp(a₁) : …, scaled so that it ends at (w, w)
    (the overall slope is the camera's gain); beyond the ends the curve goes on straight. All a = 0 is a straight line.

    **Arguments:** `log_slopes`: a, one for each knot but the first; `full_scale`: w, in units of the irradiance.

    **Errors:** `InputError` where there is no knot beside the first.

    Example:
        >>> import jax.numpy as jnp
        >>> from backlight.camera import ResponseCurve
        >>> from backlight.light import Grid
        >>> curve, grid = ResponseCurve([-0.3, -1.0], 10.0), Grid((1, 3), 1e-6)
        >>> bent = curve(jnp.asarray([[0.0, 4.0, 10.0]]), grid)
        >>> [round(float(v), 4) for v in curve.inverse(bent)[0]]
        [0.0, 4.0, 10.0]
    """

    log_slopes: Vector
    full_scale: Scalar

    def __init__(self, log_slopes: Given, full_scale: Given):
        self.log_slopes, self.full_scale = vector("log_slopes", log_slopes), number("full_scale", full_scale, POSITIVE)
        if frame_shape(self.log_slopes) == (0,):
            raise InputError("log_slopes", got="none", expected="one number or more in a row")

    def __call__(self, signal, grid):
        """Return the value of the curve."""
        spacing, slopes, heights = self._knots()
        k = jnp.clip(jnp.floor(signal / spacing).astype(int), 0, slopes.shape[0] - 2)
        rest = signal - k * spacing
        curved = heights[k] + slopes[k] * rest + 0.5 * (slopes[k + 1] - slopes[k]) / spacing * rest**2
        return self._straight(signal, curved, slopes)

    def inverse(self, signal: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
        """Return the irradiance that gives `signal`: recorded frames made straight."""
        spacing, slopes, heights = self._knots()
        k = jnp.clip(jnp.searchsorted(heights, signal, side="right") - 1, 0, slopes.shape[0] - 2)
        rest = jnp.where((signal < 0) | (signal > self.full_scale), 0, signal - heights[k])
        bend = 2 * (slopes[k + 1] - slopes[k]) / spacing * rest
        curved = k * spacing + 2 * rest / (slopes[k] + jnp.sqrt(slopes[k] ** 2 + bend))
        return self._straight(signal, curved, 1 / slopes)

    def _straight(self, signal: Array, curved: Array, slopes: Array) -> Array:
        """Return `curved` between the ends, lines beyond: chosen, for a minimum would halve the slope at an end."""
        below, above = slopes[0] * signal, self.full_scale + slopes[-1] * (signal - self.full_scale)
        return jnp.where(signal < 0, below, jnp.where(signal > self.full_scale, above, curved))

    def _knots(self) -> tuple[Array, Array, Array]:
        """Return the distance of the knots, and slope and height of the curve at each."""
        slopes = jnp.exp(jnp.concatenate([jnp.zeros(1, self.log_slopes.dtype), self.log_slopes]))
        means = 0.5 * (slopes[:-1] + slopes[1:])
        scale = means.shape[0] / jnp.sum(means)
        spacing = self.full_scale / means.shape[0]
        heights = jnp.concatenate([jnp.zeros(1, means.dtype), jnp.cumsum(scale * spacing * means)])
        return spacing, scale * slopes, heights


def background(shape: tuple[int, int], coefficients: Float[Array, " n"]) -> Float[Array, "y x"]:
    """Return B = 1 + Σ bₖ Lₖ, products of Legendre polynomials over the frame, each within ±1."""
    if coefficients.shape[-1] == 0:
        return jnp.ones((1, 1), coefficients.dtype)
    degree = background_degree(coefficients.shape[-1])
    table = jnp.concatenate([jnp.ones(1, coefficients.dtype), coefficients]).reshape(degree + 1, degree + 1)
    return _legendre(shape[0], degree, table.dtype) @ table @ _legendre(shape[1], degree, table.dtype).T


def background_degree(count: int) -> int:
    """Return d of (d + 1)² − 1 coefficients, or refuse their number."""
    degree = round((count + 1) ** 0.5) - 1
    if (degree + 1) ** 2 - 1 != count:
        raise InputError(
            "background", got=f"{count} coefficients", expected="0, 3, 8, 15 … = (degree + 1)² − 1 of them"
        )
    return degree


def _legendre(n: int, degree: int, dtype: jnp.dtype) -> Array:
    center = (np.arange(n) - (n - 1) / 2) / max((n - 1) / 2, 1)
    return jnp.asarray(np.polynomial.legendre.legvander(center, degree), dtype)


def _squared_radius(grid: Grid, center: Float[Array, "2"]) -> Float[Array, "y x"]:
    return (grid.y[:, None] - center[0]) ** 2 + (grid.x[None, :] - center[1]) ** 2
