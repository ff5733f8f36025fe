"""The tutorial's two answers: the same frame fitted, once with a wrong phase, once with the right one."""

import importlib.util
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "aberration_tutorial.py"


@pytest.mark.slow
def test_the_same_data_fit_but_the_parametrization_decides(tmp_path, capsys):
    spec = importlib.util.spec_from_file_location("aberration_tutorial", EXAMPLE)
    tutorial = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tutorial)
    told = tutorial.main(tmp_path)
    free, few = told["free"], told["few"]
    assert free.loss[0] > 3e-3
    assert free.loss[-1] < 2e-5
    assert free.error > 0.5 * told["spread"]
    assert few.loss[-1] < 1e-10
    assert few.error < 1e-4
    assert told["warning"].share == pytest.approx(0.064, abs=0.02)  # (2/π)·asin √threshold, from sin² of πλzf²
    assert told["assurance"].share < 0.01
    assert "Many images fit the same frames" in capsys.readouterr().out
    assert {path.name for path in tmp_path.iterdir()} == {
        "aberrations_free_phase_map.png",
        "aberrations_coefficients.png",
    }
