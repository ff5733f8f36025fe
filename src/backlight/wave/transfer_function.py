"""The transfer function of free space, carrier-free and exact to round-off in float32."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Complex, Float

from backlight.light import Grid
from backlight.maths import double_float as df


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
    return _free_space(grid, wavelength, distance, tilt, jnp.asarray(medium_index, wavelength.dtype))


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
    walk_y, walk_x = walk_off(grid, wavelength, tilt)
    half_y = 0.5 * grid.shape[0] * jnp.abs(grid.pitch[0])
    half_x = 0.5 * grid.shape[1] * jnp.abs(grid.pitch[1])
    inside = (jnp.abs(distance * walk_y) <= half_y) & (jnp.abs(distance * walk_x) <= half_x)
    return jax.lax.stop_gradient(inside)


@jax.custom_jvp
def _free_space(grid: Grid, wavelength: Array, distance: Array, tilt: Array, medium_index: Array) -> Array:
    in_medium = df.divide(df.exact(wavelength), df.exact(medium_index))
    per_wavelength = df.divide(df.exact(distance), in_medium)
    sy, paraxial_y = _axis(grid.shape[0], grid.pitch[0], in_medium, tilt[0], per_wavelength)
    sx, paraxial_x = _axis(grid.shape[1], grid.pitch[1], in_medium, tilt[1], per_wavelength)
    s = sy[:, None] + sx[None, :]
    propagating = s < 1
    root = jnp.sqrt(jnp.where(propagating, 1 - s, 1.0))
    rest = jnp.where(propagating, 0.5 * (s / (1 + root)) ** 2, 1 - 0.5 * s)
    turns = per_wavelength.hi * rest
    decay = jnp.where(propagating, 1.0, jnp.exp(-_decay_rate(s, propagating) * jnp.abs(per_wavelength.hi)))
    return paraxial_y[:, None] * paraxial_x[None, :] * (decay * _phasor(turns - jnp.round(turns)))


@_free_space.defjvp
def _free_space_jvp(primals: tuple, tangents: tuple) -> tuple[Array, Array]:
    """Return H and dH = H·d(exponent): a derivative needs no pair of floats, and compiles to a fifth."""
    kernel = _free_space(*primals)
    _, (turns, decay) = jax.jvp(_exponent, primals, tangents)
    return kernel, kernel * jax.lax.complex(-decay, 2 * np.pi * turns)


def _exponent(grid: Grid, wavelength: Array, distance: Array, tilt: Array, medium_index: Array) -> tuple[Array, Array]:
    """Return (t, δ) of H = exp(2πi·t − δ) in plain floats: for derivatives, where digits of the value do not matter."""
    in_medium = wavelength / medium_index
    per_wavelength = distance / in_medium
    sy, sx = (in_medium * (grid.fy + tilt[0])) ** 2, (in_medium * (grid.fx + tilt[1])) ** 2
    s = sy[:, None] + sx[None, :]
    propagating = s < 1
    root = jnp.sqrt(jnp.where(propagating, 1 - s, 1.0))
    turns = -per_wavelength * jnp.where(propagating, s / (1 + root), 1.0)
    decay = jnp.where(propagating, 0.0, _decay_rate(s, propagating) * jnp.abs(per_wavelength))
    return turns, decay


def _axis(n: int, pitch: Array, wavelength: df.Double, tilt: Array, per_wavelength: df.Double) -> tuple[Array, Array]:
    """Return s and the paraxial phasor exp(−2πi (z/λ) s/2) of one axis."""
    index = jnp.asarray(np.rint(np.fft.fftfreq(n) * n), dtype=pitch.dtype)
    length = df.multiply(df.exact(jnp.asarray(n, pitch.dtype)), df.exact(pitch))
    frequency = df.add(df.divide(df.exact(index), length), df.exact(tilt))
    sine = df.multiply(frequency, wavelength)
    s = df.multiply(sine, sine)
    turns = df.fraction(df.multiply(df.multiply(per_wavelength, df.exact(jnp.asarray(0.5, pitch.dtype))), s))
    return s.hi, _phasor(turns)


def _phasor(turns: Array) -> Array:
    """Return exp(−2πi·turns)."""
    phase = (-2 * np.pi) * turns
    return jax.lax.complex(jnp.cos(phase), jnp.sin(phase))


def _decay_rate(s: Array, propagating: Array) -> Array:
    """Return 2π√(s−1) of the evanescent waves, finite gradients everywhere."""
    return (2 * np.pi) * jnp.sqrt(jnp.where(propagating, 1.0, s - 1 + 1e-12))
