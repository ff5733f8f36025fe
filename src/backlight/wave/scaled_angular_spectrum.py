"""Angular spectrum on output pixels of another size, for distances that a padded grid cannot carry."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from backlight.light import Field, Grid
from backlight.maths.argument import whole_pair
from backlight.maths.chirp_z import centered, zoom
from backlight.maths.fourier import fast_size
from backlight.maths.leaf import Given
from backlight.maths.precise import Precise, phasor, phasors, precise, separable, where
from backlight.maths.safe import real_array, square_root
from backlight.wave.chirp_z import demand_pixels
from backlight.wave.coordinates import positions
from backlight.wave.journey import journey
from backlight.wave.propagation_error import folding, grazing, sum_account
from backlight.wave.round_off import integral_digits
from backlight.wave.sampling import Sampling, numbers, zoom_operations
from backlight.wave.transfer_function import STEEPEST_TANGENT, beyond_tangent
from backlight.wave.window import Window, demand_distance

ZONES = 4.5
"""Width of the band's edges in Fresnel zones √(λz) of landing: a Gaussian edge of that width is 1e-7 within the
geometric band, and rings by as little in the window."""
LEAK = 1e-13
"""Energy that such an edge rings, over that of a sharp one."""


class ScaledAngularSpectrum(eqx.Module):
    """Propagate by the exact transfer function on the band that reaches the output window, sampled as finely as needed.

    Of the spectrum F only the frequencies are taken whose light lands in the window: (A + D)/(λz) wide for an input of
    width A and an output of width D, at most 1/pitch. A chirp-z transform gives F there, another one the output on its
    own pixels. Over long distances that band is narrow and few samples do, where a padded transfer function would need
    a grid as wide as the light has spread (compare Shimobaba et al., Opt. Lett. 37, 4128 (2012)).

    The output carries the curvature 1/z and the tilt of its central ray, so that its values are smooth far away.

    **Arguments:**

    - `scale`: output pitch over input pitch, or `pitch`: output pitch (y, x), m. Leaves.
    - `center`: (y, x), m, of the output; by default the optical axis with `scale`, and where the carrier's ray arrives
      with `pitch`. A leaf.
    - `shape`: rows and columns of the output; by default the input's.
    - `samples`: of the band (y, x); by default enough for an output about as wide as the input. `planned` counts them.

    Valid at any angle; `sampling` tells whether the samples are enough.

    Example:
        >>> import numpy as np
        >>> from backlight.light import Field, Grid
        >>> from backlight.wave import FreeSpace, ScaledAngularSpectrum
        >>> light = Field(np.ones((16, 16)), Grid((16, 16), 1e-5), 500e-9)
        >>> path = FreeSpace(1.0, ScaledAngularSpectrum(scale=20.0, samples=(128, 128)))
        >>> path.sampling(light).demand(0.03)
        >>> round(1e3 * float(path(light).grid.pitch[0]), 2)
        0.2
    """

    window: Window
    samples: tuple[int, int] | None = eqx.field(static=True)

    def __init__(
        self,
        *,
        scale: Given | None = None,
        pitch: Given | None = None,
        center: Given | None = None,
        shape: tuple[int, int] | None = None,
        samples: tuple[int, int] | None = None,
    ):
        self.window = Window(scale=scale, pitch=pitch, center=center, shape=shape)
        demand_pixels(self.window, "ScaledAngularSpectrum")
        self.samples = None if samples is None else whole_pair("samples", samples, 1)

    @classmethod
    def planned(cls, grid: Grid, wavelength: float, distance: float, output: Grid, *, medium_index: float = 1.0):
        """Sample the band that reaches `output` from `grid` just finely enough that nothing wraps around into it."""
        spread = wavelength / medium_index * max(abs(distance), 1e-12)
        way = _width(numbers(grid.pitch), grid.shape) + _width(numbers(output.pitch), output.shape)
        fading = ZONES * np.sqrt(spread)
        count = 1.05 * (way + fading) * np.minimum((way + 2 * fading) / spread, 1 / np.abs(numbers(grid.pitch)))
        samples = (fast_size(int(count[0]) + 8), fast_size(int(count[1]) + 8))
        return cls(pitch=output.pitch, center=output.center, shape=output.shape, samples=samples)

    @property
    def scale(self) -> Float[Array, ""]:
        """How much wider the pixels come out; `InputError` where the pitch is given in meters."""
        return self.window.scale

    @property
    def curved(self) -> bool:
        """Whether the light comes out on a sphere: yes, of curvature 1/z."""
        return True

    def __call__(self, field: Field, distance: Float[Array, ""]) -> Field:
        """Return the field `distance` further on."""
        demand_distance(distance)
        output = self._output(field, distance)
        return _carried(field, distance, output, self._samples(field.grid.shape))

    def sampling(self, field: Field, distance: Float[Array, ""] | float) -> Sampling:
        """Return the margins and the predicted error: what is folded into the window, and what is outside the band."""
        demand_distance(distance)
        z = real_array(distance)
        output, samples = self._output(field, z), self._samples(field.grid.shape)
        band = _band(field, z, output)
        rise, full, fall, end = (numbers(edge) for edge in band)
        low, high = (numbers(edge) for edge in _sampled(band, field.grid))
        way = journey(field, z, output)
        middles = (0.5 * (rise + full), 0.5 * (fall + end))
        kept = [(middles[0][i] <= f.frequency) & (f.frequency <= middles[1][i]) for i, f in enumerate(way.light)]
        periods = [float(n / (high[i] - low[i])) for i, n in enumerate(samples)]
        remedy = "take more samples of the band: ScaledAngularSpectrum.planned"
        causes = (*folding(way, way.walks(), kept, periods, remedy, leak=LEAK), grazing(way))
        operations = zoom_operations(field.grid.shape, samples) + zoom_operations(samples, output.shape)
        digits = integral_digits(field, way, curvature=1 / z, behind=1 / z)
        return sum_account(way, way.walks(), causes, operations, digits=digits, periods=periods)

    def _output(self, field: Field, distance: Float[Array, ""]) -> Grid:
        pitch = self.window.pitch_from(precise(field.grid.pitch), precise(field.grid.pitch)).plain
        center = self.window.middle
        if center is None:
            sine = field.wavelength / field.medium_index * field.tilt
            center = field.grid.center + distance * sine / jnp.sqrt(1 - jnp.sum(sine**2))
        return Grid(self.window.shape_from(field.grid.shape), pitch, center)

    def _samples(self, shape: tuple[int, int]) -> tuple[int, int]:
        if self.samples is not None:
            return self.samples
        rows, columns = (fast_size(3 * max(n, m)) for n, m in zip(shape, self.window.shape_from(shape), strict=True))
        return rows, columns


class _Samples(NamedTuple):
    """Frequencies middle + m·step about the carrier, cycles/m, along both axes."""

    middle: Precise
    step: Precise


def _band(field: Field, distance: Array, output: Grid) -> tuple[Array, Array, Array, Array]:
    """Return where the band begins to rise, is full, begins to fall and ends: frequencies (y, x), cycles/m.

    Full: all that reaches the output window from the input's. Light that walks w sideways has λ(f+τ) = w/√(w² + z²).
    """
    wavelength = field.wavelength / field.medium_index
    aim = output.center - field.grid.center
    half = 0.5 * (_spans(field.grid) + _spans(output))
    fading = ZONES * jnp.sqrt(wavelength * jnp.abs(distance))

    def frequency(walk: Array) -> Array:
        return walk / (wavelength * jnp.sqrt(walk**2 + aim[::-1] ** 2 + distance**2)) - field.tilt

    forward = jnp.sign(distance) * aim
    low, high = forward - half, forward + half
    return frequency(low - fading), frequency(low), frequency(high), frequency(high + fading)


def _sampled(band: tuple[Array, Array, Array, Array], grid: Grid) -> tuple[Array, Array]:
    """Return the ends of a band within the frequencies of the grid.

    A window that no light reaches keeps a band of its own, all the same.
    """
    nyquist = 0.5 / jnp.abs(grid.pitch)
    low = jnp.clip(band[0], -nyquist, 0.999 * nyquist)
    return low, jnp.clip(band[3], low + 0.001 * nyquist, nyquist)


def _faded(band: tuple[Array, Array, Array, Array], frequency: Array, axis: int) -> Array:
    """Return 1 in the full band, falling to 0 at its ends like an error function: a sharp edge would ring."""
    rise, full, fall, end = (edge[axis] for edge in band)
    inside = jnp.minimum((frequency - rise) / (full - rise), (end - frequency) / (end - fall))
    return 0.5 * jax.scipy.special.erfc(8 * (0.5 - inside))


@eqx.filter_jit
def _carried(field: Field, distance: Array, output: Grid, samples: tuple[int, int]) -> Field:
    edges = _band(field, distance, output)
    low, high = _sampled(edges, field.grid)
    count = jnp.asarray(samples, low.dtype)
    step = (high - low) / count
    band = _Samples(precise(low + step * jnp.asarray([n // 2 for n in samples], low.dtype)), precise(step))
    pitch, new_pitch = precise(field.grid.pitch), precise(output.pitch)
    aim = precise(output.center) - field.grid.center
    spectrum = zoom(field.full, band.middle * pitch, band.step * pitch, samples)
    faded = [_faded(edges, (band.middle[i] + band.step[i] * centered(n)).plain, i) for i, n in enumerate(samples)]
    spectrum = spectrum * _transfer(field, distance, band, samples) * jnp.multiply.outer(*faded)
    values = zoom(spectrum, -(band.step * aim), -(band.step * new_pitch), output.shape)
    area = jnp.abs(jnp.prod(field.grid.pitch)) * jnp.prod(step)
    bend = precise(1.0) / distance
    tilt = (_central_ray(field, distance, aim) - bend * output.center / _wavelength(field)).rounded()
    return Field(
        values * _smoothed(field, output, band, aim, bend.plain, tilt) * area,
        output,
        field.wavelength,
        medium_index=field.medium_index,
        tilt=tilt,
        curvature=bend.plain,
        weight=field.weight,
    )


def _smoothed(
    field: Field, output: Grid, band: _Samples, aim: Precise, curvature: Array, tilt: Array
) -> Complex[Array, "y x"]:
    """Return the rest of the inverse transform, exp(2πi·middle·(r−r₀)), over the new carrier as its floats have it."""
    turns, rate = [], precise(curvature) / _wavelength(field) * 0.5
    for i, n in enumerate(output.shape):
        offset, r = precise(output.pitch[i]) * centered(n), positions(output, i)
        carrier = r * (precise(field.tilt[i]) - tilt[i]) - r * r * rate
        turns.append(band.middle[i] * (offset + aim[i]) + carrier)
    return separable(*phasors(*turns))


def _transfer(
    field: Field, distance: Array, band: _Samples, samples: tuple[int, int]
) -> Complex[Array, "rows columns"]:
    """Return H(f+τ) of the band as `free_space` does: the tangent at its middle in two floats, and what is beyond."""
    wavelength = _wavelength(field)
    central = (band.middle + field.tilt) * wavelength
    middle = where(jnp.sum(central.plain**2) < STEEPEST_TANGENT, central, 0.0)
    squares, twice, step = middle * middle, middle * 2.0, band.step * wavelength
    cosine = (1.0 - squares[0] - squares[1]).root()
    per_wavelength = precise(distance) / wavelength
    start, slope = per_wavelength / (cosine + 1.0) * squares, per_wavelength / (cosine * 2.0)
    away, off, tangent = central - middle, [], []
    for i, n in enumerate(samples):
        sine = step[i] * centered(n) + away[i]
        off.append(sine * (sine + twice[i]))
        tangent.append(-(slope * off[i] + start[i]))
    beyond = off[0].plain[:, None] + off[1].plain[None, :]
    decay = jnp.exp(-2 * jnp.pi * jnp.abs(per_wavelength.plain) * square_root(beyond - cosine.plain**2))
    tangent = separable(*phasors(*tangent))
    return tangent * decay * phasor(precise(-per_wavelength.plain * beyond_tangent(beyond, cosine.plain)))


def _central_ray(field: Field, distance: Array, aim: Precise) -> Precise:
    """Return the spatial frequency (y, x) of the ray from the input's center to the output's."""
    squares = aim * aim
    length = (squares[0] + squares[1] + precise(distance) * distance).root()
    return aim * jnp.sign(distance) / (length * _wavelength(field))


def _wavelength(field: Field) -> Precise:
    return precise(field.wavelength) / field.medium_index


def _spans(grid: Grid) -> Float[Array, "2"]:
    return jnp.abs(grid.pitch) * jnp.asarray(grid.shape, grid.pitch.dtype)


def _width(pitch: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    return np.abs(pitch) * np.asarray(shape)
