"""Gratings and diffractive lenses against the grating equation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from backlight.errors import InputError
from backlight.light import ConstantIndex, Rays, RayStatus
from backlight.rays import Conic, Grating, Lens, RadialPhase, Surface, first_order, seidel, trace

MM, LIGHT = 1e-3, 550e-9
pytestmark = pytest.mark.usefixtures("float64")


def way_of(y, x):
    return np.array([np.sqrt(1 - y**2 - x**2), y, x])


@pytest.mark.parametrize(("mirror", "n"), [(False, 1.0), (False, 1.5), (True, 1.0)])
@pytest.mark.parametrize("order", [-1, 0, 2])
def test_grating_equation_at_conical_incidence(mirror, n, order):
    angle, density, incoming = 0.7, 300e3, way_of(0.3, -0.2)
    surface = Surface(phase=Grating(density, order, angle), mirror=mirror,
                      medium=None if mirror else ConstantIndex(n))  # fmt: skip
    end = trace(Lens([surface, Surface()]), Rays(-MM * incoming, incoming, LIGHT))
    wanted = (incoming[1:] + order * LIGHT * density * np.array([np.cos(angle), np.sin(angle)])) / n
    np.testing.assert_allclose(end.direction[1:], wanted, rtol=0, atol=1e-14)
    assert (float(end.direction[0]) < 0) == mirror


def test_a_path_grows_by_a_wave_a_groove():
    heights = np.array([0.0, 1.0, 2.0]) * MM
    rays = Rays(np.stack([0 * heights, heights, 0 * heights]), [[1.0], [0.0], [0.0]], LIGHT)
    path = trace(Lens([Surface(phase=Grating(100e3)), Surface()]), rays).path
    np.testing.assert_allclose((path - path[0]) / LIGHT, [0, 100, 200], rtol=1e-12)


def test_an_order_that_cannot_leave_is_evanescent():
    end = trace(Lens([Surface(phase=Grating(2e6)), Surface()]), Rays([0.0, 0.0, 0.0], [1.0, 0.0, 0.0], LIGHT))
    assert int(end.status) == RayStatus.EVANESCENT
    assert bool(jnp.all(jnp.isfinite(end.direction)))


def test_a_diffractive_lens_focuses_at_f_over_equal_paths_at_its_wavelength():
    """On a plane, φ/2π = (f − √(f² + r²))/λ to r⁸ makes a point; first order says f, and f ∝ 1/λ."""
    focal, radius = 100 * MM, 2 * MM
    u = (radius / focal) ** 2
    series = -focal * np.array([u / 2, -(u**2) / 8, u**3 / 16, -5 * u**4 / 128])
    lens = Lens([Surface(phase=RadialPhase(radius, 2 * np.pi / LIGHT * series), thickness=focal, stop=True), Surface()],
                entrance_pupil_diameter=2 * radius)  # fmt: skip
    heights = np.linspace(-2, 2, 9) * MM
    end = trace(lens, Rays(np.stack([0 * heights, heights, heights / 3]), [[1.0], [0.0], [0.0]], LIGHT))
    assert bool(end.alive.all())
    np.testing.assert_allclose(end.position[1:], 0, atol=1e-12)
    np.testing.assert_allclose(end.path, focal, rtol=0, atol=1e-14)
    for factor in (1.0, 0.8, 1.3):
        assert float(first_order(lens, factor * LIGHT).efl) == pytest.approx(focal / factor, rel=1e-12)
    with pytest.raises(InputError, match="phase"):
        seidel(lens, 0.0, LIGHT)


@pytest.mark.slow
def test_derivative_by_the_phase_beside_glass():
    glass, rays = ConstantIndex(1.5), Rays([[0.0], [MM], [0.5 * MM]], [[1.0], [0.1], [0.0]], LIGHT)

    def told(amount):
        lens = Lens([Surface(Conic(50 * MM), medium=glass, thickness=3 * MM, phase=RadialPhase(MM, amount[None])),
                     Surface(medium=ConstantIndex(1.0), thickness=50 * MM), Surface()])  # fmt: skip
        end = trace(lens, rays)
        return end.position[1, 0] + end.path[0]

    found, step = float(jax.grad(told)(jnp.asarray(30.0))), 1e-2
    wanted = (told(jnp.asarray(30 + step)) - told(jnp.asarray(30 - step))) / (2 * step)
    assert found == pytest.approx(float(wanted), rel=1e-7)
