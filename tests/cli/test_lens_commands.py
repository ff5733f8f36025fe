"""`backlight lens draw`, `analyze` and `optimize`, as a user calls them."""

import json
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from backlight.cli import main
from backlight.lenses import LensFile, read_lens
from backlight.lenses.analyze import analyzed
from backlight.light import AbbeGlass, ConstantIndex
from backlight.rays import Conic, Lens, Surface
from backlight.units import mm

TABLE = """Two surfaces
type distance roc diameter material
O 0 0 0 AIR
S 0 50 12 1.5168/64.2
S 5 -50 12 AIR
I 47 0 20 AIR
"""


def call(*arguments):
    """Return the exit code."""
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    return stop.value.code


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "lens.txt"
    path.write_text(TABLE)
    return path


def test_a_lens_is_drawn(table, tmp_path, capsys):
    out = tmp_path / "lens.png"
    assert call("lens", "draw", table, "--out", out, "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"picture": str(out)}
    first = out.read_bytes()
    assert first.startswith(b"\x89PNG")
    assert call("lens", "draw", table, "--out", out) != 0
    assert "--overwrite" in capsys.readouterr().err
    assert call("lens", "draw", table, "--out", out, "--overwrite") == 0
    assert out.read_bytes() == first
    assert call("lens", "draw", table, "--out", tmp_path / "lens.svg") == 0
    assert ElementTree.parse(tmp_path / "lens.svg").getroot().tag.endswith("svg")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("draw", "--out", "lens.bmp"), ".png or .svg"),
        (("optimize", "--out", "lens.seq"), ".zmx or .json"),
        (("optimize", "--out", "new.json", "--efl", "50"), "--efl"),
        (("tolerance", "--out", "new.png", "--tolerance", "tild=1mrad"), "'tilt'"),
        (("tolerance", "--out", "new.png", "--tolerance", "tilt=1"), "--tolerance tilt"),
        (("tolerance", "--out", "new.png", "--tolerance", "tilt=-1mrad"), "> 0"),
        pytest.param(
            ("optimize", "--out", "new.json", "--efl", "60mm", "--free", "surfaces.1.thickness"),
            "mm at best",
            marks=pytest.mark.slow,
        ),
        (("optimize", "--out", "new.json", "--free", "surfaces.0.profile.curvatur"), "surfaces.0.profile.curvature"),
    ],
)
def test_what_cannot_be_done_is_told(table, tmp_path, monkeypatch, capsys, arguments, told):
    monkeypatch.chdir(tmp_path)
    command, *rest = arguments
    assert call("lens", command, table, *rest) == 3
    shown = capsys.readouterr().err
    assert told in shown
    assert len(shown.splitlines()) <= 6
    assert [path.name for path in tmp_path.iterdir()] == ["lens.txt"]


def test_a_better_lens_is_found_and_reads_back(table, tmp_path, capsys):
    out = tmp_path / "new.json"
    assert call("lens", "optimize", table, "--out", out, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["merit"]["after"] < 0.5 * told["merit"]["before"]
    (spot,) = told["rms_spots"]
    assert spot["after"] < 0.6 * spot["before"]
    assert told["efl"]["after"] == pytest.approx(told["efl"]["before"], rel=1e-4)
    lens, old = read_lens(out).lens, read_lens(table).lens
    for path in ("surfaces.0.profile.curvature", "surfaces.1.profile.curvature", "surfaces.1.thickness"):
        assert told["free"][path]["before"] != told["free"][path]["after"]
    assert float(lens.surfaces[1].thickness) == told["free"]["surfaces.1.thickness"]["after"]
    assert float(lens.surfaces[0].thickness) == float(old.surfaces[0].thickness)  # glass keeps its thickness
    assert float(lens.surfaces[0].semi_diameter) == float(old.surfaces[0].semi_diameter)


@pytest.mark.parametrize("command", ["optimize", "tolerance"])
def test_a_lens_that_nothing_passes_is_not_worked_on(command, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lens.txt").write_text(TABLE.replace("0 50 12", "0 0.5 12"))  # a beam wider than its sphere
    assert call("lens", command, "lens.txt", "--out", f"new.{'json' if command == 'optimize' else 'png'}") == 3
    assert "missed at surface 0" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["lens.txt"]


def test_a_focal_length_can_be_asked_for(table, tmp_path, capsys):
    out = tmp_path / "new.zmx"
    free = ("--free", "surfaces.1.profile.curvature", "--free", "surfaces.1.thickness")
    assert call("lens", "optimize", table, "--out", out, "--efl", "60 mm", *free) == 0
    shown = capsys.readouterr().out
    assert "before" in shown
    assert "RMS spot 0°" in shown
    assert call("lens", "info", out, "--json") == 0
    assert json.loads(capsys.readouterr().out)["efl"] == pytest.approx(60e-3, rel=1e-3)


def test_a_lens_is_analyzed(table, tmp_path, capsys):
    out = tmp_path / "found"
    assert call("lens", "analyze", table, "--out", out, "--json") == 0
    printed = json.loads(capsys.readouterr().out)
    kept = json.loads((out / "result.json").read_text())
    assert printed == kept
    (point,) = kept["points"]
    assert kept["airy_radius"] == pytest.approx(0.61 * kept["primary_wavelength"] / kept["numerical_aperture"])
    defocus, spherical = point["zernikes"][3], point["zernikes"][10]
    assert point["rms_wavefront"] == pytest.approx(np.hypot(defocus, spherical), rel=1e-3)  # what an axis can have
    assert kept["seidel"]["spherical"]["sum"] == pytest.approx(sum(kept["seidel"]["spherical"]["surfaces"]))
    page = (out / "report.html").read_text()
    assert "http:" not in page.replace("http://www.w3.org", "")
    assert page.count("<img") == 5  # a lens without a field has no figure of it
    assert call("lens", "analyze", table, "--out", out) != 0
    assert "exists" in capsys.readouterr().err


def spot_of_the_design(table):
    return analyzed(read_lens(table)).points[0].rms


@pytest.mark.slow
def test_tolerances_are_charted_and_told(table, tmp_path, capsys):
    """A lens of one glass in focus: what it is built as is no better than it is, and each number's part is told."""
    out = tmp_path / "chart.svg"
    given = ("--tolerance", "radius=1%", "--tolerance", "tilt=5mrad", "--samples", "16")
    assert call("lens", "tolerance", table, "--out", out, *given, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    names = [one["name"] for one in told["tolerances"]]
    assert names == ["radius 0", "tilt 0 about x", "tilt 0 about y", "radius 1", "tilt 1 about x", "tilt 1 about y"]
    assert spot_of_the_design(table) >= told["rms_spot"]["nominal"] > 0  # refocused, as those that are built
    widens = {one["name"]: one["widens"] for one in told["tolerances"]}
    assert widens["tilt 0 about x"] == pytest.approx(widens["tilt 0 about y"], rel=1e-6)  # on the axis of a round lens
    assert all(value >= 0 for value in widens.values())
    spot = told["rms_spot"]
    assert 0 < spot["median"] <= spot["nine_of_ten"]
    assert told["refocusing"] > 1e-4  # a percent of a radius moves the focus of 50 mm by more
    assert ElementTree.parse(out).getroot().tag.endswith("svg")


@pytest.mark.slow
def test_every_color_of_a_field_has_its_contrast():
    """The steepest wavefront, here of blue light out of focus, tells how finely the pupil is sampled."""
    rows = [Surface(Conic(50 * mm), thickness=5 * mm, medium=AbbeGlass(1.67, 32.0), stop=True),
            Surface(Conic(-50 * mm), thickness=36 * mm, medium=ConstantIndex(1.0)), Surface()]  # fmt: skip
    told = LensFile(Lens(rows, entrance_pupil_diameter=10 * mm), wavelengths=(486e-9, 588e-9, 656e-9),
                    weights=(1.0, 1.0, 1.0), primary=2)  # fmt: skip
    (point,) = analyzed(told).points
    assert np.all(np.isfinite(point.mtf.tangential))
    assert point.mtf.tangential[0] == pytest.approx(1)


@pytest.mark.slow
def test_lost_rays_and_the_rim_of_the_image_stay_out_of_the_figures():
    """A front that clips the outer half of the beam, and an image smaller than the field."""
    glass, air = ConstantIndex(1.5), ConstantIndex(1.0)
    rows = [Surface(Conic(50 * mm), thickness=5 * mm, medium=glass, stop=True, semi_diameter=3 * mm),
            Surface(Conic(-50 * mm), thickness=48 * mm, medium=air), Surface(semi_diameter=1 * mm)]  # fmt: skip
    found = analyzed(LensFile(Lens(rows, entrance_pupil_diameter=10 * mm), fields=((0.1, 0.0),)))
    (point,) = found.points
    fan, _ = point.fans[0]
    assert fan.alive[np.abs(fan.pupil) < 0.59].all()
    assert not fan.alive[np.abs(fan.pupil) > 0.61].any()
    assert np.all(fan.offsets[:, ~fan.alive] == 0)
    assert np.isnan(point.opd[0, 20])
    assert np.isfinite(point.opd[20, 20])
    assert point.rms < 1 * mm


@pytest.mark.parametrize("command", ["info", "draw", "analyze", "optimize", "tolerance"])
def test_help_is_short_and_has_an_example(command, capsys):
    assert call("lens", command, "--help") == 0
    shown = capsys.readouterr().out
    assert f"Example: backlight lens {command} " in shown
    assert len(shown.splitlines()) <= 40
    assert call("lens", "--help") == 0
    assert "..." not in capsys.readouterr().out.replace("[ARGS]...", "")


@pytest.mark.parametrize(
    ("command", "name"), [("draw", "x.png"), ("analyze", "x"), ("optimize", "x.json"), ("tolerance", "x.svg")]
)
def test_a_place_that_takes_no_files_is_told_at_once(table, capsys, command, name):
    assert call("lens", command, table, "--out", f"/proc/{name}") == 5
    assert "nothing can be written in /proc" in capsys.readouterr().err
    assert call("lens", command, table.parent / "none.zmx", "--out", table.parent / name) == 3
    assert "No such file" in capsys.readouterr().err


def test_a_folder_is_no_lens_file(tmp_path, capsys):
    (tmp_path / "lens.zmx").mkdir()
    assert call("lens", "info", tmp_path / "lens.zmx") == 2
    assert "is a directory" in capsys.readouterr().err
