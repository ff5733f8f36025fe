"""The transfer function of free space, carrier-free and exact to round-off in float32."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_derivatives import SymbolicZero
from jaxtyping import Array, Bool, Complex, Float

from backlight.light import Grid
from backlight.maths import double_float as df
from backlight.maths.turns import cos_sin


@jax.jit
def free_space(
    grid: Grid,
    wavelength: Float[Array, ""],
    distance: Float[Array, ""],
    tilt: Float[Array, "2"],
    medium_index: Float[Array, ""] | float = 1.0,
) -> Complex[Array, "y x"]:
    """Return H(f) = exp(2πi z (√(1/λ² − |f+τ|²) − 1/λ)) in FFT order; evanescent waves decay.

    λ is the wavelength in the medium, λ_vacuum/n. With s = λ²|f+τ|² the exponent is split into −(z/λ)·s/2, separable
    and kept in two floats per number so that hundreds of radians lose no digit, and the non-paraxial rest
    −(z/λ)·s²/(2(1+√(1−s))²). Angular spectrum: Goodman, Introduction to Fourier Optics, §3.10.

    **Arguments:**

    - `grid`: the (padded) grid of the field.
    - `wavelength`: λ_vacuum, m.
    - `distance`: z, m, either sign; for z < 0 evanescent waves decay too, they are never amplified.
    - `tilt`: τ, cycles/m.
    - `medium_index`: n. It is divided in two floats: a rounded λ/n would cost a long distance its last digits.

    **Returns:** H without the constant exp(2πi z/λ).

    Valid at any angle. In float32 the rms error is about 2π·10⁻⁷·(z/λ)·s²/8 and at least 1e-7: below 1e-6 for every
    frequency a 2048² grid with a pitch ≥ 2λ carries over 1 mm or more.
    """
    one = jnp.ones((1, 1), jnp.result_type(wavelength, jnp.complex64))
    return _carried(one, grid, wavelength, distance, tilt, jnp.asarray(medium_index, wavelength.dtype), None)


@jax.jit
def carry(
    spectrum: Complex[Array, "*modes y x"],
    grid: Grid,
    wavelength: Float[Array, ""],
    distance: Float[Array, ""],
    tilt: Float[Array, "2"],
    medium_index: Float[Array, ""],
    reach: Float[Array, ""] | None,
) -> Complex[Array, "*modes y x"]:
    """Return the spectrum `distance` further on, H·F, without what the grid cannot carry over `reach` (`None`: all).

    One step, because its derivative is cheap: d(H·F) = H·dF + (H·F)·d(exponent) asks for nothing but the result.

    **Arguments:** `spectrum`: F, in FFT order on `grid`; the rest as for `free_space` and `band_limit`.
    """
    return _carried(spectrum, grid, wavelength, distance, tilt, medium_index, reach)


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
    grid: Grid, wavelength: Float[Array, ""], distance: Float[Array, ""], tilt: Float[Array, "2"]
) -> Bool[Array, "y x"]:
    """Tell which frequencies the grid can propagate without aliasing.

    The phase of H must advance by less than π from one frequency sample to the next: the light of a frequency may walk
    off by at most half the grid, |z λ(f+τ)/√(1−s)| ≤ N·pitch/2. This is the condition of Matsushima and Shimobaba,
    Opt. Express 17, 19662 (2009), with the tilt of Matsushima, Opt. Express 18, 18453 (2010), on both axes exactly.
    Evanescent waves only decay, which every grid can carry.
    """
    sy, walk_y = _squared_walk(grid.shape[0], grid.pitch[0], wavelength * (grid.fy + tilt[0]), distance)
    sx, walk_x = _squared_walk(grid.shape[1], grid.pitch[1], wavelength * (grid.fx + tilt[1]), distance)
    cosine_squared = (1 - sy)[:, None] - sx[None, :]
    inside = (cosine_squared <= 0) | (jnp.maximum(walk_y[:, None], walk_x[None, :]) <= cosine_squared)
    return jax.lax.stop_gradient(inside)


def _squared_walk(n: int, pitch: Array, sine: Array, distance: Array) -> tuple[Array, Array]:
    """Return s of one axis and (z·√s)² in units of half the grid squared: squares spare a root per pixel."""
    return sine**2, (distance * sine / (0.5 * n * pitch)) ** 2


@jax.custom_jvp
def _carried(spectrum: Array, *where: Any) -> Array:
    return spectrum * _kernel(*where)


def _carried_jvp(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    """Return H·F and its derivative: that of the exponent needs no pair of floats, and compiles to a fifth."""
    spectrum, *where = primals
    kernel = _kernel(*where)
    carried = spectrum * kernel
    values, structure = jax.tree.flatten(where[:-1])
    changes = jax.tree.leaves(tangents[1:-1])
    moving = [i for i, change in enumerate(changes) if not isinstance(change, SymbolicZero)]

    def exponent(*moved: Array) -> tuple[Array, Array]:
        at = dict(zip(moving, moved, strict=True))
        return _exponent(*structure.unflatten(at.get(i, value) for i, value in enumerate(values)))

    change = jnp.zeros_like(carried) if isinstance(tangents[0], SymbolicZero) else tangents[0] * kernel
    if moving:
        _, (turns, decay) = jax.jvp(exponent, [values[i] for i in moving], [changes[i] for i in moving])
        change += carried * jax.lax.complex(-decay, 2 * np.pi * turns)
    return carried, change


_carried.defjvp(_carried_jvp, symbolic_zeros=True)


def _kernel(
    grid: Grid, wavelength: Array, distance: Array, tilt: Array, medium_index: Array, reach: Array | None
) -> Array:
    in_medium = df.divide(df.exact(wavelength), df.exact(medium_index))
    per_wavelength = df.divide(df.exact(distance), in_medium)
    (sy, paraxial_y), (sx, paraxial_x) = _axes(grid, in_medium, tilt, per_wavelength)
    s = sy[:, None] + sx[None, :]
    propagating, root = s < 1, _root(s)
    rest = per_wavelength.hi * jnp.where(propagating, 0.5 * (s / (1 + root)) ** 2, 1 - 0.5 * s)
    size = jnp.exp(jnp.where(propagating, 0.0, (-2 * np.pi) * root * jnp.abs(per_wavelength.hi)))
    if reach is not None:
        size = jnp.where(band_limit(grid, wavelength / medium_index, reach, tilt), size, 0.0)
    cos, sin = cos_sin((rest - jnp.round(rest)) + (paraxial_y[:, None] + paraxial_x[None, :]))
    return jax.lax.complex(size * cos, -size * sin)


def _exponent(grid: Grid, wavelength: Array, distance: Array, tilt: Array, medium_index: Array) -> tuple[Array, Array]:
    """Return (t, δ) of H = exp(2πi·t − δ) in plain floats: for derivatives, where digits of the value do not matter."""
    in_medium = wavelength / medium_index
    per_wavelength = distance / in_medium
    sy, sx = (in_medium * (grid.fy + tilt[0])) ** 2, (in_medium * (grid.fx + tilt[1])) ** 2
    s = sy[:, None] + sx[None, :]
    propagating, root = s < 1, _root(s)
    turns = -per_wavelength * jnp.where(propagating, s / (1 + root), 1.0)
    decay = jnp.where(propagating, 0.0, (2 * np.pi) * root * jnp.abs(per_wavelength))
    return turns, decay


def _root(s: Array) -> Array:
    """Return √|1−s|, with a finite gradient where it is 0."""
    return jnp.sqrt(jnp.maximum(jnp.abs(1 - s), 1e-12))


def _axes(
    grid: Grid, wavelength: df.Double, tilt: Array, per_wavelength: df.Double
) -> list[tuple[Float[Array, " n"], Float[Array, " n"]]]:
    """Return s and the fraction of a turn (z/λ)·s/2 of each axis.

    Both in one compiled loop: written out, the compiler would weave them into the loop over all pixels and repeat them
    there, at ten times the cost.
    """
    longest = max(grid.shape)
    index = np.stack([np.resize(np.rint(np.fft.fftfreq(n) * n), longest) for n in grid.shape])
    dtype = grid.pitch.dtype

    def axis(given: tuple[Array, Array, Array, Array]) -> tuple[Array, Array]:
        index, n, pitch, tilt = given
        frequency = df.add(df.divide(df.exact(index), df.multiply(df.exact(n), df.exact(pitch))), df.exact(tilt))
        sine = df.multiply(frequency, wavelength)
        s = df.multiply(sine, sine)
        half = df.multiply(per_wavelength, df.exact(jnp.asarray(0.5, dtype)))
        return s.hi, df.fraction(df.multiply(half, s))

    s, turns = jax.lax.map(axis, (jnp.asarray(index, dtype), jnp.asarray(grid.shape, dtype), grid.pitch, tilt))
    return [(s[i, :n], turns[i, :n]) for i, n in enumerate(grid.shape)]
