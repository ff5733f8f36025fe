"""Each profile: its sag by an independent formula, rays on it, Snell's law, derivatives."""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import reference as ref
from scipy.interpolate import BSpline as ScipySpline

from backlight.errors import InputError
from backlight.light import ConstantIndex, Rays, RayStatus
from backlight.maths.vectors import Vector
from backlight.maths.zernike import Term, fringe, noll_term
from backlight.rays import (
    Asphere,
    Biconic,
    BSpline,
    Conic,
    Lens,
    Qbfs,
    Surface,
    Toroid,
    XYPolynomial,
    ZernikeSag,
    first_order,
    seidel,
    trace,
)
from backlight.rays.forbes import q_polynomials
from backlight.rays.interfaces import refracted

MM, UM, LIGHT = 1e-3, 1e-6, 550e-9
pytestmark = pytest.mark.usefixtures("float64")
rng = np.random.default_rng(3)
HEIGHTS = 20 * UM * rng.standard_normal((8, 6))  # no knot at the vertex, where third derivatives would jump
KNOTS = [np.linspace(-1, 1, n - 2)[0] + 2 / (n - 3) * np.arange(-3, n + 1) for n in HEIGHTS.shape]


def conic(r2, c, k):
    return c * r2 / (1 + np.sqrt(1 - (1 + k) * c**2 * r2))


def toroid(y, x):
    """R − √((R − z)² − x²) as the smaller root h of h² − 2Rh + 2Rz − z² + x² = 0, which does not cancel."""
    z = conic(y**2, 20, -0.5) + 2e3 * y**4
    return (2 * 80 * MM * z - z**2 + x**2) / (80 * MM + np.sqrt((80 * MM - z) ** 2 - x**2))


def spline(y, x):
    rows, columns = (
        np.array([ScipySpline.basis_element(knots[i : i + 5], extrapolate=False)(at / (6 * MM))
                  for i in range(len(knots) - 4)])
        for knots, at in zip(KNOTS, (y, x), strict=True)
    )  # fmt: skip
    return conic(y**2 + x**2, 1 / 0.06, 0) + np.einsum("ik,jk,ij->k", np.nan_to_num(rows), np.nan_to_num(columns),
                                                         HEIGHTS)  # fmt: skip


def fringes(y, x):
    r, t = np.hypot(y, x) / (6 * MM), np.arctan2(y, x)
    terms = r**2 * np.cos(2 * t), (3 * r**3 - 2 * r) * np.sin(t), 6 * r**4 - 6 * r**2 + 1
    return conic(y**2 + x**2, 20, -1) + sum(a * UM * z for a, z in zip((5, -7, 3), terms, strict=True))


def q(y, x):
    """The first three polynomials as Forbes prints them."""
    u = (y**2 + x**2) / (6 * MM) ** 2
    terms = 1, (13 - 16 * u) / np.sqrt(19), np.sqrt(2 / 95) * (29 - 4 * u * (25 - 19 * u))
    departure = sum(a * UM * term for a, term in zip((9, -4, 5), terms, strict=True))
    return conic(y**2 + x**2, 20, 0) + u * (1 - u) / np.sqrt(1 - 400 * (y**2 + x**2)) * departure


PROFILES = {
    "toroid": (Toroid(Asphere(50 * MM, -0.5, [2e3]), 80 * MM), toroid),
    "biconic": (
        Biconic(50 * MM, -0.5, radius_x=-70 * MM, conic_x=1.5),
        lambda y, x: (20 * y**2 - x**2 / 0.07) / (1 + np.sqrt(1 - 0.5 * 400 * y**2 - 2.5 * x**2 / 0.07**2)),
    ),
    "xy": (
        XYPolynomial(6 * MM, [5 * UM, -8 * UM, 3 * UM], [(1, 2), (0, 3), (4, 1)], 50 * MM, -1.0),
        lambda y, x: conic(y**2 + x**2, 20, -1) + 5 * UM * x * y**2 / (6 * MM) ** 3 - 8 * UM * (y / 6 / MM) ** 3
        + 3 * UM * x**4 * y / (6 * MM) ** 5,
    ),
    "zernike": (
        ZernikeSag(6 * MM, np.array([5, -7, 3]) * UM, [Term(*fringe(j), 1.0) for j in (5, 8, 9)], 50 * MM, -1.0),
        fringes,
    ),
    "spline": (BSpline((6 * MM, 6 * MM), HEIGHTS, 60 * MM), spline),
    "forbes": (Qbfs(6 * MM, np.array([9, -4, 5]) * UM, 50 * MM), q),
}  # fmt: skip
each = pytest.mark.parametrize("name", PROFILES)
Y, X = 4 * MM * rng.uniform(-1, 1, (2, 40))


def bundle():
    way = np.stack([np.ones(40), *(0.2 * rng.uniform(-1, 1, (2, 40)))])
    way = way / np.linalg.norm(way, axis=0)
    return Vector(*jnp.asarray([0 * Y - 2 * MM, Y, X])), Vector(*jnp.asarray(way))


@each
def test_sag(name):
    profile, formula = PROFILES[name]
    np.testing.assert_allclose(profile.sag(jnp.asarray(Y), jnp.asarray(X)), formula(Y, X), rtol=0, atol=1e-17)
    assert np.isfinite(float(profile.sag(jnp.zeros(()), jnp.zeros(()))))


@each
def test_rays_meet_it_and_follow_snells_law(name):
    profile, formula = PROFILES[name]
    place, way = bundle()
    meeting = profile.meet(place, way)
    assert bool(jnp.all(meeting.there & meeting.converged))
    met = place.ahead(way, meeting.distance)
    assert np.max(np.abs(met.z - formula(np.asarray(met.y), np.asarray(met.x)))) < 1e-16
    gone = refracted(way, meeting.normal, jnp.asarray(1 / 1.5)).way
    before, behind = (np.cross(np.stack(d).T, np.stack(meeting.normal).T) for d in (way, gone))
    assert np.max(np.abs(before - 1.5 * behind)) < 1e-15
    step = 1e-6
    slopes = [(formula(np.asarray(met.y) + a, np.asarray(met.x) + b) - formula(np.asarray(met.y) - a,
               np.asarray(met.x) - b)) / (2 * step) for a, b in ((step, 0), (0, step))]  # fmt: skip
    np.testing.assert_allclose(-meeting.normal.y / meeting.normal.z, slopes[0], atol=1e-8)
    np.testing.assert_allclose(-meeting.normal.x / meeting.normal.z, slopes[1], atol=1e-8)


def met_by(name):
    """Return the leaves of a profile, and a function of them: where rays meet it, and its normal there."""
    place, way = bundle()
    leaves, shape = jax.tree.flatten(PROFILES[name][0])
    weights = jnp.asarray(np.random.default_rng(1).standard_normal((3, 40)))

    def told(leaves):
        meeting = jax.tree.unflatten(shape, leaves).meet(place, way)
        return jnp.sum(weights * jnp.stack([meeting.distance / MM, meeting.normal.y, meeting.normal.x]))

    return [jnp.asarray(leaf) for leaf in leaves], told


def each_way(leaves):
    """Return one direction for each leaf, as large as that."""
    for i, leaf in enumerate(leaves):
        size = float(jnp.max(jnp.abs(leaf))) or 1.0
        yield i, [size * jnp.asarray(np.random.default_rng(2).standard_normal(x.shape)) * (k == i)
                  for k, x in enumerate(leaves)]  # fmt: skip


def stepped(leaves, along, step):
    return [x + step * a for x, a in zip(leaves, along, strict=True)]


@each
def test_derivatives_by_every_leaf(name):
    leaves, told = met_by(name)
    slopes = jax.jit(jax.value_and_grad(told))
    _, found = slopes(leaves)
    for i, along in each_way(leaves):
        (up, _), (down, _) = (slopes(stepped(leaves, along, step)) for step in (1e-5, -1e-5))
        assert float(jnp.sum(found[i] * along[i])) == pytest.approx(float(up - down) / 2e-5, rel=1e-6, abs=1e-8)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["biconic", "zernike"])
def test_second_derivatives_by_every_leaf(name):
    leaves, told = met_by(name)
    slope = jax.jit(jax.grad(told))
    second = jax.jit(lambda along: jax.jvp(slope, (leaves,), (along,))[1])
    for _, along in each_way(leaves):
        up, down = (slope(stepped(leaves, along, step)) for step in (1e-5, -1e-5))
        for found, a, b in zip(second(along), up, down, strict=True):
            np.testing.assert_allclose(found, (a - b) / 2e-5, rtol=1e-5, atol=1e-6 * float(jnp.max(jnp.abs(a))))


@each
def test_in_single_precision(name):
    profile, formula = PROFILES[name]
    place, way = (Vector(*(a.astype(jnp.float32) for a in vector)) for vector in bundle())
    single = jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float32), profile)
    meeting = single.meet(place, way)
    assert meeting.distance.dtype == jnp.float32
    assert bool(jnp.all(meeting.there & meeting.converged))
    met = place.ahead(way, meeting.distance)
    assert np.max(np.abs(met.z - formula(*(np.asarray(a, float) for a in (met.y, met.x))))) < 3e-9


@each
def test_curvature_at_the_vertex(name):
    profile, formula = PROFILES[name]
    h = 1e-5
    second = (formula(np.array([h]), np.zeros(1)) + formula(np.array([-h]), np.zeros(1))
              - 2 * formula(np.zeros(1), np.zeros(1))) / h**2  # fmt: skip
    assert float(profile.vertex_curvature()) == pytest.approx(float(second[0]), rel=1e-4)


@pytest.mark.parametrize("profile", [Toroid(Conic(50 * MM), 50 * MM), Biconic(50 * MM, radius_x=50 * MM)])
def test_equal_radii_make_a_sphere(profile):
    place, way = bundle()
    found, wanted = profile.meet(place, way), Conic(50 * MM).meet(place, way)
    np.testing.assert_allclose(found.distance, wanted.distance, rtol=0, atol=1e-17)
    normals = [jnp.stack(m.normal) / jnp.linalg.norm(jnp.stack(m.normal), axis=0) for m in (found, wanted)]
    np.testing.assert_allclose(*normals, rtol=0, atol=1e-15)


def test_no_radius_of_the_turn_makes_a_cylinder():
    assert float(Toroid(Conic(50 * MM)).sag(3 * MM, 9 * MM)) == pytest.approx(float(Conic(50 * MM).sag(3 * MM, 0.0)))


def test_zernike_and_powers_of_one_surface_agree():
    """Noll's 11th: √5(6ρ⁴ − 6ρ² + 1)."""
    zernike = ZernikeSag(6 * MM, [3 * UM], [noll_term(11)], 50 * MM)
    a = 3 * UM * np.sqrt(5)
    powers = [(4, 0), (2, 2), (0, 4), (2, 0), (0, 2), (0, 0)]
    xy = XYPolynomial(6 * MM, a * np.array([6, 12, 6, -6, -6, 1]), powers, 50 * MM)
    np.testing.assert_allclose(xy.sag(Y, X), zernike.sag(Y, X), rtol=0, atol=1e-18)


@pytest.mark.slow
def test_a_spline_of_a_sphere_converges_at_its_order():
    """Fourth: half the spacing, a sixteenth of the error."""
    y, x = (a.ravel() for a in np.meshgrid(*2 * [np.linspace(-6, 6, 41) * MM]))
    wanted, errors = conic(y**2 + x**2, 50, 0), []
    for count in (7, 11, 19):
        sag = lambda h: BSpline((6 * MM, 6 * MM), h).sag(jnp.asarray(y), jnp.asarray(x))  # noqa: E731
        matrix = np.asarray(jax.jacfwd(sag)(jnp.zeros((count, count)))).reshape(len(y), -1)
        heights = np.linalg.lstsq(matrix, wanted, rcond=None)[0]
        errors.append(np.sqrt(np.mean((matrix @ heights - wanted) ** 2)))
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert np.all(np.abs(orders - 4) < 0.5), orders


@pytest.mark.slow
def test_beyond_its_rim_a_surface_is_missed():
    rays = Rays(np.array([[0, 0], [0, 7], [0, 0]]) * MM, [[1.0], [0.0], [0.0]], LIGHT)
    for profile in (BSpline((6 * MM, 9 * MM), HEIGHTS),
                    Biconic(6.5 * MM, radius_x=9 * MM), Qbfs(5 * MM, [UM], 6.5 * MM),
                    Toroid(Conic(), 6.5 * MM)):  # fmt: skip
        turned = rays if not isinstance(profile, Toroid) else Rays(rays.position[jnp.array([0, 2, 1])], rays.direction,
                                                                   LIGHT)  # fmt: skip
        end = trace(Lens([Surface(profile), Surface()]), turned)
        assert end.status.tolist()[0] == RayStatus.HIT
        assert end.status.tolist()[1] in (RayStatus.MISSED, RayStatus.NOT_CONVERGED)
        assert bool(jnp.all(jnp.isfinite(end.position)))


@pytest.mark.parametrize(("profile", "rim"), [(Asphere(5 * MM, 0.0, [2e5]), 5 * MM),
                                              (XYPolynomial(5 * MM, [MM], [(0, 2)], 5 * MM), 5 * MM),
                                              (Conic(10 * MM, -3.0), np.inf)])  # fmt: skip
def test_what_is_hit_is_there(profile, rim):
    """Rays of all directions: no second sheet of a hyperboloid, no polynomial where its conic has ended."""
    rng, n = np.random.default_rng(0), 2000
    places = rng.uniform(-1, 1, (3, n)) * np.array([[10], [8], [8]]) * MM
    ways = (
        np.abs(rng.normal(size=(3, n))) * np.array([[0.5], [1], [1]]) * rng.choice([-1, 1], (3, n)) ** [[0], [1], [1]]
    )
    end = trace(Lens([Surface(profile)]), Rays(places, ways, LIGHT))
    assert 200 < int(end.alive.sum()) < 1500
    z, y, x = end.position[:, end.alive]
    assert float(jnp.max(jnp.hypot(y, x))) < rim
    np.testing.assert_allclose(z, profile.sag(y, x), atol=1e-12)


def test_slopes_of_forbes_polynomials_are_orthonormal():
    """Over u = sin θ, θ uniform: the mean of S_m S_n is δ, by a trapezoidal rule that is exact for polynomials."""
    angle = (np.arange(64) + 0.5) * np.pi / 128
    u = jnp.asarray(np.sin(angle))
    slopes = [jax.vmap(jax.grad(lambda u, m=m: u**2 * (1 - u**2) * q_polynomials(12, u**2)[m]))(u) for m in range(12)]
    np.testing.assert_allclose(np.array(slopes) @ np.array(slopes).T / 64, np.eye(12), atol=1e-11)


@pytest.mark.slow
def test_forbes_as_an_even_asphere():
    """On a plane, (9Q₀ − 4Q₁ + 5Q₂) u²(1 − u²) is a polynomial: same sag, same curvature, same Seidel sums."""
    radius, amounts = 6 * MM, np.array([9, -4, 5]) * UM
    in_u = (amounts[0] * np.array([1, 0, 0]) + amounts[1] * np.array([13, -16, 0]) / np.sqrt(19)
            + amounts[2] * np.sqrt(2 / 95) * np.array([29, -100, 76]))  # fmt: skip
    powers = np.convolve(in_u, [1, -1]) / radius ** np.array([2, 4, 6, 8])
    pair = Qbfs(radius, amounts), Asphere(None, 0.0, powers, [2, 4, 6, 8])
    np.testing.assert_allclose(*(p.sag(jnp.asarray(Y), jnp.asarray(X)) for p in pair), rtol=0, atol=1e-18)
    for what in ("vertex_curvature", "deformation"):
        assert float(getattr(pair[0], what)()) == pytest.approx(float(getattr(pair[1], what)()), rel=1e-12)
    curved = Qbfs(radius, amounts, 50 * MM)
    fourth = jax.grad(jax.grad(jax.grad(jax.grad(lambda y: curved.sag(y, 0.0)))))(0.0) / 24
    assert float(curved.deformation()) == pytest.approx(float(fourth - curved.vertex_curvature() ** 3 / 8), rel=1e-10)


def test_what_is_refused():
    for make in (
        partial(XYPolynomial, MM, [1.0], [(1, 2), (3, 4)]),
        partial(XYPolynomial, MM, [1.0], [(-1, 2)]),
        partial(ZernikeSag, 0.0, [1.0], [noll_term(4)]),
        partial(BSpline, (MM, MM), np.zeros((3, 4))),
    ):
        with pytest.raises(InputError):
            make()
    lens = Lens([Surface(Toroid(Conic(50 * MM), 80 * MM), thickness=MM, medium=ConstantIndex(1.5), stop=True),
                 Surface(thickness=MM), Surface()], entrance_pupil_diameter=MM)  # fmt: skip
    assert float(first_order(lens, LIGHT).efl) == pytest.approx(0.1)
    with pytest.raises(InputError, match="revolution"):
        seidel(lens, 0.1, LIGHT)


@pytest.mark.real
def test_reference_toroid(shared_data):
    cases = ref.load(shared_data("lenses/reference_lenses.json"))
    case = cases["toroid_zemax_a"]
    lens = ref.lens_of(case["surfaces"], cases["glasses"], None)
    wanted = [np.array(e["value"]) for e in case["expected"]]
    heights = np.array([-5, -2.5]) * MM
    for axis, place, way in ((1, *wanted[:2]), (2, *wanted[2:4])):
        start = np.zeros((3, 2))
        start[axis] = heights
        end = trace(lens, Rays(start, [[1.0], [0.0], [0.0]], LIGHT))
        np.testing.assert_allclose(end.position[axis] / MM, place, rtol=0, atol=1e-12)
        np.testing.assert_allclose(end.direction[axis], way, rtol=0, atol=1e-12)
    curve = eqx.tree_at(lambda p: p.curve, lens.surfaces[0].profile, Asphere(50 * MM, -0.5, [1e-2], [2]))
    x, y = np.array([[2.5, 0, 5, 2.5], [0, 2.5, 2.5, -2.5]]) * MM
    np.testing.assert_allclose(curve.sag(y, x) / MM, wanted[4], rtol=0, atol=1e-14)
