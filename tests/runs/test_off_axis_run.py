"""A run file of an off-axis hologram with its background becomes a result folder."""

import tomllib

import numpy as np
import pytest

import backlight.runs as runs
from backlight import units
from backlight.io import write_tiff

N, PITCH, WAVELENGTH, FRINGES = 72, 2e-6, 532e-9, (18 / 72, 22 / 72)
RUN = """
system = "off_axis_hologram"
[data]
frames = "frame.tif"
background = "empty.tif"
[instrument]
wavelength = "532 nm"
pixel_pitch = "2 um"
[unknown]
sample = true
distance = { between = ["0.4 mm", "0.8 mm"] }
reference_tilt = true
reference_curvature = true
[estimate]
method = "fourier_filter"
"""


def hologram(phase, seed):
    """Return counts of a thin object imaged 0.6 mm behind it, by one transform on a frame that repeats itself."""
    f = np.fft.fftfreq(N, PITCH)
    turns = 0.6e-3 / WAVELENGTH * (np.sqrt(1 - WAVELENGTH**2 * (f[:, None] ** 2 + f**2)) - 1)
    light = np.fft.ifft2(np.fft.fft2(np.exp(1j * phase)) * np.exp(2j * np.pi * turns))
    y, x = np.indices((N, N)) - N // 2
    fringes = 1.5 * np.exp(2j * np.pi * (FRINGES[0] * y + FRINGES[1] * x))
    pixel = np.sinc(f * PITCH)[:, None] * np.sinc(f * PITCH)
    mean = np.fft.ifft2(np.fft.fft2(np.abs(light + fringes) ** 2) * pixel).real
    counts = 800 * mean + 5 * np.random.default_rng(seed).normal(size=(N, N))
    return np.round(counts).clip(0, 65535).astype(np.uint16)


def bars():
    y, x = np.indices((N, N)) - N // 2
    return 1.2 * ((np.abs(y) < 12) & (np.abs(x % 12 - 6) < 3) & (np.abs(x) < 18))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("off_axis")
    write_tiff(folder / "frame.tif", hologram(bars(), 0), pixel_size=PITCH)
    write_tiff(folder / "empty.tif", hologram(np.zeros((N, N)), 1), pixel_size=PITCH)
    (folder / "run.toml").write_text(RUN)
    return runs.run(folder / "run.toml", folder / "result")


def test_the_result_is_a_folder_like_any_other(finished):
    result = finished.result
    assert finished.exit_code == 0
    assert result["stop"]["iterations"] == 0
    assert result["parameters"]["distance"]["value"] == pytest.approx(0.6e-3, rel=0.1)
    assert len(result["inputs"]) == 2
    assert any("fringes per pixel" in note for note in result["notes"])
    assert (finished.out / "report.html").stat().st_size > 10_000
    found = np.angle(np.load(finished.out / "object.npy"))
    inside = bars() > 0
    assert np.median(found[inside]) - np.median(found[~inside]) == pytest.approx(1.2, abs=0.35)


def test_the_background_is_not_divided_out(finished):
    """The frames that are predicted are those that were recorded, fringes and all."""
    with np.load(finished.out / "pictures.npz") as kept:
        frame, predicted = kept["frame"], kept["predicted"]
    assert frame.max() > 3 * frame.min()
    assert np.linalg.norm(predicted - frame) < 0.15 * np.linalg.norm(frame)


def test_the_resolved_run_file_says_what_was_done(finished):
    table = tomllib.loads((finished.out / "run.toml").read_text())
    assert table["estimate"]["method"] == "fourier_filter"
    assert "iterations" not in table["estimate"]
    assert units.parse(table["instrument"]["distance"], "length") == pytest.approx(0.6e-3)


def test_an_empty_frame_of_another_size_is_refused(finished, tmp_path):
    write_tiff(tmp_path / "empty.tif", np.ones((N, N - 8), np.uint16), pixel_size=PITCH)
    write_tiff(tmp_path / "frame.tif", hologram(bars(), 0), pixel_size=PITCH)
    (tmp_path / "run.toml").write_text(RUN)
    with pytest.raises(Exception, match="background"):
        runs.run(tmp_path / "run.toml", tmp_path / "result")


def test_the_instrument_that_was_found_predicts_at_another_distance(finished, tmp_path):
    told = runs.simulate(finished.out, tmp_path / "f.tif", ["distance=0.5 mm"])
    assert told["changed"] == {"distance": 0.5e-3}
