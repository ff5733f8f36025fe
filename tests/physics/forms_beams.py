"""Beams whose field is known everywhere."""

import equinox as eqx
import numpy as np
from closed_forms import (
    WAVELENGTH,
    coordinates,
    free_space,
    gaussian_beam,
    hermite_gauss_mode,
    laguerre_gauss_mode,
    relative,
)
from validation import Curve, closed_form

from backlight.light import Grid
from backlight.wave import GaussianBeam, HermiteGauss, LaguerreGauss

WAIST, PITCH, N = 100e-6, 12e-6, 128
WIDE, WIDE_PITCH = 400e-6, 40e-6
PARAXIAL = "the closed form is paraxial: for these orders the next term of the phase is 3e-7 rad"


def _moved(z):
    x = coordinates(N, PITCH)
    return free_space(gaussian_beam(x, x, 0, WAIST), PITCH, z).values, gaussian_beam(x, x, z, WAIST)


def _curve():
    got, expected = (abs(u[N // 2]) ** 2 for u in _moved(0.02))
    return Curve(1e6 * coordinates(N, PITCH), got, expected, "x (µm)", "irradiance")


@closed_form(
    5, "Gaussian beam, complex field",
    source="q = z − i z_R; Siegman, Lasers, 1986, §17.1", float32=1e-6, float64=1e-6, curve=_curve,
    why="the closed form is paraxial: the next term of the phase is 5e-7 rad",
)  # fmt: skip
def gaussian():
    return max(relative(*_moved(z)) for z in (5e-3, 0.02, -0.02))


@eqx.filter_jit
def _light(beam, grid):
    return beam(grid).full


def _wide(beam, z):
    """Return a mode at z twice: propagated there from its waist, and as its source gives it."""
    grid = Grid((N, N), WIDE_PITCH)
    propagated = free_space(_light(beam(0.0), grid), WIDE_PITCH, z).values
    return propagated, _light(beam(z), grid)


def _errors(beam, closed):
    x = coordinates(N, WIDE_PITCH)
    return max(relative(got, closed(x[None, :], x[:, None], z)) for z in (0.3, -0.3) for got in _wide(beam, z))


@closed_form(
    5, "Hermite-Gauss modes keep their shape, Gouy phase (m+n+1)",
    source="Siegman, Lasers, 1986, §17.5", float32=1e-6, float64=1e-6, why=PARAXIAL,
)  # fmt: skip
def hermite_gauss():
    return _errors(
        lambda z: HermiteGauss(WAVELENGTH, WIDE, (2, 1), position=z),
        lambda x, y, z: hermite_gauss_mode(2, y, z, WIDE) * hermite_gauss_mode(1, x, z, WIDE),
    )


@closed_form(
    5, "Laguerre-Gauss modes keep their shape, Gouy phase (2p+|l|+1)",
    source="Allen et al., Phys. Rev. A 45, 8185, 1992", float32=1e-6, float64=1e-6, why=PARAXIAL,
)  # fmt: skip
def laguerre_gauss():
    return _errors(
        lambda z: LaguerreGauss(WAVELENGTH, WIDE, 1, -2, position=z),
        lambda x, y, z: laguerre_gauss_mode(1, -2, x, y, z, WIDE),
    )


@closed_form(
    5, "Gaussian beam through a thin lens, complex field",
    source="ABCD law for q; Siegman, Lasers, 1986, §20.2", float32=1e-6, float64=1e-6,
    why="the closed form is paraxial: the next term of the phase is 2e-7 rad",
)  # fmt: skip
def gaussian_through_a_lens():
    """The lens is a carrier: the grid shrinks along with the beam."""
    waist, pitch, z1, focal_length, z2 = 200e-6, 20e-6, 0.05, 0.3, 0.1
    x = coordinates(N, pitch)
    light = free_space(gaussian_beam(x, x, z1, waist), pitch, z2, curvature=-1 / focal_length)
    x = x * (1 - z2 / focal_length)
    square = x[:, None] ** 2 + x**2
    got = np.asarray(light.values) * np.exp(1j * np.pi * float(light.curvature) / WAVELENGTH * square)
    q0 = -1j * np.pi * waist**2 / WAVELENGTH
    q1 = q0 + z1
    q2 = 1 / (1 / q1 - 1 / focal_length) + z2
    axis = q0 / q1 / (1 - z2 / focal_length + z2 / q1)
    return relative(got, axis * np.exp(1j * np.pi / WAVELENGTH * square / q2))


@closed_form(
    5, "Gaussian beam 300 Rayleigh ranges behind its waist, in float32",
    source="q = z − i z_R; Siegman, Lasers, 1986, §17.1", float32=1e-6, float64=1e-12,
    why="the sphere is counted in two floats: hundreds of radians across the beam cost no digit",
)  # fmt: skip
def far_gaussian():
    waist, z = np.float32(10e-6), np.float32(0.18)
    grid = Grid((N, N), np.float32(1.5e-4))
    x = coordinates(N, float(np.float32(1.5e-4)))
    got = _light(GaussianBeam(np.float32(WAVELENGTH), waist, position=z), grid)
    return relative(got, gaussian_beam(x, x, float(z), float(waist), float(np.float32(WAVELENGTH))))
