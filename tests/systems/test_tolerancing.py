"""Tolerances, against closed forms and differences."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from backlight.errors import InputError
from backlight.inverse.optimize import optimize
from backlight.inverse.unknowns import Free
from backlight.light import ConstantIndex
from backlight.rays import Conic, Lens, Pose, Surface, gauss_legendre
from backlight.systems.lens_merit import bundles, spots
from backlight.systems.tolerancing import Tolerance, as_built, monte_carlo, sensitivities

MM, UM, GREEN = 1e-3, 1e-6, 550e-9


class Point(eqx.Module):
    x: jax.Array
    y: jax.Array


POINT = Point(jnp.array(2.0), jnp.array([1.0, -1.0]))
BOTH = [Tolerance("x", 0.1), Tolerance("y", 0.2, at=(1,), uniform=True)]


def bent(point):
    return jnp.stack([point.x**2, 3 * point.y[1]])


def singlet():
    return Lens([Surface(Conic(51.5 * MM), thickness=5 * MM, medium=ConstantIndex(1.52), stop=True, pose=Pose()),
                 Surface(Conic(-360 * MM), thickness=85 * MM, medium=ConstantIndex(1.0)), Surface()],
                entrance_pupil_diameter=8 * MM)  # fmt: skip


def test_sensitivities_in_closed_form():
    """½(x⁴ + 9y²): σ·2x³, σ²·6x², 9σy, 9σ²."""
    found = sensitivities(POINT, bent, BOTH)
    assert float(found.nominal) == pytest.approx(0.5 * (16 + 9))
    np.testing.assert_allclose(found.first, [0.1 * 16, -0.2 * 9], rtol=1e-12)
    np.testing.assert_allclose(found.second, [0.01 * 24, 0.04 * 9], rtol=1e-12)


@pytest.mark.slow
def test_a_tilt_and_a_decenter_at_0_against_differences():
    with jax.enable_x64(True):
        lens = singlet()
        rays = bundles(lens, np.deg2rad([[2.0, 0.0]]), GREEN)
        merit = lambda one: spots(one, rays)  # noqa: E731
        tilt, shift = 1e-3, 50 * UM
        found = sensitivities(lens, merit, [Tolerance("surfaces.0.pose.tilt", tilt, at=(2,)),
                                            Tolerance("surfaces.0.pose.shift", shift, at=(1,))])  # fmt: skip
        for i, pose in enumerate((lambda h: Pose(tilt=(0, 0, h * tilt)), lambda h: Pose(shift=(0, h * shift, 0)))):
            good = [0.5 * np.sum(np.asarray(merit(eqx.tree_at(lambda o: o.surfaces[0].pose, lens, pose(h)))) ** 2)
                    for h in (-0.1, 0.0, 0.1)]  # fmt: skip
            assert float(found.first[i]) == pytest.approx((good[2] - good[0]) / 0.2, rel=1e-4)
            assert float(found.second[i]) == pytest.approx((good[2] - 2 * good[1] + good[0]) / 0.01, rel=1e-3)


def test_samples_have_the_mean_that_second_order_predicts():
    predicted = float(sensitivities(POINT, bent, BOTH).mean)
    found = monte_carlo(POINT, bent, BOTH, samples=20000, chunk=5000)
    spread = np.std(found.merit) / np.sqrt(20000)
    fourth = 0.5 * 3 * 0.1**4  # E½(δ⁴) of x⁴, beyond second order
    assert abs(np.mean(found.merit) - predicted - fourth) < 4 * spread
    again = monte_carlo(POINT, bent, BOTH, samples=20000, chunk=64)
    np.testing.assert_allclose(again.merit, found.merit, rtol=1e-12)
    assert np.max(np.abs(found.errors[:, 1])) <= np.sqrt(3)


@pytest.mark.slow
def test_a_compensator_takes_back_a_despace():
    """Two air spaces in a row: what one is off, the other makes up for."""
    with jax.enable_x64(True):
        lens = Lens([*singlet().surfaces[:1],
                     Surface(Conic(-360 * MM), thickness=40 * MM, medium=ConstantIndex(1.0)),
                     Surface(thickness=45 * MM), Surface()], entrance_pupil_diameter=8 * MM)  # fmt: skip
        rays = bundles(lens, np.deg2rad([[0.0, 0.0], [2.0, 0.0]]), GREEN)
    off = [Tolerance("surfaces.1.thickness", 0.5 * MM)]
    merit = lambda one: spots(one, rays)  # noqa: E731
    loose = monte_carlo(lens, merit, off, samples=8)
    kept = monte_carlo(lens, merit, off, samples=8, compensators=["surfaces.2.thickness"])
    best = monte_carlo(lens, merit, [Tolerance("surfaces.1.thickness", 0.0)], samples=1,
                       compensators=["surfaces.2.thickness"])  # fmt: skip
    np.testing.assert_allclose(kept.merit, best.merit[0], rtol=1e-9)
    np.testing.assert_allclose(kept.moves[:, 0] + kept.errors[:, 0] * 0.5 * MM, best.moves[0, 0], atol=1e-9)
    assert np.max(loose.merit) > 2 * best.merit[0]


@pytest.mark.slow
def test_the_best_as_built_is_less_sensitive_than_the_best_as_drawn():
    """r = (x − 2, ⅓x²): as drawn x ≈ 1.5…; with σ = 1 the slope (1, ⅔x) is paid for too, and x is smaller."""
    merit = lambda point: jnp.stack([point.x - 2, point.x**2 / 3])  # noqa: E731
    start, off = Point(jnp.array(1.0), jnp.zeros(2)), [Tolerance("x", 1.0)]
    drawn = optimize(start, merit, {"x": Free(scale=1.0)})
    built = optimize(start, as_built(merit, off), {"x": Free(scale=1.0)})
    exact = lambda s: np.roots([2 / 9, 0, 1 + 4 * s / 9, -2]).real[np.isreal(np.roots([2 / 9, 0, 1 + 4 * s / 9, -2]))]  # noqa: E731
    assert drawn.value("x") == pytest.approx(exact(0)[0], abs=1e-6)
    assert built.value("x") == pytest.approx(exact(1)[0], abs=1e-6)
    slope = [jnp.sum(as_built(merit, off)(one.model)[2:] ** 2) for one in (drawn, built)]
    assert slope[1] < slope[0]
    means = [np.mean(monte_carlo(one.model, merit, off, samples=4000, chunk=4000).merit) for one in (drawn, built)]
    assert means[1] < means[0]


def test_a_place_that_is_not_there_is_refused():
    with pytest.raises(InputError, match="the place of one number"):
        sensitivities(POINT, bent, [Tolerance("y", 1.0)])
    with pytest.raises(InputError, match="no such leaf"):
        sensitivities(POINT, bent, [Tolerance("z", 1.0)])


@pytest.mark.slow
def test_a_lens_is_sampled_as_its_sensitivities_say():
    """The mean over samples against second order: errors so small that the fourth order is below the scatter."""
    with jax.enable_x64(True):
        lens = singlet()
        rays = bundles(lens, np.deg2rad([[0.0, 0.0]]), GREEN, rule=gauss_legendre(2, 4))
    merit = lambda one: spots(one, rays)  # noqa: E731
    off = [Tolerance("surfaces.1.thickness", 0.1 * MM), Tolerance("surfaces.0.pose.tilt", 2e-3, at=(2,))]
    found = monte_carlo(lens, merit, off, samples=2000, chunk=500)
    spread = np.std(found.merit) / np.sqrt(2000)
    assert abs(np.mean(found.merit) - float(sensitivities(lens, merit, off).mean)) < 4 * spread
