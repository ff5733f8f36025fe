"""What soft edges and central obscurations let pass, against areas of circles."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from backlight.errors import InputError
from backlight.light import ConstantIndex, Rays, RayStatus
from backlight.rays import Conic, Lens, Pose, Surface, spot, trace, wavefront
from backlight.rays.rims import apertures

MM, LIGHT = 1e-3, 550e-9
RIM, BEAM = 3 * MM, 3.5 * MM
pytestmark = pytest.mark.usefixtures("float64")


def beam(rings=200, arms=512):
    """Return parallel rays, of equal weight, at the middles of equal areas of a disc."""
    radius = BEAM * np.sqrt((np.arange(rings) + 0.5) / rings)[:, None]
    angle = 2 * np.pi * (np.arange(arms) + 0.5) / arms
    y, x = (radius * np.cos(angle)).ravel(), (radius * np.sin(angle)).ravel()
    return Rays(np.stack([0 * y, y, x]), [[1.0], [0.0], [0.0]], LIGHT, weight=1 / y.size)


@jax.jit
def passed(rays, decenter, width, rim=RIM):
    """Return the share of a beam that passes a stop which stands aside."""
    stop = Surface(semi_diameter=rim, soft_edge=width, pose=Pose(jnp.stack([0.0 * decenter, decenter, 0.0 * decenter])))
    end = trace(Lens([stop, Surface()]), rays)
    return jnp.sum(jnp.where(end.alive, end.weight, 0.0))


def overlap(d):
    """Two circles' common area over that of the beam, and its derivative by the distance of their centers."""
    a, b = RIM, BEAM
    u, v = (d**2 + a**2 - b**2) / (2 * d * a), (d**2 + b**2 - a**2) / (2 * d * b)
    kite = np.sqrt((-d + a + b) * (d + a - b) * (d - a + b) * (d + a + b))
    area = a**2 * np.arccos(u) + b**2 * np.arccos(v) - kite / 2
    return area / (np.pi * b**2), -kite / d / (np.pi * b**2)


def test_a_stop_aside_passes_what_two_circles_have_in_common():
    """The error falls with the width's square: the beam's edge is curved where the stop's crosses it."""
    decenter, rays = 2 * MM, beam()
    area, slope = overlap(decenter)
    errors = []
    for width in (0.8 * MM, 0.4 * MM, 0.2 * MM):
        found, by_decenter = jax.value_and_grad(passed, argnums=1)(rays, jnp.asarray(decenter), jnp.asarray(width))
        errors.append([abs(float(found) / area - 1), abs(float(by_decenter) / slope - 1)])
    shares = np.array(errors)[:, 0]
    np.testing.assert_allclose(shares[:-1] / shares[1:], 4, rtol=0.03)
    assert errors[-1][0] < 2e-4
    assert errors[-1][1] < 1e-3


@pytest.mark.slow
def test_its_derivatives_are_those_of_differences():
    at, step = jnp.asarray([2 * MM, 0.5 * MM, RIM]), 1e-8
    rays = beam(50, 64)
    told = lambda at: passed(rays, *at)  # noqa: E731
    found = jax.grad(told)(at)
    for i, side in enumerate(step * np.eye(3)):
        wanted = (told(at + side) - told(at - side)) / (2 * step)
        assert float(found[i]) == pytest.approx(float(wanted), rel=1e-5)
    assert float(found[0]) < 0


def test_a_centered_rim_passes_its_area_whatever_the_width():
    """Linear in r²: the rings of the beam cover equal areas, so that the sum is a midpoint rule, 1/n² off."""
    for width in (MM, 0.5 * MM):
        assert float(passed(beam(), jnp.asarray(0.0), jnp.asarray(width))) == pytest.approx((RIM / BEAM) ** 2, abs=1e-5)


def test_a_soft_rim_loses_what_is_beyond_it_and_nothing_within():
    rays = Rays(np.stack([np.zeros(4), np.array([0, 2.7, 3.0, 3.3]) * MM, np.zeros(4)]), [[1.0], [0.0], [0.0]], LIGHT)
    end = trace(Lens([Surface(semi_diameter=3 * MM, soft_edge=0.5 * MM), Surface()]), rays)
    assert end.status.tolist() == [RayStatus.HIT] * 3 + [RayStatus.CLIPPED]
    np.testing.assert_allclose(end.weight[:3], [1, 1, 0.5], atol=1e-15)
    slope = jax.grad(lambda at: jnp.sum(trace(Lens([Surface(semi_diameter=RIM, soft_edge=MM), Surface()]),
                                              Rays(at, [1.0, 0.0, 0.0], LIGHT)).weight))(jnp.zeros(3))  # fmt: skip
    assert slope.tolist() == [0, 0, 0]


def test_a_hole_takes_light_and_leaves_rays():
    lenses = [Lens([Surface(Conic(50 * MM), thickness=0.15, medium=ConstantIndex(1.5), stop=True, hole=hole),
                    Surface()], entrance_pupil_diameter=10 * MM) for hole in (2 * MM, None)]  # fmt: skip
    found, whole = (spot(lens, np.zeros(2), LIGHT) for lens in lenses)
    dark = found.weights == 0
    assert 0 < int(dark.sum()) < dark.size
    kept = np.where(dark, 0.0, whole.weights)
    np.testing.assert_allclose(found.weights, kept / kept.sum(), rtol=1e-12)
    np.testing.assert_array_equal(wavefront(lenses[0], np.zeros(2), LIGHT).weights == 0, dark)


def test_lenses_without_soft_edges_do_not_carry_weights():
    hard, soft = (Lens([Surface(semi_diameter=RIM, soft_edge=w), Surface()]) for w in (None, MM))
    count = [str(jax.make_jaxpr(trace)(lens, beam(2, 4))).count(" mul ") for lens in (hard, soft)]
    assert apertures(hard.surfaces) is None
    assert count[0] < count[1]


@pytest.mark.parametrize("given", [
    {"soft_edge": MM}, {"soft_edge": 0.0, "semi_diameter": MM}, {"soft_edge": 2 * MM, "semi_diameter": MM},
    {"hole": MM, "semi_diameter": MM}, {"hole": 0.0}, {"hole": MM, "soft_edge": 2 * MM, "semi_diameter": 3 * MM},
])  # fmt: skip
def test_apertures_that_cannot_be_are_refused(given):
    with pytest.raises(InputError):
        Surface(**given)
