"""Many wavelengths in one field."""

from typing import Any

import equinox as eqx
import jax
import numpy as np
from jaxtyping import Array, Float

from backlight.light import Field, Grid
from backlight.maths import quadrature
from backlight.maths.argument import slot
from backlight.maths.leaf import POSITIVE, Given, Scalar, Vector, number, numbers, reals, vector
from backlight.wave.weights import weights_of

_NEEDED = ("wavelength", "medium_index", "curvature", "at_wavelength")


class Spectrum(eqx.Module):
    """The same source at several wavelengths, a mode for each.

    What is kept from one wavelength to the next is the source's geometry: its places, its size, its waist, its distance
    and the *angle* of its `tilt`, not the spatial frequency; τ = n·sin(angle)/λ is scaled by λ₀/λ, λ₀ the source's own.
    (n·sin is kept, so in a dispersive medium the light has the angle that Snell gives it.)

    **Arguments:**

    - `source`: any illumination of one wavelength, which tells what it is at another (`at_wavelength`); it may have
      modes of its own.
    - `wavelengths`: λ in vacuum, m, shape (wavelengths,).
    - `weights`: the irradiance of each; equal ones that sum to 1 by default.
    - `medium_indices`: n at each wavelength; the source's own by default.

    A line of known shape: `SpectralLine`.

    **Errors:** `InputError` for weights below 0 or of another number than the wavelengths.

    Example:
        >>> from backlight.light import Grid
        >>> from backlight.wave import PlaneWave, Spectrum
        >>> white = Spectrum(PlaneWave(532e-9, tilt=(0.0, 1e5)), [450e-9, 532e-9, 633e-9], [0.3, 0.4, 0.3])
        >>> [round(float(t)) for t in white(Grid((8, 8), 1e-6)).tilt[:, 1]]
        [118222, 100000, 84044]
    """

    source: Any
    wavelengths: Vector
    weights: Vector
    medium_indices: Vector | None

    def __init__(
        self, source: Any, wavelengths: Given, weights: Given | None = None, *, medium_indices: Given | None = None
    ):
        self.source = slot("source", source, *_NEEDED)
        self.wavelengths = vector("wavelengths", wavelengths, POSITIVE)
        self.weights = weights_of(weights, jax.tree.leaves(self.wavelengths)[0].shape[-1])
        self.medium_indices = None if medium_indices is None else reals("medium_indices", medium_indices, POSITIVE)

    @property
    def wavelength(self) -> Float[Array, " wavelengths"]:
        """λ of each mode, m."""
        return self.wavelengths

    @property
    def medium_index(self) -> Float[Array, "..."]:
        """The refractive index: of each mode, or of all."""
        return self.source.medium_index if self.medium_indices is None else self.medium_indices

    @property
    def curvature(self) -> Float[Array, ""]:
        """Wavefront curvature at the exit plane, 1/m."""
        return self.source.curvature

    def __call__(self, grid: Grid) -> Field:
        """Return the light on `grid`, a mode for each wavelength along the first axis."""
        return in_colors(self.source, grid, self.wavelengths, self.weights, self.medium_index)


class SpectralLine(eqx.Module):
    """A source whose light has a line of finite width, in few wavelengths: 1/λₖ = 1/λ₀ + pₖ·Δλ/λ₀².

    Angles are kept, as in `Spectrum`.

    **Arguments:**

    - `source`: as for `Spectrum`; its `wavelength` λ₀ is the middle of the line.
    - `width`: Δλ, m.
    - `points`: p, wavenumbers relative to the middle in units of the width.
    - `weights`: the irradiance of each; equal ones that sum to 1 by default.

    Points chosen for a stated error: `gaussian`, `rectangle`.

    Valid for Δλ ≪ λ₀; in float32 Δλ > 10⁻⁴ λ₀, since a wavelength has seven digits.

    **Errors:** `InputError` for weights below 0 or of another number than the points.

    Example:
        >>> from backlight.light import Grid
        >>> from backlight.wave import PlaneWave, SpectralLine
        >>> diode = SpectralLine.gaussian(PlaneWave(532e-9), 20e-9, path=10e-6)
        >>> diode(Grid((8, 8), 1e-6)).wavelength.shape
        (5,)
    """

    source: Any
    width: Scalar
    points: Vector
    weights: Vector

    def __init__(self, source: Any, width: Given, points: Given, weights: Given | None = None):
        self.source = slot("source", source, *_NEEDED)
        self.width, self.points = number("width", width), vector("points", points)
        self.weights = weights_of(weights, jax.tree.leaves(self.points)[0].shape[-1])

    @classmethod
    def gaussian(cls, source: Any, width: Given, *, path: float, error: float = 1e-2) -> "SpectralLine":
        """Return a Gaussian line of full width `width` at half maximum.

        **Arguments:** `path`: m, the largest difference in optical path between two rays that meet, over which the
        degree of coherence exp(−(πΔλ·path/λ₀²)²/(4 ln 2)) must be right within `error`.

        **Errors:** `InputError` for an error that is not in 1e-10 … 1, or a path that asks for too many wavelengths.
        """
        deviation = 1 / np.sqrt(8 * np.log(2))
        points, weights = quadrature.normal(deviation * _extent(source, width, path), error)
        return cls(source, width, deviation * points, weights)

    @classmethod
    def rectangle(cls, source: Any, width: Given, *, path: float, error: float = 1e-2) -> "SpectralLine":
        """Return a line of constant density over `width`; its degree of coherence is sinc(Δλ·path/λ₀²)."""
        points, weights = quadrature.interval(0.5 * _extent(source, width, path), error)
        return cls(source, width, 0.5 * points, weights)

    @property
    def wavelength(self) -> Float[Array, " wavelengths"]:
        """λ of each mode, m."""
        middle = self.source.wavelength
        return middle / (1 + self.points * (self.width / middle))

    @property
    def medium_index(self) -> Float[Array, ""]:
        """The refractive index, of all modes."""
        return self.source.medium_index

    @property
    def curvature(self) -> Float[Array, ""]:
        """Wavefront curvature at the exit plane, 1/m."""
        return self.source.curvature

    def __call__(self, grid: Grid) -> Field:
        """Return the light on `grid`, a mode for each wavelength along the first axis."""
        return in_colors(self.source, grid, self.wavelength, self.weights, self.medium_index)


def in_colors(
    source: Any,
    grid: Grid,
    wavelengths: Float[Array, " wavelengths"],
    weights: Float[Array, " wavelengths"],
    medium_index: Float[Array, "..."],
) -> Field:
    """Return the light of `source` at each wavelength along a first axis of modes."""

    def light(wavelength: Array, index: Array) -> tuple[Array, Array, Array]:
        one = source.at_wavelength(wavelength, index)(grid)
        return one.values, one.tilt, one.weight

    values, tilt, share = jax.vmap(light, in_axes=(0, 0 if medium_index.ndim else None))(wavelengths, medium_index)
    return Field(
        values,
        grid,
        wavelengths,
        medium_index=medium_index,
        tilt=tilt,
        curvature=source.curvature,
        weight=share * weights.reshape(-1, *[1] * (share.ndim - 1)),
    )


def _extent(source: Any, width: Given, path: float) -> float:
    """Return the radians of phase that a whole width makes over a path, of the worst frame."""
    return float(2 * np.pi * np.abs(numbers(width)).max() * abs(path) / numbers(source.wavelength).min() ** 2)
