"""Partial coherence: van Cittert-Zernike, Gaussian Schell-model beams, the limits of Köhler illumination."""

import equinox as eqx
import numpy as np
from closed_forms import WAVELENGTH, airy_amplitude, coordinates
from validation import Curve, closed_form

from backlight.camera import Camera, Gaussian
from backlight.light import Field, Grid, map_modes
from backlight.maths.fourier import fft2, ifft2
from backlight.systems import ImagingSystem, Nothing, PerFrame
from backlight.wave import (
    LED,
    AngularSpectrum,
    Element,
    ExtendedSource,
    FreeSpace,
    GaussianSchell,
    ThinSample,
    modes_of,
)

STATED = 1e-3


def _degree_of_coherence():
    """Return separations over λ/NA, the degree of coherence of a condenser's modes in 3 directions, and 2J₁(x)/x."""
    aperture, reach = 0.2, 5 * WAVELENGTH / 0.2
    light = ExtendedSource.disc(WAVELENGTH, aperture, reach=reach, error=STATED)(Grid((8, 8), 1e-6))
    weights, tilts = (np.asarray(one, float) for one in (light.irradiance[:, 0, 0], light.tilt))
    distance = np.linspace(0, reach, 201)
    angles = np.array([0.0, 0.3, 1.1])
    directions = np.stack([np.sin(angles), np.cos(angles)], axis=-1)
    degree = np.exp(2j * np.pi * distance[:, None, None] * (directions @ tilts.T)) @ weights
    return distance * aperture / WAVELENGTH, degree, airy_amplitude(2 * np.pi * aperture * distance / WAVELENGTH)


def _coherence_curve():
    x, got, expected = _degree_of_coherence()
    return Curve(x, got[:, 1].real, expected, "separation (λ/NA)", "degree of coherence")


@closed_form(
    13, "Disc source: degree of coherence 2J₁(x)/x, as exact as was asked for",
    source="van Cittert-Zernike; Born and Wolf, §10.4.2", float32=STATED, float64=STATED, curve=_coherence_curve,
    why="the number of points was chosen for this error",
)  # fmt: skip
def disc_source():
    _, got, expected = _degree_of_coherence()
    return np.abs(got - expected[:, None]).max()


SHAPE, HOLE, BEHIND = (32, 128), 3e-6, 4e-3
HALF_SEPARATIONS = (8, 16, 24, 32, 40, 48)


def _pinholes():
    """Return transmissions of two soft pinholes at ±s and of one of them, for each s."""
    y, x = (coordinates(n, HOLE) for n in SHAPE)
    hole = lambda s: np.exp(-((x - s * HOLE) ** 2 + y[:, None] ** 2) / (2 * HOLE**2))  # noqa: E731
    return np.stack([frame for s in HALF_SEPARATIONS for frame in (hole(s) + hole(-s), hole(s))])


def _visibility():
    """Return the degree of coherence read off the fringes of pairs of pinholes in the light of a round LED."""
    size, far = 1e-3, 0.27
    diode = LED.disc(WAVELENGTH, size, far, reach=2 * 48 * HOLE, error=STATED)
    space = FreeSpace(BEHIND, AngularSpectrum((160, 128), band_limit=False))
    system = ImagingSystem(
        diode, Nothing(), ThinSample(PerFrame(_pinholes())), space,
        Camera(SHAPE, HOLE * (1 + BEHIND / far)), Gaussian(1.0), modes_at_once=8,
    )  # fmt: skip
    both, one = np.asarray(system.predict(chunk=4).values, float)[:, SHAPE[0] // 2, SHAPE[1] // 2].reshape(-1, 2).T
    x = np.pi * size * 2 * np.asarray(HALF_SEPARATIONS) * HOLE / (WAVELENGTH * far)
    return x, both / (2 * one) - 1, airy_amplitude(x)


def _visibility_curve():
    x, got, expected = _visibility()
    return Curve(x, got, expected, "π · size · separation / (λ · distance)", "visibility of the fringes, signed")


@closed_form(
    13, "Two pinholes in the light of a round diode: visibility of their fringes",
    source="van Cittert-Zernike; Born and Wolf, §10.4.3", float32=4e-3, float64=4e-3, curve=_visibility_curve,
    why="a mode tilted by τ lights one of two soft pinholes more, by 1 ± 4πτrσ²·2π/(λz) ≤ 1.16: 0.3 % of visibility",
)  # fmt: skip
def two_pinholes():
    _, got, expected = _visibility()
    return np.abs(got - expected).max()


WAIST, WIDTH, FAR, N, PITCH, LEFT_OUT = 400e-6, 400e-6, 0.4, 96, 55e-6, 1e-8


@eqx.filter_jit
def _schell_modes():
    beam = GaussianSchell(WAVELENGTH, WAIST, WIDTH, error=LEFT_OUT)
    return FreeSpace(FAR, AngularSpectrum(band_limit=False))(beam(Grid((N, N), PITCH)))


def _spread():
    """Return √(1 + (z/z_R)²), z_R = 2π σ_s δ/λ with σ_s = w/2 and 1/δ² = 1/w² + 1/σ²."""
    delta = (WAIST**-2 + WIDTH**-2) ** -0.5
    rayleigh = np.pi * WAIST * delta / WAVELENGTH
    return np.hypot(1, FAR / rayleigh), FAR + rayleigh**2 / FAR


SCHELL = "Mandel and Wolf, Optical Coherence and Quantum Optics, 1995, §5.6.4"


@closed_form(
    13, "Gaussian Schell-model beam: width after free space",
    source=SCHELL, float32=1e-6, float64=1e-6,
    why="paraxial: the mean square angle is 3e-7; the modes left out hold 1e-8 of the energy, 13 times as wide",
)  # fmt: skip
def schell_width():
    irradiance = np.asarray(_schell_modes().irradiance, float).sum(axis=0)
    x = coordinates(N, PITCH)
    width = 2 * np.sqrt((irradiance.sum(axis=0) * x**2).sum() / irradiance.sum())
    return abs(width / (WAIST * _spread()[0]) - 1)


@closed_form(
    13, "Gaussian Schell-model beam: mutual intensity after free space",
    source=SCHELL, float32=1e-6, float64=1e-6,
    why="paraxial, 1e-7 rad; a mode carries 1e-7 of rounding in float32, and the modes left out hold 1e-8",
)  # fmt: skip
def schell_mutual_intensity():
    modes = _schell_modes()
    row = np.sqrt(np.asarray(modes.weight, float))[:, None] * np.asarray(modes.values, complex)[:, N // 2]
    x, (spread, radius) = coordinates(N, PITCH), _spread()
    gauss = np.exp(-((x / (WAIST * spread)) ** 2) + 1j * np.pi * x**2 / (WAVELENGTH * radius)) / spread
    coherence = np.exp(-((x[:, None] - x) ** 2) / (2 * (WIDTH * spread) ** 2))
    return np.abs(row.conj().T @ row - gauss.conj()[:, None] * gauss * coherence).max()


@closed_form(
    13, "Eigenvalues of a sampled Gaussian Schell-model source",
    source="Starikov and Wolf, J. Opt. Soc. Am. 72, 923, 1982", float32=1e-10, float64=1e-10,
    why="eigenvalues in float64; the sum over samples replaces the integral to round-off",
)  # fmt: skip
def schell_eigenvalues():
    x = np.linspace(-5, 5, 161)
    a, b = 1.0, 0.5 / 0.7**2
    c = np.sqrt(a * a + 2 * a * b)
    square = x[:, None] ** 2 + x**2
    found = modes_of(np.exp(-a * square - b * (x[:, None] - x) ** 2), error=1e-4)
    weights = (np.abs(found.values) ** 2).sum(axis=1) * (x[1] - x[0])
    expected = np.sqrt(np.pi / (a + b + c)) * (b / (a + b + c)) ** np.arange(len(weights))
    return np.abs(weights - expected).max()


class Pupil(Element):
    """A round hole in the Fourier plane of a 1 : 1 lens, seen from modes that are tilted."""

    cutoff: float

    def __call__(self, field: Field) -> Field:
        """Drop all frequencies above the cut-off, those of the carrier counted in."""
        return map_modes(self._one, field)

    def _one(self, field: Field) -> Field:
        fy, fx = field.grid.fy + field.tilt[0], field.grid.fx + field.tilt[1]
        inside = fy[:, None] ** 2 + fx**2 <= self.cutoff**2
        return field.with_values(ifft2(fft2(field.full) * inside))


PERIOD, ORDERS, CUTOFF = 64, np.arange(-4, 5), 3.5 / 64e-6
"""A periodic bright bar with soft edges, the orders it has, and a pupil that passes three on either side."""


def _bar_orders():
    return np.sinc(ORDERS / 2) / 2 * (1 - (ORDERS / 5) ** 2)


def bar_image(source):
    """Return the image of the bar along x, on 64 pixels of 1 µm, as the library has it."""
    x = np.arange(PERIOD) - PERIOD // 2
    bar = (_bar_orders() @ np.exp(2j * np.pi * np.outer(ORDERS, x) / PERIOD)).real
    system = ImagingSystem(
        source, Nothing(), ThinSample(np.broadcast_to(bar, (4, PERIOD))), Pupil(CUTOFF),
        Camera((4, PERIOD), 1e-6), Gaussian(1.0), modes_at_once=256,
    )  # fmt: skip
    return np.asarray(system.predict().values, float)[0, 0]


def expected_image(transfer):
    """Return Σ cₘcₙ·transfer(fₘ, fₙ)·exp(2πi(fₘ − fₙ)x): Hopkins' formula."""
    x, c, f = np.arange(PERIOD) - PERIOD // 2, _bar_orders(), ORDERS / (PERIOD * 1e-6)
    waves = np.exp(2j * np.pi * np.outer(ORDERS, x) / PERIOD)
    pairs = np.outer(c, c) * transfer(f[:, None], f[None, :])
    return np.einsum("mn,mx,nx->x", pairs, waves, waves.conj()).real


def incoherent_transfer(f):
    """(2/π)(acos v − v√(1−v²)), v = f over twice the cut-off of the pupil."""
    v = np.minimum(np.abs(f) / (2 * CUTOFF), 1)
    return 2 / np.pi * (np.arccos(v) - v * np.sqrt(1 - v**2))


@closed_form(
    13, "Köhler illumination, condenser closed: the coherent image of a bar",
    source="Goodman, Introduction to Fourier Optics, §6.2", float32=1e-6, float64=1e-12, why="round-off",
)  # fmt: skip
def coherent_limit():
    got = bar_image(ExtendedSource.disc(WAVELENGTH, 0.0, reach=1e-3))
    return np.abs(got - expected_image(lambda m, n: (np.abs(m) < CUTOFF) & (np.abs(n) < CUTOFF))).max()


def _opened():
    """Return the image under a condenser that fills the pupil for every order of the bar, and the closed form."""
    sigma = 1 + 4 / 3.5
    source = ExtendedSource.disc(WAVELENGTH, sigma * CUTOFF * WAVELENGTH, reach=200e-6, error=1e-3)
    return sigma**2 * bar_image(source), expected_image(lambda m, n: incoherent_transfer(m - n))


def _opened_curve():
    return Curve(np.arange(PERIOD) - PERIOD // 2, *_opened(), "x (µm)", "irradiance")


@closed_form(
    13, "Köhler illumination, condenser open: the incoherent image of a bar",
    source="Goodman, Introduction to Fourier Optics, §6.3", float32=3e-2, float64=3e-2, curve=_opened_curve,
    why="the pupil's edge is concentric with the 16 rings of points inside: half a ring more or less",
)  # fmt: skip
def incoherent_limit():
    got, expected = _opened()
    return np.abs(got - expected).max()


def hopkins_transfer(m, n, source, heights=4000):
    """Return the share of the source disc that is inside both pupils, shifted by −m and −n, by chords along x."""
    y = ((np.arange(heights) + 0.5) / heights * 2 - 1) * source
    half = lambda radius: np.sqrt(np.maximum(radius**2 - y**2, 0)) * (np.abs(y) < radius)  # noqa: E731
    m, n = (np.asarray(one)[..., None] for one in (m, n))
    chord = half(CUTOFF)
    right = np.minimum(np.minimum(half(source), chord - m), chord - n)
    left = np.maximum(np.maximum(-half(source), -chord - m), -chord - n)
    inside = np.where(np.abs(y) < CUTOFF, np.maximum(right - left, 0), 0)
    return inside.mean(axis=-1) * 2 / (np.pi * source)


def _partial():
    """Return the image under σ = 0.7 by the points of the source, and by Hopkins' transmission cross-coefficients."""
    source = ExtendedSource.disc(WAVELENGTH, 0.7 * CUTOFF * WAVELENGTH, reach=200e-6, error=1e-3)
    return bar_image(source), expected_image(lambda m, n: hopkins_transfer(m, n, 0.7 * CUTOFF))


def _partial_curve():
    return Curve(np.arange(PERIOD) - PERIOD // 2, *_partial(), "x (µm)", "irradiance")


@closed_form(
    13, "Köhler illumination, σ = 0.7: the partially coherent image of a bar",
    source="Hopkins, Proc. R. Soc. A 217, 408, 1953; Born and Wolf, §10.6.3", float32=5e-3, float64=5e-3,
    curve=_partial_curve,
    why="edges of pupils pass between the points of the source: of 600, 25 lie along one, each wholly in or out",
)  # fmt: skip
def partially_coherent():
    got, expected = _partial()
    return np.abs(got - expected).max()
