"""Merits, constraints and solves of lenses."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from backlight.inverse.optimize import optimize
from backlight.inverse.unknowns import Free
from backlight.light import ConstantIndex
from backlight.rays import Conic, Lens, Surface, first_order, gauss_legendre, spot
from backlight.systems.lens_merit import (
    LOST,
    bundles,
    center_thickness,
    edge_thickness,
    focal_length,
    refocused,
    spots,
    total_track,
    with_focal_length,
)

MM, UM, GREEN = 1e-3, 1e-6, 550e-9
FIELDS = np.deg2rad([[0.0, 0.0], [3.0, 1.0]])


def doublet(radius=60 * MM, thickness=5 * MM, diameter=10 * MM):
    return Lens([Surface(Conic(radius), thickness=thickness, medium=ConstantIndex(1.5), stop=True),
                 Surface(Conic(-45 * MM), thickness=2 * MM, medium=ConstantIndex(1.6)),
                 Surface(Conic(-200 * MM), thickness=90 * MM, medium=ConstantIndex(1.0)), Surface()],
                entrance_pupil_diameter=diameter)  # fmt: skip


@pytest.mark.slow
def test_one_trace_tells_what_spot_by_spot_is_told():
    with jax.enable_x64(True):
        lens, rule = doublet(), gauss_legendre(3, 8)
        off = spots(lens, bundles(lens, FIELDS, np.array([GREEN, 600e-9]), rule=rule), by_color=True)
        single = [float(spot(lens, jnp.asarray(field), color, rule=rule, reference=600e-9).centered_rms)
                  for field in FIELDS for color in (GREEN, 600e-9)]  # fmt: skip
        assert float(off @ off) == pytest.approx(np.mean(np.square(single)) / UM**2, rel=1e-12)


def test_rays_that_miss_count_and_rims_do_not_cut():
    """A merit that left clipped rays out would be best for a lens that clips all."""
    with jax.enable_x64(True):
        lens = doublet()
        wide = bundles(doublet(diameter=130 * MM), FIELDS[:1], GREEN)
        assert np.sum(np.asarray(spots(lens, wide)) ** 2) > 0.1 * LOST**2
        front = Surface(Conic(60 * MM), thickness=5 * MM, medium=ConstantIndex(1.5), stop=True, semi_diameter=1 * MM)
        narrow = Lens([front, *lens.surfaces[1:]], entrance_pupil_diameter=10 * MM)
        beam = bundles(lens, FIELDS[:1], GREEN)
        np.testing.assert_array_equal(spots(narrow, beam), spots(lens, beam))


def test_the_image_of_a_near_object_is_found():
    """1/s' = 1/f − 1/s between the principal planes."""
    with jax.enable_x64(True):
        near = Lens(doublet().surfaces, entrance_pupil_diameter=10 * MM, object_distance=0.3)
        first = first_order(near, GREEN)
        distance = 1 / (1 / first.efl - 1 / (0.3 + first.front_principal)) + first.rear_principal
        assert float(refocused(near, GREEN).surfaces[-2].thickness) == pytest.approx(float(distance), rel=1e-12)


def test_the_solves_need_one_step():
    lens = refocused(with_focal_length(doublet(), 80 * MM, GREEN), GREEN)
    first = first_order(lens, GREEN)
    assert float(first.efl) == pytest.approx(80 * MM, rel=1e-6)  # of single precision
    assert abs(float(first.back_focus)) < 1e-7
    with jax.enable_x64(True):
        bent = with_focal_length(doublet(), -70 * MM, GREEN, surface=0)
        assert float(first_order(bent, GREEN).efl) == pytest.approx(-70 * MM, rel=1e-12)


@pytest.mark.slow
def test_constraints_hold_what_they_say():
    lens = doublet()
    rays = bundles(lens, FIELDS, GREEN)
    ball = Lens(
        [Surface(Conic(5 * MM), thickness=4 * MM, medium=ConstantIndex(1.5)), Surface(Conic(-5 * MM)), Surface()]
    )
    edges = [float(edge_thickness(0, height * MM, MM).of(ball)) for height in (4.9, 4.999, 5.0, 5.1, 6.0)]
    assert np.all(np.diff(edges) < 0)  # beyond its rim a ball is no thicker again
    track, edge = total_track(60 * MM, 120 * MM), edge_thickness(0, 5 * MM, 3.5 * MM, 20 * MM)
    asked = [focal_length(GREEN, 75 * MM), track, edge, center_thickness(1, 1.5 * MM, 3 * MM)]
    unknowns = {f"surfaces.{i}.profile.curvature": Free() for i in range(3)}
    unknowns |= {f"surfaces.{i}.thickness": Free() for i in range(3)}
    found = optimize(lens, lambda lens: spots(lens, rays), unknowns, constraints=asked)
    assert found.merit < 0.1 * found.initial_merit
    assert found.status == "converged"
    assert max(found.violations.values()) < 0.01 * UM
    assert found.constraints["focal length"] == pytest.approx(75 * MM, abs=0.01 * UM)
    with jax.enable_x64(True):
        sags = [(r := 1 / found.value(f"surfaces.{i}.profile.curvature")) - np.sign(r) * np.sqrt(r**2 - (5 * MM) ** 2)
                for i in (0, 1)]  # fmt: skip
        by_hand = found.value("surfaces.0.thickness") + sags[1] - sags[0]
        assert found.constraints["edge thickness 0"] == pytest.approx(float(by_hand), abs=1e-13)
