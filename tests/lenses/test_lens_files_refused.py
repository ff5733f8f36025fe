"""Lens files that are damaged, incomplete, in other encodings, or say what has no part here."""

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lens_texts import CODE_V, OWN, TABLE, ZEMAX, everything, same, written

from backlight.errors import InputError
from backlight.lenses import read_lens, write_lens
from backlight.lenses.codev import read_codev
from backlight.lenses.describe import described
from backlight.lenses.table import read_table
from backlight.lenses.zemax import read_zemax


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


PASS = "is not used: rays that the lens blocks pass here."


@pytest.mark.parametrize(
    ("before", "after", "note"),
    [
        ("NAME", "NEWS 1\nNAME", "Not read: NEWS."),
        ("  CURV 0.02", "  XYZZ 3\n  CURV 0.02", "Not read: XYZZ."),
        ("  CURV 0.02", "  SQAP 3 4\n  CURV 0.02", f"The aperture of surface 1 (SQAP, line 18) {PASS}"),
        ("  CURV 0.02", "  ELOB 3 4\n  CURV 0.02", f"The aperture of surface 1 (ELOB, line 18) {PASS}"),
        ("  CURV 0.02", "  OBSC 1 2 0\n  CURV 0.02", f"The aperture of surface 1 (OBSC, line 18) {PASS}"),
        ("  CURV 0.02", "  OBDC 0 0\n  CURV 0.02", None),
        (
            "  CURV 0.02",
            "  OBDC 0 1\n  CURV 0.02",
            "The aperture of surface 1 is decentered (OBDC, line 18), and taken "
            "as centered here: other rays are blocked.",
        ),
        ("FTYP 0", "FTYP 3", "Real heights of the image (line 5) are taken for paraxial ones."),
        ("PWAV 1", "PWAV 1\nMNUM 3 1", "Of 3 configurations (line 11) that of the table is read."),
        ("PWAV 1", "PWAV 1\nENVD 20 1 1", None),
        ("PWAV 1", "PWAV 1\nENVD 60 1 0", None),  # the indices are not adjusted to it
    ],
)
def test_what_of_a_zemax_file_has_no_part_in_the_rays_is_told(tmp_path, before, after, note):
    plain, told = (read_lens(written(tmp_path, "a.zmx", text), glasses=OWN)
                   for text in (ZEMAX, ZEMAX.replace(before, after, 1)))  # fmt: skip
    same(plain.lens, told.lens)
    assert told.notes == (() if note is None else (note,))


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
        ("a.zmx", ZEMAX.replace("ENPD 8", "ENPD 8\nENVD 60 1 1"), r"line 5, ENVD\n.*60 °C"),
        ("a.zmx", ZEMAX.replace("CURV 0\n  DISZ INFINITY", "CURV 0.1\n  DISZ 50"), r"line 13, CURV\n.*curved object"),
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
        ("a.txt", TABLE.replace("I 40 0 20 AIR\n", ""), r"line 6, S(.|\n)*the last row"),
        ("a.txt", TABLE.replace("S 1 -100 12", "S 1 -100 -12"), r"line 6, S(.|\n)*-12"),
        ("a.zmx", ZEMAX.replace("DIAM 6 1", "DIAM -6 1"), r"line 15, SURF(.|\n)*-6"),
        ("a.zmx", ZEMAX.replace("GLAS MYGLASS 0 0 1.5 40", "GLAS"), r"line 23, GLAS(.|\n)*name of a glass"),
        ("a.txt", TABLE.replace("A 4", "I 4"), r"line 5, I(.|\n)*rows behind it"),
        ("a.zmx", ZEMAX.replace("SURF 2", "SURF 3"), r"line 25, SURF(.|\n)*SURF 2, the next one"),
        ("a.zmx", ZEMAX.replace("  CURV -0.01", "  CLAP 5 4 0"), r"line 25, SURF(.|\n)*hole(.|\n)*less than"),
        ("a.zmx", ZEMAX.replace("  CURV -0.01", "  OBSC 0 -4 0"), r"line 25, SURF(.|\n)*hole"),
        ("a.seq", CODE_V.replace("  CCY 0", "  CIR 3; CIR OBS 4"), r"line 15, CIR(.|\n)*within the rim of 3"),
        ("a.seq", CODE_V.replace("  CCY 0", "  CIR OBS -4"), r"line 15, CIR(.|\n)*-4"),
        ("a.json", "{", "line 1"),
        ("a.json", "[]", "format"),
        ("a.lens", "x", r"\.zmx, \.seq"),
    ],
)  # fmt: skip
def test_bad_files_are_refused_with_their_line(tmp_path, name, text, told):
    with pytest.raises(InputError, match=told):
        read_lens(written(tmp_path, name, text), glasses=OWN)


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


@pytest.mark.parametrize(
    ("lines", "last", "signs"),
    [
        (24, "Surface 1 (line 15)", "a distance behind it and the material MYGLASS"),
        (19, "Surface 1 (line 15)", "no distance (DISZ)"),
        (28, "Surface 2 (line 25)", "a distance behind it"),
        (32, "Surface 3 (line 29)", "the type COORDBRK"),
        (37, "Surface 4 (line 33)", "the material MIRROR"),
        (41, "Surface 5 (line 38)", "a distance behind it and the type COORDBRK"),
        (44, "Surface 6 (line 42)", "no distance (DISZ)"),
    ],
)
def test_a_file_that_was_cut_tells(tmp_path, lines, last, signs):
    text = "\n".join(ZEMAX.splitlines()[:lines])
    notes = read_lens(written(tmp_path, "a.zmx", text), glasses=OWN).notes
    assert notes == (f"{last}, the last one, is taken for the image and has {signs}: is the file cut?",)


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
