"""`backlight lens`, as a user calls it."""

import json

import pytest

from backlight.cli import main

TABLE = """Two surfaces
type distance roc diameter material
O 0 0 0 AIR
S 0 50 12 1.5168/64.2
S 5 -50 12 AIR
I 48 0 20 AIR
"""


def call(*arguments):
    """Return the exit code."""
    with pytest.raises(SystemExit) as stop:
        main(list(arguments))
    return stop.value.code


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "lens.txt"
    path.write_text(TABLE)
    return path


def test_what_a_lens_does_is_printed(table, capsys):
    assert call("lens", "info", str(table)) == 0
    shown = capsys.readouterr().out
    assert "efl" in shown
    assert "AbbeGlass n=1.51680" in shown
    assert "No stop is told" in shown


def test_numbers_for_programs(table, capsys):
    assert call("lens", "info", str(table), "--json") == 0
    told = json.loads(capsys.readouterr().out)
    n = 1.5168 / 1.000293
    efl = 1 / ((n - 1) * (2 / 50 - (n - 1) * 5 / (n * 50 * 50)))  # a thick lens in air, mm
    assert told["efl"] * 1e3 == pytest.approx(efl / 1.000293, rel=1e-9)  # of power 1/f: that of the air left out
    assert {"bfl", "f_number", "entrance_pupil", "exit_pupil"} <= set(told)
    assert [s["thickness"] for s in told["surfaces"]] == pytest.approx([5e-3, 48e-3, 0])


@pytest.mark.parametrize(
    ("text", "told"),
    [(TABLE.replace("S 5", "Q 5"), "line 5, Q"), ("", "empty"), (TABLE.replace("-50", "much"), "'much'")],
)
def test_a_bad_file_ends_in_a_sentence(tmp_path, capsys, text, told):
    path = tmp_path / "lens.txt"
    path.write_text(text)
    assert call("lens", "info", str(path)) == 3
    shown = capsys.readouterr().err
    assert told in shown
    assert len(shown.splitlines()) <= 6


def test_a_glass_that_no_catalog_has_is_given(tmp_path, capsys):
    path = tmp_path / "lens.txt"
    path.write_text(TABLE.replace("1.5168/64.2", "MINE"))
    assert call("lens", "info", str(path)) == 3
    assert "--glass" in capsys.readouterr().err
    assert call("lens", "info", str(path), "--glass", "MINE=1.5168,64.2") == 0
    assert "n=1.51680" in capsys.readouterr().out
    assert call("lens", "info", str(path), "--glass", "MINE=1.5168") == 3
    assert "--glass B270=1.523,58.5" in capsys.readouterr().err
