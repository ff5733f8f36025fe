"""Leaning planes, and the vector field of a high-aperture focus."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from closed_forms import WAVELENGTH, relative
from validation import Curve, closed_form

from backlight.light import Field, Grid
from backlight.wave import AngularSpectrum, Chain, FreeSpace, RotatedPlane

SHAPE, PITCH, TILT = (64, 72), (0.6e-6, 0.55e-6), (-1e5, 2e5)


@eqx.filter_jit
def behind(path, field):
    return path(field)


def spot(tilt=TILT, waist=3e-6):
    """Return a Gaussian spot with a carrier."""
    grid = Grid(SHAPE, PITCH)
    y, x = axes(grid)
    return Field(np.exp(-(y**2 + x**2) / waist**2), grid, WAVELENGTH, tilt=tilt)


def axes(grid):
    """Return y as a column and x as a row in float64."""
    return np.asarray(grid.y, np.float64)[:, None], np.asarray(grid.x, np.float64)[None, :]


def with_carrier(field):
    """Return values times the tilt's fringes, in float64 whatever the field's own precision."""
    y, x = axes(field.grid)
    tilt = np.asarray(field.tilt, np.float64)
    return np.asarray(field.full) * np.exp(2j * np.pi * (tilt[0] * y + tilt[1] * x))


@closed_form(
    9, "Plane wave on the plane at right angles to it",
    source="constant: k is along the normal", float32=5e-6, float64=1e-11,
    why="one wave, evaluated exactly; but θ itself is rounded to 1.5e-8 in float32, and 2π·20 µm/λ times that is 3.5e-6",
)  # fmt: skip
def wave_across_its_plane():
    grid = Grid(SHAPE, PITCH)
    fringes = np.exp(2j * np.pi * (9 * np.arange(SHAPE[1]) / SHAPE[1] - 9 / 2))
    tilt = (0.0, 3e5)
    sine = WAVELENGTH * (tilt[1] + 9 / (SHAPE[1] * PITCH[1]))
    light = Field(np.broadcast_to(fringes, SHAPE), grid, WAVELENGTH, tilt=tilt)
    return np.abs(with_carrier(behind(RotatedPlane((0.0, np.arcsin(sine))), light)) - 1).max()


def _there_and_back():
    away = Chain(RotatedPlane((0.3, 0.0)), RotatedPlane((0.0, -0.2)))
    return behind(Chain(away, RotatedPlane((0.0, 0.2)), RotatedPlane((-0.3, 0.0))), spot())


@closed_form(
    9, "Leaning plane, there and back",
    source="a rotation and its inverse", float32=1e-6, float64=1e-11,
    why="both planes hold all of the light: 1e-12 of it at the edge; four transforms in float32",
)  # fmt: skip
def there_and_back():
    return relative(with_carrier(_there_and_back()), with_carrier(spot()))


def _flux(field):
    """Return Σ |F|² cos over plane waves: the power through the plane."""
    spectrum = np.fft.fft2(np.asarray(field.full, np.complex128))
    gy, gx = (WAVELENGTH * (np.fft.fftfreq(n, p) + float(t)) for n, p, t in zip(SHAPE, PITCH, field.tilt, strict=True))
    cosine = np.sqrt(np.maximum(1 - gy[:, None] ** 2 - gx[None, :] ** 2, 0))
    return (np.abs(spectrum) ** 2 * cosine).sum()


@closed_form(
    9, "Leaning plane, power through it",
    source="∫|F|² cos θ df is kept by a rotation (Jacobian df̂/df = ŵ/w)", float32=1e-6, float64=1e-11,
    why="a ratio of sums over all waves, each exact to round-off",
)  # fmt: skip
def power_through_a_leaning_plane():
    return abs(_flux(behind(RotatedPlane((0.2, 0.35)), spot())) / _flux(spot()) - 1)


DISTANCE = 30e-6
LEAN = (0.2, 0.3)


def _on_leaning_plane(grid):
    """Return x, y, z of the plane's points: leaned towards y first, then towards x."""
    v, u = axes(grid)
    (cy, cx), (sy, sx) = np.cos(LEAN), np.sin(LEAN)
    u, v = np.broadcast_arrays(u, v)
    return u * cx, v * cy - u * sx * sy, DISTANCE - v * sy - u * sx * cy


def rayleigh_sommerfeld(source, points):
    """Return Σ U z/r (1/r − ik) exp(ikr)/(2πr)·pixel area at `points`, without exp(ikz) of the distance."""
    k = 2 * np.pi / WAVELENGTH
    y, x = axes(source.grid)
    light = with_carrier(source) * np.prod(PITCH)

    def at(u, v, z):
        r = np.sqrt(z**2 + (u - x) ** 2 + (v - y) ** 2)
        return (light * (z / r**2) * (1 / r - 1j * k) * np.exp(1j * k * (r - DISTANCE))).sum() / (2 * np.pi)

    return np.array([at(*point) for point in zip(*points, strict=True)])


def _direct_sum(rows):
    path = Chain(FreeSpace(DISTANCE, AngularSpectrum(padding=(24, 20), band_limit=False)), RotatedPlane(LEAN))
    there = behind(path, spot())
    points = [p[rows].ravel() for p in _on_leaning_plane(there.grid)]
    return with_carrier(there)[rows].ravel(), rayleigh_sommerfeld(spot(), points)


def _line():
    got, expected = _direct_sum(np.s_[32:33, :])
    return Curve(1e6 * axes(spot().grid)[1][0], abs(got) ** 2, abs(expected) ** 2, "x on the plane (µm)", "irradiance")


@closed_form(
    9, "Beam on a leaning plane against a direct sum",
    source="first Rayleigh-Sommerfeld integral; Goodman, Introduction to Fourier Optics, §3.5", curve=_line,
    float32=1e-6, float64=1e-9,
    why="the beam is down to 1e-10 at the edge of the window, and the sum over its pixels is exact for a Gaussian",
)  # fmt: skip
def beam_on_a_leaning_plane():
    return relative(*_direct_sum(np.s_[8:-8:7, 8:-8:7]))
