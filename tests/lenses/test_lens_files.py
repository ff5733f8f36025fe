"""Lens files read, written, and refused with their lines."""

import contextlib
import json

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backlight.errors import InputError
from backlight.lenses import LensFile, read_lens, write_lens
from backlight.lenses.codev import read_codev
from backlight.lenses.describe import described
from backlight.lenses.table import read_table
from backlight.lenses.zemax import read_zemax
from backlight.light import AbbeGlass, ConstantIndex, PowerSeries, Rays, Sellmeier, glass
from backlight.rays import (
    Asphere,
    Biconic,
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
    first_order,
    footprints,
    trace,
)

MM = 1e-3
ZEMAX = """MODE SEQ
NAME made up
UNIT MM X W X CM MR CPMM
ENPD 8
FTYP 0 0 2 1 0 0 0
XFLN 0 1 0 0
YFLN 0 5 0 0
WAVM 1 0.55 1
WAVM 2 0.55 1
PWAV 1
SURF 0
  TYPE STANDARD
  CURV 0
  DISZ INFINITY
SURF 1
  STOP
  TYPE EVENASPH
  CURV 0.02
  CONI -0.5
  PARM 2 1e-6
  PARM 3 0
  DISZ 4
  GLAS MYGLASS 0 0 1.5 40
  DIAM 6 1 0 0 1 ""
SURF 2
  TYPE STANDARD
  CURV -0.01
  DISZ 5
SURF 3
  TYPE COORDBRK
  PARM 3 45
  DISZ 0
SURF 4
  TYPE STANDARD
  CURV 0
  DISZ 0
  GLAS MIRROR 0 0 1.5 40
SURF 5
  TYPE COORDBRK
  PARM 3 45
  DISZ -30
SURF 6
  TYPE STANDARD
  CURV 0
  DISZ 0
"""
CODE_V = """RDM;LEN
TITLE 'made up ; not two'
EPD 8
DIM M
WL 650 550 450
REF 2
YAN 0 5
SO 0 1e10
S 50 4 500.625   ! a model glass
  STO
  ASP
  K -0.5; A 1e-6
S -100 40 &
  AIR
  CCY 0
SI 0 0.25
GO
"""
TABLE = """Title
type distance roc diameter material
O 0 0 0 AIR
S 0 50 12 1.5168/64.2 -0.5 1e-6
A 4 0 8 OCCLUDER
S 1 -100 12 AIR
I 40 0 20 AIR
"""
OWN = {"MYGLASS": ConstantIndex(1.5)}


def written(tmp_path, name, text, encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


def same(a, b):
    assert jax.tree.structure(a) == jax.tree.structure(b)
    for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        assert np.asarray(x).dtype == np.asarray(y).dtype
        assert np.asarray(x).tobytes() == np.asarray(y).tobytes()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_zemax_is_read(tmp_path, encoding):
    text = ZEMAX.replace("made up", "Ø 8 mm")
    told = read_lens(written(tmp_path, "a.zmx", text, encoding), glasses=OWN)
    first, second = told.lens.surfaces[:2]
    assert (told.name, told.wavelengths, told.lens.stop) == ("Ø 8 mm", (0.55e-6,), 0)
    np.testing.assert_allclose(told.fields, np.deg2rad([[0, 0], [5, 1]]))
    assert first.profile.powers == (4,)
    np.testing.assert_allclose(first.profile.coefficients, 1e-6 * MM**-3)
    assert float(first.profile.curvature) == pytest.approx(20)
    assert float(first.profile.conic) == -0.5
    assert float(first.semi_diameter) == pytest.approx(6 * MM)
    assert float(second.profile.curvature) == pytest.approx(-10)
    assert float(told.lens.entrance_pupil_diameter) == pytest.approx(8 * MM)


def test_a_folded_beam_goes_where_zemax_sends_it(tmp_path):
    """A mirror turned by +45° about x sends light up, towards +y."""
    told = read_lens(written(tmp_path, "a.zmx", ZEMAX), glasses=OWN)
    with jax.enable_x64(True):
        places = np.asarray(footprints(told.lens, Rays([0.0, 0.0, 0.0], [1.0, 0.0, 0.0], 0.55e-6)))
    np.testing.assert_allclose(places[-1], [9 * MM, 30 * MM, 0], atol=1e-15)


def test_code_v_is_read(tmp_path):
    told = read_lens(written(tmp_path, "a.seq", CODE_V))
    first, second, image = told.lens.surfaces
    assert (told.name, told.primary, told.lens.stop) == ("made up ; not two", 1, 0)
    assert told.wavelengths == pytest.approx((650e-9, 550e-9, 450e-9))
    assert 1 / float(first.profile.curvature) == pytest.approx(50 * MM)
    assert float(first.profile.conic) == -0.5
    assert float(first.medium.nd) == pytest.approx(1.5)
    assert float(first.medium.vd) == pytest.approx(62.5)
    assert float(second.thickness) == pytest.approx(40.25 * MM)  # the image stands 0.25 mm further
    assert image.medium is None


def test_curvatures_are_read_where_no_radii_are_said(tmp_path):
    text = CODE_V.replace("RDM;LEN", "LEN").replace("S 50 4", "S 0.02 4").replace("S -100", "S -0.01")
    told, radii = (read_lens(written(tmp_path, f"{i}.seq", t)) for i, t in enumerate((text, CODE_V)))
    same(told.lens, radii.lens)


def test_code_v_decenters(tmp_path):
    """Left-handed about x and y; with DAR the surface alone, with BEN the axis once more behind it."""
    turned = "  ADE 10; BDE 5; CDE 2; YDE 1\n"
    basic, alone, bent = (
        read_lens(written(tmp_path, f"{i}.seq", CODE_V.replace("  CCY 0\n", f"{turned}  {word}\n"))).lens.surfaces
        for i, word in enumerate(("CCY 0", "DAR", "BEN"))
    )
    expected = np.deg2rad([2, -5, -10])
    np.testing.assert_allclose(basic[1].turn.tilt, expected)
    np.testing.assert_allclose(basic[1].turn.shift, [0, MM, 0])
    np.testing.assert_allclose(alone[1].pose.tilt, expected)
    assert alone[1].turn is None
    np.testing.assert_allclose(bent[2].turn.tilt, expected)


def test_a_table_is_read(tmp_path):
    told = read_lens(written(tmp_path, "a.txt", TABLE))
    lens = told.lens
    assert lens.stop == 1
    assert float(lens.surfaces[0].thickness) == pytest.approx(4 * MM)
    assert float(lens.surfaces[1].medium.nd) == pytest.approx(1.5168)  # the stop lies in the glass
    assert lens.surfaces[0].profile.powers == (4,)
    with jax.enable_x64(True):
        assert float(first_order(lens, 587.5618e-9).stop_diameter) == pytest.approx(8 * MM, rel=1e-12)
    assert "first surface" in read_lens(written(tmp_path, "b.txt", TABLE.replace("A 4", "S 4"))).notes[0]


def test_polynomials_of_a_table(tmp_path):
    """0, then c = Σ a xⁱ yʲ: 1, y, x, y², xy, x², y³, xy², x²y, x³, in mm."""
    terms = np.array([1e-3, 2e-3, -3e-3, 4e-4, 5e-4, -6e-4, 7e-5, 8e-5, 9e-5, -1e-5])
    row = "X 1 -100 12 AIR 0 " + " ".join(map(repr, terms.tolist()))
    profile = read_lens(written(tmp_path, "a.txt", TABLE.replace("S 1 -100 12 AIR", row))).lens.surfaces[2].profile
    x, y = 1.5, -2.0
    sag = terms @ np.array([1, y, x, y**2, x * y, x**2, y**3, x * y**2, x**2 * y, x**3])
    with jax.enable_x64(True):
        assert float(profile.sag(y * MM, x * MM)) / MM == pytest.approx(sag, rel=1e-13)


@pytest.mark.real
def test_every_table_is_read(shared_data):
    """One has a row of coefficients that are all 0, a plane; another has glasses that are known by two numbers."""
    folder = shared_data("lenses/zmx").parent
    own = {"B270": AbbeGlass(1.523, 58.5)}
    told = {path.stem: read_lens(path, glasses=own) for path in sorted(folder.glob("*.txt"))}
    assert len(told) == 6
    edof = told["end2end_edof"].lens.surfaces[4]
    assert (float(edof.profile.curvature), float(edof.thickness)) == (0.0, pytest.approx(96 * MM))
    notes = " ".join(told["double_gauss_US02532751-1"].notes)
    assert all(f"{name} (line" in notes for name in ("SSK4", "SK1", "F15"))
    assert "F15 (lines 7, 10)" in notes
    assert "SK16" not in notes


@pytest.mark.parametrize(("name", "text"), [("a.zmx", ZEMAX), ("a.seq", CODE_V), ("a.txt", TABLE)])
def test_glasses_of_two_numbers_are_told(tmp_path, name, text):
    """Their dispersion is a model's, whether the file or an old list has the numbers."""
    text = text.replace("MYGLASS 0", "MYGLASS 1").replace("GLAS MIRROR", "GLAS SSK4 0 0 1.5 40\n  GLAS MIRROR")
    note = read_lens(written(tmp_path, name, text)).notes[-1]
    expected = {
        "a.zmx": "MYGLASS (line 23), SSK4 (line 37)",
        "a.seq": "500.625 (line 9)",
        "a.txt": "1.5168/64.2 (line 4)",
    }
    assert note == f"Known by index and Abbe's number alone, their dispersion a model's: {expected[name]}."


DIALECTS = {
    "CRLF": lambda text: text.replace("\n", "\r\n").encode(),
    "CR": lambda text: text.replace("\n", "\r").encode(),
    "UTF-8 with a mark": lambda text: text.encode("utf-8-sig"),
    "UTF-16": lambda text: text.encode("utf-16"),
    "UTF-16 little": lambda text: text.encode("utf-16-le"),
    "UTF-16 big": lambda text: text.encode("utf-16-be"),
    "tabs": lambda text: text.replace(" ", "\t").encode(),
    "no end": lambda text: text.rstrip().encode(),
    "empty lines": lambda text: text.replace("\n", "\n\n \n").encode(),
    "lower case": lambda text: text.lower().encode(),
    "Windows": lambda text: text.replace("made up", "1…2 “Ø”").encode("cp1252"),
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(("name", "text"), [("a.zmx", ZEMAX), ("a.seq", CODE_V), ("a.txt", TABLE)])
def test_the_same_lens_in_every_dialect(tmp_path, name, text, dialect):
    """An ellipsis of Windows is a line's end in ISO-8859-1."""
    plain = read_lens(written(tmp_path, name, text), glasses=OWN)
    (tmp_path / name).write_bytes(DIALECTS[dialect](text))
    told = read_lens(tmp_path / name, glasses=OWN)
    same(plain.lens, told.lens)
    assert (told.wavelengths, told.fields, told.primary) == (plain.wavelengths, plain.fields, plain.primary)
    assert len(told.notes) == len(plain.notes)


def test_unknown_keywords_of_a_zemax_file_are_told(tmp_path):
    text = ZEMAX.replace("NAME", "NEWS 1\nNAME").replace("  CURV 0.02", "  XYZZ 3\n  CURV 0.02")
    assert read_lens(written(tmp_path, "a.zmx", text), glasses=OWN).notes == ("Not read: NEWS, XYZZ.",)


@pytest.mark.parametrize(
    ("keyword", "diameter"),
    [("FNUM 4 0", lambda efl: efl / 4), ("OBNA 0.05", None), ("FLOA", lambda efl: 12 * MM)],
)
def test_apertures_become_a_pupil(tmp_path, keyword, diameter):
    text = ZEMAX.replace("ENPD 8", keyword)
    if "OBNA" in keyword:
        text = text.replace("DISZ INFINITY", "DISZ 100")
    lens = read_lens(written(tmp_path, "a.zmx", text), glasses=OWN).lens
    with jax.enable_x64(True):
        efl = float(first_order(lens, 0.55e-6).efl)
    wanted = 2 * 0.1 * np.tan(np.arcsin(0.05)) if diameter is None else diameter(abs(efl))
    assert float(lens.entrance_pupil_diameter) == pytest.approx(wanted, rel=1e-9)


def everything() -> LensFile:
    """Return a lens of all that there is."""
    pose = Pose((0.0, 0.1 * MM, -0.2 * MM), (0.01, -0.02, 1 / 3))
    rows = [
        Surface(Conic(31.7 * MM, -0.3), thickness=3.3 * MM, medium=Sellmeier([1.1, 0.2], [1e-14, 2e-14])),
        Surface(
            Asphere(-77 * MM, 0.1, [1 / 3, -2e7], [3, 5]), thickness=2 * MM, medium=AbbeGlass(1.6, 40.1), stop=True
        ),
        Surface(thickness=-9 * MM, mirror=True, pose=pose, semi_diameter=11 * MM),
        Surface(turn=pose, thickness=-1 * MM, medium=ConstantIndex(1.0)),
        Surface(),
    ]
    lens = Lens(rows, entrance_pupil_diameter=7 * MM, object_distance=0.3, groups=[Group(pose, 1, 2)])
    return LensFile(lens, "all", (0.5e-6, 0.6e-6), (1.0, 0.5), 1, ((0.0, 0.1),), "object height", ("a note",))


def test_every_kind_of_surface_is_kept(tmp_path):
    rows = [Surface(profile, thickness=1 / 3 * MM) for profile in (
        Biconic(31 * MM, -0.1, radius_x=33 * MM, conic_x=0.2), Toroid(Asphere(40 * MM, 0.1, [7.0]), 50 * MM),
        XYPolynomial(5 * MM, [1e-6, 2e-6], [(2, 0), (1, 3)], 30 * MM), Qbfs(9 * MM, [1e-6, 1e-7], 60 * MM),
    )]  # fmt: skip
    rows += [Surface(phase=Grating(6e5, -1, 0.1), semi_diameter=9 * MM, hole=1 * MM, soft_edge=0.1 * MM),
             Surface(phase=RadialPhase(5 * MM, [10.0, 1 / 3]), medium=glass("N-BK7"), stop=True),
             Surface(medium=PowerSeries([2.2, 0.01], [0, 2]))]  # fmt: skip
    write_lens(tmp_path / "a.json", LensFile(Lens(rows, before=AbbeGlass(1.5, 60))))
    same(Lens(rows, before=AbbeGlass(1.5, 60)), read_lens(tmp_path / "a.json").lens)
    with pytest.raises(InputError, match=r"surface 4(.|\n)*a soft edge"):
        write_lens(tmp_path / "a.zmx", LensFile(Lens(rows, entrance_pupil_diameter=MM)))


def test_zemax_toroids_biconics_and_gratings(tmp_path):
    text = ZEMAX.replace("TYPE EVENASPH", "TYPE BICONICX").replace("PARM 2 1e-6", "PARM 1 60\n  PARM 2 0.3")
    told = read_lens(written(tmp_path, "a.zmx", text), glasses=OWN).lens.surfaces[0].profile
    assert float(told.sag(0.0, 1 * MM)) == pytest.approx(float(Conic(60 * MM, 0.3).sag(0.0, 1 * MM)))
    assert float(told.sag(1 * MM, 0.0)) == pytest.approx(float(Conic(50 * MM, -0.5).sag(0.0, 1 * MM)))
    text = (
        ZEMAX.replace("TYPE EVENASPH", "TYPE TOROIDAL")
        .replace("PARM 2 1e-6", "PARM 1 60")
        .replace("PARM 3 0", "PARM 3 1e-6")
    )
    told = read_lens(written(tmp_path, "b.zmx", text), glasses=OWN).lens.surfaces[0].profile
    assert float(told.sag(0.0, 1 * MM)) == pytest.approx(float(Conic(60 * MM).sag(0.0, 1 * MM)))
    assert told.curve.powers == (4,)
    text = ZEMAX.replace("TYPE EVENASPH", "TYPE DGRATING").replace("PARM 2 1e-6", "PARM 1 0.6\n  PARM 2 -1")
    told = read_lens(written(tmp_path, "c.zmx", text), glasses=OWN).lens.surfaces[0].phase
    assert float(told.waves(1e-6, 0.0)) == pytest.approx(-0.6)


def test_our_files_keep_every_bit(tmp_path):
    write_lens(tmp_path / "a.json", everything())
    back = read_lens(tmp_path / "a.json")
    same(everything().lens, back.lens)
    assert [
        getattr(back, n) for n in ("name", "wavelengths", "weights", "primary", "fields", "field_kind", "notes")
    ] == [
        getattr(everything(), n) for n in ("name", "wavelengths", "weights", "primary", "fields", "field_kind", "notes")
    ]
    write_lens(tmp_path / "b.json", back)
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_zemax_files_keep_mirrors_and_tilts(tmp_path):
    """Rays end where they did, and point where they did, to 1e-15 m; what is read again is the same to the digit."""
    told = everything()
    rows = list(told.lens.surfaces)
    rows[0] = Surface(rows[0].profile, thickness=rows[0].thickness, medium=AbbeGlass(1.7, 30.3))
    lens = Lens(rows, entrance_pupil_diameter=7 * MM, object_distance=0.3)
    write_lens(tmp_path / "a.zmx", LensFile(lens, "all", told.wavelengths, told.weights, 1, ((0.01, 0.1),), "angle"))
    back = read_lens(tmp_path / "a.zmx")
    with jax.enable_x64(True):
        rays = Rays([[0.0], [MM], [-2 * MM]], [[1.0], [0.02], [0.01]], 0.6e-6)
        ends = [trace(one, rays) for one in (lens, back.lens)]
    np.testing.assert_allclose(ends[0].position, ends[1].position, atol=1e-15)
    np.testing.assert_allclose(ends[0].direction, ends[1].direction, atol=1e-14)
    assert (back.primary, back.weights) == (1, (1.0, 0.5))
    np.testing.assert_allclose(back.fields, ((0.01, 0.1),), rtol=1e-15)


def test_what_zemax_has_no_words_for_is_refused(tmp_path):
    told = everything()
    with pytest.raises(InputError, match=r"surface 0(.|\n)*Sellmeier"):
        write_lens(tmp_path / "a.zmx", told)
    with pytest.raises(InputError, match="entrance_pupil_diameter"):
        write_lens(tmp_path / "a.zmx", LensFile(Lens([Surface(stop=True)])))
    with pytest.raises(InputError, match=r"\.zmx or \.json"):
        write_lens(tmp_path / "a.seq", told)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.zmx", ZEMAX.replace("EVENASPH", "WARPED"), r"line 17, TYPE\n.*WARPED"),
        ("a.zmx", ZEMAX.replace("MYGLASS", "N-BK8"), r"line 23, GLAS\n.*'N-BK8'(.|\n)*N-BK7"),
        ("a.zmx", ZEMAX.replace("GLAS MYGLASS 0 0 1.5 40", "GLAS M 1 0 0.2 40"), r"line 23(.|\n)*1 ≤ n"),
        ("a.zmx", ZEMAX.replace("  STOP\n", ""), "no stop"),
        ("a.zmx", ZEMAX.replace("ENPD 8\n", ""), "no aperture"),
        ("a.zmx", ZEMAX.replace("CURV 0.02", "CURV much"), r"line 18, CURV\n.*'much'"),
        ("a.zmx", ZEMAX.replace("CURV 0.02", "CURV nan"), r"line 18, CURV\n.*nan"),
        ("a.zmx", ZEMAX.replace("DISZ 4", "DISZ INFINITY"), r"line 22, DISZ"),
        ("a.zmx", ZEMAX.replace("MODE SEQ", "MODE NSC"), r"line 1, MODE"),
        ("a.zmx", ZEMAX.replace("UNIT MM", "UNIT FT"), r"line 3, UNIT\n.*'FT'"),
        ("a.zmx", ZEMAX.replace("CURV -0.01", "CURV -0.01\n  STOP"), r"a\.zmx, surfaces\n.*stops at 0 and 1"),
        ("a.zmx", ZEMAX.replace("ENPD 8", "ENPD -8"), r"line 4, ENPD\n.*-8"),
        ("a.zmx", ZEMAX.replace("PWAV 1", "PWAV 7"), r"line 10, PWAV\n.*7"),
        ("a.zmx", ZEMAX.replace("PWAV 1", "PWAV INFINITY"), r"line 10, PWAV"),
        ("a.zmx", ZEMAX.replace("FTYP 0", "FTYP 9"), r"line 5, FTYP"),
        ("a.zmx", ZEMAX.replace("PARM 3 0", "PARM 9 1"), r"PARM 9"),
        ("a.zmx", ZEMAX.replace("DISZ INFINITY", "DISZ 0"), r"line 14, DISZ"),
        ("a.zmx", ZEMAX.replace("ENPD 8", "FLOA").replace("  DIAM 6 1 0 0 1 \"\"\n", ""), "stop without a size"),
        ("a.zmx", ZEMAX.replace("CURV 0.02", "CURV 1e308"), r"line 18, CURV"),
        ("a.seq", CODE_V.replace("REF 2", "REF 9"), r"line 6, REF"),
        ("a.seq", CODE_V.replace("EPD 8", "FNO 0"), r"line 3, FNO"),
        ("a.zmx", "MODE SEQ\n", "0 surfaces"),
        ("a.zmx", "", "empty"),
        ("a.zmx", "\0\1\2" * 50, "no text"),
        ("a.seq", CODE_V.replace("500.625", "N-BK8_SCHOTT"), r"line 9, S\n.*N-BK8"),
        ("a.seq", CODE_V.replace("  STO\n", ""), "no stop"),
        ("a.seq", CODE_V.replace("  ASP\n", "  XYP\n"), r"line 11, XYP"),
        ("a.seq", CODE_V.replace("S 50 4", "S 50 wide"), r"line 9, S\n.*'wide'"),
        ("a.seq", CODE_V.replace("EPD 8\n", ""), "no aperture"),
        ("a.seq", "GO\n", "0 surfaces"),
        ("a.txt", TABLE.replace("A 4", "B 4"), r"line 5, B"),
        ("a.txt", TABLE.replace("S 1 -100 12 AIR", "X 1 0 12 AIR 1 0 2"), r"line 6, X(.|\n)*z² times 1"),
        ("a.txt", TABLE.replace("1.5168/64.2", "1.5168/x"), r"line 4, S"),
        ("a.txt", TABLE.replace("S 1 -100", "S 1 round"), r"line 6, S\n.*'round'"),
        ("a.txt", "nothing\n", "no table"),
        ("a.json", "{", "line 1"),
        ("a.json", "[]", "format"),
        ("a.lens", "x", r"\.zmx, \.seq"),
    ],
)  # fmt: skip
def test_bad_files_are_refused_with_their_line(tmp_path, name, text, told):
    with pytest.raises(InputError, match=told):
        read_lens(written(tmp_path, name, text), glasses=OWN)


def test_code_v_radius_of_zero_is_a_plane(tmp_path):
    """As its own files say a plane."""
    told = read_lens(written(tmp_path, "a.seq", CODE_V.replace("S -100", "S 0.0")))
    assert float(told.lens.surfaces[1].profile.curvature) == 0


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda form: form["lens"]["surfaces"][0]["profile"].update(part="Eval"), "part 'Eval'"),
        (lambda form: form["lens"]["surfaces"][0].pop("stop"), "stop missing"),
        (lambda form: form["lens"]["surfaces"][0].update(surprise=1), "surprise"),
        (lambda form: form["lens"]["surfaces"][0]["thickness"].update(numbers="x"), "'x'"),
        (lambda form: form["lens"]["surfaces"][0]["thickness"].update(numbers=[1.0]), "one number"),
        (lambda form: form["lens"]["surfaces"][0]["thickness"].update(type="object"), "'object'"),
        (lambda form: form["lens"]["surfaces"][0].update(profile=3), "profile"),
        (lambda form: form["lens"].update(surfaces=[1]), "surfaces"),
        (lambda form: form.update(lens=[1]), "a Lens"),
        (lambda form: form.update(wavelengths=[]), "wavelengths"),
        (lambda form: form.update(primary=7), "primary"),
    ],
)
def test_our_files_are_refused_where_they_are_wrong(tmp_path, change, told):
    write_lens(tmp_path / "a.json", everything())
    form = json.loads((tmp_path / "a.json").read_text())
    change(form)
    with pytest.raises(InputError, match=told):
        read_lens(written(tmp_path, "b.json", json.dumps(form)))


WORDS = [
    "",
    "0",
    "-1",
    "1e400",
    "nan",
    "INFINITY",
    "STOP",
    "GLAS",
    "PARM 9",
    "; S 1 2",
    "&",
    "!",
    "'",
    "AIR",
    "\x1b[31m",
]
DAMAGE = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 4), st.sampled_from(WORDS)), max_size=4)
FILES = [("a.zmx", ZEMAX, read_zemax), ("a.seq", CODE_V, read_codev), ("a.txt", TABLE, read_table)]


@settings(max_examples=60, deadline=None)
@given(DAMAGE, st.sampled_from(FILES))
def test_damaged_files_never_give_another_error(damage, told):
    """Words of some lines are others: a lens, or an error of ours."""
    name, text, read = told
    lines = [line.split(" ") for line in text.splitlines()]
    for place, word, other in damage:
        line = lines[place % len(lines)]
        line[word % len(line)] = other
    with contextlib.suppress(InputError):
        read("\n".join(" ".join(line) for line in lines), name, OWN)


def test_long_lines_take_no_time():
    """A line of a megabyte is read once, not once for each of its letters."""
    with pytest.raises(InputError):
        read_codev("x;" * 300_000 + "\n" + "!" * 600_000, "a.seq", {})


def test_a_statement_that_ends_in_the_file_counts(tmp_path):
    told = read_lens(written(tmp_path, "a.seq", CODE_V.replace("GO\n", "EPD 8 &")))
    assert told.lens.stop == 0


def test_a_lens_that_nothing_passes_is_named(tmp_path):
    """Every ray is reflected totally at the second surface: the number of the surface is told."""
    text = ZEMAX.replace("GLAS MYGLASS 0 0 1.5 40", "GLAS M 1 0 4 0").replace("CURV -0.01", "CURV 0.6").replace(
        "CURV 0.02", "CURV -0.01").replace("DIAM 6 1", "DIAM 60 1")  # fmt: skip
    told = read_lens(written(tmp_path, "a.zmx", text), glasses=OWN)
    with pytest.raises(InputError, match=r"every ray of the axis lost(.|\n)*at surface 1"):
        described(told)


def test_what_is_told_of_a_lens(tmp_path):
    told = described(read_lens(written(tmp_path, "a.txt", TABLE)))
    assert told["f_number"] == pytest.approx(told["efl"] / told["entrance_pupil_diameter"])
    assert [s["kind"] for s in told["surfaces"]] == ["Asphere", "Conic", "Conic", "Conic"]
    assert told["surfaces"][0]["radius"] == pytest.approx(50 * MM)
    assert told["surfaces"][1]["stop"]
    assert json.loads(json.dumps(told)) == told


@pytest.mark.real
def test_files_of_other_programs_are_read(shared_data):
    """EFLs that their makers print: HoO's folded objective f = 80 mm, double Gauss 100 mm at f/2, Schmidt 100 mm."""
    folder = shared_data("lenses/zmx").parent
    files = sorted([*(folder / "zmx").glob("*.zmx"), *(folder / "seq").glob("*.seq")])
    told = {path.name: read_lens(path) for path in files}
    assert len(told) == 12
    with jax.enable_x64(True):
        efl = {name: float(first_order(t.lens, t.wavelength).efl) / MM for name, t in told.items()}
    for name, expected, digits in (("lens1.zmx", 25.0, 1e-6), ("ag_dblgauss.seq", 100.0, 1e-4),
                                   ("schmidt.seq", 100.0, 5e-5), ("lens2.zmx", 22.5, 2e-4),
                                   ("HoO-V2C18Ex03.zmx", 80.0, 2e-3)):  # fmt: skip
        assert efl[name] == pytest.approx(expected, rel=digits), name
