import h5py
import numpy as np
import pytest

from backlight.errors import InputError
from backlight.io import DataSection, EstimateSection, RunFile, load
from backlight.runs.ask import Job, offered_by_frames
from backlight.runs.data import read_recorded
from backlight.systems.catalogue import Listing
from backlight.systems.schemas import FOURIER_PTYCHOGRAPHY

FRAMES = np.random.default_rng(0).uniform(20, 200, (3, 16, 12))


def recorded(folder, **data):
    section = DataSection.model_validate({"frames": "frames.npy"} | data)
    return read_recorded(RunFile("s", section, {}, {}, EstimateSection.model_validate({}), folder=folder))


def test_the_dark_level_is_taken_from_frames_as_they_are_stored(tmp_path):
    np.save(tmp_path / "frames.npy", FRAMES)
    np.testing.assert_allclose(recorded(tmp_path, dark=16.0).frames, FRAMES - 16, rtol=1e-6)
    np.save(tmp_path / "frames.npy", np.sqrt(FRAMES))
    found = recorded(tmp_path, dark=4.0, quantity="amplitude")
    np.testing.assert_allclose(found.frames, FRAMES - 16, rtol=1e-5)


def test_a_saturated_pixel_is_one_with_a_dark_level_too(tmp_path):
    np.save(tmp_path / "frames.npy", np.round(FRAMES))
    weights = recorded(tmp_path, dark=50.0, saturation=150.0).weights
    np.testing.assert_array_equal(weights == 0, np.round(FRAMES) >= 150)


def test_a_dark_level_above_the_light_is_refused(tmp_path):
    np.save(tmp_path / "frames.npy", FRAMES)
    with pytest.raises(InputError, match="dark"):
        recorded(tmp_path, dark=500.0)


def test_the_background_has_the_same_dark_level(tmp_path):
    np.save(tmp_path / "frames.npy", FRAMES)
    np.save(tmp_path / "empty.npy", np.broadcast_to(np.linspace(50, 150, 12), (16, 12)))
    found = recorded(tmp_path, dark=16.0, background="empty.npy").frames
    empty = np.linspace(50, 150, 12) - 16
    np.testing.assert_allclose(found, (FRAMES - 16) * empty.mean() / empty, rtol=1e-5)


RUN = """system = "fourier_ptychography"
[data]
frames = "frames.h5"
key = "ptychogram"
[instrument]
magnification = 4.0
camera_pixel = "6.5 um"
"""


def test_a_ptylab_file_is_all_that_a_run_file_needs(tmp_path):
    with h5py.File(tmp_path / "frames.h5", "w") as file:
        file["ptychogram"], file["positions_led"] = FRAMES, [[0.0, 0.0], [1e-3, 2e-3], [-3e-3, 0.0]]
        file["wavelength"], file["dxp"], file["NA"], file["zled"] = 625e-9, 2.25e-6, 0.1, 0.12
    (tmp_path / "run.toml").write_text(RUN)
    run = load(tmp_path / "run.toml", FOURIER_PTYCHOGRAPHY, offered=offered_by_frames)
    assert sorted(run.taken) == ["led_positions", "numerical_aperture", "wavelength"]
    job = Job(run, Listing(FOURIER_PTYCHOGRAPHY, "nowhere"))
    np.testing.assert_allclose(job.instrument["led_positions"][1], [2e-3, 1e-3, -0.12])
    assert job.instrument["camera_pixel"] == 6.5e-6
    found = read_recorded(run)
    np.testing.assert_allclose(found.frames, FRAMES, rtol=1e-6)
    assert [source["key"] for source in found.sources] == ["led_positions", "ptychogram"]


def test_hidden_pixels_are_no_holes_in_what_is_looked_at_first(tmp_path):
    """They hold what their nearest neighbor recorded, and count in nothing."""
    mask = np.zeros(FRAMES.shape[1:])
    mask[4:9, 3:8] = 1
    np.save(tmp_path / "frames.npy", np.where(mask, np.nan, FRAMES))
    np.save(tmp_path / "mask.npy", mask)
    np.save(tmp_path / "empty.npy", np.where(np.arange(12) == 11, 0.0, 100.0) * np.ones_like(mask))
    found = recorded(tmp_path, mask="mask.npy", background="empty.npy")
    hidden = (mask > 0) | (np.arange(12) == 11)
    np.testing.assert_array_equal(found.weights == 0, np.broadcast_to(hidden, found.weights.shape))
    # The empty frame's mean is taken over all its pixels, so relative to a neighbor that was lit.
    np.testing.assert_allclose(found.frames[:, 4, 4], found.frames[:, 3, 4], rtol=1e-6)
    np.testing.assert_allclose(found.frames[:, 2, 11], found.frames[:, 2, 10], rtol=1e-6)
    assert found.frames.min() > 0
