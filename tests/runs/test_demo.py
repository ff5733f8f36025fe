"""The demonstration finds the distance it was not told, and writes among nobody's files."""

import numpy as np
import pytest

import backlight.runs as runs
from backlight.errors import InputError
from backlight.runs.target import GROUPS, resolution_target


@pytest.mark.slow
def test_the_demonstration_finds_the_distance(tmp_path):
    finished, truth = runs.demo(tmp_path / "demo")
    assert finished.exit_code == 0
    assert finished.result["parameters"]["distance"]["value"] == pytest.approx(truth["distance"], rel=2e-3)
    assert (finished.out / "report.html").exists()
    with pytest.raises(InputError, match="overwrite"):
        runs.demo(tmp_path / "demo")


def test_somebody_s_files_stay(tmp_path):
    (tmp_path / "run.toml").write_text("mine")
    for overwrite in (False, True):
        with pytest.raises(InputError, match="another"):
            runs.demo(tmp_path, overwrite=overwrite)
    assert (tmp_path / "run.toml").read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 1


def test_the_target_has_its_bars_and_nothing_overlaps():
    target = resolution_target(960)
    assert target.min() == pytest.approx(0.2)
    assert target.max() == pytest.approx(1.0)
    dark = (1 - target).sum() / 0.8 / 10**2
    bars = sum(6 * 5 * half**2 for half, _, _ in GROUPS) + 36
    assert dark == pytest.approx(bars, rel=1e-9)


def test_the_target_is_drawn_by_area_on_any_grid():
    fine, coarse = resolution_target(384), resolution_target(192)
    np.testing.assert_allclose(fine.reshape(192, 2, 192, 2).mean(axis=(1, 3)), coarse, atol=1e-12)
