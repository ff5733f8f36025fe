"""Every example runs, and comes out right."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(name, *arguments):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.main(*arguments)


@pytest.mark.slow
def test_own_forward_model():
    fit = run("own_forward_model")
    assert fit.status == "converged"
    error = np.abs(fit.value("center") - [[20.3, 18.8], [26.1, 40.2]])
    assert (error < 4 * fit.std("center")).all()
    assert error.max() < 0.2


@pytest.mark.slow
def test_hologram():
    fit = run("hologram")
    assert fit.value("detection_path.distance") == pytest.approx(4.2e-3, rel=0.01)


@pytest.mark.slow
def test_off_axis(tmp_path):
    found = run("off_axis", tmp_path)
    assert found["distance"] == pytest.approx(1.2e-3, rel=0.01)
    assert found["joint"] <= 0.5 * found["filter"]
    assert [path.name for path in tmp_path.iterdir()] == ["off_axis.png"]


@pytest.mark.slow
def test_fourier_ptychography(tmp_path):
    found = run("fourier_ptychography", tmp_path)
    assert found["shift"] == pytest.approx([0.6e-3, -0.4e-3], abs=0.02e-3)
    assert found["rotation"] == pytest.approx(0.02, abs=2e-3)
    assert found["height"] == pytest.approx(88.5e-3, rel=2e-3)
    assert found["defocus"] == pytest.approx(30e-6, abs=2e-6)
    assert found["misfits"][0] < 0.2 * found["misfits"][1]
    assert [path.name for path in tmp_path.iterdir()] == ["fourier_ptychography_example.png"]


@pytest.mark.slow
def test_fourier_ptychography_ablation(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(EXAMPLES)
    found = run("fourier_ptychography_ablation", tmp_path, ("everything unknown", "nothing but the sample"))
    assert found["everything unknown"][0] < 0.5 * found["nothing but the sample"][0]
    assert [path.name for path in tmp_path.iterdir()] == ["fourier_ptychography_ablation.png"]


@pytest.mark.slow
def test_lensless_stack(tmp_path):
    found = run("lensless_stack", tmp_path)
    assert found["shift, joint"] < 0.01 < 0.5 < found["shift, as written"]
    assert found["distance, joint"] < 4e-3 < 0.5 * found["distance, as written"]
    assert [path.name for path in tmp_path.iterdir()] == ["lensless_stack_example.png"]


@pytest.mark.slow
def test_coded_lensless(tmp_path):
    found = run("coded_lensless", tmp_path)
    assert found["scale"] == pytest.approx(1.04, abs=0.005)
    assert found["background"] == pytest.approx(0.08, abs=0.005)
    assert found["Backlight"] <= 0.5 * found["scale 1"]
    assert [path.name for path in tmp_path.iterdir()] == ["coded_lensless.png"]


def test_talbot_carpet(tmp_path):
    lengths = run("talbot_carpet", tmp_path)
    assert lengths["measured"] == pytest.approx(lengths["exact"], rel=1e-6)
    assert lengths["exact"] == pytest.approx(14.767e-6, rel=1e-4)
    assert lengths["after 27 exact"] == pytest.approx(1, abs=1e-4)
    assert lengths["after 27 paraxial"] < -0.99
    assert [path.name for path in tmp_path.iterdir()] == ["talbot_carpet.png"]


@pytest.mark.slow
def test_deflectometry(tmp_path):
    found = run("deflectometry", tmp_path)
    assert found["front radius"] == pytest.approx(-82.23e-3, rel=0.02)
    assert found["back radius"] == pytest.approx(-32.14e-3, rel=0.01)
    assert found["thickness"] == pytest.approx(3.59e-3, rel=0.1)
    assert [path.name for path in tmp_path.iterdir()] == ["deflectometry.png"]


@pytest.mark.slow
def test_lens(tmp_path):
    found = run("lens", tmp_path)
    assert found["efl"] == pytest.approx(50e-3, rel=0.01)
    assert found["worst"] < 60e-6
    assert [path.name for path in tmp_path.iterdir()] == ["lens.png"]


@pytest.mark.slow
def test_lens_design():
    """From plates to 6 µm over all fields and colors; the last merit alone, from the same plates, loses all rays."""
    found = run("lens_design")
    assert found.status == "converged"
    assert np.sqrt(2 * found.merit) < 6.5
    assert found.constraints["focal length"] == pytest.approx(50e-3, abs=1e-8)
    assert max(found.violations.values()) < 1e-8
