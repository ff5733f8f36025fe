"""Apertures, wavelengths, fields and vignetting as lens files state them."""

import json

import jax
import numpy as np
import pytest
from lens_texts import CODE_V, MM, OWN, ZEMAX, everything, written

from backlight.errors import InputError
from backlight.lenses import read_lens, write_lens
from backlight.light import ConstantIndex
from backlight.rays import first_order, launch, trace

NEAR = {".zmx": ZEMAX.replace("DISZ INFINITY", "DISZ 100"), ".seq": CODE_V.replace("SO 0 1e10", "SO 0 100")}
PUPIL = {".zmx": "ENPD 8", ".seq": "EPD 8"}


def read(tmp_path, text, ending=".zmx", glasses=OWN):
    return read_lens(written(tmp_path, f"a{ending}", text), glasses=glasses)


@pytest.mark.parametrize(("ending", "word"), [(".zmx", "FNUM 4 1"), (".seq", "FNO 4")])
def test_a_working_f_number_is_that_of_the_light_that_arrives(tmp_path, ending, word):
    """A ray at a thousandth of the pupil ends with n'u' = 1e-3/(2N), to the square of its height, whatever D is."""
    told = read(tmp_path, NEAR[ending].replace(PUPIL[ending], word).replace("PARM 3 45", "PARM 3 0"), ending)
    with jax.enable_x64(True):
        ray = trace(told.lens.head(2), launch(told.lens, np.zeros(2), np.array([[1e-3], [0.0]]), told.wavelength))
        slope = float(abs(ray.direction[1, 0] / ray.direction[0, 0]))
    assert slope == pytest.approx(1e-3 / 8, rel=1e-6)


def test_f_numbers_of_an_object_at_infinity_are_the_same(tmp_path):
    found = [read(tmp_path, ZEMAX.replace("ENPD 8", word)).lens.entrance_pupil_diameter for word in (
        "FNUM 4", "FNUM 4 0", "FNUM 4 1")]  # fmt: skip
    assert found[0] == found[1] == found[2]


def test_an_f_number_of_the_lens_does_not_ask_where_the_object_is(tmp_path):
    found = [float(read(tmp_path, text.replace("ENPD 8", "FNUM 4 0")).lens.entrance_pupil_diameter)
             for text in (ZEMAX, NEAR[".zmx"])]  # fmt: skip
    assert found[0] == pytest.approx(found[1], rel=1e-14)


def test_the_angle_of_a_cone(tmp_path):
    """30° at 100 mm: 2 · 100 mm · tan 30°, in air and in water; an aperture in water is n sin θ."""
    for glass, word, tangent in (("", "OBNA 30 1", 3**-0.5), ("  GLAS MYGLASS 0\n", "OBNA 30 1", 3**-0.5),
                                 ("  GLAS MYGLASS 0\n", "OBNA 0.665 0", 3**-0.5)):  # fmt: skip
        text = NEAR[".zmx"].replace("  DISZ 100\n", f"  DISZ 100\n{glass}").replace("ENPD 8", word)
        water = {"MYGLASS": ConstantIndex(1.33)}
        assert float(read(tmp_path, text, glasses=water).lens.entrance_pupil_diameter) == pytest.approx(
            200 * MM * tangent, rel=1e-12
        )


@pytest.mark.parametrize(
    ("ending", "before", "after", "told"),
    [
        (".zmx", "FTYP 0 0", "FTYP 0 1", r"line 5, FTYP(.|\n)*telecentric"),
        (".zmx", "ENPD 8", "OBNA 90 1", r"line 4, OBNA(.|\n)*below 90"),
        (".zmx", "ENPD 8", "FNUM 4 2", r"line 4, FNUM"),
        (".zmx", "FTYP 0 0 2 1", "FTYP 0 0 2 3", r"line 5, FTYP(.|\n)*3 wavelengths, and 2 told"),
        (".zmx", "FTYP 0 0 2 1", "FTYP 0 0 5 1", r"line 5, FTYP(.|\n)*5 fields, and 4 told"),
        (".zmx", "YFLN 0 5", "YFLN 0 90", r"line 7, YFLN(.|\n)*90°"),
        (".zmx", "XFLN 0 1", "XFLN 0 -135", r"line 6, XFLN(.|\n)*-135°"),
        (".zmx", "0.55 1\nWAVM 2", "0.55 -1\nWAVM 2", r"line 8, WAVM(.|\n)*weight"),
        (".zmx", "0.55 1\nWAVM 2", "0.55 0\nWAVM 2", r"line 8, WAVM(.|\n)*without any weight"),
        (".zmx", "0.55 1\nWAVM 2", "-0.55 1\nWAVM 2", r"line 8, WAVM(.|\n)*wavelength > 0"),
        (".zmx", "0.55 1\nWAVM 2", "550000 1\nWAVM 2", r"line 8, WAVM(.|\n)*µm"),
        (".zmx", "PWAV 1", "PWAV 1\nFWGN 1 -1", r"line 11, FWGN(.|\n)*weight"),
        (".zmx", "PWAV 1", "PWAV 1\nFWGN 0 0", r"line 11, FWGN(.|\n)*without any weight"),
        (".seq", "YAN 0 5", "YAN 0 95", r"line 7, YAN(.|\n)*95°"),
        (".seq", "REF 2", "REF 2; WTW 1 -1 1", r"line 6, WTW(.|\n)*weight"),
        (".seq", "REF 2", "REF 2; WTF 1 -1", r"line 6, WTF(.|\n)*weight"),
        (".seq", "WL 650", "WL -650", r"line 5, WL(.|\n)*> 0"),
        (".seq", "YAN 0 5", "YIM 0 5; XRI 0 5", r"line 7, XRI(.|\n)*two kinds"),
    ],
)  # fmt: skip
def test_light_that_cannot_be_is_refused_with_its_line(tmp_path, ending, before, after, told):
    text = {".zmx": ZEMAX, ".seq": CODE_V}[ending]
    assert before in text
    with pytest.raises(InputError, match=told):
        read(tmp_path, text.replace(before, after), ending)


def test_a_wavelength_that_is_not_told_is_told(tmp_path):
    told = read(tmp_path, ZEMAX.replace("WAVM 1 0.55 1\nWAVM 2 0.55 1\nPWAV 1\n", ""))
    assert told.wavelengths == (587.5618e-9,)
    assert told.notes == ("No wavelength is told: 587.56 nm is taken.",)


def test_heights_may_be_any(tmp_path):
    told = read(tmp_path, NEAR[".zmx"].replace("FTYP 0", "FTYP 1").replace("YFLN 0 5", "YFLN 0 90"))
    assert told.fields[1] == pytest.approx((90 * MM, MM))


THREE = ZEMAX.replace("FTYP 0 0 2 1", "FTYP 0 0 3 3").replace("YFLN 0 5 0 0", "YFLN 0 5 9 0").replace(
    "WAVM 2 0.55 1", "WAVM 2 0.6 {b}\nWAVM 3 0.65 {c}").replace("PWAV 1", "PWAV {main}\nFWGN {weights}")  # fmt: skip


@pytest.mark.parametrize(
    ("given", "wavelengths", "primary", "notes"),
    [
        ((1, 1, 1, "1 1 1"), (0.55, 0.6, 0.65), 0, ()),
        ((0, 2, 3, "1 1 1"), (0.55, 0.65), 1, ("Wavelength 2 (line 9) left out: of weight 0.",)),
        ((0, 0, 1, "1 1 1"), (0.55,), 0, ("Wavelengths 2 and 3 (line 9) left out: of weight 0.",)),
        ((0, 1, 2, "1 1 1"), (0.55, 0.6, 0.65), 1, ()),  # the main one stays
        ((1, 1, 1, "1 0 1"), (0.55, 0.6, 0.65), 0, ("Field 2 (line 12) left out: of weight 0.",)),
        ((1, 1, 1, "1 2 1"), (0.55, 0.6, 0.65), 0, (
            "Weights of fields (line 12) are not used: all count alike.",)),
    ],
)  # fmt: skip
def test_what_has_no_weight_is_left_out_and_told(tmp_path, given, wavelengths, primary, notes):
    b, c, main, weights = given
    told = read(tmp_path, THREE.format(b=b, c=c, main=main, weights=weights))
    assert told.wavelengths == pytest.approx(np.array(wavelengths) * 1e-6)
    assert (told.primary, told.notes) == (primary, notes)
    assert len(told.weights) == len(told.wavelengths)
    expected = [[0, 0], [5, 1], [9, 0]] if weights != "1 0 1" else [[0, 0], [9, 0]]
    np.testing.assert_allclose(np.rad2deg(told.fields), expected)


def test_weights_of_code_v(tmp_path):
    told = read(tmp_path, CODE_V.replace("REF 2", "REF 3; WTW 1 0 2; WTF 0 1"), ".seq")
    assert told.wavelengths == pytest.approx((650e-9, 450e-9))
    assert (told.weights, told.primary) == ((1.0, 2.0), 1)
    np.testing.assert_allclose(np.rad2deg(told.fields), [[5, 0]])
    assert told.notes[:2] == ("Wavelength 2 (line 6) left out: of weight 0.", "Field 1 (line 6) left out: of weight 0.")


def test_older_files_have_all_wavelengths_on_one_line(tmp_path):
    text = ZEMAX.replace("FTYP 0 0 2 1 0 0 0\n", "").replace("WAVM 1 0.55 1\nWAVM 2 0.55 1", "WAVL 0.5 0.6\nWWGT 1 3")
    told = read(tmp_path, text.replace("XFLN 0 1 0 0", "XFLD 0 1").replace("YFLN 0 5 0 0", "YFLD 0 5"))
    assert told.wavelengths == pytest.approx((0.5e-6, 0.6e-6))
    assert (told.weights, told.notes) == ((1.0, 3.0), ())
    np.testing.assert_allclose(np.rad2deg(told.fields), [[0, 0], [5, 1]])


RIMS = ZEMAX.replace("  CURV -0.01\n", "  CURV -0.01\n  DIAM 6 1 0 0 1\n").replace(
    "  GLAS MIRROR", "  DIAM 9 1 0 0 1\n  GLAS MIRROR")  # fmt: skip


def test_vignetting_factors_are_told_where_no_rims_cut_the_light(tmp_path):
    factors = "PWAV 1\nVDXN 0 0 0\nVCYN 0.1 0.3 0 0.5"  # the third field and the fourth are not there
    told, rimmed = (read(tmp_path, text.replace("PWAV 1", factors)) for text in (ZEMAX, RIMS))
    assert told.notes == ("Vignetting factors of fields 1 and 2 (line 12) are not used: the full pupil is traced, and "
                          "only rims that the file gives clip rays.",)  # fmt: skip
    assert rimmed.notes == ()
    notes = [read(tmp_path, CODE_V.replace("REF 2", "REF 2; VUY 0 0.1").replace("  STO", rims), ".seq").notes
             for rims in ("  STO", "  STO; CIR 5")]  # fmt: skip
    assert all("Vignetting factors of field 2 (line 6)" in one[0] for one in notes)
    all_rims = CODE_V.replace("REF 2", "REF 2; VUY 0 0.1").replace("SI 0", "CIR S1..2 5\nSI 0")
    assert not any("Vignetting" in note for note in read(tmp_path, all_rims, ".seq").notes)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"weights": [1.0, -0.5]}, "weights"),
        ({"weights": [0.0, 0.0]}, "weights"),
        ({"wavelengths": [0.5e-6, -0.6e-6]}, "wavelengths"),
        ({"field_kind": "angle", "fields": [[0.0, 1.6]]}, "fields(.|\n)*π/2"),
    ],
)
def test_our_files_with_light_that_cannot_be_are_refused(tmp_path, change, told):
    write_lens(tmp_path / "a.json", everything())
    form = json.loads((tmp_path / "a.json").read_text()) | change
    with pytest.raises(InputError, match=told):
        read_lens(written(tmp_path, "b.json", json.dumps(form)))


def test_a_working_f_number_of_an_object_in_the_focal_point_is_refused(tmp_path):
    """Its light leaves in parallel, whatever the pupil."""
    with jax.enable_x64(True):
        ffl = float(first_order(read(tmp_path, CODE_V, ".seq").lens, 550e-9).ffl)
    with pytest.raises(InputError, match="focal point"):
        read(tmp_path, CODE_V.replace("EPD 8", "FNO 4").replace("SO 0 1e10", f"SO 0 {-ffl / MM!r}"), ".seq")
