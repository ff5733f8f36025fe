"""Values of a band-limited picture between its pixels.

A picture of n pixels is taken as the trigonometric polynomial through them: periodic, without a frequency above
Nyquist's, the one at Nyquist a cosine. On a lattice it is evaluated exactly, at any other points within 1e-6.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from backlight.maths.turns import cos_sin

WIDTH = 8
SHAPE = 2.3 * WIDTH
"""Points and parameter β of the Kaiser-Bessel window on a grid twice as fine: its error is about 1e-7."""

_TERMS = 30


def filtered(
    values: Float[Array, "*batch y x"], transfer: Complex[Array, "#y #f"] | Float[Array, "#y #f"]
) -> Float[Array, "*batch y x"]:
    """Multiply the spectrum, of which `rfft2` keeps a half, by a transfer function.

    **Arguments:** `transfer`: H at the frequencies of `half_frequencies`, shape (y, x//2 + 1); H(−f) = H(f)*.
    """
    spectrum = jnp.fft.rfft2(values)
    return jnp.fft.irfft2(spectrum * transfer.astype(spectrum.dtype), s=values.shape[-2:]).astype(values.dtype)


def half_frequencies(shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return the frequencies of `rfft2` along y, a column, and along x, a row, in cycles per pixel."""
    return np.fft.fftfreq(shape[-2])[:, None], np.fft.rfftfreq(shape[-1])[None, :]


def shift_transfer(shape: tuple[int, ...], move: tuple[Float[Array, ""], Float[Array, ""]]) -> Complex[Array, "y f"]:
    """Return exp(2πi f·d), which puts the value at r + d at r; a wave at Nyquist's frequency stays a real cosine.

    **Arguments:** `move`: d = (y, x) in pixels.
    """
    y, x = (_turned_waves(f, d) for f, d in zip(half_frequencies(shape), move, strict=True))
    return y * x


def _turned_waves(frequency: np.ndarray, move: Float[Array, ""]) -> Complex[Array, "y f"]:
    cos, sin = cos_sin(jnp.asarray(frequency, float) * move)
    return jax.lax.complex(cos, jnp.where(np.abs(frequency) == 0.5, 0, sin))


def at_lines(values: Float[Array, "*batch y x"], rows: np.ndarray, columns: np.ndarray) -> Float[Array, "*batch Y X"]:
    """Return the polynomial on the lattice of `rows` × `columns`, evenly spaced, in pixels from the first one.

    Whole numbers pick pixels; others are sums over all pixels with Dirichlet's kernel, two matrix products.
    """
    return _along(_along(values, rows, -2), columns, -1)


def _along(values: Float[Array, "*batch y x"], positions: np.ndarray, axis: int) -> Array:
    if np.array_equal(np.rint(positions), positions):
        first, last = int(positions[0]), int(positions[-1])
        step = (last - first) // max(len(positions) - 1, 1)
        return jax.lax.slice_in_dim(values, first, last + 1, max(step, 1), axis=axis % values.ndim)
    kernel = jnp.asarray(dirichlet(positions, values.shape[axis]), values.dtype)
    product = jnp.tensordot(values, kernel, axes=(axis, 1), precision="highest")
    return jnp.moveaxis(product, -1, axis)


def dirichlet(positions: np.ndarray, n: int) -> np.ndarray:
    """Return the weights (position, pixel) of the polynomial through n pixels: (1/n) Σₘ cos 2πm(x − k)/n."""
    frequencies = 2 * np.pi * np.fft.fftfreq(n)
    there, here = np.outer(positions, frequencies), np.outer(np.arange(n), frequencies)
    return (np.cos(there) @ np.cos(here).T + np.sin(there) @ np.sin(here).T) / n


def at_points(
    values: Float[Array, "*batch y x"],
    rows: np.ndarray,
    columns: np.ndarray,
    moves: tuple[Float[Array, "#Y #X"], Float[Array, "#Y #X"]],
) -> Float[Array, "*batch Y X"]:
    """Return the polynomial at the lattice's points moved by `moves` (y, x) pixels, within 1e-6.

    The spectrum over that of a Kaiser-Bessel window, brought to a grid twice as fine, is interpolated with the window
    (Jackson et al., IEEE Trans. Med. Imaging 10, 473, 1991). Only the moves, not the positions, are rounded to the
    precision of the arrays.
    """
    fine = _widened(_widened(jnp.fft.fft2(values), -2), -1)
    fine = jnp.fft.ifft2(fine).real.astype(values.dtype)
    y, y_weights = _window(rows[:, None], moves[0])
    x, x_weights = _window(columns[None, :], moves[1])
    rows_fine, columns_fine = fine.shape[-2:]
    across = (x[None] + jnp.arange(WIDTH)[:, None, None]) % columns_fine

    @jax.checkpoint
    def add_row(total: Array, row: tuple[Array, Array]) -> tuple[Array, None]:
        step, weight = row
        picked = fine[..., (y + step) % rows_fine, across]
        return total + weight * jnp.sum(picked * x_weights, axis=-3), None

    start = jnp.zeros(values.shape[:-2] + jnp.broadcast_shapes(y.shape, x.shape), values.dtype)
    return jax.lax.scan(add_row, start, (jnp.arange(WIDTH), y_weights))[0]


def _widened(spectrum: Complex[Array, "*batch y x"], axis: int) -> Complex[Array, "*batch Y X"]:
    """Divide by the window's spectrum and append zeros to twice the frequencies; Nyquist's is shared by both ends."""
    n = spectrum.shape[axis]
    spectrum = jnp.moveaxis(spectrum, axis, -1)
    weights = 2 / _window_spectrum(np.fft.fftfreq(n) / 2)
    if n % 2 == 0:
        weights[n // 2] /= 2
    spectrum = spectrum * jnp.asarray(weights, float)
    zeros = jnp.zeros((*spectrum.shape[:-1], n - 1 + n % 2), spectrum.dtype)
    wide = jnp.concatenate([spectrum[..., : n // 2 + 1], zeros, spectrum[..., n - n // 2 :]], axis=-1)
    return jnp.moveaxis(wide, -1, axis)


def _window(lattice: np.ndarray, move: Float[Array, "#Y #X"]) -> tuple[Array, Array]:
    """Return the first of the fine pixels about each point and the weight of each: (Y, X) and (WIDTH, Y, X)."""
    whole = np.rint(2 * lattice)
    rest = jnp.asarray(2 * lattice - whole, move.dtype) + 2 * move
    below = jax.lax.stop_gradient(jnp.floor(rest))
    distance = rest - below + (WIDTH / 2 - 1) - jnp.arange(WIDTH, dtype=move.dtype)[:, None, None]
    first = jnp.asarray(whole, jnp.int32) + below.astype(jnp.int32) - (WIDTH // 2 - 1)
    return first, _bessel(1 - (2 * distance / WIDTH) ** 2)


def _bessel(u: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Return I₀(β√u)/I₀(β) by its power series, whose terms have one sign: smooth also at u = 0."""
    terms = np.cumprod(np.concatenate([[1.0], (SHAPE / 2) ** 2 / np.arange(1, _TERMS) ** 2]))
    terms /= terms.sum()
    total = jnp.full_like(u, terms[-1])
    for term in terms[-2::-1]:
        total = total * u + term
    return total


def _window_spectrum(frequency: np.ndarray) -> np.ndarray:
    """Return the window's Fourier transform: w·sinh(√(β² − (πwf)²))/√(…)/I₀(β), f in cycles per fine pixel."""
    root = np.sqrt(SHAPE**2 - (np.pi * WIDTH * frequency) ** 2)
    return WIDTH * np.sinh(root) / root / np.i0(SHAPE)
