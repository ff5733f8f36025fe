"""Keywords of CODE V's sequences, in small files whose numbers can be had by hand."""

import equinox as eqx
import jax
import numpy as np
import pytest

from backlight.errors import InputError
from backlight.lenses import LensFile, read_lens
from backlight.light import ConstantIndex, Rays, glass
from backlight.rays import Conic, first_order, footprints, launch, trace

MM = 1e-3
HEAD = """RDM; LEN
EPD 4
DIM M
WL 587.6
YAN 0
SO 0 1e12
"""
PLAIN = (
    HEAD
    + """S 50 4 517.642
STO
S -50 90
SI 0 0
"""
)


def read(tmp_path, text, **options) -> LensFile:
    path = tmp_path / "a.seq"
    path.write_text(text)
    return read_lens(path, **options)


def surfaces(tmp_path, text, **options):
    return read(tmp_path, text, **options).lens.surfaces


def radius(surface) -> float:
    return 1 / float(surface.profile.curvature) / MM


def after(line) -> str:
    """Return the plain lens, and lines behind it."""
    return PLAIN + line + "\nGO\n"


@pytest.mark.parametrize(
    ("line", "what", "expected"),
    [
        ("THI S1 5.0", lambda s: float(s[0].thickness) / MM, 5.0),
        ("thi s2 80", lambda s: float(s[1].thickness) / MM, 80.0),
        ("THI SI -0.5", lambda s: float(s[1].thickness) / MM, 89.5),
        ("RDY S2 -60", lambda s: radius(s[1]), -60.0),
        ("RDY S1..2 70", lambda s: radius(s[1]), 70.0),
        ("CUY S2 -0.01", lambda s: radius(s[1]), -100.0),
        ("CUY S2 -0.01; RDY S2 -80", lambda s: radius(s[1]), -80.0),
        ("RDY SS 45", lambda s: radius(s[0]), 45.0),
        ("RDY S1 INFINITY", lambda s: float(s[0].profile.curvature), 0.0),
        ("S2 -70 85", lambda s: radius(s[1]), -70.0),
        ("S2 -70 85", lambda s: float(s[1].thickness) / MM, 85.0),
        ("CON S1; K S1 -0.6", lambda s: float(s[0].profile.conic), -0.6),
        ("ASP S1; A S1 1e-6; B S1 2e-9", lambda s: list(s[0].profile.coefficients), [1e3, 2e6]),
        ("STO S2", lambda s: [one.stop for one in s], [False, True, False]),
        ("CIR S2 6", lambda s: float(s[1].semi_diameter) / MM, 6.0),
        ("CIR S2 CLR 6; CIR S2 OBS 1", lambda s: float(s[1].hole) / MM, 1.0),
        ("CIR S2 EDG 7", lambda s: s[1].semi_diameter, None),
        ("GLA S1 NBK7_SCHOTT", lambda s: float(s[0].medium.index(587.6e-9)), float(glass("N-BK7").index(587.6e-9))),
        ("GLA S1 517642", lambda s: float(s[0].medium.vd), 64.2),
        ("GLA S1 516800.641700", lambda s: float(s[0].medium.nd), 1.5168),
        ("GLA S1 1.5168:64.17", lambda s: float(s[0].medium.vd), 64.17),
        ("RMD S2 REFL", lambda s: s[1].mirror, True),
        ("GLA S2 REFL", lambda s: s[1].mirror, True),
        ("XDE S2 1; DAR S2", lambda s: list(s[1].pose.shift / MM), [0, 0, 1]),
        ("YTO S1; RDX S1 30", lambda s: 1 / float(s[0].profile.turning) / MM, 30.0),
        ("CYL S1", lambda s: float(s[0].profile.turning), 0.0),
    ],
)
def test_what_is_said_of_a_surface_by_its_number(tmp_path, line, what, expected):
    found = what(surfaces(tmp_path, after(line)))
    assert found == (expected if expected is None else pytest.approx(expected, rel=1e-12))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("THI S7 5", r"line 11, THI(.|\n)*0 to 3"),
        ("THI S1 5 6 7", r"line 11, THI(.|\n)*zoom"),
        ("RDY S1 UMY", r"line 11, RDY(.|\n)*'UMY'"),
        ("ZOO 3", "line 11, ZOO"),
        ("SCA 2", "line 11, SCA"),
        ("INS S2", "line 11, INS"),
        ("RET S1", "line 11, RET"),
        ("GLB S1", "line 11, GLB"),
        ("GRX S1 1", "line 11, GRX"),
        ("RMD S1 TIRO", "line 11, RMD"),
        ("S9 5 5", r"line 11, S9(.|\n)*S4"),
        ("S2 5", r"line 11, S2(.|\n)*thickness"),
        ("SPS S1 ZRN", r"line 11, SPS(.|\n)*ZRN(.|\n)*XYP, ODD"),
        ("SPS S1 XYP; SCO S1 C67 1", r"line 11, SCO(.|\n)*C2 to C66"),
        ("SPS S1 ODD; SCO S1 AR1 1", r"line 11, SPS(.|\n)*a cone"),
        ("SPS S1 QBF; SCO S1 K 1", r"line 11, SPS(.|\n)*sphere"),
        ("SCO S1 C4 1", r"line 11, SCO(.|\n)*SPS"),
        ("RDX S1 30", r"line 11, RDX(.|\n)*YTO"),
        ("XDE S1 1; DAR S1; BEN S1", "line 11, BEN"),
        ("ADE S1 1; BDE S1 1; BEN S1", r"line 11, BEN(.|\n)*CDE"),
        ("XOB 1", r"line 11, XOB(.|\n)*two kinds"),
        ("TEM 60", r"line 11, TEM(.|\n)*glasses"),
        ("PRE 0", "line 11, PRE"),
        ("GLA S1 'MINE'; PRV; PWL 656 588 486; 'MINE' 1.5 1.6; END", r"line 11, 'MINE'(.|\n)*PWL"),
        ("PRV; PWL 656 588 486 436; 'MINE' SLM 1.6; END", r"line 11, 'MINE'"),
    ],
)
def test_what_would_change_the_lens_is_refused_with_its_line(tmp_path, line, told):
    with pytest.raises(InputError, match=told):
        read(tmp_path, after(line))


@pytest.mark.parametrize(
    ("line", "note"),
    [
        ("REX S1 5", "REX, line 11) is not used: rays that the lens blocks pass here"),
        ("ELX S1 OBS 1", "ELX, line 11) is not used: rays that the lens blocks pass here"),
        ("ABC 5", "Not read: ABC (line 11)"),
        ("CIR S1 HOL 1", "CIR HOL (line 11)"),
        ("PIM", "PIM (line 11)"),
        ("VUY 0.2", "Vignetting"),
        ("TEM 20", None),
        ("THC S1 0; CCY S1..2 0; INI 'ME'", None),
    ],
)
def test_what_has_no_part_in_the_rays_is_told(tmp_path, line, note):
    plain = read(tmp_path, PLAIN)
    told = read(tmp_path, after(line))
    assert jax.tree.all(jax.tree.map(lambda a, b: np.array_equal(a, b), plain.lens, told.lens))
    more = [one for one in told.notes if one not in plain.notes]
    assert len(more) == (note is not None)
    assert note is None or note in more[0]


MIRROR = PLAIN.replace("S -50 90", "S 0 0\nS -300 0 REFL").replace("50 4 517.642", "0 0")
WATER = PLAIN.replace("S -50 90", "S -50 0 'WATER'")


@pytest.mark.parametrize("object_", ["1e12", "160", "-80", "20"])
@pytest.mark.parametrize("text", [PLAIN.replace("-50 90", "-50 0"), MIRROR, WATER])
def test_pim_puts_the_image_where_rays_near_the_axis_meet(tmp_path, text, object_):
    """Of lenses in air and before water, and of a mirror; the image's own distance counts from there."""
    text = text.replace("SO 0 1e12", f"SO 0 {object_}").replace("SI 0 0", "PIM\nSI 0 0.5")
    told = read(tmp_path, text, glasses={"WATER": ConstantIndex(1.33)})
    last = told.lens.surfaces[-2]
    focused = eqx.tree_at(lambda one: one.surfaces[-2].thickness, told.lens, last.thickness - 0.5 * MM)
    with jax.enable_x64(True):
        ray = trace(focused, launch(focused, np.zeros(2), np.array([[1e-4], [0.0]]), 587.6e-9))
    assert abs(float(ray.position[1, 0])) < 1e-4 * MM * 1e-6
    assert any("where PIM (line 1" in note for note in told.notes)


def test_pim_without_an_image_is_refused_and_may_be_off(tmp_path):
    plain = read(tmp_path, PLAIN.replace("-50 90", "-50 0"))
    off = read(tmp_path, PLAIN.replace("-50 90", "-50 0").replace("SI 0", "PIM N\nSI 0"))
    assert float(off.lens.surfaces[-2].thickness) == 0
    assert off.notes == plain.notes
    first = read(tmp_path, "PIM\n" + PLAIN.replace("-50 90", "-50 0"))  # said of the lens, wherever it stands
    later = read(tmp_path, PLAIN.replace("-50 90", "-50 0").replace("SI 0", "PIM\nSI 0"))
    assert float(first.lens.surfaces[-2].thickness) == float(later.lens.surfaces[-2].thickness) > 0
    with pytest.raises(InputError, match=r"line 10, PIM(.|\n)*parallel"):
        read(tmp_path, PLAIN.replace("S 50 4", "S 0 4").replace("-50 90", "0 0").replace("SI 0", "PIM\nSI 0"))


def test_real_heights_are_told_to_be_paraxial(tmp_path):
    told = read(tmp_path, PLAIN.replace("YAN 0", "YRI 0 5"))
    assert "YRI, line 5" in told.notes[0]
    assert told.field_kind == "image height"


def places(tmp_path, text):
    """Return where the ray of the axis meets each surface, in mm, (z, y, x)."""
    lens = read(tmp_path, text).lens
    with jax.enable_x64(True):
        return np.asarray(footprints(lens, Rays([0.0, 0.0, 0.0], [1.0, 0.0, 0.0], 587.6e-9))) / MM


FOLD = HEAD + "S 0 10\nSTO\nS 0 -30 REFL\nADE 45\n{kind}\n{more}SI 0 0\n"


def test_a_bend_turns_the_axis_once_more_and_then_goes_ahead(tmp_path):
    """A plate at 45°: ADE > 0 is left-handed about x and sends light down, to y = −30 mm, on the axis of the image."""
    found = places(tmp_path, FOLD.format(kind="BEN", more=""))
    np.testing.assert_allclose(found[1], [10, 0, 0], atol=1e-13)
    np.testing.assert_allclose(found[-1], [10, -30, 0], atol=1e-13)


def test_two_bends_go_on_in_parallel(tmp_path):
    """Down by 30 mm, then ahead by 20 mm again."""
    more = "S 0 20 REFL\nADE -45\nBEN\n"
    np.testing.assert_allclose(places(tmp_path, FOLD.format(kind="BEN", more=more))[-1], [30, -30, 0], atol=1e-13)


def test_a_mirror_that_returns_leaves_the_axis(tmp_path):
    """The image stands 30 mm before the mirror on the old axis; light that goes down never meets its plane."""
    lens = read(tmp_path, FOLD.format(kind="DAR", more="").replace("ADE 45", "ADE 10")).lens
    with jax.enable_x64(True):
        found = np.asarray(footprints(lens, Rays([0.0, 0.0, 0.0], [1.0, 0.0, 0.0], 587.6e-9))) / MM
    np.testing.assert_allclose(found[-1], [-20, -30 * np.tan(np.deg2rad(20)), 0], atol=1e-12)


def test_a_reversed_decenter_takes_one_back(tmp_path):
    """What a decenter did, all six numbers of it, REV with the same numbers undoes behind its surface."""
    moved = "XDE 1; YDE 2; ZDE 3; ADE 4; BDE 5; CDE 6\n"
    text = HEAD + f"S 0 0\n{moved}STO\nS 0 20\n{moved}REV\nS 50 5\nSI 0 0\n"
    with jax.enable_x64(True):
        frame = read(tmp_path, text).lens.frames()[3]
        np.testing.assert_allclose(frame.axes, np.eye(3), atol=1e-15)
        np.testing.assert_allclose(frame.origin / MM, [20, 0, 0], atol=1e-13)


SPECIAL = HEAD + "S 50 4 517.642\nSTO\n{lines}\nS -50 90\nSI 0 0\n"
X, Y = 1.5, -2.0
SQUARE = X**2 + Y**2


def conic(k):
    return 0.02 * SQUARE / (1 + np.sqrt(1 - (1 + k) * 0.02**2 * SQUARE))


@pytest.mark.parametrize(
    ("lines", "sag"),
    [
        ("SPS XYP 4\nSCO K -0.5\nSCO C2 1e-2; SCO C5 2e-3; SCO C9 3e-3",  # x, x y, x y² over 4 mm
         conic(-0.5) + 1e-2 * X / 4 + 2e-3 * X * Y / 16 + 3e-3 * X * Y**2 / 64),
        ("SPS XYP\nSCO NRADIUS 4\nSCO C1 -0.5\nSCO C10 3e-3", conic(-0.5) + 3e-3 * Y**3 / 64),
        ("SPS XYP 0\nSCO C6 3e-3", conic(0) + 3e-3 * Y**2),
        ("SPS ODD 0.0\nSCO K -0.5\nSCO AR3 1e-3; SCO C6 1e-4", conic(-0.5) + 1e-3 * SQUARE**1.5 + 1e-4 * SQUARE**2.5),
        ("SPS ODD\nSCO C33 4\nSCO AR3 1e-3", conic(0) + 1e-3 * SQUARE**1.5 / 64),
        ("SPS ZFR\nSCO NRADIUS 4\nSCO C5 1e-3; SCO C7 1e-2", conic(0) + 1e-3 * X / 4 + 1e-2 * (2 * SQUARE / 16 - 1)),
        ("SPS QBF\nSCO NRADIUS 4\nSCO C3 1e-2", conic(0) + SQUARE / 16 * (1 - SQUARE / 16) * 1e-2 / np.sqrt(
            1 - 0.02**2 * SQUARE)),
    ],
)  # fmt: skip
def test_special_surfaces(tmp_path, lines, sag):
    profile = surfaces(tmp_path, SPECIAL.format(lines=lines))[0].profile
    with jax.enable_x64(True):
        assert float(profile.sag(Y * MM, X * MM)) / MM == pytest.approx(sag, rel=1e-13)


@pytest.mark.parametrize("count", [1, 2, 3, 6])
def test_private_glasses_have_their_indices(tmp_path, count):
    """Schott's series through them: exact up to six; between, BK7 to 1e-4 from three, and to 1e-7 from six."""
    wavelengths = [656.27, 587.56, 486.13, 435.83, 404.66, 706.52][:count]
    bk7 = glass("N-BK7")
    indices = [float(bk7.index(w * 1e-9)) for w in wavelengths]
    private = f"PRV\nPWL {' '.join(map(str, wavelengths))}\n'mine' {' '.join(map(repr, indices))}\nEND\n"
    medium = surfaces(tmp_path, after(private + "GLA S1 'MINE'"))[0].medium
    with jax.enable_x64(True):
        found = [float(medium.index(w * 1e-9)) for w in wavelengths]
        between = float(medium.index(546.07e-9)) - float(bk7.index(546.07e-9))
    np.testing.assert_allclose(found, indices, rtol=1e-12)
    assert abs(between) < {1: 1e-2, 2: 1e-3, 3: 1e-4, 6: 1e-6}[count]


def test_private_glasses_with_many_indices_are_fitted_and_rough_ones_refused(tmp_path):
    wavelengths = np.linspace(430, 680, 9)
    smooth = [float(glass("N-BK7").index(w * 1e-9)) for w in wavelengths]
    rough = [n + (-1) ** i * 1e-3 for i, n in enumerate(smooth)]
    for indices, refused in ((smooth, False), (rough, True)):
        text = f"PRV\nPWL {' '.join(map(str, wavelengths))}\nMINE {' '.join(map(str, indices))}\nEND\nGLA S1 MINE"
        if refused:
            with pytest.raises(InputError, match=r"line 13, MINE(.|\n)*Schott's series"):
                read(tmp_path, after(text))
        else:
            medium = surfaces(tmp_path, after(text))[0].medium
            assert float(medium.index(wavelengths[4] * 1e-9)) == pytest.approx(smooth[4], abs=1e-6)


def test_the_readers_glasses_come_before_private_ones(tmp_path):
    text = after("PRV\nPWL 587.6\n'MINE' 1.6\nEND\nGLA S1 'MINE'")
    assert float(surfaces(tmp_path, text, glasses={"mine": ConstantIndex(1.7)})[0].medium.n) == 1.7


@pytest.mark.parametrize(("unit", "meters"), [("M", 1e-3), ("C", 1e-2), ("I", 0.0254), ("mm", 1e-3)])
def test_units(tmp_path, unit, meters):
    told = read(tmp_path, PLAIN.replace("DIM M", f"DIM {unit}"))
    assert float(told.lens.surfaces[0].thickness) == pytest.approx(4 * meters)
    assert float(told.lens.entrance_pupil_diameter) == pytest.approx(4 * meters)


def test_apertures_of_both_sides(tmp_path):
    """FNO and NA by the focal length; NAO by the angle in which a near object, 100 mm away, shines on the lens."""
    with jax.enable_x64(True):
        efl = float(first_order(read(tmp_path, PLAIN).lens, 587.6e-9).efl)
    for word, expected in (("FNO 5", efl / 5), ("NA 0.1", 2 * efl * 0.1)):
        found = read(tmp_path, PLAIN.replace("EPD 4", word)).lens
        assert float(found.entrance_pupil_diameter) == pytest.approx(expected, rel=1e-9)
    near = read(tmp_path, PLAIN.replace("EPD 4", "NAO 0.1").replace("1e12", "100")).lens
    assert float(near.entrance_pupil_diameter) == pytest.approx(2 * 0.1 * np.tan(np.arcsin(0.1)), rel=1e-9)


def test_an_object_in_water(tmp_path):
    told = read(tmp_path, PLAIN.replace("SO 0 1e12", "SO 0 100 WATER"), glasses={"WATER": ConstantIndex(1.33)})
    assert float(told.lens.before.n) == 1.33
    with pytest.raises(InputError, match=r"line 6, SO(.|\n)*curved"):
        read(tmp_path, PLAIN.replace("SO 0 1e12", "SO 20 100"))


def test_spherical_surfaces_stay_what_they_are(tmp_path):
    assert all(type(surface.profile) is Conic for surface in surfaces(tmp_path, after("SPH S1")))
