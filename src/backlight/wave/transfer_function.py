"""The transfer function of free space, carrier-free and exact to round-off in float32."""

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_derivatives import SymbolicZero
from jaxtyping import Array, Bool, Complex, Float

from backlight.light import Grid
from backlight.maths import double_float as df
from backlight.maths.precise import Precise, phasors, separable
from backlight.maths.safe import square_root
from backlight.maths.straight_through import straight_through
from backlight.maths.turns import cos_sin
from backlight.wave.coordinates import frequencies


@jax.jit
def free_space(
    grid: Grid,
    wavelength: Float[Array, ""],
    distance: Float[Array, ""],
    tilt: Float[Array, "2"],
    medium_index: Float[Array, ""] | float = 1.0,
) -> Complex[Array, "y x"]:
    """Return H(f) = exp(2πi z (√(1/λ² − |f+τ|²) − 1/λ)) in FFT order; evanescent waves decay.

    λ is the wavelength in the medium, λ_vacuum/n. With s = λ²|f+τ|² the exponent −(z/λ)g(s), g = 1 − √(1−s), is split
    into the tangent of g at the carrier, s₀ = λ²|τ|², which is separable and kept in two floats per number so that
    hundreds of radians lose no digit, and what is beyond it, with c = √(1−s) and c₀ = √(1−s₀)

        −(z/λ)·(s−s₀)²/(2c₀(c₀+c)²)

    Angular spectrum: Goodman, Introduction to Fourier Optics, §3.10.

    **Arguments:**

    - `grid`: the (padded) grid of the field.
    - `wavelength`: λ_vacuum, m.
    - `distance`: z, m, either sign; for z < 0 evanescent waves decay too, they are never amplified.
    - `tilt`: τ, cycles/m.
    - `medium_index`: n. It is divided in two floats: a rounded λ/n would cost a long distance its last digits.

    **Returns:** H without the constant exp(2πi z/λ).

    Valid at any angle. In float32 the rms error is about 2π·10⁻⁷ of the turns beyond the tangent and at least 1e-7. On
    the axis that is below 1e-6 for every frequency a 2048² grid with a pitch ≥ 2λ carries over 1 mm or more; light far
    from an oblique carrier has more.
    """
    one = jnp.ones((1, 1), jnp.result_type(wavelength, jnp.complex64))
    return carry(one, grid, wavelength, distance, tilt, jnp.asarray(medium_index, wavelength.dtype), None)


@jax.jit
def carry(
    spectrum: Complex[Array, "*modes #y #x"],
    grid: Grid,
    wavelength: Float[Array, ""],
    distance: Float[Array, ""],
    tilt: Float[Array, "2"],
    medium_index: Float[Array, ""],
    reach: Float[Array, ""] | None,
    shift: Float[Array, "2"] | None = None,
) -> Complex[Array, "*modes rows columns"]:
    """Return the spectrum `distance` further on, H·F, without what the grid cannot carry over `reach` (`None`: all).

    One step, because its derivative is cheap: d(H·F) = H·dF + (H·F)·d(exponent) asks for nothing but the result.

    **Arguments:** `spectrum`: F, in FFT order on `grid`; `shift` of the window that it is meant for: it sets the band,
    `displace` moves the light; the rest as for `free_space` and `band_limit`.
    """
    in_medium = wavelength / medium_index
    sy, sx = (in_medium * (grid.fy + tilt[0])) ** 2, (in_medium * (grid.fx + tilt[1])) ** 2
    where = jax.lax.stop_gradient((grid, wavelength, distance, tilt, medium_index, reach, shift))
    return _carried(spectrum, distance / in_medium, sy, sx, where)


@jax.jit
def displace(
    spectrum: Complex[Array, "*modes rows columns"], grid: Grid, shift: Precise
) -> Complex[Array, "*modes rows columns"]:
    """Return F·exp(2πi f·shift): the spectrum as seen from a window displaced by `shift` (m)."""
    return spectrum * separable(*phasors(*(frequencies(grid, axis) * shift[axis] for axis in (0, 1))))


@jax.jit
def walk_off(
    grid: Grid, wavelength: Float[Array, ""], tilt: Float[Array, "2"]
) -> tuple[Float[Array, "y x"], Float[Array, "y x"]]:
    """Return how far each frequency moves sideways per metre of axis: λ(f+τ)/√(1−s), along y and x.

    Evanescent waves go nowhere: 0.
    """
    gy = wavelength * (grid.fy + tilt[0])[:, None]
    gx = wavelength * (grid.fx + tilt[1])[None, :]
    cosine_squared = 1 - gy**2 - gx**2
    per_cosine = jnp.where(cosine_squared > 0, jax.lax.rsqrt(jnp.maximum(cosine_squared, 1e-6)), 0.0)
    return gy * per_cosine, gx * per_cosine


@jax.jit
def band_limit(
    grid: Grid,
    wavelength: Float[Array, ""],
    distance: Float[Array, ""],
    tilt: Float[Array, "2"],
    shift: Float[Array, "2"] | None = None,
) -> Bool[Array, "y x"]:
    """Tell which frequencies the grid can propagate without aliasing.

    The phase of H must advance by less than π from one frequency sample to the next: the light of a frequency may walk
    off by at most half the grid, |z λ(f+τ)/√(1−s)| ≤ N·pitch/2. This is the condition of Matsushima and Shimobaba,
    Opt. Express 17, 19662 (2009), with the tilt of Matsushima, Opt. Express 18, 18453 (2010), on both axes exactly.
    For a window displaced by `shift` the walk is counted from there. Evanescent waves only decay, which every grid can
    carry.
    """
    if shift is not None:
        return jax.lax.stop_gradient(_displaced_limit(grid, wavelength, distance, tilt, shift))
    sy, walk_y = _squared_walk(grid.shape[0], grid.pitch[0], wavelength * (grid.fy + tilt[0]), distance)
    sx, walk_x = _squared_walk(grid.shape[1], grid.pitch[1], wavelength * (grid.fx + tilt[1]), distance)
    cosine_squared = (1 - sy)[:, None] - sx[None, :]
    inside = (cosine_squared <= 0) | (jnp.maximum(walk_y[:, None], walk_x[None, :]) <= cosine_squared)
    return jax.lax.stop_gradient(inside)


def _displaced_limit(grid: Grid, wavelength: Array, distance: Array, tilt: Array, shift: Array) -> Array:
    """Return |z·sin/cos − shift| ≤ N·pitch/2 on both axes."""
    sine_y, sine_x = wavelength * (grid.fy + tilt[0])[:, None], wavelength * (grid.fx + tilt[1])[None, :]
    cosine_squared = 1 - sine_y**2 - sine_x**2
    cosine = jnp.sqrt(jnp.maximum(cosine_squared, 0))
    half_y, half_x = (0.5 * n * jnp.abs(grid.pitch[i]) * cosine for i, n in enumerate(grid.shape))
    inside_y = jnp.abs(distance * sine_y - shift[0] * cosine) <= half_y
    return (cosine_squared <= 0) | (inside_y & (jnp.abs(distance * sine_x - shift[1] * cosine) <= half_x))


def _squared_walk(n: int, pitch: Array, sine: Array, distance: Array) -> tuple[Array, Array]:
    """Return s of one axis and (z·√s)² in units of half the grid squared: squares spare a root per pixel."""
    return sine**2, (distance * sine / (0.5 * n * pitch)) ** 2


@jax.custom_jvp
def _carried(spectrum: Array, per_wavelength: Array, sy: Array, sx: Array, where: tuple) -> Array:
    """Return H·F: the value by the exact numbers of `where`, the derivative by the plain z/λ, s_y and s_x."""
    return spectrum * _kernel(per_wavelength, sy, sx, where)


def _carried_jvp(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    """Return H·F and H·dF + H·F·d(exponent); both of what has derivatives again."""
    spectrum, *at = primals
    kernel = _kernel(*at)
    carried = spectrum * kernel
    change = jnp.zeros_like(carried) if _still(tangents[0]) else tangents[0] * kernel
    return carried, change + _slope(carried, at, tangents[1:])


_carried.defjvp(_carried_jvp, symbolic_zeros=True)


def _slope(carried: Array, at: Sequence[Any], tangents: Sequence[Any]) -> Array:
    """Return H·F·d(exponent) of the exponent −2πi(z/λ)g(s) − 2π|z/λ|h(s)."""
    per_wavelength, sy, sx = at[:3]
    s = sy[:, None] + sx[None, :]
    change = jnp.zeros_like(carried)
    if not _still(tangents[0]):
        both = jax.lax.complex(-jnp.sign(per_wavelength) * _decay(s), -_delay(s))
        change += carried * both * (2 * np.pi * tangents[0])
    if not (_still(tangents[1]) and _still(tangents[2])):
        ds = _instance(tangents[1])[:, None] + _instance(tangents[2])[None, :]
        half_secant = np.pi / jnp.sqrt(jnp.maximum(jnp.abs(1 - s), 1e-12))
        real, imag = jnp.where(s < 1, 0.0, -jnp.abs(per_wavelength)), jnp.where(s < 1, -per_wavelength, 0.0)
        change += carried * jax.lax.complex(real * half_secant * ds, imag * half_secant * ds)
    return change


def _delay(s: Array) -> Array:
    """Return g = 1 − √(1−s), without the cancellation; 1 for evanescent waves."""
    return jnp.minimum(s, 1) / (1 + _root(1 - s))


def _decay(s: Array) -> Array:
    """Return h = √(s−1) of evanescent waves, 0 for others."""
    return _root(s - 1)


def _root(x: Array) -> Array:
    """Return √max(x, 0), with a slope of 0 where x ≤ 0: that of the root itself is infinite at 0."""
    return jnp.where(x > 0, jnp.sqrt(jnp.where(x > 0, x, 1.0)), 0.0)


def _still(tangent: Any) -> bool:
    return isinstance(tangent, SymbolicZero)


def _instance(tangent: Any) -> Array:
    return jnp.zeros(tangent.shape, tangent.dtype) if _still(tangent) else tangent


def _kernel(per_wavelength: Array, sy: Array, sx: Array, where: tuple) -> Array:
    """Return H of the exact numbers, with the derivative of the plain z/λ, s_y and s_x.

    `_carried` has the cheaper rule for a first derivative; this one is for those of higher order.
    """
    turns, loss, passed = _exponent(*where)
    live = sy[:, None] + sx[None, :]
    loss = straight_through(loss, jnp.abs(per_wavelength) * _decay(live))
    cos, sin = cos_sin(straight_through(turns, per_wavelength * _delay(live)))
    size = jnp.where(passed, jnp.exp((-2 * np.pi) * loss), 0.0)
    return jax.lax.complex(size * cos, -size * sin)


def _exponent(
    grid: Grid,
    wavelength: Array,
    distance: Array,
    tilt: Array,
    medium_index: Array,
    reach: Array | None,
    shift: Array | None,
) -> tuple[Array, Array, Array]:
    """Return (z/λ)·g(s) less whole turns, |z/λ|·h(s), and what the grid can carry."""
    in_medium = df.divide(df.exact(wavelength), df.exact(medium_index))
    per_wavelength = df.divide(df.exact(distance), in_medium)
    cosine, off, tangent = _about_carrier(grid, in_medium, tilt, per_wavelength)
    beyond = off[0][:, None] + off[1][None, :]
    rest = per_wavelength.hi * beyond_tangent(beyond, cosine)
    passed = jnp.asarray(True) if reach is None else band_limit(grid, wavelength / medium_index, reach, tilt, shift)
    turns = (rest - jnp.round(rest)) + (tangent[0][:, None] + tangent[1][None, :])
    return turns, jnp.abs(per_wavelength.hi) * _root(beyond - cosine**2), passed


def beyond_tangent(off: Float[Array, "..."], cosine: Float[Array, ""]) -> Float[Array, "..."]:
    """Return what g(s) = 1 − √(1−s) has beyond its tangent at s₀: off²/(2c₀(c₀+c)²), off = s − s₀ = c₀² − c².

    Nothing cancels, and a band about an oblique carrier has little of it. Evanescent waves have g = 1, so that here
    1 less the tangent is left, 1 − (1 − c₀) − off/(2c₀).
    """
    squared = cosine**2 - off
    travelling = 0.5 / cosine * (off / (cosine + square_root(squared))) ** 2
    return jnp.where(squared > 0, travelling, cosine - 0.5 * off / cosine)


STEEPEST_TANGENT = 0.99
"""Squared sine of a carrier up to which the tangent is taken there, else on the axis: at grazing it is upright."""


def _about_carrier(
    grid: Grid, wavelength: df.Double, tilt: Array, per_wavelength: df.Double
) -> tuple[Float[Array, ""], list[Float[Array, " n"]], list[Float[Array, " n"]]]:
    """Return c₀ of the carrier, and of each axis s − s₀ and its share of the tangent, (z/λ)(s₀/(1+c₀) + (s−s₀)/(2c₀)).

    The latter in turns less whole ones. Both axes in one compiled loop: written out, the compiler would weave them into
    the loop over all pixels and repeat them there, at ten times the cost.
    """
    dtype = grid.pitch.dtype
    about = jnp.where(jnp.sum((wavelength.hi * tilt) ** 2) < STEEPEST_TANGENT, tilt, 0.0)
    squares = [df.multiply(sine, sine) for sine in (df.multiply(df.exact(about[i]), wavelength) for i in (0, 1))]
    one = df.exact(jnp.ones((), dtype))
    cosine = df.square_root(df.add(df.negate(df.add(*squares)), one))
    slope = df.divide(per_wavelength, df.add(cosine, cosine))
    start = df.divide(per_wavelength, df.add(cosine, one))
    longest = max(grid.shape)
    index = np.stack([np.resize(np.rint(np.fft.fftfreq(n) * n), longest) for n in grid.shape])

    def axis(given: tuple[Any, ...]) -> tuple[Array, Array]:
        index, n, pitch, tilt, about, square = given
        frequency = df.add(
            df.divide(df.exact(index), df.multiply(df.exact(n), df.exact(pitch))), df.exact(tilt - about)
        )
        there = df.add(frequency, df.exact(2 * about))
        off = df.multiply(df.multiply(frequency, wavelength), df.multiply(there, wavelength))
        turns = df.add(df.multiply(slope, off), df.multiply(start, square))
        return off.hi, df.fraction(turns)

    square = df.Double(*(jnp.stack(pair) for pair in zip(*squares, strict=True)))
    given = jnp.asarray(index, dtype), jnp.asarray(grid.shape, dtype), grid.pitch, tilt, about, square
    off, turns = jax.lax.map(axis, given)
    off, turns = ([part[i, :n] for i, n in enumerate(grid.shape)] for part in (off, turns))
    return cosine.hi, off, turns
