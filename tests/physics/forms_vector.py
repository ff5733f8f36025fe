"""Leaning planes, and the vector field of a high-aperture focus."""

import numpy as np
from closed_forms import WAVELENGTH, airy_amplitude, relative, through
from scipy.integrate import quad_vec
from scipy.special import jv
from validation import Curve, closed_form, convergence_order

from backlight.light import Field, Grid
from backlight.wave import AngularSpectrum, Chain, FreeSpace, RotatedPlane, VectorFocus

SHAPE, PITCH, TILT = (64, 72), (0.6e-6, 0.55e-6), (-1e5, 2e5)


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
    why="evaluated exactly; but float32 rounds θ itself by 1.5e-8, and 2π·20 µm/λ times that is 3.5e-6",
)  # fmt: skip
def wave_across_its_plane():
    grid = Grid(SHAPE, PITCH)
    fringes = np.exp(2j * np.pi * (9 * np.arange(SHAPE[1]) / SHAPE[1] - 9 / 2))
    tilt = (0.0, 3e5)
    sine = WAVELENGTH * (tilt[1] + 9 / (SHAPE[1] * PITCH[1]))
    light = Field(np.broadcast_to(fringes, SHAPE), grid, WAVELENGTH, tilt=tilt)
    return np.abs(with_carrier(through(RotatedPlane((0.0, np.arcsin(sine))), light)) - 1).max()


def _there_and_back():
    away = Chain(RotatedPlane((0.3, 0.0)), RotatedPlane((0.0, -0.2)))
    return through(Chain(away, RotatedPlane((0.0, 0.2)), RotatedPlane((-0.3, 0.0))), spot())


@closed_form(
    9, "Leaning plane, there and back",
    source="a rotation and its inverse", float32=1e-6, float64=1e-11,
    why="both planes hold all of the light: 1e-12 of it at the edge; four transforms in float32",
)  # fmt: skip
def there_and_back():
    return float(relative(with_carrier(_there_and_back()), with_carrier(spot())))


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
    return abs(_flux(through(RotatedPlane((0.2, 0.35)), spot())) / _flux(spot()) - 1)


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
    there = through(path, spot())
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
    return float(relative(*_direct_sum(np.s_[8:-8:7, 8:-8:7])))


FOCAL_LENGTH, INDEX, APERTURE = 2e-3, 1.33, 1.2
JONES = (0.8, 0.6j)
NEAR = (21, 24)


def focused(pixels, *, aperture=APERTURE, index=INDEX, pitch=40e-9, shape=NEAR, defocus=0.0, jones=JONES):
    """Return the focus of a uniformly lit pupil `pixels` wide, rim included."""
    pupil = Grid((pixels, pixels + 1), 2.05 * FOCAL_LENGTH * aperture / pixels)
    light = Field(np.asarray(jones).reshape(2, 1, 1), pupil, WAVELENGTH)
    scale = pitch / float(pupil.pitch[0])
    focus = VectorFocus(FOCAL_LENGTH, aperture, scale, medium_index=index, defocus=defocus, shape=shape)
    return through(focus, light)


def richards_wolf(y, x, z, *, aperture=APERTURE, index=INDEX, jones=JONES):
    """Return (Ex, Ey, Ez): −iA(I0 + I2 cos 2φ), −iA I2 sin 2φ, −2A I1 cos φ for light along x; turned for y."""
    r, phi = np.hypot(y, x), np.arctan2(y, x)
    k = 2 * np.pi * index / WAVELENGTH

    def integrand(theta):
        sine, cosine = np.sin(theta), np.cos(theta)
        common = np.sqrt(cosine) * sine * np.exp(1j * k * z * (cosine - 1))
        orders = ((1 + cosine) * jv(0, k * r * sine), sine * jv(1, k * r * sine), (1 - cosine) * jv(2, k * r * sine))
        return np.stack([common * order for order in orders])

    i0, i1, i2 = quad_vec(integrand, 0, np.arcsin(aperture / index), epsabs=1e-10, epsrel=1e-10)[0]
    along_x = np.stack([i0 + i2 * np.cos(2 * phi), i2 * np.sin(2 * phi), -2j * i1 * np.cos(phi)])
    along_y = np.stack([i2 * np.sin(2 * phi), i0 - i2 * np.cos(2 * phi), -2j * i1 * np.sin(phi)])
    return -1j * np.pi * index**2 * FOCAL_LENGTH / WAVELENGTH * (jones[0] * along_x + jones[1] * along_y)


def _focus_error(pixels, defocus=0.0):
    got = focused(pixels, defocus=defocus)
    return float(relative(got.values, richards_wolf(*axes(got.grid), defocus)))


def _components():
    got = focused(128)
    y, x = axes(got.grid)
    expected = richards_wolf(y, x, 0.0)
    row = NEAR[0] // 2 + 6
    return Curve(1e6 * x[0], abs(np.asarray(got.values)[2, row]) ** 2, abs(expected[2, row]) ** 2,
                 "x in the focus (µm)", "|Ez|², 0.24 µm off the axis")  # fmt: skip


@closed_form(
    14, "Vector focus at NA 1.2 in water, three complex components",
    source="Richards and Wolf, Proc. R. Soc. A 253, 358 (1959): I0, I1, I2 by quadrature", curve=_components,
    float32=1e-3, float64=1e-3,
    why="a pupil of 128 pixels: the steps of its rim cost a share of the order of pixel²/radius²; see the order",
)  # fmt: skip
def vector_focus():
    return max(_focus_error(128), _focus_error(128, defocus=0.6e-6))


@closed_form(
    14, "Vector focus, order of convergence in the pupil's pixel",
    source="the same integrals", float32=0.3, float64=0.3,
    why="second order: midpoint rule, rim pixels weighted by their share; scatter as the rim moves over the pixels",
)  # fmt: skip
def vector_focus_order():
    pixels = (32, 48, 64, 96)
    return 2 - convergence_order(1 / np.array(pixels), [_focus_error(n) for n in pixels])


@closed_form(
    14, "Vector focus at NA 0.01 is the Airy disc",
    source="[2J1(v)/v]², v = 2π NA r/λ; Born and Wolf, Principles of Optics, §8.5.2", float32=5e-4, float64=5e-4,
    why="pixels on the rim as above; polarization is NA² = 1e-4 at most",
)  # fmt: skip
def vector_focus_of_a_small_aperture():
    got = focused(128, aperture=0.01, index=1.0, pitch=3e-6, jones=(1, 0))
    y, x = axes(got.grid)
    v = 2 * np.pi * 0.01 / WAVELENGTH * np.hypot(y, x)
    peak = (np.pi * FOCAL_LENGTH * 0.01**2 / WAVELENGTH) ** 2
    return float(np.abs(np.asarray(got.irradiance).sum(0) / peak - airy_amplitude(v) ** 2).max())


@closed_form(
    14, "Vector focus, power through the focal plane",
    source="Σ |E(f)|² cos θ df = ∬ |P|² d²ρ = πw²/2 of a Gaussian pupil: the aplanatic √cos θ", float32=1e-6,
    float64=1e-8, why="a pupil that is 1e-9 at the rim: the midpoint rule is exact to that, Parseval to round-off",
)  # fmt: skip
def power_through_the_focus():
    pixels, radius = 65, FOCAL_LENGTH * APERTURE
    pupil, waist = Grid((pixels, pixels), 2.05 * radius / pixels), 0.3 * radius
    y, x = axes(pupil)
    light = np.exp(-(y**2 + x**2) / waist**2) * np.asarray(JONES).reshape(2, 1, 1)
    period = WAVELENGTH * FOCAL_LENGTH / float(pupil.pitch[0])
    scale = period / pixels / float(pupil.pitch[0])
    focus = through(VectorFocus(FOCAL_LENGTH, APERTURE, scale, medium_index=INDEX), Field(light, pupil, WAVELENGTH))
    pitch = float(focus.grid.pitch[0])
    spectrum = np.fft.fft2(np.asarray(focus.values, np.complex128)) * pitch**2
    sine = WAVELENGTH / INDEX * np.fft.fftfreq(pixels, pitch)
    cosine = np.sqrt(np.maximum(1 - sine[:, None] ** 2 - sine**2, 0))
    power = (np.abs(spectrum) ** 2 * cosine).sum() / (pixels * pitch) ** 2
    return abs(power / (np.pi * waist**2 / 2) - 1)
