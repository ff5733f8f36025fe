"""Pupils, apertures, gratings and reliefs whose light is known in closed form."""

import equinox as eqx
import numpy as np
from closed_forms import WAVELENGTH, airy_amplitude, coordinates, relative, through
from scipy.special import j0, j1, jv
from validation import Curve, closed_form, convergence_order

from backlight.light import Field, Grid, Sellmeier
from backlight.wave import (
    AngularSpectrum,
    AnnularAperture,
    BlazedGrating,
    Chain,
    DiffractiveElement,
    FreeSpace,
    IncoherentImaging,
    Objective,
    SinusoidalPhaseGrating,
    ThinLens,
)

NA, PITCH = 0.25, 0.4e-6
ORDERS = np.arange(-3, 4)


def _point_image(n):
    """Return the image of a point of unit weight through a bare pupil."""
    point = np.zeros((n, n))
    point[n // 2, n // 2] = 1 / PITCH**2
    return np.asarray(through(Objective(NA), Field(point, Grid((n, n), PITCH), WAVELENGTH)).values).real


def _airy(n):
    """Return π(NA/λ)²·2J₁(x)/x on the same pixels, and the radii."""
    r = np.hypot(coordinates(n, PITCH)[:, None], coordinates(n, PITCH))
    return np.pi * (NA / WAVELENGTH) ** 2 * airy_amplitude(2 * np.pi * NA / WAVELENGTH * r), r


def _core(n, half=16):
    return slice(n // 2 - half, n // 2 + half), slice(n // 2 - half, n // 2 + half)


def _airy_curve():
    n = 128
    expected, _ = _airy(n)
    middle = slice(n // 2 - 16, n // 2 + 17)
    peak = expected.max()
    return Curve(
        1e6 * coordinates(n, PITCH)[middle], (_point_image(n)[n // 2, middle] / peak) ** 2,
        (expected[n // 2, middle] / peak) ** 2, "x (µm)", "irradiance",
    )  # fmt: skip


@closed_form(
    3, "Airy pattern of the objective, with the window that its soft edge stands for",
    source="2J₁(x)/x, x = 2π NA r/λ; Born and Wolf, §8.5.2", float32=2e-4, float64=2e-4, curve=_airy_curve,
    why="256² pixels, a pupil of 120 frequency samples across: a ragged edge of 1 in 10⁴ of its area",
)  # fmt: skip
def airy():
    n = 256
    expected, r = _airy(n)
    windowed = expected * np.exp(-np.pi * (r / (n * PITCH)) ** 2)
    return relative(_point_image(n)[_core(n)], windowed[_core(n)])


@closed_form(
    3, "Airy pattern of the objective: order of convergence with the width of the grid",
    source="as above", float32=0.1, float64=0.1,
    why="the soft edge's window is 1 − O(1/L²): order 2, less what the difference of two finite grids leaves",
)  # fmt: skip
def airy_order():
    sizes = (64, 128, 256)
    errors = [relative(_point_image(n)[_core(n)], _airy(n)[0][_core(n)]) for n in sizes]
    return 2 - convergence_order([1 / n for n in sizes], errors)


@closed_form(
    3, "First dark ring of the objective, relative radius",
    source="x = 3.8317, r = 0.60983 λ/NA = 1.2197 λf/D", float32=2e-4, float64=2e-4,
    why="where the amplitude passes 0 is unmoved by a window that multiplies it; the ragged edge moves it by 1e-4",
)  # fmt: skip
def first_zero():
    n = 256
    spectrum = np.fft.fft(np.fft.ifftshift(_point_image(n)[n // 2]))
    x = np.linspace(1.0e-6, 1.6e-6, 2001)
    amplitude = (spectrum * np.exp(2j * np.pi * x[:, None] * np.fft.fftfreq(n, PITCH))).sum(axis=1).real
    return abs(np.interp(0, -amplitude, x) / (3.8317059702 / (2 * np.pi) * WAVELENGTH / NA) - 1)


@closed_form(
    3, "Encircled energy of the objective", source="1 − J₀² − J₁²; Born and Wolf, §8.5.2", float32=5e-3, float64=5e-3,
    why="the window takes the tails: 2/(πx) of the energy lies beyond x, and x is 380 at the edge of the grid",
)  # fmt: skip
def encircled():
    n = 256
    image = _point_image(n) ** 2
    _, r = _airy(n)
    total = np.pi * (NA / WAVELENGTH) ** 2 / PITCH**2
    radii = (np.arange(1, 8) + 0.5) * 1.2e-6
    fine = np.clip((radii[:, None, None] - r) / PITCH + 0.5, 0, 1)
    x = 2 * np.pi * NA / WAVELENGTH * radii
    return np.abs((fine * image).sum(axis=(1, 2)) / total - (1 - j0(x) ** 2 - j1(x) ** 2)).max()


@closed_form(
    3, "Far field of an annular aperture",
    source="[2J₁(x)/x − ε²·2J₁(εx)/(εx)]/(1 − ε²); Born and Wolf, §8.6.2", float32=2e-3, float64=2e-3,
    why="an aperture of 100 pixels across with a ragged edge of 1 in 10³ of its area; edges as soft as a pixel",
)  # fmt: skip
def annular():
    n, outer, ratio = 256, 50.3, 0.5
    share = np.asarray(AnnularAperture(ratio * outer, outer).share(Grid((n, n), 1.0)))
    far = np.fft.fft2(np.fft.ifftshift(share)).real[:12, :12] / (np.pi * outer**2 * (1 - ratio**2))
    x = 2 * np.pi * outer / n * np.hypot(np.arange(12)[:, None], np.arange(12))
    return np.abs(far - (airy_amplitude(x) - ratio**2 * airy_amplitude(ratio * x)) / (1 - ratio**2)).max()


def _orders(part, pixels, periods, wavelength=WAVELENGTH):
    """Return the share of light in the orders −3 … 3 of `periods` periods on a row of pixels."""
    light = through(part, Field(np.ones((1, pixels)), Grid((1, pixels), 1e-6), wavelength))
    spectrum = np.fft.fft(np.asarray(light.full)[0].astype(complex)) / pixels
    return np.abs(spectrum[ORDERS * periods]) ** 2


@closed_form(
    12, "Orders of a sinusoidal phase grating",
    source="J_m(φ)²; Goodman, Introduction to Fourier Optics, §4.4.4", float32=1e-6, float64=1e-12,
    why="32 pixels a period carry every order that has light: round-off is all",
)  # fmt: skip
def sinusoidal():
    part = SinusoidalPhaseGrating((0.0, 4 / 128e-6), 1.3)
    return np.abs(_orders(part, 128, 4) - jv(ORDERS, 1.3) ** 2).max()


def _blazed_error(pixels, depth=4.4):
    part = BlazedGrating((0.0, 4 / (pixels * 1e-6)), depth)
    return np.abs(_orders(part, pixels, 4) - np.sinc(ORDERS - depth / (2 * np.pi)) ** 2).max()


@closed_form(
    12, "Orders of a blazed grating: order of convergence with the pitch",
    source="sinc²(m − φ/2π); Goodman, §4.4.4", float32=0.05, float64=0.05,
    why="the average over a pixel has the transfer sinc(m·pitch/period) = 1 − O(pitch²)",
)  # fmt: skip
def blazed_order():
    pixels = (64, 128, 256)
    return 2 - convergence_order([1 / n for n in pixels], [_blazed_error(n) for n in pixels])


def _relief_efficiency(wavelengths, levels=None, pixels=2048):
    glass = Sellmeier([1.03961212, 0.231792344, 1.01046945], [6.00069867e-15, 2.00179144e-14, 1.03560653e-10])
    ramp = 2 * np.pi * ((np.arange(pixels) + 0.5) % 512) / 512
    part = DiffractiveElement.designed(ramp[None], 550e-9, glass, levels=levels)
    contrast = [float(glass.index(w)) - 1 for w in (550e-9, *wavelengths)]
    detuning = 550e-9 / np.asarray(wavelengths) * np.asarray(contrast[1:]) / contrast[0]
    return np.stack([_orders(part, pixels, 4, w) for w in wavelengths]), detuning


def _relief_curve():
    wavelengths = np.linspace(400e-9, 800e-9, 21)
    got, detuning = _relief_efficiency(wavelengths)
    return Curve(1e9 * wavelengths, got[:, 4], np.sinc(1 - detuning) ** 2, "wavelength (nm)", "share in order 1")


@closed_form(
    12, "Chromatic efficiency of a blazed relief in dispersive glass",
    source="sinc²(m − φ/2π), φ = 2π(n(λ) − 1)h/λ; Swanson, MIT Lincoln Lab. TR 854 (1989)", curve=_relief_curve,
    float32=1.3e-5, float64=1.3e-5, why="512 samples a tooth: a row of P samples errs by (π/P)²/3",
)  # fmt: skip
def relief():
    got, detuning = _relief_efficiency((450e-9, 550e-9, 700e-9))
    return np.abs(got - np.sinc(ORDERS - detuning[:, None]) ** 2).max()


@closed_form(
    12, "Efficiency of a relief with 4 and 8 levels at its design wavelength",
    source="sinc²(1/N): 0.811, 0.950; Swanson, as above", float32=1.3e-5, float64=1.3e-5, why="as above",
)  # fmt: skip
def levels():
    return max(abs(_relief_efficiency((550e-9,), n)[0][0, 4] - np.sinc(1 / n) ** 2) for n in (4, 8))


def two_lenses(first, second):
    """Return a 4f path of two lenses: the beam in between is followed through its focus by the carrier."""
    method = AngularSpectrum((32, 32))
    stretches = [FreeSpace(z, method) for z in (first, first + second, second)]
    return Chain(stretches[0], ThinLens(first), stretches[1], ThinLens(second), stretches[2])


def blobs(n, pitch):
    """Return a smooth object without a symmetry."""
    x = coordinates(n, pitch)
    spot = lambda y0, x0, w: np.exp(-((x[:, None] - y0) ** 2 + (x - x0) ** 2) / w**2)  # noqa: E731
    return spot(0, 0, 40e-6) + 0.5j * spot(50e-6, 20e-6, 30e-6)


@closed_form(
    12, "4f system of two lenses: inverted, |M| = f₂/f₁",
    source="U′(r) = U(r/M)/M, M = −f₂/f₁; Goodman, Introduction to Fourier Optics, §5.3", float32=1e-5, float64=1e-5,
    why="lenses are paraxial, free space is not: 2π·0.375f₁(λf)⁴/(8λ) is 3e-6 rad at the object's highest frequency",
)  # fmt: skip
def four_f():
    n, pitch = 96, 6e-6
    image = through(two_lenses(0.01, 0.02), Field(blobs(n, pitch), Grid((n, n), pitch), WAVELENGTH))
    moved = np.abs(np.asarray(image.grid.pitch) / (-2 * pitch) - 1).max()
    return max(moved, relative(image.values, blobs(n, pitch) / -2))


@closed_form(
    13, "Coherent cut-off of the objective at NA/λ",
    source="Goodman, Introduction to Fourier Optics, §6.2", float32=1e-6, float64=1e-10,
    why="gratings 6 frequency samples inside and outside the edge: its erf is 0 and 1 to round-off",
)  # fmt: skip
def coherent_cutoff():
    grid = Grid((8, 256), (8e-6, PITCH))
    transfer = np.abs(np.asarray(Objective(NA).transfer(grid, WAVELENGTH))[0])
    f = np.abs(np.asarray(grid.fx)) * WAVELENGTH / NA
    return max(np.abs(transfer[f < 0.9] - 1).max(), transfer[f > 1.1].max())


@eqx.filter_jit
def _transfer(lens, grid):
    return lens.transfer(grid)


def _otf(n):
    grid = Grid((n, n), PITCH)
    got = np.asarray(_transfer(IncoherentImaging(Objective(NA), WAVELENGTH), grid))[0, : n // 2]
    v = np.minimum(np.asarray(grid.fx)[: n // 2] * WAVELENGTH / (2 * NA), 1)
    return v, got, 2 / np.pi * (np.arccos(v) - v * np.sqrt(1 - v**2))


def _otf_curve():
    v, got, expected = _otf(128)
    return Curve(v, got.real, expected, "frequency over 2NA/λ", "transfer")


@closed_form(
    13, "Incoherent transfer function of the objective, cut-off 2NA/λ",
    source="(2/π)(acos v − v√(1 − v²)); Goodman, Introduction to Fourier Optics, §6.3", curve=_otf_curve,
    float32=0.02, float64=0.02,
    why="the soft edge rounds the cusp at f = 0, to which all is scaled: 0.71 of 48 samples at slope 4/π, 1.9 %",
)  # fmt: skip
def otf():
    _, got, expected = _otf(128)
    return np.abs(got - expected).max()


@closed_form(
    13, "Incoherent transfer function: order of convergence with the width of the grid",
    source="as above", float32=0.15, float64=0.15,
    why="the overlap's edge is one frequency sample wide: order 1",
)  # fmt: skip
def otf_order():
    sizes = (64, 128, 256)
    errors = [np.abs(got - expected).max() for _, got, expected in map(_otf, sizes)]
    return abs(1 - convergence_order([1 / n for n in sizes], errors))
