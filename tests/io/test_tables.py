import h5py
import numpy as np
import pytest

from backlight.errors import InputError
from backlight.io import ptylab_metadata, read_rows, read_table

COLUMNS = ("x", "y", "z")
GOOD = "frame,x_mm,y_mm,z_mm,name\n0,1,2,-90,first\n1,4.5,-1e-1,-90,second\n"


def table(path, text):
    path.write_text(text)
    return read_table(path, COLUMNS)


@pytest.mark.parametrize("text", [
    GOOD,
    GOOD.replace(",", ";"),
    "\ufeff" + GOOD.replace("\n", "\r\n\r\n").replace(",", "\t"),
    "z_cm, y_um, x_m\n-9, 2000, 1e-3\n-9, -100, 4.5e-3\n",
])  # fmt: skip
def test_columns_are_found_by_name_and_unit(text, tmp_path):
    expected = [[1e-3, 2e-3, -0.09], [4.5e-3, -1e-4, -0.09]]
    np.testing.assert_allclose(table(tmp_path / "leds", text), expected, rtol=1e-12)


@pytest.mark.parametrize(("text", "says"), [
    ("", "an empty table"),
    ("x_mm,y_mm,z_mm\n", "a header without lines"),
    (GOOD.replace("z_mm", "z"), "line 1"),
    (GOOD.replace("z_mm", "z_furlong"), "no column for z among: frame, x_mm"),
    (GOOD.replace("z_mm", "x_m"), "2 columns for x"),
    (GOOD.replace("4.5", "four"), "line 3, x_mm"),
    (GOOD.replace("4.5", "nan"), "finite"),
    (GOOD.replace("1,4.5,-1e-1,-90,second", "1,4.5"), "line 3, y_mm"),
    (GOOD.replace("-90,first", '"-90,first'), "no table"),
])  # fmt: skip
def test_bad_tables_are_refused_with_their_line(text, says, tmp_path):
    with pytest.raises(InputError) as error:
        table(tmp_path / "leds.csv", text)
    assert says in str(error.value)


def test_what_is_no_text_is_no_table(tmp_path):
    (tmp_path / "leds.csv").write_bytes(b"\xff\xfe\x00\x81" * 9)
    for path, says in ((tmp_path / "leds.csv", "no table"), (tmp_path, "a folder"), (tmp_path / "none", "No such")):
        with pytest.raises(InputError, match=says):
            read_table(path, COLUMNS)


def ptylab(path, told, group=""):
    with h5py.File(path, "w") as file:
        file[f"{group}ptychogram"] = np.random.default_rng(0).poisson(99, (3, 16, 12)).astype(float)
        for name, value in told.items():
            file[f"{group}{name}" if np.ndim(value) else name] = value


PLACES = [[0.0, 0.0], [1e-3, 2e-3], [-3e-3, 0.0]]
TOLD = {"wavelength": 625e-9, "dxp": 2.25e-6, "dxd": 3.45e-6, "num_apert": 0.067, "zo": 0.12}


@pytest.mark.parametrize("group", ["", "section0/"])
def test_a_ptylab_file_says_what_its_instrument_was(group, tmp_path):
    path = tmp_path / "a.hdf5"
    ptylab(path, TOLD | {"positions_led": PLACES}, group)
    known = {"wavelength": 625e-9, "pixel_pitch": 2.25e-6, "numerical_aperture": 0.067, "led_positions": path}
    assert ptylab_metadata(path) == known
    expected = [[0, 0, -0.12], [2e-3, 1e-3, -0.12], [0, -3e-3, -0.12]]  # the file's pairs are (y, x)
    np.testing.assert_allclose(read_table(path, COLUMNS), expected)


def test_other_names_of_ptylab(tmp_path):
    told = {"wavelength": 625e-9, "dxd": 3.45e-6, "magnification": 1.5, "NA": 0.1, "zled": 0.08}
    ptylab(tmp_path / "a.h5", told | {"encoder": PLACES})
    found = ptylab_metadata(tmp_path / "a.h5")
    assert {name: found[name] for name in ("camera_pixel", "magnification", "numerical_aperture")} == {
        "camera_pixel": 3.45e-6, "magnification": 1.5, "numerical_aperture": 0.1}  # fmt: skip
    assert read_table(tmp_path / "a.h5", COLUMNS)[1].tolist() == [2e-3, 1e-3, -0.08]


def test_without_places_the_distance_is_told_by_itself(tmp_path):
    ptylab(tmp_path / "a.h5", TOLD)
    assert ptylab_metadata(tmp_path / "a.h5")["led_distance"] == 0.12
    with pytest.raises(InputError, match="no positions_led or encoder"):
        read_table(tmp_path / "a.h5", COLUMNS)
    ptylab(tmp_path / "b.h5", {"positions_led": PLACES})
    with pytest.raises(InputError, match="no zled or zo"):
        read_table(tmp_path / "b.h5", COLUMNS)
    ptylab(tmp_path / "c.h5", TOLD | {"positions_led": [[0.0, np.nan]]})
    with pytest.raises(InputError, match="a pair of numbers a frame"):
        read_table(tmp_path / "c.h5", COLUMNS)


def test_other_files_say_nothing(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["frames"], file["wavelength"] = np.ones((3, 16, 16)), 625e-9
    assert ptylab_metadata(tmp_path / "a.h5") == {}


@pytest.mark.parametrize("text", ["0,3\n1,4,2\n5\n", "first,second\n0,3\n1,4,2\n5\n", "\ufeff0;3;\n\n1;4;2\n5;;\n"])
def test_rows_of_whole_numbers_are_as_long_as_they_are(text, tmp_path):
    (tmp_path / "groups.csv").write_text(text)
    assert read_rows(tmp_path / "groups.csv") == ((0, 3), (1, 4, 2), (5,))


@pytest.mark.parametrize(("text", "says"), [
    ("", "without numbers"),
    ("diode\n", "without numbers"),
    ("0,1\n2,three\n", "line 2"),
    ("0,1\n2,-1\n", "'-1'"),
    ("0,1\n2,1.0\n", "a whole number"),
    ("0,99999999999\n", "a whole number"),
])  # fmt: skip
def test_rows_of_anything_else_are_refused_with_their_line(text, says, tmp_path):
    (tmp_path / "groups.csv").write_text(text)
    with pytest.raises(InputError, match=says):
        read_rows(tmp_path / "groups.csv")


def test_a_folder_holds_no_rows(tmp_path):
    with pytest.raises(InputError, match="a folder"):
        read_rows(tmp_path)
