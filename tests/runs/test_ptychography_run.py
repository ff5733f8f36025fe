"""A run file of frames under a panel of diodes becomes a result folder: pupil, panel, residuals, and what refuses."""

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
from panel_run import write_run

import backlight.runs as runs
from backlight.errors import InputError
from backlight.findings import Curves, Exhibit, Picture, PointMap, from_arrays, to_arrays
from backlight.io import read
from backlight.runs.ask import ask, read_job
from backlight.runs.parameters import traced
from backlight.systems.fourier_ptychography import ENTRY
from backlight.systems.ptychography_findings import by_diode, pupil_function, spreads
from backlight.systems.ptychography_instrument import PATHS, fourier_ptychography

sys.path.insert(0, str(Path(__file__).parents[1] / "systems"))
from ptychography_twin import APERTURE, HEIGHT, WAVELENGTH, Truth, record, texture

RUN = """
system = "fourier_ptychography"
[data]
frames = "frames.npy"
[instrument]
wavelength = "630 nm"
numerical_aperture = {aperture}
pixel_pitch = "1.845 um"
led_positions = "leds.csv"
[unknown]
sample = true
array_shift = true
led_gains = true
led_positions = true
zernike = 2
pupil = true
background = true
[estimate]
iterations = 4
error_bars = {bars}
"""


PANEL = {"side": 5, "led_pitch": 6e-3}
TABLE = Truth(**PANEL).table


def prepare(folder, frames, table=TABLE, *, height=HEIGHT, aperture=APERTURE, bars="false", extra=""):
    """Write frames, table and run file, and return the run file."""
    return write_run(folder, frames, table, height, RUN.format(aperture=aperture, bars=bars) + extra)


@pytest.fixture(scope="module")
def recorded():
    return record(texture(32, 0), 32, Truth(**PANEL, shift=(1e-3, -0.5e-3)), 0)


@pytest.fixture(scope="module")
def finished(recorded, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ptychography")
    return runs.run(prepare(folder, recorded), folder / "result")


@pytest.mark.slow
def test_the_pupil_lies_beside_the_object(finished):
    pupil = np.load(finished.out / "pupil.npy")
    assert pupil.dtype == np.complex64
    y, x = (np.indices(pupil.shape) - pupil.shape[0] // 2) * 2 / pupil.shape[0]
    outside = np.hypot(y, x) > 1
    assert np.all(pupil[outside] == 0)
    assert np.all(np.abs(pupil[~outside]) > 0.2)
    assert np.load(finished.out / "object.npy").shape == tuple(finished.result["object"]["shape"])


@pytest.mark.slow
def test_every_unknown_is_reported(finished):
    table = json.loads((finished.out / "result.json").read_text())["parameters"]
    unknown = ("sample", "array_shift", "led_gains", "led_positions", "zernike", "pupil", "background")
    assert all(table[name]["status"] == "estimated" for name in unknown)
    assert [np.shape(table[name]["value"]) for name in unknown[1:5]] == [(2,), (25,), (25, 2), (2,)]
    assert np.shape(table["background"]["value"]) == (25,)
    assert [table[name]["unit"] for name in unknown[1:5]] == ["m", "", "m", "rad"]
    assert (table["sample"]["file"], table["pupil"]["file"]) == ("object.npy", "pupil.npy")
    assert table["wavelength"] == {"value": WAVELENGTH, "unit": "m", "std": None, "status": "fixed"}


@pytest.mark.slow
def test_each_frame_has_its_residual(finished, recorded):
    told = finished.result["frames"]
    assert len(told["nrmse_amplitude"]) == 25
    assert told["shown"] == int(np.argmax(recorded.mean(axis=(1, 2))))
    reach = np.hypot(12e-3, 12e-3)
    aperture = reach / np.hypot(HEIGHT, reach) + APERTURE
    assert finished.result["found"]["finest_detail"] == pytest.approx(WAVELENGTH / (2 * aperture), rel=0.05)


@pytest.mark.slow
def test_the_report_has_its_figures(finished, tmp_path):
    names = {path.stem for path in (finished.out / "figures").glob("*.png")}
    assert names == {"comparison", "residual", "convergence", "pupil", "panel", "spectrum"}
    page = (finished.out / "report.html").read_text()
    assert page.count("<figure>") == 6
    assert "alternating projections" in page
    assert "see pupil.npy" in page
    again = runs.render(finished.out, tmp_path / "again.html").read_text()
    assert again == page


@pytest.mark.slow
def test_the_instrument_that_was_found_predicts_every_frame(finished, recorded, tmp_path):
    told = runs.simulate(finished.out, tmp_path / "f.tif")
    assert told["shape"] == [25, 32, 32]
    moved = runs.simulate(finished.out, tmp_path / "g.tif", ["array_rotation=2 deg", "defocus=20 um"])
    assert moved["changed"]["defocus"] == pytest.approx(20e-6)
    before, after = (np.asarray(read(tmp_path / f"{n}.tif", trusted=True).array, float) for n in "fg")
    assert not np.allclose(before, after, rtol=0.01)
    bright = recorded.mean(axis=(1, 2)).argmax()
    assert before[bright].mean() == pytest.approx(recorded[bright].mean(), rel=0.2)


@pytest.mark.slow
@pytest.mark.parametrize("value", ["0.1 mm, -0.2 mm", "[0.1 mm, -0.2 mm]", '["0.1 mm", "-0.2 mm"]'])
def test_a_pair_is_set_by_two_values(finished, tmp_path, value):
    told = runs.simulate(finished.out, tmp_path / "f.tif", [f"array_shift={value}"])
    assert told["changed"]["array_shift"] == pytest.approx((0.1e-3, -0.2e-3))
    again = runs.load(finished.out)
    moved = eqx.tree_at(lambda s: s.illumination.shift, again, jnp.array([0.1e-3, -0.2e-3]))
    expected = np.asarray(moved.predict().values)
    np.testing.assert_allclose(read(tmp_path / "f.tif", trusted=True).array, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize(("value", "got"), [("0.1 mm", "1 value\n"), ("1 mm, 2 mm, 3 mm", "3 values"), ("", "1 value")])
def test_a_pair_set_by_one_value_or_three_is_refused(finished, tmp_path, value, got):
    with pytest.raises(InputError, match=got) as refused:
        runs.simulate(finished.out, tmp_path / "f.tif", [f"array_shift={value}"])
    assert '--set array_shift="[0.5 mm, -0.3 mm]"' in str(refused.value)
    assert not (tmp_path / "f.tif").exists()


def test_exhibits_survive_a_file():
    exhibit = Exhibit("panel", "A caption.", (
        Picture("one", np.eye(3), (0.1, 0.2), "sin θ", np.ones((2, 3)), "power", True),
        PointMap("two", np.ones((4, 2)), np.arange(4.0), "brightness", spreads=np.ones((4, 2, 2))),
        Curves("three", np.arange(5.0), np.ones((2, 5)), np.array(["found", "threshold"]), "1/µm", "correlation"),
    ), about_fit=True)  # fmt: skip
    (again,) = from_arrays(to_arrays([exhibit]) | {"frame": np.ones(3)})
    assert (again.name, again.caption, again.about_fit) == ("panel", "A caption.", True)
    for panel, other in zip(exhibit.panels, again.panels, strict=True):
        assert type(panel) is type(other)
        for name, value in vars(panel).items():
            np.testing.assert_array_equal(np.asarray(value), np.asarray(getattr(other, name)))


def test_the_error_of_the_pose_spreads_the_diodes():
    """A turn moves a diode across its radius, by as much as it is far out."""
    place, std = np.array([[0.0, 10e-3], [20e-3, 0.0]]), {"illumination.rotation": 0.01, "illumination.shift": None}
    system: Any = fourier_ptychography(wavelength=600e-9, numerical_aperture=0.1, pixel_pitch=2e-6, positions=place,
                                  height=0.1, shape=(2, 32, 32))  # fmt: skip
    bars = SimpleNamespace(names=("illumination.rotation",), correlation=np.ones((1, 1)))
    found = spreads(SimpleNamespace(system=system, uncertainty=bars, std=std.get), system.illumination.height)
    np.testing.assert_allclose(found[0], [[1e-8, 0], [0, 0]], atol=1e-13)
    np.testing.assert_allclose(found[1], [[0, 0], [0, 4e-8]], atol=1e-13)


def test_a_number_on_its_way_has_the_name_and_the_sign_that_results_have():
    """A sample behind the focus is a defocus before it to the pupil."""
    told = {"wavelength": 600e-9, "numerical_aperture": 0.1, "pixel_pitch": 2e-6, "height": 0.1}
    system = fourier_ptychography(**told, positions=np.zeros((1, 2)), shape=(1, 32, 32), defocus=5e-6)
    asked: Any = SimpleNamespace(entry=ENTRY, question=SimpleNamespace(system=system))
    traces = {PATHS["defocus"]: [float(system.detection_path.defocus)], "objective": [2.0]}
    found = traced(asked, traces)
    assert found["defocus"] == pytest.approx([5e-6])
    assert found["objective"] == [2.0]


def test_the_residual_of_a_diode_is_that_of_its_frames():
    lit = np.array([[0, 1], [1, 2], [4, 4]])
    found = by_diode(lit, np.array([0.1, 0.3, np.nan]), 5)
    np.testing.assert_allclose(found, [0.1, 0.2, 0.3, np.nan, np.nan])


def test_a_pupil_without_aberrations_is_one_and_defocus_curves_it():
    place = np.array([[0.0, 0.0], [0.0, 4e-3]])
    told = {"wavelength": 600e-9, "numerical_aperture": 0.1, "pixel_pitch": 2e-6, "positions": place, "height": 0.1}
    flat, curved = (
        pupil_function(fourier_ptychography(**told, shape=(2, 32, 32), defocus=z), 32) for z in (0.0, 10e-6)
    )
    rim = 16 + 14, 16
    np.testing.assert_allclose(flat[np.abs(flat) > 0], 1, atol=1e-5)
    sine = 0.1 * 14 / 16
    expected = -2 * np.pi * 10e-6 / 600e-9 * (np.sqrt(1 - sine**2) - 1)
    assert np.angle(curved[rim] / curved[16, 16]) == pytest.approx(expected, abs=1e-3)


# --- bad input (cases 31, 37 and 38) ----------------------------------------------------------------------------------


def test_frames_that_are_not_as_many_as_diodes_are_refused(recorded, tmp_path):
    with pytest.raises(InputError, match="25 diodes for 24 frames"):
        runs.run(prepare(tmp_path, recorded[:-1]), tmp_path / "result")
    assert not (tmp_path / "result").exists()


def test_pixels_that_do_not_hold_the_pupil_are_refused(recorded, tmp_path):
    with pytest.raises(InputError, match="λ/\\(2 NA\\)"):
        runs.run(prepare(tmp_path, recorded, aperture=0.2), tmp_path / "result")


def test_a_diode_beyond_the_cone_of_light_is_refused(recorded, tmp_path):
    with pytest.raises(InputError, match="light does not propagate"):
        runs.run(prepare(tmp_path, recorded, height=2e-3), tmp_path / "result")


def test_diodes_whose_pupils_stand_apart_are_refused(recorded, tmp_path):
    with pytest.raises(InputError, match="meets no other"):
        runs.run(prepare(tmp_path, recorded, 6 * TABLE), tmp_path / "result")


@pytest.mark.slow
def test_a_table_with_its_axes_swapped_is_named(tmp_path):
    frames = record(texture(64, 0), 64, Truth(**PANEL, shift=(1e-3, -0.5e-3), rotation=0.05), 0)
    job = read_job(prepare(tmp_path, frames, TABLE[:, ::-1]))
    (said,) = ask(job).question.look()["contradictions"]
    assert "with x and y swapped" in said
    assert "check the order of its columns" in said
