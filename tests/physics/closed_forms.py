"""Closed forms to compare with, in float64 numpy."""

import functools

import equinox as eqx
import numpy as np
from scipy.special import eval_genlaguerre, eval_hermite, factorial, fresnel, j1

from backlight.light import Field, Grid
from backlight.wave import AngularSpectrum, FreeSpace

WAVELENGTH = 532e-9


def free_space(values, pitch, distance, *, wavelength=WAVELENGTH, band_limit=True, padding=(0, 0), **carrier):
    """Propagate an array and return the field behind."""
    field = Field(values, Grid(values.shape[-2:], pitch), wavelength, **carrier)
    return through(FreeSpace(distance, AngularSpectrum(padding, band_limit)), field)


@eqx.filter_jit
def through(part, light):
    """Return the light behind a part, compiled."""
    return part(light)


def noise(shape, seed=0):
    """Return complex white noise, exact in single precision too."""
    rng = np.random.default_rng(seed)
    return (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)).astype(np.complex64).astype(complex)


def coordinates(n, pitch):
    """Return the coordinates of n pixels, 0 at pixel n//2."""
    return (np.arange(n) - n // 2) * pitch


@functools.cache
def soft_disc(n, pitch, radius, oversampling=8):
    """Return the disc's share of each pixel's area: a binary mask would be wrong by the ragged edge."""
    fine = (np.arange(oversampling) + 0.5) / oversampling - 0.5
    x = (coordinates(n, 1.0)[:, None] + fine).ravel() * pitch
    inside = (x[:, None] ** 2 + x[None, :] ** 2 <= radius**2).astype(np.float32)
    return inside.reshape(n, oversampling, n, oversampling).mean(axis=(1, 3)).astype(np.float64)


def aperture_on_axis(radius, z, wavelength=WAVELENGTH):
    """Irradiance behind a circular hole: 1 + (z/R)² − 2(z/R)·cos k(R − z), Rayleigh-Sommerfeld, exact."""
    edge = np.hypot(z, radius)
    return 1 + (z / edge) ** 2 - 2 * (z / edge) * np.cos(2 * np.pi / wavelength * (edge - z))


def gaussian_beam(x, y, z, waist, wavelength=WAVELENGTH):
    """Paraxial beam without exp(ikz): (q0/q)·exp(ik r²/(2q)), q = z − i zR."""
    rayleigh = np.pi * waist**2 / wavelength
    q = z - 1j * rayleigh
    return -1j * rayleigh / q * np.exp(1j * np.pi / wavelength * (x[None, :] ** 2 + y[:, None] ** 2) / q)


def hermite_gauss_mode(n, x, z, waist, wavelength=WAVELENGTH):
    """One axis of a Hermite-Gauss mode without exp(ikz), of the power of the Gaussian with |u| = 1 in the middle."""
    rayleigh = np.pi * waist**2 / wavelength
    q, w = z - 1j * rayleigh, waist * np.hypot(1, z / rayleigh)
    size = eval_hermite(n, np.sqrt(2) * x / w) / np.sqrt(2.0**n * factorial(n)) * np.sqrt(waist / w)
    gouy = (n + 0.5) * np.arctan(z / rayleigh)
    return size * np.exp(1j * np.pi / wavelength * x**2 / q - 1j * gouy)


def laguerre_gauss_mode(p, charge, x, y, z, waist, wavelength=WAVELENGTH):
    """A Laguerre-Gauss mode without exp(ikz), of the power of the Gaussian with |u| = 1 in the middle of its waist."""
    rayleigh, order = np.pi * waist**2 / wavelength, abs(charge)
    q, w = z - 1j * rayleigh, waist * np.hypot(1, z / rayleigh)
    r, angle = np.hypot(x, y), np.arctan2(y, x + 0 * y)
    size = np.sqrt(factorial(p) / factorial(p + order)) * waist / w * (np.sqrt(2) * r / w) ** order
    gouy = (2 * p + order + 1) * np.arctan(z / rayleigh)
    phase = np.pi / wavelength * r**2 / q + charge * angle - gouy
    return size * eval_genlaguerre(p, order, 2 * r**2 / w**2) * np.exp(1j * phase)


def fresnel_edges(x, low, high, z, wavelength=WAVELENGTH):
    """Field behind a slit from `low` to `high`: ∫ exp(iπ(x−x′)²/(λz)) dx′/√(iλz)."""
    scale = np.sqrt(2 / (wavelength * z))
    s_high, c_high = fresnel(scale * (high - x))
    s_low, c_low = fresnel(scale * (low - x))
    return ((c_high - c_low) + 1j * (s_high - s_low)) / np.sqrt(2j)


def airy_amplitude(x):
    """2J₁(x)/x."""
    return np.where(np.abs(x) > 1e-9, 2 * j1(x) / np.where(x == 0, 1, x), 1.0)


def relative(got, expected):
    """Return ‖got − expected‖/‖expected‖."""
    return np.linalg.norm(np.asarray(got) - expected) / np.linalg.norm(expected)
