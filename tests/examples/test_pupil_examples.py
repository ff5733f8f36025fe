"""The examples of the objective: a point, and transparent cells through three plates."""

import importlib.util
from pathlib import Path

import numpy as np

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(name, folder):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = module.main(folder)
    assert [path.name for path in folder.iterdir()] == [f"{name}.png"]
    return found


def test_airy(tmp_path):
    found = run("airy", tmp_path)
    assert found["largest error"] < 3e-4
    assert np.isclose(found["Strehl ratio with coma"], np.exp(-0.25), atol=0.02)  # Maréchal


def test_four_f_phase_plate(tmp_path):
    found = run("four_f_phase_plate", tmp_path)
    phase = found["phase"]
    assert found["no plate"].std() < 0.005  # a transparent object is invisible
    # 1 + 2φ, less the object's own share of the dot (its mean, to second order)
    assert 1.6 < np.polyfit(phase.ravel(), found["quarter-wave dot"].ravel(), 1)[0] < 2
    inside, edge, outside = (found["vortex"][120, x] for x in (104, 58, 20))
    assert edge > 4 * inside
    assert edge > 10 * outside
