"""Zemax's types of surfaces: written and read again, and numbers of a file against the formulas they stand for."""

import jax
import numpy as np
import pytest

from backlight.errors import InputError
from backlight.lenses import LensFile, read_lens, write_lens
from backlight.light import AbbeGlass, ConstantIndex, Rays
from backlight.maths.zernike import fringe_term, noll_term
from backlight.rays import (
    Asphere,
    Biconic,
    BSpline,
    Conic,
    Grating,
    Group,
    Lens,
    Pose,
    Qbfs,
    RadialPhase,
    Surface,
    Toroid,
    XYPolynomial,
    ZernikeSag,
    trace,
)
from backlight.rays.forbes import q_polynomials

MM = 1e-3
WAVELENGTH = 0.55e-6
NOLL = [noll_term(j) for j in (4, 5, 8, 11)]
FRINGE = [fringe_term(j) for j in (2, 4, 6, 9, 37)]
SHAPES = {
    "STANDARD": {"profile": Conic(31 * MM, -0.7)},
    "EVENASPH": {"profile": Asphere(-40 * MM, 0.2, [1 / 3, 2e3, -1e7], [2, 4, 6])},
    "ODDASPHE": {"profile": Asphere(40 * MM, 0.1, [10.0, -2e7], [3, 5])},
    "XASPHERE": {"profile": Asphere(40 * MM, 0.1, [1e3, 1e30], [4, 18])},
    "XOSPHERE": {"profile": Asphere(40 * MM, 0.1, [10.0, 1e14], [3, 9])},
    "BICONICX": {"profile": Biconic(31 * MM, -0.1, radius_x=-33 * MM, conic_x=0.2)},
    "TOROIDAL": {"profile": Toroid(Asphere(40 * MM, 0.1, [0.5, 7e2], [2, 6]), 50 * MM)},
    "DGRATING": {"profile": Conic(-200 * MM), "phase": Grating(3e5, -1, 0.3)},
    "BINARY_2": {"profile": Asphere(90 * MM, 0.0, [1e3]), "phase": RadialPhase(5 * MM, [-900.0, 1 / 3, 2.0], 2)},
    "XPOLYNOM": {"profile": XYPolynomial(5 * MM, [1e-6, 2e-6, -5e-6], [(2, 0), (1, 3), (0, 1)], 30 * MM, -0.4)},
    "SZERNSAG": {"profile": ZernikeSag(7 * MM, [1e-6, -2e-6, 3e-6, 1e-7], NOLL, 30 * MM, 0.3)},
    "FZERNSAG": {"profile": ZernikeSag(7 * MM, [1e-6, -2e-6, 3e-6, 1e-7, 1e-8], FRINGE)},
    "QED_TYPE": {"profile": Qbfs(9 * MM, [1e-5, -2e-6, 1 / 3e7], 60 * MM)},
}


def written_and_read(tmp_path, lens) -> Lens:
    write_lens(tmp_path / "a.zmx", LensFile(lens, "one", (WAVELENGTH,)))
    return read_lens(tmp_path / "a.zmx").lens


@pytest.mark.parametrize("name", SHAPES)
def test_every_type_has_the_same_sag_and_phase_when_it_is_read_again(tmp_path, name):
    """To a few of the last bits: the numbers go through millimeters."""
    surface = Surface(**SHAPES[name])
    back = written_and_read(tmp_path, Lens([surface, Surface(stop=True)], entrance_pupil_diameter=MM))
    assert f"  TYPE {name}\n" in (tmp_path / "a.zmx").read_text("utf-16")
    other = back.surfaces[name == "DGRATING"]  # behind the break that turns the grating
    y, x = np.array([1.1, 2.0, -0.3]) * MM, np.array([0.4, -0.7, 3.0]) * MM
    with jax.enable_x64(True):
        np.testing.assert_allclose(surface.profile.sag(y, x), other.profile.sag(y, x), rtol=1e-14, atol=1e-20)
        if isinstance(surface.phase, RadialPhase):
            np.testing.assert_allclose(surface.phase.waves(y, x), other.phase.waves(y, x), rtol=1e-14)


def lens_of_all() -> Lens:
    """Return a lens of all types, one tilted, decentered and despaced, behind a mirror, two groups over some."""
    pose = Pose((0.2 * MM, 0.1 * MM, -0.2 * MM), (0.1, -0.02, 0.03))
    rows = [
        Surface(Conic(80 * MM), thickness=4 * MM, medium=AbbeGlass(1.7, 30.3), stop=True, semi_diameter=6 * MM),
        Surface(Conic(-300 * MM), thickness=30 * MM, medium=ConstantIndex(1.0), hole=0.5 * MM),
        Surface(thickness=-20 * MM, mirror=True, pose=Pose(tilt=(0.0, 0.0, 0.05)), semi_diameter=9 * MM, hole=1 * MM),
    ]
    for i, shape in enumerate(SHAPES.values()):
        medium = AbbeGlass(1.6, 40.1) if i % 2 else ConstantIndex(1.0)
        rows.append(Surface(thickness=-1 * MM, medium=medium, pose=pose if i == 5 else None,
                            turn=pose if i in (2, 7) else None, **shape))  # fmt: skip
    groups = [Group(pose, 1, 3), Group(pose, 3, 4)]
    return Lens([*rows, Surface()], entrance_pupil_diameter=2 * MM, groups=groups)


@pytest.mark.slow
def test_a_lens_of_every_type_traces_the_same_when_it_is_read_again(tmp_path):
    """Rays end at the same places, to 1e-12 m, with the same direction, path and share of light: so do their spots."""
    lens = lens_of_all()
    back = written_and_read(tmp_path, lens)
    with jax.enable_x64(True):
        ends = [trace(one, Rays([[0.0] * 2, [0.3 * MM, 0.9 * MM], [-0.6 * MM, 0.2 * MM]], [[1.0], [0.01], [0.02]],
                                WAVELENGTH)) for one in (lens, back)]  # fmt: skip
    assert np.all(np.asarray(ends[0].status) == 0)
    for name in ("position", "direction", "path", "weight"):
        a, b = (np.asarray(getattr(rays, name)) for rays in ends)
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-12, err_msg=name)


def test_groups_and_poses_become_coordinate_breaks(tmp_path):
    """Every surface stands where it stood, with the same axes."""
    pose = Pose((0.1 * MM, 0.2 * MM, -0.3 * MM), (0.02, -0.03, 0.04))
    rows = [
        Surface(Conic(80 * MM), thickness=4 * MM, stop=True),
        Surface(Conic(70 * MM), thickness=3 * MM, pose=pose),
        Surface(Conic(60 * MM), thickness=2 * MM, turn=pose),
        Surface(Conic(50 * MM), phase=Grating(3e5, -1, 0.3)),
    ]
    lens = Lens(rows, groups=[Group(pose, 1, 2), Group(pose, 2, 3)], entrance_pupil_diameter=8 * MM)
    back = written_and_read(tmp_path, lens)
    kept = [i for i, surface in enumerate(back.surfaces) if float(surface.profile.curvature)]
    with jax.enable_x64(True):
        here, there = lens.frames(), back.frames()
        for mine, i in zip(here[:3], kept[:3], strict=True):
            np.testing.assert_allclose(mine.origin, there[i].origin, atol=1e-16)
            np.testing.assert_allclose(mine.axes, there[i].axes, atol=1e-15)
        y, x = np.cos(0.3), np.sin(0.3)  # across the grooves
        np.testing.assert_allclose(here[3].axes @ np.array([0, y, x]), there[kept[3]].axes[:, 1], atol=1e-15)


MIRROR = """MODE SEQ
UNIT MM
ENPD 1
WAVM 1 0.55 1
SURF 0
  DISZ INFINITY
SURF 1
  STOP
  TYPE {type}
  CURV 0.02
  CONI {conic}
  {numbers}
  DISZ 10
SURF 2
"""


def profile_of(tmp_path, kind, numbers, conic=0.0):
    lines = [f"{word} {i} {v!r} 0 0 1 0 0" for word, told in numbers.items() for i, v in told.items()]
    path = tmp_path / "a.zmx"
    path.write_text(MIRROR.format(type=kind, conic=conic, numbers="\n  ".join(lines)))
    return read_lens(path).lens.surfaces[0]


def conic(square, k):
    return 0.02 * square / (1 + np.sqrt(1 - (1 + k) * 0.02**2 * square))


X, Y = 1.5, -2.0  # mm
SQUARE = X**2 + Y**2
Q = [float(q) for q in q_polynomials(3, SQUARE / 16)]
FORMULAS = [
    ("EVENASPH", {"PARM": {1: 1e-3, 8: 1e-9}}, 0.3, conic(SQUARE, 0.3) + 1e-3 * SQUARE + 1e-9 * SQUARE**8),
    ("ODDASPHE", {"PARM": {3: 1e-3, 8: 1e-6}}, 0.3, conic(SQUARE, 0.3) + 1e-3 * SQUARE**1.5 + 1e-6 * SQUARE**4),
    ("XASPHERE", {"XDAT": {1: 3, 2: 4.0, 3: 0.0, 4: 1e-2, 5: 3e-3}}, 0.3,
     conic(SQUARE, 0.3) + 1e-2 * SQUARE**2 / 4**4 + 3e-3 * SQUARE**3 / 4**6),
    ("XOSPHERE", {"XDAT": {1: 3, 2: 4.0, 3: 0.0, 4: 1e-2, 5: 3e-3}}, 0.3,
     conic(SQUARE, 0.3) + 1e-2 * SQUARE / 16 + 3e-3 * SQUARE**1.5 / 4**3),
    ("BICONICX", {"PARM": {1: -40.0, 2: 0.5}}, 0.3, (0.02 * Y**2 - X**2 / 40) / (
        1 + np.sqrt(1 - 1.3 * 0.02**2 * Y**2 - 1.5 * X**2 / 1600))),
    ("TOROIDAL", {"PARM": {1: 30.0, 3: 1e-3}}, 0.3,
     30 - np.sqrt((30 - conic(Y**2, 0.3) - 1e-3 * Y**4) ** 2 - X**2)),
    ("XPOLYNOM", {"XDAT": {1: 9, 2: 4.0, 3: 1e-2, 6: 3e-3, 10: -2e-3}}, 0.3,  # x, xy, x y² over 4 mm
     conic(SQUARE, 0.3) + 1e-2 * X / 4 + 3e-3 * X * Y / 16 - 2e-3 * X * Y**2 / 64),
    ("SZERNSAG", {"XDAT": {1: 8, 2: 4.0, 4: 1e-2, 7: 3e-3}}, 0.3,  # 2ρ cos θ; √6 ρ² sin 2θ
     conic(SQUARE, 0.3) + 1e-2 * 2 * X / 4 + 3e-3 * 6**0.5 * 2 * X * Y / 16),
    ("FZERNSAG", {"XDAT": {1: 8, 2: 4.0, 5: 1e-3, 10: 3e-3}}, 0.3,  # sin: (3ρ² − 2) ρ sin θ is the eighth
     conic(SQUARE, 0.3) + 1e-3 * Y / 4 + 3e-3 * (3 * SQUARE / 16 - 2) * Y / 4),
    ("QED_TYPE", {"XDAT": {1: 0, 2: 3, 3: 4.0, 4: 1e-2, 6: 3e-3}}, 0.0, conic(SQUARE, 0.0) + (
        SQUARE / 16 * (1 - SQUARE / 16) * (1e-2 * Q[0] + 3e-3 * Q[2]) / np.sqrt(1 - 0.02**2 * SQUARE))),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "numbers", "constant", "sag"), FORMULAS, ids=[told[0] for told in FORMULAS])
def test_numbers_mean_what_zemax_says(tmp_path, kind, numbers, constant, sag):
    surface = profile_of(tmp_path, kind, numbers, constant)
    with jax.enable_x64(True):
        assert float(surface.profile.sag(Y * MM, X * MM)) / MM == pytest.approx(sag, rel=1e-13)


def test_binary_surfaces_have_phases_in_radians(tmp_path):
    """Order times Σ aⱼ (r/ρ)^2j, on an even asphere."""
    surface = profile_of(tmp_path, "BINARY_2", {"PARM": {0: 2, 2: 1e-4}, "XDAT": {1: 2, 2: 4.0, 3: -50.0, 4: 7.0}})
    with jax.enable_x64(True):
        waves = float(surface.phase.waves(Y * MM, X * MM))
        height = float(surface.profile.sag(Y * MM, X * MM)) / MM
    assert waves == pytest.approx(2 * (-50 * SQUARE / 16 + 7 * (SQUARE / 16) ** 2) / (2 * np.pi), rel=1e-13)
    assert height == pytest.approx(conic(SQUARE, 0.0) + 1e-4 * SQUARE**2, rel=1e-13)


def test_a_grating_turns_a_ray_by_its_order(tmp_path):
    """0.1 grooves per µm along y, order −2: sin θ' = −2 · 0.1 · 0.55 at the vertex."""
    surface = profile_of(tmp_path, "DGRATING", {"PARM": {1: 0.1, 2: -2}})
    with jax.enable_x64(True):
        ray = trace(Lens([surface, Surface()]), Rays([0.0, 0.0, 0.0], [1.0, 0.0, 0.0], WAVELENGTH))
    np.testing.assert_allclose(np.asarray(ray.direction)[1:], [-0.11, 0.0], atol=1e-15)


def test_obstructions_and_kinds_of_fields_are_kept(tmp_path):
    rows = [Surface(stop=True, hole=MM, thickness=MM), Surface(hole=2 * MM, semi_diameter=5 * MM), Surface()]
    lens = Lens(rows, entrance_pupil_diameter=MM, object_distance=0.1)
    for kind in ("object height", "image height", "angle"):
        write_lens(tmp_path / "a.zmx", LensFile(lens, fields=((0.01, 0.02),), field_kind=kind))
        told = read_lens(tmp_path / "a.zmx")
        assert (told.field_kind, told.notes) == (kind, ())
        np.testing.assert_allclose(told.fields, [[0.01, 0.02]], rtol=1e-15)
    found = [(s.hole, s.semi_diameter) for s in told.lens.surfaces]
    assert found == [(MM, None), (2 * MM, 5 * MM), (None, None)]


def test_of_an_annulus_and_a_disc_the_larger_hole_counts(tmp_path):
    rows = [Surface(stop=True, hole=MM, semi_diameter=5 * MM, thickness=MM), Surface()]
    write_lens(tmp_path / "a.zmx", LensFile(Lens(rows, entrance_pupil_diameter=MM)))
    text = (tmp_path / "a.zmx").read_text("utf-16")
    for disc, hole in ((2, 2), (0.5, 1)):
        (tmp_path / "b.zmx").write_text(text.replace("  CLAP", f"  OBSC 0 {disc}\n  CLAP"))
        assert float(read_lens(tmp_path / "b.zmx").lens.surfaces[0].hole) == pytest.approx(hole * MM)


@pytest.mark.parametrize(
    ("kind", "numbers", "constant", "told"),
    [
        ("ODDASPHE", {"PARM": {1: 0.1}}, 0, "a cone"),
        ("EVENASPH", {"PARM": {9: 0.1}}, 0, "PARM 9(.|\n)*1 to 8"),
        ("STANDARD", {"PARM": {1: 0.1}}, 0, "PARM 1(.|\n)*none"),
        ("SZERNSAG", {"PARM": {9: 0.1}, "XDAT": {1: 1, 2: 1, 3: 1}}, 0, "PARM 9"),
        ("TOROIDAL", {"XDAT": {1: 1, 2: 1.0, 3: 0.1}}, 0, "terms in XDAT"),
        ("FZERNSAG", {"XDAT": {1: 38, 2: 1.0}}, 0, "38 Zernike"),
        ("XPOLYNOM", {"XDAT": {1: 2.5, 2: 1.0}}, 0, "whole number of terms"),
        ("XPOLYNOM", {"XDAT": {1: 2, 3: 1.0}}, 0, "norm_radius|> 0"),
        ("QED_TYPE", {"XDAT": {1: 1, 2: 1, 3: 1.0, 4: 0.1}}, 0, "type 1"),
        ("QED_TYPE", {"XDAT": {1: 0, 2: 1, 3: 1.0, 4: 0.1}}, -1, "on a conic"),
        ("DGRATING", {"PARM": {1: 0.1, 2: 0.5}}, 0, "order 0.5"),
        ("GRID_SAG", {}, 0, "GRID_SAG(.|\n)*BICONICX"),
    ],
)
def test_what_would_be_another_surface_is_refused_with_its_line(tmp_path, kind, numbers, constant, told):
    with pytest.raises(InputError, match=rf"line 9, TYPE(.|\n)*({told})"):
        profile_of(tmp_path, kind, numbers, constant)


@pytest.mark.parametrize(
    ("surface", "told"),
    [
        (Surface(BSpline((5 * MM, 5 * MM), np.zeros((4, 4)))), "a BSpline"),
        (Surface(Biconic(9 * MM), phase=RadialPhase(MM, [1.0])), "a Biconic with a RadialPhase"),
        (Surface(Toroid(Qbfs(9 * MM, [1e-6]), 8 * MM)), "a Toroid"),
        (Surface(semi_diameter=MM, soft_edge=0.1 * MM), "a soft edge"),
        (Surface(XYPolynomial(MM, [1e-6], [(0, 0)])), "a XYPolynomial"),
    ],
)
def test_what_zemax_has_no_type_for_is_refused_with_its_number(tmp_path, surface, told):
    """A JSON keeps it."""
    lens = Lens([Surface(stop=True, thickness=MM), surface, Surface()], entrance_pupil_diameter=MM)
    with pytest.raises(InputError, match=rf"surface 1(.|\n)*{told}(.|\n)*\.json"):
        write_lens(tmp_path / "a.zmx", LensFile(lens))
    write_lens(tmp_path / "a.json", LensFile(lens))
    assert type(read_lens(tmp_path / "a.json").lens.surfaces[1].profile) is type(surface.profile)
