"""Rays against what geometry says, to round-off."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from backlight.errors import InputError
from backlight.light import Cauchy, ConstantIndex, Rays, RayStatus
from backlight.rays import (
    Asphere,
    Conic,
    Group,
    Lens,
    Pose,
    Surface,
    first_order,
    gauss_legendre,
    launch,
    spot,
    trace,
    wavefront,
)

GLASS, AIR = ConstantIndex(1.5), ConstantIndex(1.0)
MM, LIGHT = 1e-3, 550e-9
pytestmark = pytest.mark.usefixtures("float64")


def parallel(heights):
    """Return rays along the axis at heights y, mm."""
    heights = np.asarray(heights, float) * MM
    return Rays(np.stack([0 * heights, heights, 0 * heights]), [[1.0], [0.0], [0.0]], LIGHT)


def spread(values):
    return float(jnp.max(values) - jnp.min(values))


@pytest.mark.parametrize(
    ("surfaces", "heights"),
    [
        ([Surface(thickness=5 * MM, medium=GLASS), Surface(Conic(-25 * MM, -2.25), thickness=50 * MM, medium=AIR)], 9),
        ([Surface(Conic(20 * MM, -1 / 2.25), thickness=60 * MM, medium=GLASS)], 9),
        ([Surface(Conic(-100 * MM, -1.0), thickness=-50 * MM, mirror=True)], 60),
    ],
    ids=["plane and hyperboloid", "ellipsoid into glass", "paraboloid mirror"],
)
def test_stigmatic_surfaces_bring_all_rays_to_one_point_over_equal_paths(surfaces, heights):
    rays = parallel(np.linspace(0, heights, 10))
    end = trace(Lens([*surfaces, Surface()]), rays)
    assert bool(end.alive.all())
    np.testing.assert_allclose(end.position[1:], 0, atol=1e-15)
    assert spread(end.path) < 1e-15


def test_a_sphere_is_aplanatic_about_its_weierstrass_point():
    """Light from z = −R(1 + 1/n) in glass leaves a sphere as if from −R(1 + n), and sin θ/sin θ' = n for every ray."""
    radius, n = 10 * MM, 1.5
    angles = np.linspace(0.05, 0.5, 8)
    start = Rays([[-radius * (1 + 1 / n)], [0.0], [0.0]], np.stack([np.cos(angles), np.sin(angles), 0 * angles]), LIGHT)
    end = trace(Lens([Surface(Conic(-radius), medium=AIR), Surface()], before=GLASS), start)
    np.testing.assert_allclose(np.sin(angles) / end.direction[1], n, rtol=1e-14)
    crossing = end.position[0] - end.position[1] * end.direction[0] / end.direction[1]
    np.testing.assert_allclose(crossing, -radius * (1 + n), rtol=1e-13)


def test_a_plate_shifts_a_ray_aside():
    angle, n, thick = np.deg2rad(30), 1.5, 10 * MM
    plate = Lens([Surface(thickness=thick, medium=GLASS), Surface(medium=AIR), Surface()])
    end = trace(plate, Rays([0.0, 0.0, 0.0], [np.cos(angle), np.sin(angle), 0.0], LIGHT))
    aside = (thick * np.tan(angle) - float(end.position[1])) * np.cos(angle)
    wanted = thick * np.sin(angle) * (1 - np.cos(angle) / np.sqrt(n**2 - np.sin(angle) ** 2))
    assert aside == pytest.approx(wanted, rel=1e-13)
    assert aside / MM == pytest.approx(1.93813782152103, rel=1e-13)


def test_a_prism_deviates_least_where_the_ray_is_symmetric():
    half, n = np.deg2rad(30), 1.5
    faces = [Surface(pose=Pose(tilt=(0, 0, half)), thickness=10 * MM, medium=GLASS),
             Surface(pose=Pose(tilt=(0, 0, -half)), medium=AIR), Surface()]  # fmt: skip
    into = np.arcsin(n * np.sin(half)) - half
    deviations = []
    for off in (-0.01, 0.0, 0.01):
        angle = into + off
        end = trace(Lens(faces), Rays([-MM, 0.0, 0.0], [np.cos(angle), np.sin(angle), 0.0], LIGHT))
        deviations.append(angle - float(jnp.arctan2(end.direction[1], end.direction[0])))
    assert np.rad2deg(deviations[1]) == pytest.approx(37.1807557814583, rel=1e-13)
    assert deviations[1] == min(deviations)


def test_a_ray_off_the_axis_of_a_spherical_mirror_crosses_before_the_focus():
    end = trace(Lens([Surface(Conic(-100 * MM), mirror=True), Surface()]), parallel([30.0]))
    crossing = end.position[0] - end.position[1] * end.direction[0] / end.direction[1]
    assert float(crossing[0]) / MM == pytest.approx(-47.5857581639041, rel=1e-13)


def test_a_thick_lens_and_a_ball_to_first_order():
    thick = Lens([Surface(Conic(50 * MM), thickness=10 * MM, medium=GLASS, stop=True),
                  Surface(Conic(-50 * MM), thickness=48 * MM, medium=AIR), Surface()],
                 entrance_pupil_diameter=10 * MM)  # fmt: skip
    found = first_order(thick, LIGHT)
    assert float(found.efl) / MM == pytest.approx(51.72413793103448, rel=1e-14)
    assert float(found.bfl) / MM == pytest.approx(48.27586206896552, rel=1e-14)
    assert float(found.rear_principal) == pytest.approx(-float(found.front_principal), rel=1e-12)
    ball = Lens([Surface(Conic(5 * MM), thickness=10 * MM, medium=GLASS, stop=True),
                 Surface(Conic(-5 * MM), medium=AIR), Surface()], entrance_pupil_diameter=MM)  # fmt: skip
    found = first_order(ball, LIGHT)
    assert (float(found.efl) / MM, float(found.bfl) / MM) == (pytest.approx(7.5), pytest.approx(2.5))


@pytest.mark.slow
def test_snell_s_law_holds_on_a_slanted_asphere():
    surface = Asphere(30 * MM, 0.4, [2e3, -1e7], [3, 5])
    rng = np.random.default_rng(0)
    place, way = rng.normal(size=(3, 20)) * 2 * MM, np.stack([np.ones(20), *(0.3 * rng.normal(size=(2, 20)))])
    lens = Lens([Surface(surface, medium=GLASS)])
    start = Rays(place, way, LIGHT)
    end = trace(lens, start)
    z, y, x = end.position
    np.testing.assert_allclose(z, surface.sag(y, x), atol=1e-17)
    slopes = jax.vmap(jax.grad(surface.sag, argnums=(0, 1)))(y, x)
    normal = jnp.stack([jnp.ones(20), -slopes[0], -slopes[1]]) / jnp.sqrt(1 + slopes[0] ** 2 + slopes[1] ** 2)
    crossed = [jnp.cross(way, normal, axis=0) for way in (start.direction, 1.5 * end.direction)]
    np.testing.assert_allclose(crossed[0], crossed[1], atol=1e-13)
    np.testing.assert_allclose(jnp.sum(end.direction**2, axis=0), 1, rtol=1e-14)


@pytest.mark.slow
def test_first_and_second_derivatives_pass_through_newton_s_iteration():
    """Of a place, a conic constant and a coefficient, against differences."""

    def height(numbers):
        surface = Asphere(25 * MM, numbers[1], numbers[2:] * 1e4, [4])
        lens = Lens([Surface(surface, thickness=4 * MM, medium=GLASS), Surface()])
        start = Rays(jnp.stack([-MM * numbers[0], 4 * MM, MM]), [1.0, 0.1, 0.0], LIGHT)
        return trace(lens, start).position[1] / MM

    at = jnp.array([1.0, -0.5, 0.7])
    step = 1e-4 * jnp.eye(3)
    slope = jax.jit(jax.value_and_grad(height))
    sides = [(slope(at + d), slope(at - d)) for d in step]
    for order, found in enumerate((slope(at)[1], jax.jit(jax.hessian(height))(at))):
        by_steps = jnp.stack([(up[order] - down[order]) / 2e-4 for up, down in sides])
        np.testing.assert_allclose(found, by_steps, rtol=1e-6, atol=1e-9)


def test_what_becomes_of_rays_is_told_with_the_surface():
    steep = Lens([Surface(thickness=MM, medium=GLASS), Surface(Conic(-4 * MM), semi_diameter=3.5 * MM, medium=AIR),
                  Surface()])  # fmt: skip
    end = trace(steep, parallel([0.0, 3.0, 3.6, 5.0]))
    wanted = [RayStatus.HIT, RayStatus.TOTALLY_REFLECTED, RayStatus.CLIPPED, RayStatus.MISSED]
    assert end.status.tolist() == wanted
    assert end.lost_at.tolist() == [-1, 1, 1, 1]
    assert bool(jnp.isfinite(end.position).all())
    slopes = jax.grad(lambda lens: jnp.sum(trace(lens, parallel([0.0, 3.0, 3.6, 5.0])).position))(steep)
    assert all(bool(jnp.isfinite(leaf).all()) for leaf in jax.tree.leaves(slopes))


@pytest.mark.slow
def test_rays_that_find_no_asphere_leave_derivatives_finite():
    """A coefficient so large that Newton's iteration runs away beside the axis."""
    lens = Lens([Surface(Asphere(20 * MM, -1.0, [1e12, -1e24], [6, 10]), medium=GLASS), Surface()])
    slanted = Rays(np.stack([np.full(4, -MM), np.array([0.0, 1, 20, 200]) * MM, np.zeros(4)]), [1.0, 0.3, 0.0], LIGHT)
    end = trace(lens, slanted)
    assert bool(end.alive[0])
    assert not bool(end.alive[1:].all())
    assert bool(jnp.isfinite(end.position).all())
    slopes = jax.grad(lambda lens: jnp.sum(trace(lens, slanted).position[1:] ** 2))(lens)
    assert all(bool(jnp.isfinite(leaf).all()) for leaf in jax.tree.leaves(slopes))


@pytest.mark.parametrize("judge", [spot, wavefront])
def test_a_lost_chief_ray_is_named_with_its_surface(judge):
    rows = [Surface(Conic(50 * MM), thickness=30 * MM, medium=GLASS, stop=True),
            Surface(Conic(-20 * MM), semi_diameter=MM, medium=AIR, thickness=40 * MM), Surface()]  # fmt: skip
    lens = Lens(rows, entrance_pupil_diameter=2 * MM)
    with pytest.raises(InputError, match="clipped at surface 1"):
        judge(lens, np.array([0.3, 0.0]), LIGHT)


def test_a_group_that_is_turned_is_the_light_turned_the_other_way():
    rows = [Surface(Conic(50 * MM), thickness=5 * MM, medium=GLASS),
            Surface(Conic(-70 * MM), thickness=20 * MM, medium=AIR),
            Surface(Conic(-30 * MM), thickness=2 * MM, medium=GLASS),
            Surface(thickness=40 * MM, medium=AIR), Surface()]  # fmt: skip
    pose = Pose((MM, -2 * MM, 3 * MM), (0.2, -0.05, 0.1))
    rays = parallel([-3.0, 0.0, 4.0])
    whole = trace(Lens(rows, groups=[Group(pose, 0, 4)]), rays)
    turn = pose.matrix().T
    seen = Rays(turn @ (rays.position - pose.shift[:, None]), turn @ rays.direction, LIGHT)
    alone = trace(Lens(rows), seen)
    np.testing.assert_allclose(whole.position, alone.position, atol=1e-15)
    np.testing.assert_allclose(whole.path, alone.path, atol=1e-15)
    part = trace(Lens(rows, groups=[Group(pose, 2, 3)]), rays)
    own = [*rows[:2], *(Surface(s.profile, thickness=s.thickness, medium=s.medium) for s in rows[2:])]
    first = Pose(pose.shift, pose.tilt)
    ahead = np.asarray(pose.matrix()) @ [2 * MM, 0, 0]
    second = Pose(np.asarray(pose.shift) + ahead - [2 * MM, 0, 0], pose.tilt)
    posed = [Surface(s.profile, thickness=s.thickness, medium=s.medium, pose=p)
             for s, p in zip(own, (None, None, first, second, None), strict=True)]  # fmt: skip
    np.testing.assert_allclose(part.position, trace(Lens(posed), rays).position, atol=1e-15)


def test_a_fold_mirror_turns_the_axis():
    """45° about x: what came along +z goes on along ±y, and the frame behind it follows."""
    quarter = np.pi / 4
    rows = [Surface(thickness=10 * MM), Surface(turn=Pose(tilt=(0, 0, quarter)), mirror=True),
            Surface(turn=Pose(tilt=(0, 0, quarter)), thickness=0.0), Surface()]  # fmt: skip
    end = trace(Lens(rows), parallel([0.0, 1.0]))
    assert bool(end.alive.all())
    np.testing.assert_allclose(jnp.abs(end.direction[0]), 1, rtol=1e-14)
    assert spread(end.path) < 1e-17


def test_a_wavefront_is_computed_in_double_precision_where_the_default_is_single():
    rows = [Surface(thickness=5 * MM, medium=GLASS, stop=True),
            Surface(Conic(-25 * MM, -2.25), thickness=50 * MM, medium=AIR), Surface()]  # fmt: skip
    with jax.enable_x64(False):
        lens = Lens(rows, entrance_pupil_diameter=10 * MM)
        assert float(wavefront(lens, np.zeros(2), LIGHT).rms) < 1e-9
        with pytest.raises(InputError, match="64 bits"):
            jax.jit(lambda lens: wavefront(lens, np.zeros(2), LIGHT).rms)(lens)


def test_single_precision_follows_rays_to_nanometers():
    rows = [Surface(Conic(22 * MM), thickness=3 * MM, medium=GLASS, stop=True),
            Surface(Conic(-40 * MM), thickness=30 * MM, medium=AIR), Surface()]  # fmt: skip
    points = gauss_legendre(3, 6).points
    ends = []
    for double in (True, False):
        with jax.enable_x64(double):
            lens = Lens(rows, entrance_pupil_diameter=8 * MM)
            ends.append(np.asarray(trace(lens, launch(lens, np.array([0.1, 0.0]), points, LIGHT)).position))
    assert ends[1].dtype == np.float32
    np.testing.assert_allclose(ends[1], ends[0], atol=10e-9)


def test_colors_part_on_an_axis_of_their_own():
    glass = Cauchy([1.5, 4e-15])
    lens = Lens(
        [Surface(Conic(50 * MM), thickness=5 * MM, medium=glass), Surface(thickness=90 * MM, medium=AIR), Surface()]
    )
    colors = np.array([450e-9, 650e-9])
    both = trace(
        lens, Rays(np.zeros((3, 2, 1)) + np.array([0, MM, 0])[:, None, None], [1.0, 0.0, 0.0], colors[:, None])
    )
    for i, color in enumerate(colors):
        one = trace(lens, Rays([0.0, MM, 0.0], [1.0, 0.0, 0.0], color))
        np.testing.assert_allclose(both.position[:, i, 0], one.position, rtol=1e-13, atol=1e-18)


@pytest.mark.parametrize(
    ("build", "named"),
    [
        (lambda: Conic(0.0), "radius"),
        (lambda: Conic(np.nan), "radius"),
        (lambda: Asphere(1.0, 0.0, [1.0], [1]), "power"),
        (lambda: Asphere(1.0, 0.0, [1.0], [4, 6]), "power"),
        (lambda: Surface(mirror=True, medium=GLASS), "mirror"),
        (lambda: Surface(semi_diameter=0.0), "semi_diameter"),
        (lambda: Lens([]), "at least one"),
        (lambda: Lens([Surface(stop=True), Surface(stop=True)]), "one stop"),
        (lambda: Lens([Surface(), Surface()]).stop, "no stop"),
        (lambda: first_order(Lens([Surface(stop=True), Surface()]), LIGHT), "entrance_pupil_diameter"),
        (lambda: Lens([Surface()], groups=[Group(Pose(), 0, 1)]), "groups"),
        (lambda: Rays([0.0, 0.0], [1.0, 0.0, 0.0], LIGHT), "position"),
        (lambda: Rays([0.0, 0.0, 0.0], [0.0, 0.0, 0.0], LIGHT), "direction"),
        (lambda: Rays(np.zeros((3, 2)), np.ones((3, 5)), LIGHT), "broadcast"),
        (lambda: Rays([0.0, 0.0, 0.0], [1.0, 0.0, 0.0], -1.0), "wavelength"),
    ],
)
def test_what_no_lens_can_be_is_refused(build, named):
    with pytest.raises(InputError, match=named):
        build()
