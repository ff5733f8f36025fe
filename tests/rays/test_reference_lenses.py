"""Lenses whose values design codes have printed, or that other tracers have confirmed, each to its own digits."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import reference as ref

from backlight.light import Rays
from backlight.maths.zernike import fringe_term
from backlight.rays import (
    Lens,
    Pose,
    PupilPoints,
    aim,
    first_order,
    footprints,
    gauss_legendre,
    launch,
    seidel,
    spot,
    trace,
    wavefront,
    zernike_fit,
)

MM, UM = 1e-3, 1e-6
pytestmark = [pytest.mark.real, pytest.mark.usefixtures("float64")]


@pytest.fixture(scope="module")
def cases(shared_data):
    return ref.load(shared_data("lenses/reference_lenses.json"))


def lens_of(cases, name, diameter=None) -> Lens:
    case = cases[name]
    diameter = diameter or case.get("aperture", {}).get("EPD", 10.0)
    return ref.lens_of(case["surfaces"], cases["glasses"], diameter)


def told(cases, name, quantity):
    """Return value and tolerance of what a reference says."""
    (found,) = (e for e in cases[name]["expected"] if e["q"].split("[")[0].strip() == quantity)
    return np.array(found["value"]), found["tol_abs"]


def close(found, cases, name, quantity, unit=MM):
    value, tolerance = told(cases, name, quantity)
    np.testing.assert_allclose(np.asarray(found) / unit, value, rtol=0, atol=tolerance)


@pytest.mark.parametrize(
    ("name", "quantities"),
    [
        ("double_gauss_f2_codev", {"EFL": "efl", "BFL": "bfl", "FFL": "ffl",
                                   "entrance_pupil_z_from_S1": "entrance_pupil", "exit_pupil_z_from_last": "exit_pupil",
                                   "exit_pupil_diameter": "exit_pupil_diameter"}),
        ("cooke_triplet", {"EFL": "efl", "entrance_pupil_z": "entrance_pupil", "exit_pupil_diameter":
                           "exit_pupil_diameter", "back_focal_point_from_image": "back_focus"}),
        ("hubble_ritchey_chretien", {"EFL": "efl"}),
        ("edmund_49_847", {"EFL": "efl", "back_focal_point_from_image": "back_focus"}),
        ("cell_phone_us7535658", {"EFL": "efl", "BFL": "bfl", "FFL": "ffl"}),
        ("telescope_triplet_objective", {"EFL": "efl"}),
        ("cemented_achromat", {"EFL": "efl"}),
        ("canon_ef50_f18_patent", {"EFL": "efl", "BFL": "bfl"}),
    ],
)  # fmt: skip
def test_first_order(cases, name, quantities):
    case = cases[name]
    surfaces = [dict(s) for s in case["surfaces"]]
    if not any(s.get("stop") for s in surfaces):
        surfaces[0]["stop"] = True
    diameter = case.get("aperture", {}).get("EPD", 10.0)
    found = first_order(ref.lens_of(surfaces, cases["glasses"], diameter), case["reference_um"] * UM)
    for quantity, attribute in quantities.items():
        close(getattr(found, attribute), cases, name, quantity)


def test_f_number_and_pupils_from_the_image(cases):
    double_gauss = first_order(lens_of(cases, "double_gauss_f2_codev"), 0.5876 * UM)
    close(double_gauss.f_number, cases, "double_gauss_f2_codev", "FNO", unit=1)
    for name in ("cooke_triplet", "hubble_ritchey_chretien"):
        lens = lens_of(cases, name)
        found = first_order(lens, cases[name]["reference_um"] * UM)
        close(found.exit_pupil - lens.surfaces[-2].thickness, cases, name, "exit_pupil_z_from_image")


def test_third_order_sums(cases):
    name = "double_gauss_f2_codev"
    found = seidel(lens_of(cases, name), np.deg2rad(14.0000000032), 0.5876 * UM).transverse()
    close(found, cases, name, "third_order_sums_transverse")
    for name, field, signs, quantity in (
        ("hubble_ritchey_chretien", 0.15, [1, -1, 1, 1, -1], "seidel_sums S1..S5 magnitude"),
        ("edmund_49_847", 14.0, [1, 1, 1, 1, 1], "seidel_sums S1..S5 (Welford sign)"),
    ):
        sums = seidel(lens_of(cases, name), np.deg2rad(field), cases[name]["reference_um"] * UM)[:5]
        close(np.array([float(jnp.sum(s)) for s in sums]) * signs, cases, name, quantity)


@pytest.mark.slow
def test_rays_of_the_double_gauss(cases):
    name = "double_gauss_f2_codev"
    lens = lens_of(cases, name)
    ray = Rays([[0.0], [0.0], [25 * MM]], [[1.0], [0.0], [0.0]], 0.5876 * UM)
    path = footprints(lens, ray)[:, :, 0]
    close(path[:, 2], cases, name, "marginal_ray_x_per_surface")
    vertices = np.cumsum([0.0, *(float(s.thickness) for s in lens.surfaces[:-1])])
    close(path[:, 0] - vertices, cases, name, "marginal_ray_sag_per_surface")
    for field, wanted in zip(
        (10.0000000023, 14.0000000032), told(cases, name, "real_chief_ray_image_y")[0], strict=True
    ):
        chief = trace(lens, aim(lens, np.deg2rad([field, 0.0]), np.zeros((2, 1)), 0.5876 * UM))
        assert float(chief.position[1, 0]) / MM == pytest.approx(wanted, abs=1e-6)


def test_optical_path_differences(cases):
    name = "double_gauss_f2_codev"
    rule = PupilPoints(np.array([[0, 0, 0, 0], [1, 0.8, 0.6, 0.4]]), np.full(4, 0.25))
    found = wavefront(lens_of(cases, name), np.zeros(2), 0.5876 * UM, rule=rule)
    close(found.opd, cases, name, "OPD_on_axis_at_relative_pupil", unit=1)


def test_spots_and_wavefronts_of_the_triplet(cases):
    """Ten digits: with 8 × 16 rays where hexagonal patterns are percents off."""
    lens, wanted = lens_of(cases, "cooke_triplet"), cases["cooke_triplet"]["converged"]
    rule = gauss_legendre(8, 16)
    for i, angle in enumerate(wanted["fields_deg"]):
        for j, micrometers in enumerate(wanted["wavelengths_um"]):
            field, options = np.array([np.deg2rad(angle), 0.0]), {"rule": rule, "reference": 0.55 * UM}
            found = spot(lens, field, micrometers * UM, **options)
            assert float(found.rms) / MM == pytest.approx(wanted["rms_spot_chief_mm"][i][j], rel=1e-8)
            assert float(found.chief[0]) / MM == pytest.approx(wanted["chief_y_mm"][i][j], abs=1e-12)
            waves = wavefront(lens, field, micrometers * UM, **options)
            assert float(waves.rms) == pytest.approx(wanted["rms_wavefront_waves"][i][j], rel=1e-8)


@pytest.mark.slow
def test_axial_fan_of_the_triplet(cases):
    lens = lens_of(cases, "cooke_triplet")
    for wanted, micrometers in zip(
        told(cases, "cooke_triplet", "axial_fan_y_at_Py=-1")[0], (0.48, 0.55, 0.65), strict=True
    ):
        rays = trace(lens, launch(lens, np.zeros(2), np.array([[-1.0], [0.0]]), micrometers * UM, reference=0.55 * UM))
        assert float(rays.position[1, 0]) / MM == pytest.approx(wanted, abs=1e-8)


def test_folded_telescope_with_a_curved_image(cases):
    name = "hubble_ritchey_chretien"
    (rays,) = (e for e in cases[name]["expected"] if e["q"].startswith("rays"))
    lens = lens_of(cases, name)
    for ((hx, hy), (px, py)), wanted in zip(rays["at"]["(Hx,Hy),(Px,Py)"], rays["value"], strict=True):
        field = np.deg2rad(0.15) * np.array([hy, hx])
        end = trace(lens, launch(lens, field, np.array([[py], [px]]), 0.55 * UM))
        found = [end.position[2, 0] / MM, end.position[1, 0] / MM, end.direction[2, 0], end.direction[1, 0]]
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-8)


def test_fringe_zernikes_of_the_telescope(cases):
    """Tilt, defocus, astigmatism and coma at the edge of the field, behind the hole of the primary, to all digits."""
    case = cases["hubble_ritchey_chretien"]
    lens = lens_of(cases, "hubble_ritchey_chretien")
    front = wavefront(lens, np.deg2rad([0.15, 0.0]), 0.55 * UM, rule=gauss_legendre(12, 48))
    hole = case["aperture"]["central_obscuration_radius"] / (case["aperture"]["EPD"] / 2)
    front = front._replace(weights=jnp.where(np.hypot(*front.points) > hole, front.weights, 0.0))
    found = zernike_fit(front, 37, order=fringe_term).coefficients
    (wanted,) = (e["value"] for e in case["expected"] if e["q"] == "fringe_zernike_full_field")
    for name, value in wanted.items():
        assert float(found[int(name[1:]) - 1]) == pytest.approx(value, abs=1.5e-8), name


@pytest.mark.slow
def test_three_tilted_mirrors(cases):
    name = "three_mirror_compact"
    lens, case = lens_of(cases, name), cases[name]
    for (x, y), wanted in zip(case["fields_deg_xy"], told(cases, name, "chief image")[0], strict=True):
        chief = trace(lens, aim(lens, np.deg2rad([y, x]), np.zeros((2, 1)), 0.5 * UM))
        assert bool(chief.alive.all())
        np.testing.assert_allclose(chief.position[2:0:-1, 0] / MM, wanted, rtol=0, atol=1e-5)


@pytest.mark.slow
def test_three_tilted_mirrors_surface_by_surface(cases):
    """The chief ray on each one, focal lengths paraxial (light comes back: the listing's sign) and along it, and W."""
    name = "three_mirror_compact"
    lens, case = lens_of(cases, name), cases[name]
    expected = {e["q"]: e for e in case["expected"]}
    along = next(e for q, e in expected.items() if q.startswith("real chief ray"))
    start = aim(lens, np.deg2rad([2.0, 0.0]), np.zeros((2, 1)), 0.5 * UM)
    for i, wanted in enumerate(along["value"]):
        met = trace(lens.head(i), start).position[::-1, 0] / MM
        np.testing.assert_allclose(met, wanted, rtol=0, atol=along["tol_abs"])
    efl = expected["EFL (on-axis paraxial, unfolded)"]
    assert -float(first_order(lens, 0.5 * UM).efl) / MM == pytest.approx(efl["value"], abs=efl["tol_abs"])
    place = lambda field: trace(lens, aim(lens, field, np.zeros((2, 1)), 0.5 * UM)).position[1:, 0] / MM  # noqa: E731
    scale, local = jax.jacfwd(place)(jnp.zeros(2)), expected["X and Y focal length per field"]["value"]
    np.testing.assert_allclose(np.diag(scale), [local["Y"][1], local["X"][1]], rtol=2e-5)
    fronts = expected["RMS wavefront per field"]
    for (x, y), wanted in zip(case["fields_deg_xy"], fronts["value"], strict=True):
        found = wavefront(lens, np.deg2rad([y, x]), 0.5 * UM, aimed=True, rule=gauss_legendre(12, 24))
        assert float(found.rms) == pytest.approx(wanted, abs=fronts["tol_abs"])


def test_odd_aspheres_of_a_telephone(cases):
    """Conics of −222 and powers up to r¹⁰, the stop in front, and rays beside the axis."""
    case = cases["cell_phone_us7535658"]
    efl = 5.55507037314 * MM
    lens = lens_of(cases, "cell_phone_us7535658", 2 * efl / 7 / MM)
    (rays,) = (e for e in case["expected"] if e["q"].startswith("computed rays"))
    for relative, wanted in zip((0.0, 0.7071, 1.0), rays["value"], strict=True):
        field = np.array([np.arctan(relative * 3.5 * MM / efl), 0.0])
        end = trace(lens, launch(lens, field, np.array([[0, 0.7, 0], [0, 0, 0.7]]), 0.5875618 * UM))
        assert bool(end.alive.all())
        np.testing.assert_allclose(end.position[2:0:-1].T.ravel() / MM, wanted, rtol=0, atol=1e-9)


@pytest.mark.slow
def test_ten_singlets_with_their_paths(cases):
    case = cases["opticsim_bk7_singlets"]
    origins, ways = (np.array([ray[name] for ray in case["rays"]]).T[::-1] for name in ("o", "d"))
    for system in case["systems"]:
        glasses = {**cases["glasses"], "N-BK7": {"a_p": [[case["index_used"] ** 2, 0]]}}
        end = trace(ref.lens_of(system["surfaces"], glasses, None), Rays(origins * MM, ways, 0.55 * UM))
        for ray, wanted in enumerate(system["expected_x_y_pathlength"]):
            if wanted == "TIR":
                assert (int(end.status[ray]), int(end.lost_at[ray])) == (2, 1)
                continue
            found = np.array([end.position[2, ray], end.position[1, ray], end.path[ray]]) / MM
            assert bool(end.alive[ray])
            np.testing.assert_allclose(found, wanted, rtol=0, atol=case["tolerance"])


@pytest.mark.slow
def test_gradients_of_the_triplet(cases):
    """By complex steps of an independent tracer: curvatures, thicknesses, indices, decenters and tilts at 0."""
    oracle = cases["cooke_triplet"]["gradient_oracle"]
    lens = ref.loosened(lens_of(cases, "cooke_triplet"), 0.55 * UM)
    rule = gauss_legendre()
    points = np.concatenate([np.zeros((2, 1)), rule.points], axis=1)
    bundles = {f: launch(lens, np.array([np.deg2rad(f), 0.0]), points, 0.55 * UM) for f in (0, 14, 20)}

    def told_of(lens):
        found = first_order(lens, 0.55 * UM)
        numbers = {"EFL": found.efl / MM, "BFL": found.bfl / MM}
        for name, bundle in bundles.items():
            place = trace(lens, bundle).position[1:] / MM
            off = place[:, 1:] - place[:, :1]
            numbers |= {f"y{name}": place[0, 0], f"S{name}": jnp.sum(rule.weights * jnp.sum(off**2, axis=0))}
        return numbers

    slopes = jax.jit(jax.jacrev(told_of))(lens)
    for quantity, table in oracle["d"].items():
        for number, surface in enumerate(slopes[quantity].surfaces[:-1], 1):
            found = {
                "c": surface.profile.curvature / MM, "t": surface.thickness * MM, "n": surface.medium.n,
                "decenter_y": surface.pose.shift[1] * MM, "tilt_x": surface.pose.tilt[2],
            }  # fmt: skip
            for what, slope in found.items():
                if str(number) in table[what]:
                    size = max(abs(value) for value in table[what].values())
                    assert float(slope) == pytest.approx(table[what][str(number)], rel=1e-9, abs=1e-12 * size + 1e-15)


@pytest.mark.slow
def test_poses_at_zero_change_nothing(cases):
    lens = lens_of(cases, "cooke_triplet")
    rays = launch(lens, np.array([0.2, 0.1]), gauss_legendre(2, 6).points, 0.55 * UM)
    straight, posed = trace(lens, rays), trace(ref.loosened(lens, 0.55 * UM, Pose()), rays)
    np.testing.assert_allclose(posed.position, straight.position, atol=1e-15)
    np.testing.assert_allclose(posed.path, straight.path, atol=1e-15)
