"""Distortion, field curvature, illumination, fans, Zernike fits, apertures and error bars, against closed forms."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from backlight.errors import InputError
from backlight.inverse.tree import leaf_paths, set_leaves
from backlight.light import ConstantIndex
from backlight.maths.zernike import Term, fringe_term, noll_term, zernikes
from backlight.rays import (
    Conic,
    Lens,
    Surface,
    Wavefront,
    distortion,
    exit_pupil,
    field_curvature,
    first_order,
    gauss_legendre,
    illumination,
    image_scale,
    launch,
    quadrature_error,
    ray_fans,
    relative_illumination,
    seidel,
    spot,
    trace,
    wavefront,
    with_f_number,
    with_numerical_aperture,
    with_object_aperture,
    zernike_fit,
)

GLASS, AIR = ConstantIndex(1.5), ConstantIndex(1.0)
MM, LIGHT = 1e-3, 550e-9
pytestmark = pytest.mark.usefixtures("float64", "compiled_quickly")


def singlet(diameter=5 * MM, reach=None, stop_before=20 * MM, object_distance=None):
    """Return a lens with its stop before it, so that all aberrations are there, in focus."""
    rows = [Surface(thickness=stop_before, stop=True), Surface(Conic(60 * MM), thickness=4 * MM, medium=GLASS),
            Surface(Conic(-90 * MM), thickness=70 * MM, medium=AIR, semi_diameter=reach), Surface()]  # fmt: skip
    lens = Lens(rows, entrance_pupil_diameter=diameter, object_distance=object_distance)
    back = float(first_order(lens, LIGHT).back_focus) if object_distance is None else 0.0
    return set_leaves(lens, {"surfaces.2.thickness": np.asarray(70 * MM + back)})


def test_distortion_is_seidel_s_fifth_sum_for_small_fields():
    """−S_V/(2n'u') over the height; what is left falls with the fourth power of the field."""
    lens = singlet()
    fields = np.array([0.02, 0.04])
    found = distortion(lens, [0.0, *fields], LIGHT)
    assert float(found.relative[0]) == 0
    rest = []
    for i, field in enumerate(fields, 1):
        third = float(seidel(lens, field, LIGHT).transverse()[5])
        assert float(found.height[i] - found.ideal[i]) == pytest.approx(third, rel=0.02)
        rest.append(abs(float(found.height[i] - found.ideal[i]) - third))
    assert rest[1] / rest[0] == pytest.approx(2**5, rel=0.1)
    assert float(image_scale(lens, LIGHT)) == pytest.approx(float(first_order(lens, LIGHT).efl), rel=1e-12)


def test_an_f_theta_lens_is_measured_by_the_angle():
    lens, fields = singlet(), np.array([0.1, 0.2])
    plain, by_angle = distortion(lens, fields, LIGHT), distortion(lens, fields, LIGHT, ideal=lambda angle: angle)
    np.testing.assert_allclose((1 + by_angle.relative) * fields, (1 + plain.relative) * np.tan(fields), rtol=1e-12)


def test_field_curvature_is_seidel_s_for_small_fields():
    """z = −(3S_III + S_IV)/(2n'u'²) for the tangential focus, −(S_III + S_IV)/(2n'u'²) for the sagittal one."""
    lens, rest = singlet(), []
    for field in (0.02, 0.04):
        found, sums = field_curvature(lens, [field], LIGHT), seidel(lens, field, LIGHT)
        three, four = float(sums.astigmatism.sum()), float(sums.petzval.sum())
        wanted = np.array([3 * three + four, three + four]) / (-2 * float(sums.marginal) ** 2)
        both = np.array([found.tangential[0], found.sagittal[0]])
        np.testing.assert_allclose(both, wanted, rtol=0.02)
        rest.append(np.abs(both - wanted))
    np.testing.assert_allclose(rest[1] / rest[0], 2**4, rtol=0.15)


def test_close_rays_cross_at_the_foci():
    """Rays a thousandth of the pupil beside the chief ray, where its neighbors are said to cross."""
    lens, field = singlet(), 0.3
    found = field_curvature(lens, [field], LIGHT)
    at = 1e-3 * np.array([[0.0, 1, -1, 0, 0], [0, 0, 0, 1, -1]])
    rays = trace(lens, launch(lens, np.array([field, 0.0]), at, LIGHT))
    slope = rays.direction[1:] / rays.direction[0]
    tangential = -(rays.position[1, 1] - rays.position[1, 2]) / (slope[0, 1] - slope[0, 2])
    sagittal = -(rays.position[2, 3] - rays.position[2, 4]) / (slope[1, 3] - slope[1, 4])
    assert float(tangential) == pytest.approx(float(found.tangential[0]), rel=1e-5)
    assert float(sagittal) == pytest.approx(float(found.sagittal[0]), rel=1e-5)


@pytest.mark.slow
def test_a_stop_at_a_thin_lens_lights_the_image_by_the_fourth_power_of_the_cosine():
    """Its chief rays go straight on: r = f·tan θ, and d²(sin θ)/d²(tan θ) = cos⁴ θ."""
    rows = [Surface(Conic(100 * MM), thickness=1e-3 * MM, medium=GLASS, stop=True),
            Surface(Conic(-100 * MM), thickness=100 * MM, medium=AIR), Surface()]  # fmt: skip
    lens = Lens(rows, entrance_pupil_diameter=0.1 * MM)
    angles = np.array([0.0, 0.1, 0.3])
    np.testing.assert_allclose(relative_illumination(lens, angles, LIGHT), np.cos(angles) ** 4, rtol=1e-4)


@pytest.mark.slow
def test_illumination_is_the_exit_pupil_s_area_in_direction_cosines_where_the_image_is_sharp():
    """On the axis, for an object at infinity and one that is near; within the spherical aberration of a small beam."""
    near = singlet(diameter=0.5 * MM, object_distance=250 * MM, stop_before=10 * MM)
    focused = set_leaves(near, {"surfaces.2.thickness": np.asarray(_near_focus(near))})
    for lens in (singlet(diameter=0.5 * MM), focused):
        light = exit_pupil(lens, np.zeros(2), LIGHT)
        area = float(np.pi * jnp.sum(light.weights * light.stretch))
        assert float(illumination(lens, np.zeros(2), LIGHT)) == pytest.approx(area, rel=1e-4)


def _near_focus(lens):
    first = first_order(lens, LIGHT)
    return float(first.bfl - first.efl**2 / -(250 * MM + first.ffl))


@pytest.mark.slow
def test_light_that_a_rim_takes_is_missing_in_the_corner():
    field, rule = [0.15], gauss_legendre(30, 60)
    open_, hidden = (relative_illumination(singlet(reach=r), field, LIGHT, rule=rule) for r in (None, 4.5 * MM))
    # The beam is a disc of 5 mm about the chief ray's height on the last surface, of what lies within 4.5 mm.
    assert 0.5 < float(hidden[0] / open_[0]) < 0.95
    told = exit_pupil(singlet(reach=4.5 * MM), np.array([0.15, 0.0]), LIGHT, rule=rule)
    assert float(hidden[0] / open_[0]) == pytest.approx(float(told.power.sum()), abs=0.02)


@pytest.mark.slow
def test_fans_are_rays_and_their_paths():
    """The slope of the path along the fan is the ray's offset: ∂W/∂p = ε·∂q/∂p/λ."""
    lens, field, count = singlet(), np.array([0.1, 0.0]), 41
    fans = ray_fans(lens, field, LIGHT, count)
    for axis, fan in enumerate(fans):
        rule = gauss_legendre(1, 4)._replace(points=np.stack([fan.pupil * (axis == 0), fan.pupil * (axis == 1)]),
                                             weights=np.full(count, 1 / count))  # fmt: skip
        far = exit_pupil(lens, field, LIGHT, rule=rule)
        # Differences of fourth order; against the sphere of finite radius W differs by ε²/(2Rλ).
        slope = lambda a: (a[..., :-4] - 8 * a[..., 1:-3] + 8 * a[..., 3:-1] - a[..., 4:]) * (count - 1) / 24  # noqa: E731
        work = np.sum(np.asarray(fan.offsets)[:, 2:-2] * slope(np.asarray(far.cosines)), axis=0) / LIGHT
        np.testing.assert_allclose(slope(np.asarray(far.opd)), work, atol=1e-6 * np.abs(work).max())
        between = np.sum(np.asarray(fan.offsets) ** 2, axis=0) / (2 * 80 * MM * LIGHT)
        assert np.all(np.abs(np.asarray(fan.opd - far.opd)) <= between + 1e-6)
        assert float(fan.opd[count // 2]) == 0
        assert bool(fan.alive.all())
    cut = ray_fans(singlet(reach=2 * MM), np.zeros(2), LIGHT, count)[0]
    assert not bool(cut.alive[0])
    assert bool(cut.alive[count // 2])
    assert float(cut.opd[0]) == 0


@pytest.mark.parametrize(("order", "size"), [(noll_term, 1.0), (fringe_term, 1.0)])
def test_zernike_polynomials_that_were_put_in_are_found(order, size):
    rule, wanted = gauss_legendre(8, 20), np.linspace(-0.5, 0.7, 15) * size
    opd = sum(c * z for c, z in zip(wanted, zernikes([order(j + 1) for j in range(15)], *rule.points), strict=True))
    hidden = np.where(rule.points[0] > 0.5, 0.0, rule.weights)
    for weights in (rule.weights, hidden / hidden.sum()):
        front = Wavefront(jnp.asarray(opd), jnp.asarray(rule.points), jnp.asarray(weights), jnp.ones(()), jnp.ones(()))
        fit = zernike_fit(front, 15, order=order)
        np.testing.assert_allclose(fit.coefficients, wanted, atol=1e-10)
        assert float(fit.residual) < 1e-12


def test_a_defocus_of_a_perfect_lens_is_its_zernike():
    """Spheres about points z apart, of radii R and R + z: a²z/(2R(R + z)) of path at the rim, half of it over √3 in
    Noll's order; ahead where the image lies behind the focus, for light at the rim is already nearer to the axis."""
    length, radius, z = 100 * MM, 1.25 * MM, 0.5 * MM
    rows = [Surface(Conic(-2 * length, -1.0), thickness=-length - z, mirror=True, stop=True), Surface()]
    lens = Lens(rows, entrance_pupil_diameter=2 * radius)
    fit = zernike_fit(wavefront(lens, np.zeros(2), LIGHT), 11)
    wanted = np.zeros(11)
    wanted[3] = radius**2 * z / (2 * length * (length + z)) / LIGHT / (2 * 3**0.5)
    np.testing.assert_allclose(fit.coefficients[1:], wanted[1:], atol=2e-4 * wanted[3])
    with pytest.raises(InputError, match="finer rule"):
        zernike_fit(wavefront(lens, np.zeros(2), LIGHT, rule=gauss_legendre(2, 4)), 11)


def test_apertures_are_what_was_asked_for():
    lens = singlet()
    assert float(first_order(with_f_number(lens, 8.0, LIGHT), LIGHT).f_number) == pytest.approx(8, rel=1e-13)
    fast = with_numerical_aperture(lens, 0.1, LIGHT)
    assert float(seidel(fast, 0.0, LIGHT).marginal) == pytest.approx(-0.1, rel=1e-13)
    near = singlet(object_distance=200 * MM, stop_before=10 * MM)
    wide = with_object_aperture(near, 0.05, LIGHT)
    rim = launch(wide, np.zeros(2), np.array([[1.0], [0.0]]), LIGHT)
    assert float(rim.direction[1, 0]) == pytest.approx(0.05, rel=1e-13)
    image = with_numerical_aperture(near, 0.05, LIGHT)
    ends = seidel(image, 0.0, LIGHT)
    first = first_order(image, LIGHT)
    slope = float(image.entrance_pupil_diameter) / 2 / (200 * MM + float(first.entrance_pupil))
    sine = slope / np.hypot(1, slope)
    assert abs(float(ends.marginal) / slope * sine) == pytest.approx(0.05, rel=1e-12)  # n sin θ = M n' sin θ'
    with pytest.raises(InputError, match="infinity"):
        with_object_aperture(lens, 0.1, LIGHT)
    with pytest.raises(InputError, match="between 0 and 1"):
        with_object_aperture(near, 1.2, LIGHT)
    with jax.enable_x64(False):
        assert with_f_number(lens, 8.0, LIGHT).entrance_pupil_diameter.dtype == np.float64


CASES = {"open": (None, 5 * MM), "wide": (None, 14 * MM), "hidden in part": (4.5 * MM, 6 * MM)}


@pytest.mark.slow
@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n == "wide" else n for n in CASES])
def test_an_error_bar_holds_against_a_dense_rule(name):
    """The estimate is at least the error (of which only rays that are lost leave more than a thousandth)."""
    reach, diameter = CASES[name]
    lens, field = singlet(diameter, reach), np.array([0.12, 0.0])
    quantities = (
        lambda rule: spot(lens, field, LIGHT, rule=rule).rms,
        lambda rule: jnp.sum(exit_pupil(lens, field, LIGHT, rule=rule).power),
        lambda rule: wavefront(lens, field, LIGHT, rule=rule).rms,
    )
    for quantity in quantities:
        dense = float(quantity(gauss_legendre(80, 161)))
        off = abs(float(quantity(gauss_legendre(6, 12))) - dense)
        told = float(quadrature_error(quantity, 6, 12))
        assert off <= told + 1e-12 * abs(dense)
        assert told < 0.1 * abs(dense)


def test_an_error_bar_holds_for_most_pupils_that_are_cut():
    rng, held = np.random.default_rng(0), []
    dense = gauss_legendre(200, 401)
    for _ in range(150):
        angle, away = rng.uniform(0, 2 * np.pi), rng.uniform(0.3, 1.5)
        center, radius = away * np.array([[np.sin(angle)], [np.cos(angle)]]), away + rng.uniform(-0.6, 0.9)

        def seen(rule, center=center, radius=radius):
            within = np.hypot(*(rule.points - center)) < radius
            return np.sum(rule.weights * within * (1 + 0.3 * rule.points[0]))

        held.append(abs(seen(gauss_legendre(6, 12)) - seen(dense)) <= float(quadrature_error(seen, 6, 12)))
    assert np.mean(held) > 0.96


QUANTITIES = {
    "distortion": lambda lens: distortion(lens, np.array([0.2]), LIGHT).relative[0],
    "tangential focus": lambda lens: field_curvature(lens, np.array([0.2]), LIGHT).tangential[0],
    "illumination": lambda lens: relative_illumination(lens, np.array([0.2]), LIGHT)[0],
    "Zernike": lambda lens: zernike_fit(wavefront(lens, np.array([0.1, 0.0]), LIGHT), 8).coefficients[6],
    "aperture": lambda lens: with_numerical_aperture(lens, 0.1, LIGHT).entrance_pupil_diameter,
}


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.slow) if n == "illumination" else n for n in QUANTITIES]
)
def test_derivatives_by_a_curvature(name):
    quantity, lens, path = jax.jit(QUANTITIES[name]), singlet(), "surfaces.1.profile.curvature"
    slopes = leaf_paths(jax.grad(quantity)(lens))
    value, step = leaf_paths(lens)[path], 1e-2
    ends = [float(quantity(set_leaves(lens, {path: np.asarray(value + k * step)}))) for k in (-2, -1, 1, 2)]
    by_steps = (ends[0] - 8 * ends[1] + 8 * ends[2] - ends[3]) / (12 * step)
    assert float(slopes[path]) == pytest.approx(by_steps, rel=1e-6)
    assert all(bool(jnp.isfinite(leaf).all()) for leaf in slopes.values())


def test_terms_of_the_fringe_order_are_1_at_the_edge():
    assert fringe_term(9) == Term(4, 0, 1.0)
