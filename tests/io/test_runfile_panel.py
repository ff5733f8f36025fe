"""Keys that say one thing in several ways, name a table, hold so many values, or ask for so many of a kind."""

from pathlib import Path

import numpy as np
import pytest

from backlight.errors import RunFileError
from backlight.io import Prior, dump, instrument_paths, load, template
from backlight.io.runmodel import DataSection
from backlight.systems.schemas import FOURIER_PTYCHOGRAPHY as SCHEMA

RUN = """system = "fourier_ptychography"
[data]
frames = "frames.npy"
[instrument]
wavelength = "630 nm"
numerical_aperture = 0.1
pixel_pitch = "1.845 um"
led_positions = "leds.csv"
array_shift = ["0.2 mm", "-0.1 mm"]
[unknown]
sample = true
array_shift = true
array_height = { value = "90 mm", std = "2 mm" }
led_positions = true
zernike = 4
defocus = { between = ["-50 um", "50 um"] }
"""
PANEL = 'led_pitch = "4 mm"\nled_rows = 15\nled_columns = 15\nled_distance = "90 mm"'
TABLE = 'led_positions = "leds.csv"'


@pytest.fixture
def folder(tmp_path):
    np.save(tmp_path / "frames.npy", np.ones((2, 8, 8)))
    (tmp_path / "frames.tif").touch()  # what the template names
    (tmp_path / "leds.csv").write_text("x_mm,y_mm,z_mm\n0,0,-90\n1,0,-90\n")
    return tmp_path


def loaded(folder, text, **options):
    (folder / "run.toml").write_text(text)
    return load(folder / "run.toml", SCHEMA, **options)


def test_words_of_a_panel_are_read(folder):
    run = loaded(folder, RUN)
    assert run.instrument["led_positions"] == Path("leds.csv")
    assert instrument_paths(run) == {"led_positions": folder / "leds.csv"}
    assert run.instrument["array_shift"] == (2e-4, -1e-4)
    assert run.unknown["zernike"] == 4
    assert run.unknown["array_height"] == Prior(value=0.09, std=2e-3)


@pytest.mark.parametrize(("line", "value"), [
    ("led_groups = [[0, 1], [1, 0]]", ((0, 1), (1, 0))),
    ("led_groups = [[0], [1, 0]]", ((0,), (1, 0))),
    ('led_groups = "groups.csv"', Path("groups.csv")),
])  # fmt: skip
def test_groups_of_diodes_are_lists_or_a_table(line, value, folder):
    (folder / "groups.csv").write_text("0,1\n1,0\n")
    run = loaded(folder, RUN.replace(TABLE, f"{TABLE}\n{line}"))
    assert run.instrument["led_groups"] == value
    assert loaded(folder, dump(run, SCHEMA)) == run


@pytest.mark.parametrize("absolute", [False, True])
def test_dump_comes_back_equal(absolute, folder, tmp_path_factory):
    run = loaded(folder, RUN)
    place = tmp_path_factory.mktemp("elsewhere") if absolute else folder
    again = loaded(place, dump(run, SCHEMA, absolute=absolute))
    assert instrument_paths(again) == instrument_paths(run)
    assert again.unknown == run.unknown
    if not absolute:
        assert again == run


def test_template_loads_and_says_what_excludes_what(folder):
    text = template(SCHEMA)
    assert loaded(folder, text).instrument["led_rows"] == 15
    assert "# the pixels at the sample: pixel_pitch; or camera_pixel and magnification" in text
    for key in (*SCHEMA.instrument, *SCHEMA.unknown):
        assert f"{key.name} =" in text


@pytest.mark.parametrize("panel", [
    PANEL,
    PANEL + '\nled_order = "spiral"\nled_center = [7, 6.5]',
    'led_pitch = "9 mm"\nled_rings = [1, 8, 12]\nled_distance = "0.11 m"',
])  # fmt: skip
def test_a_panel_may_be_described(panel, folder):
    text = RUN.replace(TABLE, panel).replace('"1.845 um"', '"1.845 um"')
    assert "led_positions" not in loaded(folder, text).instrument  # and yet may be unknown


def test_pixels_may_be_the_cameras(folder):
    run = loaded(folder, RUN.replace('pixel_pitch = "1.845 um"', 'camera_pixel = "3.69 um"\nmagnification = 2'))
    assert (run.instrument["camera_pixel"], run.instrument["magnification"]) == (3.69e-6, 2.0)


@pytest.mark.parametrize(("old", "new", "says"), [
    ('pixel_pitch = "1.845 um"', "", "nothing about the pixels at the sample"),
    ('pixel_pitch = "1.845 um"', 'camera_pixel = "3 um"', "add magnification = 2.0"),
    ("1.845 um", '1.845 um"\ncamera_pixel = "3 um', "remove camera_pixel"),
    (TABLE, "", "where the diodes are in one way: led_pitch, led_rows, led_columns and led_distance (with"),
    (TABLE, PANEL.replace("led_rows = 15\n", ""), "add led_rows = 15"),
    (TABLE, TABLE + '\nled_order = "rows"', "remove led_order"),
    (TABLE, 'led_positions = "lost.csv"', "[instrument] led_positions"),
    (TABLE, "led_positions = 3", "the name of a file"),
    (TABLE, PANEL.replace("15", "1.5", 1), "a whole number"),
    (TABLE, TABLE + "\nled_groups = [0, 1]", "led_groups[0]"),
    (TABLE, TABLE + "\nled_groups = [[0], []]", "led_groups[1]"),
    (TABLE, TABLE + "\nled_groups = [[0, 1.0]]", "a list of whole numbers"),
    (TABLE, TABLE + "\nled_groups = [[0, -1]]", "at least 0"),
    (TABLE, TABLE + "\nled_groups = []", "a list of lists of whole numbers, or a table's name"),
    (TABLE, TABLE + "\nled_groups = 4", "a list of lists of whole numbers, or a table's name"),
    (TABLE, TABLE + '\nled_groups = "lost.csv"', "[instrument] led_groups"),
    ('["0.2 mm", "-0.1 mm"]', '"0.2 mm"', "a list of 2"),
    ('["0.2 mm", "-0.1 mm"]', '["0.2 mm"]', 'array_shift = ["0.5 mm", "-0.3 mm"]'),
    ("zernike = 4", "zernike = 0", "at least 2"),
    ("zernike = 4", "zernike = 4.5", "true, false or a whole number"),
    ("zernike = 4", "zernike = { between = [2, 4] }", "true, false or a whole number"),
    ("led_positions = true", 'led_positions = "1 mm"', "true or false"),
    ("zernike", "zernicke", "did you mean 'zernike'?"),
])  # fmt: skip
def test_what_is_wrong_is_named(old, new, says, folder):
    assert old in RUN
    with pytest.raises(RunFileError) as error:
        loaded(folder, RUN.replace(old, new, 1))
    assert says in str(error.value)


def test_what_is_left_out_may_come_with_the_frames(folder):
    asked = []

    def offered(data, place):
        assert isinstance(data, DataSection)
        asked.append((data.frames, place))
        return {"wavelength": 532e-9, "pixel_pitch": 2e-6, "numerical_aperture": 0.2, "led_positions": Path("leds.csv")}

    assert loaded(folder, RUN, offered=offered).taken == ()
    assert asked == []  # nothing was left out
    silent = RUN.replace('wavelength = "630 nm"\n', "").replace('pixel_pitch = "1.845 um"\n', "")
    run = loaded(folder, silent.replace(f"{TABLE}\n", ""), offered=offered)
    assert asked == [("frames.npy", folder)]
    assert sorted(run.taken) == ["led_positions", "pixel_pitch", "wavelength"]
    assert run.instrument["wavelength"] == 532e-9
    assert run.instrument["numerical_aperture"] == 0.1  # as written
    assert loaded(folder, dump(run, SCHEMA)) == run
    with pytest.raises(RunFileError, match="wavelength"):
        loaded(folder, silent, offered=lambda data, place: {"pixel_pitch": 2e-6})
    with pytest.raises(RunFileError, match="as the frames' file says"):
        loaded(folder, silent, offered=lambda data, place: {"pixel_pitch": 2e-6, "wavelength": 532.0})
