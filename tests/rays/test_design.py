"""Lenses designed from a merit function."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import reference as ref

from backlight.inverse.least_squares import LevenbergMarquardt
from backlight.inverse.optimize import optimize
from backlight.inverse.tree import set_leaves
from backlight.inverse.unknowns import Free
from backlight.light import ConstantIndex, Rays
from backlight.rays import Conic, Lens, Surface, first_order, gauss_legendre, launch, trace

MM, UM = 1e-3, 1e-6


def test_the_best_form_of_a_thin_lens():
    """Of all lenses of a focal length the one of least spherical aberration: (R₂+R₁)/(R₂−R₁) = 2(n²−1)/(n+2)."""
    n, focal_length = 1.5, 100 * MM
    glass, air = ConstantIndex(n), ConstantIndex(1.0)
    lens = Lens([Surface(Conic(100 * MM), thickness=1e-3 * MM, medium=glass, stop=True),
                 Surface(Conic(-100 * MM), thickness=focal_length, medium=air), Surface()],
                entrance_pupil_diameter=8 * MM)  # fmt: skip
    points = gauss_legendre(3, 1).points

    def merit(lens):
        spot = trace(lens, launch(lens, np.zeros(2), points, 550e-9)).position[1:] / (0.1 * UM)
        return jnp.concatenate([jnp.ravel(spot), (first_order(lens, 550e-9).efl - focal_length)[None] / UM])

    unknowns = {f"surfaces.{i}.profile.curvature": Free() for i in (0, 1)} | {"surfaces.1.thickness": Free()}
    found = optimize(lens, merit, unknowns)
    front, back = (1 / found.value(f"surfaces.{i}.profile.curvature") for i in (0, 1))
    assert (back + front) / (back - front) == pytest.approx(2 * (n**2 - 1) / (n + 2), rel=0.01)
    assert 1 / ((n - 1) * (1 / front - 1 / back)) == pytest.approx(focal_length, rel=1e-4)


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_a_disturbed_triplet_finds_back_to_its_optimum(shared_data, seed):
    """From 2 to 6 mm of spot to 11.45 µm in 25 Jacobians, where 2000 steps of Adam end at 13 to 22 µm."""
    cases = ref.load(shared_data("lenses/reference_lenses.json"))
    case = cases["cooke_triplet"]
    nominal = ref.lens_of(case["surfaces"], cases["glasses"], 10.0)
    wanted = {e["q"]: e for e in cases["cooke_triplet_lm_optimum"]["expected"]}
    colors, rule = np.array([0.48, 0.55, 0.65])[:, None] * UM, gauss_legendre(4, 8)
    points = np.concatenate([np.zeros((2, 1)), rule.points], axis=1)
    with jax.enable_x64(True):
        bundles = [launch(nominal, np.deg2rad([angle, 0.0]), points, 0.55 * UM) for angle in (0, 14, 20)]
        place, way = (
            np.stack([getattr(b, name) for b in bundles], axis=1)[:, :, None] for name in ("position", "direction")
        )

    def merit(lens):
        spots = trace(lens, Rays(place, way, colors)).position[1:]
        off = (spots[..., 1:] - spots[:, :, 1:2, :1]) * np.sqrt(rule.weights / 9)
        focal_length = first_order(lens, 0.55 * UM).efl
        return jnp.concatenate([jnp.ravel(off), (focal_length - 50 * MM)[None]]) / UM

    rng, lens = np.random.default_rng(seed), nominal
    for i in range(6):
        bent = nominal.surfaces[i].profile.curvature * (1 + 0.03 * rng.normal())
        lens = set_leaves(lens, {f"surfaces.{i}.profile.curvature": np.asarray(bent)})
    for i in (1, 3, 5):
        moved = nominal.surfaces[i].thickness + 0.3 * MM * rng.normal()
        lens = set_leaves(lens, {f"surfaces.{i}.thickness": np.asarray(moved)})
    unknowns = {f"surfaces.{i}.profile.curvature": Free() for i in range(6)}
    unknowns |= {f"surfaces.{i}.thickness": Free() for i in (1, 3, 5)}
    found = optimize(lens, merit, unknowns, solver=LevenbergMarquardt(steps=5, inner=5))
    best = wanted["sqrt(merit) at optimum"]
    assert np.sqrt(2 * found.merit) * UM / MM == pytest.approx(best["value"], abs=best["tol_abs"])
    curvatures = [found.value(f"surfaces.{i}.profile.curvature") * MM for i in range(6)]
    np.testing.assert_allclose(curvatures, wanted["optimum curvatures c1..c6"]["value"], atol=1e-7)
