"""Beams whose field is known everywhere."""

from closed_forms import coordinates, free_space, gaussian_beam, relative
from validation import Curve, closed_form

WAIST, PITCH, N = 100e-6, 12e-6, 128


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
