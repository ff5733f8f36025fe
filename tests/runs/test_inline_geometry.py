"""A distance that is wrong by a thousand shows beside the frame, and the answer names the likely one."""

import numpy as np
import pytest

import backlight.runs as runs
from backlight.io import write_tiff
from backlight.runs.execute import Listener
from backlight.systems.inline_geometry import geometry

INSTRUMENT = {"wavelength": 632.8e-9, "pixel_pitch": 3.45e-6, "distance": 10e-3}
RUN_FILE = """
{unusual}system = "inline_hologram"
[data]
frames = "frame.tif"
[instrument]
wavelength = "632.8 nm"
pixel_pitch = "3.45 um"
distance = "{distance}"
[unknown]
sample = true
[estimate]
iterations = 1
"""


def advice(pixels=96, **changes):
    found = geometry(INSTRUMENT | changes, (1, pixels, pixels - 8))
    return found.advice()


@pytest.mark.parametrize("pixels", [96, 256, 2048])
def test_a_usual_geometry_needs_no_advice(pixels):
    assert advice(pixels) == ""


@pytest.mark.parametrize(
    ("distance", "says"),
    [(10.0, ("distance = 10 m", "far field", '"10 mm"')), (10e-6, ("distance = 10 µm", "contact shadow", '"10 mm"'))],
)
@pytest.mark.parametrize("index", [1.0, 1.33])
def test_a_slip_of_a_thousand_is_named(distance, says, index):
    for words in says:
        assert words in advice(distance=distance, medium_index=index)


def test_a_large_frame_meets_no_far_field_but_loses_its_detail():
    told = advice(2048, distance=10.0)
    assert "896 µm (260 pixels) misses the frame" in told
    assert '"10 mm"' in told


def test_an_inconvenient_distance_is_no_slip():
    told = advice(512, distance=100e-3)
    assert "36 µm (10 pixels) misses the frame" in told
    assert "Did you mean" not in told


def test_where_no_prefix_helps_the_numbers_are_to_be_checked():
    assert "Check distance, pixel_pitch and wavelength" in advice(32, distance=1.0, pixel_pitch=20e-9)


def test_the_numbers_are_those_of_the_plane_wave_and_of_its_magnified_twin():
    plane = geometry(INSTRUMENT, (96, 96))
    assert plane.frame_fresnel_number == pytest.approx((96 * 3.45e-6) ** 2 / (4 * 632.8e-9 * 10e-3))
    assert plane.finest_detail == pytest.approx(632.8e-9 * 10e-3 / (96 * 3.45e-6))
    twin = geometry(
        INSTRUMENT | {"distance": 30e-3, "source_distance": 15e-3, "pixel_pitch": 3 * 3.45e-6}, (96, 96)
    )  # M = 3: the same pixels and distance at the sample
    assert twin.frame_fresnel_number == pytest.approx(plane.frame_fresnel_number)
    assert twin.finest_detail == pytest.approx(plane.finest_detail)


def run_file(folder, distance, unusual=""):
    write_tiff(folder / "frame.tif", np.random.default_rng(0).uniform(0.9, 1.1, (96, 96)))
    (folder / "run.toml").write_text(RUN_FILE.format(distance=distance, unusual=unusual))
    return folder / "run.toml"


@pytest.mark.slow
@pytest.mark.parametrize("distance", ["10 m", "10 um"])
def test_check_and_run_say_it(distance, tmp_path):
    path, told = run_file(tmp_path, distance), []
    found = runs.check(path, identifiable=False)
    assert any('Did you mean "10 mm"?' in sentence for sentence in found.warnings)
    finished = runs.run(path, tmp_path / "result", listener=Listener(message=told.append))
    for sentences in (told, finished.result["warnings"]):
        assert any('Did you mean "10 mm"?' in sentence for sentence in sentences)


@pytest.mark.slow
def test_what_the_user_calls_unusual_is_not_doubted(tmp_path):
    path = run_file(tmp_path, "10 um", 'unusual = ["distance"]\n')
    assert not any("Did you mean" in sentence for sentence in runs.check(path, identifiable=False).warnings)


@pytest.mark.slow
def test_check_gives_no_advice_that_a_run_file_has_no_key_for(tmp_path):
    for distance in ("10 mm", "200 mm"):
        found = runs.check(run_file(tmp_path, distance), identifiable=False)
        assert not any("pad" in sentence for sentence in found.warnings)
        assert found.sampling["finest_detail"] >= 3.45e-6
        assert dict(found.rows()[:-1] if found.notes else found.rows())["finest detail"].endswith("m")
