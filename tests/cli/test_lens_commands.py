"""`backlight lens draw`, `analyze` and `optimize`, as a user calls them."""

import json
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from backlight.cli import main
from backlight.lenses import read_lens

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
