"""Shadows and self-images: light behind an opaque disc and behind a grating."""

import functools

import numpy as np
from closed_forms import WAVELENGTH, coordinates, free_space, relative, soft_disc
from validation import Curve, closed_form, convergence_order

RADIUS, WINDOW, Z = 32e-6, 256e-6, 300e-6
SIZES = (192, 256, 384, 512)
PERIOD, N = 2e-6, 16
TALBOT = WAVELENGTH / (1 - np.sqrt(1 - (WAVELENGTH / PERIOD) ** 2))


def _behind_disc(hole, pitch, z=Z):
    """Return the field on the axis behind 1 − hole: what a hole lets through is missing from the plane wave."""
    extra = round(WINDOW / pitch) - hole.shape[-1]
    behind = free_space(hole, pitch, z, padding=(extra, extra)).values
    return 1 - np.asarray(behind)[..., hole.shape[-1] // 2, hole.shape[-1] // 2]


def _edge_wave(radius, z):
    """(z/R)·exp(ik(R − z)): all that reaches the axis comes from the rim."""
    edge = np.hypot(z, radius)
    return z / edge * np.exp(2j * np.pi / WAVELENGTH * (edge - z))


def _blur(pitch, z):
    """Mean of sinc(f_y·p)·sinc(f_x·p) around the rim, f = a/(λR): a mask of pixel means is the disc seen by a pixel."""
    f = RADIUS / (WAVELENGTH * np.hypot(z, RADIUS)) * pitch
    angle = np.linspace(0, np.pi / 2, 32, endpoint=False)
    return np.mean(np.sinc(f * np.cos(angle)) * np.sinc(f * np.sin(angle)))


def _width(pitch):
    return 2 * int(1.25 * RADIUS / pitch)


def _soft(n, z=Z):
    pitch = WINDOW / n
    return _behind_disc(soft_disc(_width(pitch), pitch, RADIUS), pitch, z)


@functools.cache
def _binary_discs(n, radii):
    r = coordinates(_width(WINDOW / n), WINDOW / n)
    return np.array([(r[:, None] ** 2 + r**2 <= a**2).astype(float) for a in radii])


def _poisson_curve():
    z = np.linspace(100e-6, 600e-6, 26)
    got = [abs(_soft(512, float(one))) ** 2 for one in z]
    expected = [abs(_edge_wave(RADIUS, one) * _blur(WINDOW / 512, one)) ** 2 for one in z]
    return Curve(1e6 * z, np.array(got), np.array(expected), "z (µm)", "irradiance on the axis")


@closed_form(
    2, "Poisson's spot, complex field on the axis",
    source="(z/R)·exp(ik(R − z)), R² = z² + a²: Rayleigh-Sommerfeld, exact; times the blur of a pixel",
    float32=2e-2, float64=2e-2, curve=_poisson_curve,
    why="a window of W = 8a repeats the disc: four neighbors, (a/W)·J₁(2πaW/(λz)) each, 2e-2 in all",
)  # fmt: skip
def poisson_spot():
    return max(abs(_soft(n) - _edge_wave(RADIUS, Z) * _blur(WINDOW / n, Z)) for n in (256, 512))


@closed_form(
    2, "Poisson's spot, order of convergence of a mask of pixel means: 2",
    source="blur of a pixel, 1 − (πfp)²/6 + …, f = a/(λR)", float32=0.2, float64=0.2,
    why="the error falls from 0.13 to 0.018; a window's 3e-3 at the finest end moves the slope by 0.15",
)  # fmt: skip
def soft_mask_order():
    errors = [abs(_soft(n) - _edge_wave(RADIUS, Z)) for n in SIZES]
    return abs(2 - convergence_order([WINDOW / n for n in SIZES], errors))


@closed_form(
    2, "Poisson's spot, a binary mask falls short of order 3/2 by",
    source="a rim of 2πa/p pixels, each off by up to p/2 at random: error ∝ p·√(p/a)", float32=0.3, float64=0.3,
    why="RMS over 12 radii: known to 1/√24 = 20 % at each of four pitches, the slope to 0.3; less is better",
)  # fmt: skip
def binary_mask_order():
    radii = tuple(RADIUS * np.linspace(0.96, 1.04, 12))
    expected = _edge_wave(np.array(radii), Z)
    errors = [np.linalg.norm(_behind_disc(_binary_discs(n, radii), WINDOW / n) - expected) for n in SIZES]
    return 1.5 - convergence_order([WINDOW / n for n in SIZES], errors)


@closed_form(
    2, "Babinet: disc and hole together are free space", source="U_disc + U_hole = 1; Born and Wolf, §8.3.2",
    float32=2e-6, float64=1e-14, why="round-off of two transforms each",
)  # fmt: skip
def babinet():
    hole = soft_disc(120, 1e-6, RADIUS)
    both = [np.asarray(free_space(mask, 1e-6, Z).values) for mask in (hole, 1 - hole)]
    return np.abs(both[0] + both[1] - 1).max()


def _grating():
    return 1 + 0.5 * np.cos(2 * np.pi * coordinates(N, PERIOD / N) / PERIOD)[None, :]


def _image(z):
    return np.asarray(free_space(_grating(), PERIOD / N, z, band_limit=False).values)


def _talbot_curve():
    z = np.linspace(0, 1.1 * TALBOT, 45)
    got = np.array([abs(_image(float(one))[0, N // 2]) ** 2 for one in z])
    line = abs(1 + 0.5 * np.exp(-2j * np.pi * z / TALBOT)) ** 2
    return Curve(1e6 * z, got, line, "z (µm)", "irradiance behind a maximum")


@closed_form(
    7, "Self-image of a grating at the exact Talbot length",
    source="z_T = λ/(1 − √(1 − λ²/d²)), orders 0, ±1; d = 2 µm: 14.767 µm", float32=1e-6, float64=1e-12,
    why="round-off of a transform of 16 pixels", curve=_talbot_curve,
)  # fmt: skip
def talbot_image():
    return relative(_image(TALBOT), _grating())


@closed_form(
    7, "Half-way the self-image is shifted by half a period", source="orders ±1 at z_T/2 are delayed by half a turn",
    float32=1e-6, float64=1e-12, why="round-off of a transform of 16 pixels",
)  # fmt: skip
def talbot_half_shift():
    return relative(_image(TALBOT / 2), np.roll(_grating(), N // 2, axis=1))


@closed_form(
    7, "Talbot length read from the delay of the orders ±1", float32=1e-6, float64=1e-12,
    source="delay 2πz/z_T after z = z_T/10; the paraxial 2d²/λ = 15.038 µm would be 1.8e-2 off",
    why="round-off of a transform of 16 pixels",
)  # fmt: skip
def talbot_length():
    before, behind = np.fft.fft(_grating()[0]), np.fft.fft(_image(TALBOT / 10)[0])
    return abs(-2 * np.pi / 10 / np.angle(behind[1] / before[1]) - 1)
