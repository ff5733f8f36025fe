"""Lens files read and written."""

import json

import jax
import numpy as np
import pytest
from lens_texts import CODE_V, MM, OWN, TABLE, ZEMAX, everything, same, written

from backlight.errors import InputError
from backlight.lenses import LensFile, read_lens, write_lens
from backlight.lenses.describe import described
from backlight.light import AbbeGlass, PowerSeries, Rays, glass
from backlight.rays import (
    Asphere,
    Biconic,
    Conic,
    Grating,
    Lens,
    Qbfs,
    RadialPhase,
    Surface,
    Toroid,
    XYPolynomial,
    first_order,
    footprints,
    trace,
)


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


@pytest.mark.slow
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


def test_code_v_radius_of_zero_is_a_plane(tmp_path):
    """As its own files say a plane."""
    told = read_lens(written(tmp_path, "a.seq", CODE_V.replace("S -100", "S 0.0")))
    assert float(told.lens.surfaces[1].profile.curvature) == 0


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
