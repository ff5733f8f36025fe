"""Apertures, waves and energies, through each way to propagate that claims them."""

import functools

import jax.numpy as jnp
import numpy as np
from closed_forms import WAVELENGTH, aperture_on_axis, coordinates, fresnel_edges, noise, relative, soft_disc, through
from validation import Curve, closed_form, convergence_order

from backlight.light import Field, Grid
from backlight.maths.chirp_z import chirp_z
from backlight.maths.safe import complex_array
from backlight.wave import (
    AngularSpectrum,
    ChirpZ,
    FocalPlane,
    Fraunhofer,
    FreeSpace,
    FresnelTransform,
    RayleighSommerfeld,
)

RADIUS = 100e-6


DISTANCES, PITCHES, N = (4e-3, 5e-3, 6.3e-3, 8e-3), (4e-6, 2.8e-6, 2e-6, 1.4e-6), 144


def _on_axis(method, pitch, z):
    field = through(FreeSpace(z, method), Field(soft_disc(N, pitch, RADIUS), Grid((N, N), pitch), WAVELENGTH))
    rows, columns = field.grid.shape
    return float(field.irradiance[rows // 2, columns // 2])


def _aperture_order(method):
    def error(pitch):
        return np.linalg.norm([_on_axis(method, pitch, z) - aperture_on_axis(RADIUS, z) for z in DISTANCES])

    return abs(2 - convergence_order(PITCHES, [error(pitch) for pitch in PITCHES]))


@closed_form(
    1, "Circular aperture on axis, direct sum: order of convergence",
    source="1 + (z/R)² − 2(z/R)·cos k(R−z), exact; Osterberg and Smith, J. Opt. Soc. Am. 51, 1050 (1961)",
    float32=0.4, float64=0.4,
    why="2 − the order measured over the pitch: light of an edge pixel is put into its middle, an error of the square "
    "of its size; how the ring falls on the pixels scatters the order by 0.3 from one set of four pitches to the next",
)  # fmt: skip
def aperture_direct():
    return _aperture_order(RayleighSommerfeld(shape=(1, 1)))


@closed_form(
    1, "Circular aperture on axis, angular spectrum: order of convergence",
    source="1 + (z/R)² − 2(z/R)·cos k(R−z), exact; Osterberg and Smith, J. Opt. Soc. Am. 51, 1050 (1961)",
    float32=0.4, float64=0.4, why="as for the direct sum; 1 mm of padded grid holds what the edge sends to the axis",
)  # fmt: skip
def aperture_angular_spectrum():
    return _aperture_order(AngularSpectrum((576, 576)))


EDGES = ((-60e-6, 60e-6), (-90e-6, 30e-6))
LOOK = {"pitch": (7e-6, 9e-6), "shape": (32, 32), "center": (0.0, 0.0)}


def _rectangle(pitch, z=6e-3):
    """Return the light behind a rectangle whose edges lie between pixels, and the closed form."""
    starts, sizes = zip(*((low, round((high - low) / pitch)) for low, high in EDGES), strict=True)
    center = tuple(low + (n // 2 + 0.5) * pitch for low, n in zip(starts, sizes, strict=True))
    field = through(FreeSpace(z, ChirpZ(**LOOK)), Field(np.ones(sizes), Grid(sizes, pitch, center), WAVELENGTH))
    y, x = (np.asarray(r, float) for r in (field.grid.y, field.grid.x))
    carrier = [np.exp(2j * np.pi * (float(t) * r + 0.5 * float(field.curvature) / WAVELENGTH * r**2))
               for t, r in zip(field.tilt, (y, x), strict=True)]  # fmt: skip
    expected = [fresnel_edges(r, low, high, z) for r, (low, high) in zip((y, x), EDGES, strict=True)]
    return np.asarray(field.values) * np.multiply.outer(*carrier), np.multiply.outer(*expected), y


def _rectangle_curve():
    got, expected, y = _rectangle(3e-6)
    return Curve(1e6 * y, abs(got[:, 16]) ** 2, abs(expected[:, 16]) ** 2, "y (µm)", "irradiance")


@closed_form(
    4, "Rectangle in the near field, complex, by chirp-z: order of convergence",
    source="product of Fresnel integrals; Goodman, Fourier Optics, §4.5.1", float32=0.1, float64=0.1,
    why="2 − the order measured over the pitch: the sum over pixels is the midpoint rule between the edges",
    curve=_rectangle_curve,
)  # fmt: skip
def rectangle():
    pitches = [6e-6, 4e-6, 3e-6]
    errors = [relative(*_rectangle(pitch)[:2]) for pitch in pitches]
    return 2 - convergence_order(pitches, errors)


@closed_form(
    6, "Tilted plane wave, there and on",
    source="exp(i(kz − k)z), kz = √(k² − kx² − ky²)", float32=1e-6, float64=1e-12,
    why="round-off: 60 turns of phase, in two floats",
)  # fmt: skip
def tilted_wave():
    shape, pitch, z = (16, 20), 1.5e-6, 4e-4
    fy, fx = 3 / (shape[0] * pitch), -4 / (shape[1] * pitch)
    y, x = (coordinates(n, pitch) for n in shape)
    wave = np.exp(2j * np.pi * np.add.outer(fy * y, fx * x))
    method = AngularSpectrum(band_limit=False)
    half = through(FreeSpace(0.5 * z, method), Field(wave, Grid(shape, np.float32(pitch)), np.float32(WAVELENGTH)))
    pitch, wavelength = float(half.grid.pitch[0]), float(half.wavelength)
    fy, fx = 3 / (shape[0] * pitch), -4 / (shape[1] * pitch)
    z = 2 * float(FreeSpace(0.5 * z).distance)
    phase = 2 * np.pi * z * (np.sqrt(wavelength**-2 - fy**2 - fx**2) - 1 / wavelength)
    return relative(through(FreeSpace(0.5 * z, method), half).values, wave * np.exp(1j * phase))


@closed_form(
    8, "Off-axis window against the direct sum",
    source="Rayleigh-Sommerfeld sum over the pixels; window of Matsushima, Opt. Express 18, 18453 (2010)",
    float32=2e-6, float64=1e-8,
    why="round-off of both in float32; a spot that fades to 5e-9 at the edges of the grid leaves nothing else",
)  # fmt: skip
def shifted_window():
    n, pitch, z, tilt, shift = 48, 4e-6, 5e-3, (4e4, -3e4), (1.06e-4, -8e-5)
    x = coordinates(n, pitch)
    spot = np.exp(-(x[:, None] ** 2 + x[None, :] ** 2) / 22e-6**2)
    field = Field(spot, Grid((n, n), pitch), WAVELENGTH, tilt=tilt)
    moved = through(FreeSpace(z, AngularSpectrum((n, n), shift=shift)), field)
    direct = through(FreeSpace(z, RayleighSommerfeld(scale=3.0, center=shift, shape=(16, 16))), field)
    return relative(np.asarray(moved.values)[::3, ::3], np.asarray(direct.values))


@closed_form(
    8, "Chirp-z transform against the sum it stands for",
    source="Rabiner, Schafer and Rader, IEEE Trans. Audio Electroacoust. 17, 86 (1969)", float32=1e-6, float64=1e-12,
    why="round-off of three FFTs; the phases are counted in two floats",
)  # fmt: skip
def chirp_z_sum():
    n, count, middle, step = 200, 120, float(np.float32(0.123)), float(np.float32(0.0031))
    values = noise((n,))
    turns = np.outer(np.arange(n) - n // 2, middle + step * (np.arange(count) - count // 2))
    got = chirp_z(complex_array(values), jnp.asarray(middle), jnp.asarray(step), count)
    return relative(got, values.astype(complex) @ np.exp(-2j * np.pi * turns))


@closed_form(
    10, "Energy is kept where no band is lost (Parseval)",
    source="Σ|U|²·pixel area before and behind", float32=1e-6, float64=1e-12, why="round-off",
)  # fmt: skip
def energy():
    field = Field(noise((24, 30)), Grid((24, 30), (5e-6, 4e-6)), WAVELENGTH, tilt=(1e3, -2e3))
    parts = [FreeSpace(0.1, m) for m in (AngularSpectrum(band_limit=False), FresnelTransform(), Fraunhofer())]
    energies = [_energy(through(part, field)) for part in (*parts, FocalPlane(0.1))]
    return max(abs(e / _energy(field) - 1) for e in energies)


def _energy(field):
    return np.sum(np.abs(np.asarray(field.values, complex)) ** 2) * abs(np.prod(np.asarray(field.grid.pitch, float)))


@functools.cache
def _spherical(n, pitch, z, depth):
    """exp(ik(r−q))/r of a point at distance q = z − i·depth: a sphere that is bright about the axis."""
    x, q = coordinates(n, pitch), z - 1j * depth
    square = x[:, None] ** 2 + x[None, :] ** 2
    r = np.sqrt(square + q**2)
    return depth * np.exp(2j * np.pi / WAVELENGTH * square / (r + q)) / r


@closed_form(
    11, "Spherical wave from a complex point, at any angle",
    source="exp(ikr)/r, an exact solution; Deschamps, Electron. Lett. 7, 684 (1971)", float32=2e-6, float64=2e-6,
    why="the spectrum ends at the grid's Nyquist frequency, where it is 7e-7 of its peak",
)  # fmt: skip
def spherical_wave():
    n, pitch, depth = 96, 0.5e-6, 8.5e-6
    field = Field(_spherical(n, pitch, 5e-6, depth), Grid((n, n), pitch), WAVELENGTH)
    return relative(through(FreeSpace(20e-6), field).values, _spherical(n, pitch, 25e-6, depth))
