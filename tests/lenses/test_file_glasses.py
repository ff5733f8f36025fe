"""Glasses of lens files: unknown ones, those told by two numbers, and wavelengths at which none is known."""

import pytest
from lens_texts import CODE_V, OWN, TABLE, ZEMAX, written

from backlight.errors import InputError
from backlight.lenses import read_lens
from backlight.lenses.glasses import told_glass
from backlight.light import AbbeGlass

MODEL = "GLAS MYGLASS 0 0 1.5 40"


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.zmx", ZEMAX.replace("WAVM 2 0.55", "WAVM 2 10.6").replace("FTYP 0 0 2 1", "FTYP 0 0 2 2").replace(
            MODEL, "GLAS N-BK7 0 0"), r"line 23, GLAS(.|\n)*10600 nm in N-BK7(.|\n)*300 to 2500"),
        ("a.seq", CODE_V.replace("WL 650", "WL 10600").replace("500.625", "NBK7_SCHOTT"),
         r"line 9, S(.|\n)*10600 nm in NBK7_SCHOTT"),
        ("a.zmx", ZEMAX.replace(MODEL, "GLAS M 1 0 0.99 64.17 0"), r"line 23, GLAS(.|\n)*1 ≤ n"),
        ("a.zmx", ZEMAX.replace(MODEL, "GLAS M 1 0 1.5168 -64.17 0"), r"line 23, GLAS(.|\n)*V ≥ 0"),
        ("a.zmx", ZEMAX.replace(MODEL, "GLAS M 1 0 nan 64.17 0"), r"line 23, GLAS(.|\n)*index"),
        ("a.zmx", ZEMAX.replace(MODEL, "GLAS M 1 0"), r"line 23, GLAS(.|\n)*unknown glass 'M'"),
        ("a.zmx", ZEMAX.replace(MODEL, "GLAS B270 0 0 1.5 40"),
         r"line 23, GLAS(.|\n)*sheet: --glass B270=1\.523,58\.5, (.|\n)*glasses={'B270': AbbeGlass\(1\.523, 58\.5\)}"),
        ("a.txt", TABLE.replace("1.5168/64.2", "MINE"), r"line 4, S(.|\n)*--glass MINE=nd,Vd"),
        ("a.txt", TABLE.replace("1.5168/64.2", "N-BK8"), r"line 4, S(.|\n)*did you mean 'N-BK7'"),
    ],
)  # fmt: skip
def test_glasses_that_are_not_known_are_refused_with_their_line(tmp_path, name, text, told):
    with pytest.raises(InputError, match=told):
        read_lens(written(tmp_path, name, text), glasses=OWN)


def test_model_glasses_of_zemax(tmp_path):
    """Index and Abbe number, whatever stands behind them; without dispersion where that is 0."""
    for words, abbe in (
        ("1 0 1.5168 64.17 0", 64.17),
        ("1 0 1.5168 64.17 0 1 0 0 0 0", 64.17),
        ("2 0 1.5168 0 0", None),
    ):
        medium = (
            read_lens(written(tmp_path, "a.zmx", ZEMAX.replace(MODEL, f"GLAS ___BLANK {words}")))
            .lens.surfaces[0]
            .medium
        )
        assert (type(medium) is AbbeGlass) == (abbe is not None)
        assert abbe is None or float(medium.vd) == abbe
        assert float(medium.index(587.5618e-9)) == pytest.approx(1.5168, rel=1e-6)


@pytest.mark.parametrize("text", ["B270=1.523,58.5", " B270 = 1.523, 58.5 ", "B270=1.5230,58.50"])
def test_a_glass_is_told_in_one_word(tmp_path, text):
    """Its name may be one of the file's, in any letters."""
    name, material = told_glass(text)
    assert (name, float(material.nd), float(material.vd)) == ("B270", 1.523, 58.5)
    lens = read_lens(written(tmp_path, "a.txt", TABLE.replace("1.5168/64.2", "b270")), glasses={name: material}).lens
    assert float(lens.surfaces[0].medium.vd) == 58.5


@pytest.mark.parametrize(
    "text",
    [
        "",
        "B270",
        "B270=1.523",
        "B270=x,58.5",
        "=1.523,58.5",
        "B270=0.9,58.5",
        "B270=1.5,0",
        "B270=1.5,-3",
        "B270=nan,58.5",
        "B270=1.5,inf",
        "B270=1.523,58.5,1",
        "A=B=1.5,58",
    ],
)
def test_what_is_no_glass_is_refused(text):
    with pytest.raises(InputError, match=r"--glass B270=1\.523,58\.5"):
        told_glass(text)
