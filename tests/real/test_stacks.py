"""Measured stacks: what was not told is predicted, and a coarser sensor moved about sees what a finer one saw."""

import numpy as np
import pytest

from backlight.inverse.tree import leaf_paths
from backlight.io import read
from backlight.systems.inline_holography import ask as inline_hologram_ask
from backlight.systems.inline_holography import sample_in_view as inline_in_view
from backlight.systems.lensless_findings import stage_line
from backlight.systems.lensless_instrument import PATHS, changed, sample_in_view
from backlight.systems.lensless_super_resolution import ask as stack_ask
from backlight.systems.registration import displacement
from backlight.systems.through_focus import ENTRY

pytestmark = pytest.mark.real

BINNED, TOLD, ROWS, COLUMNS = 4, (100, 160, 200, 300), slice(88, 1112), slice(400, 1424)
"""An objective of NA 0.5 at 532 nm needs pixels of 0.53 µm; those of the set are 0.16 µm."""


def frame(shared_data, name):
    picture = np.squeeze(read(shared_data(f"multi_height/{name}.png")).array).astype(float)[ROWS, COLUMNS]
    rows, columns = (n // BINNED for n in picture.shape)
    return picture.reshape(rows, BINNED, columns, BINNED).mean(axis=(1, 3))


def correlation(one, other, border=32):
    """Return the highest correlation over all lateral shifts, inside a border."""
    one, other = (x[border:-border, border:-border] for x in (one, other))
    one, other = ((x - x.mean()) / x.std() for x in (one, other))
    return float(np.fft.ifft2(np.fft.fft2(one).conj() * np.fft.fft2(other)).real.max() / one.size)


@pytest.mark.slow
def test_planes_that_nobody_told_are_predicted(shared_data):
    """Believing the stage, as found with this code: 0.65 at 50 µm and 0.43 at −100 µm. Where the frames that were told
    say that the stage is at these readings (49.0 and −102.1 µm): 0.854 and 0.814."""
    empty = frame(shared_data, "reference")
    seen = {z: frame(shared_data, f"z_{z}um") / empty for z in (*TOLD, 50, -100)}
    given = {"wavelength": 532e-9, "pixel_pitch": BINNED * 0.16e-6, "distances": [1e-6 * z for z in TOLD]}
    unknown = dict.fromkeys(("sample", "shifts", "distances", "gains", "illumination_tilt"), True)
    found = ENTRY.ask(np.stack([seen[z] for z in TOLD]), given, unknown, {}).answer(error_bars=False)
    distances = np.asarray(leaf_paths(found.system)[PATHS["distances"]], float)
    scale, offset = stage_line(np.asarray(given["distances"]), distances)

    def predicted(reading):
        return np.asarray(changed(found.system, {"distance": scale * reading + offset}).predict().values)[0]

    assert correlation(predicted(50e-6), seen[50]) >= 0.85
    assert correlation(predicted(-100e-6), seen[-100]) >= 0.60


def amplitude(frames, given, iterations=300):
    question = inline_hologram_ask(frames[None], given, {"sample": True}, {"iterations": iterations})
    return np.abs(np.asarray(inline_in_view(question.answer(error_bars=False).system).values))


def psnr(found, true):
    """Return the PSNR of amplitudes, dB, in the inner three quarters, laid over each other and after one factor."""
    fy, fx = np.fft.fftfreq(found.shape[0])[:, None], np.fft.fftfreq(found.shape[1])
    dy, dx = displacement(found, true)
    found = np.fft.ifft2(np.fft.fft2(found) * np.exp(2j * np.pi * (fy * dy + fx * dx))).real
    border = len(found) // 8
    found, true = (picture[border:-border, border:-border] for picture in (found, true))
    found = found * np.sum(found * true) / np.sum(found**2)
    return float(-10 * np.log10(np.mean((found - true) ** 2) / true.max() ** 2))


@pytest.mark.long
def test_a_sensor_three_times_coarser_sees_the_target_as_the_fine_one_did(shared_data):
    """Nine frames of means over 3 × 3 pixels, the coarse pixels anywhere within ±1.3 of their own, nobody tells where.

    Measured: 18.9 dB beside the whole hologram's picture, where the part alone has 19.8 and one frame 15.8; beside the
    part's own picture 26.5 dB where one frame has 19.5.
    """
    recorded = np.squeeze(read(shared_data("holography/inline_usaf.mat"), key="exp_data").array).astype(float)
    size, finer, (row, column) = 240, 3, (380, 440)
    optics = {"wavelength": 632.8e-9, "pixel_pitch": 5.86e-6, "distance": 41.4e-3}
    coarse = {"wavelength": 632.8e-9, "pixel_pitch": finer * 5.86e-6}
    rng = np.random.default_rng(0)
    thirds = np.stack(np.meshgrid(*[np.arange(finer)] * 2, indexing="ij"), axis=-1).reshape(-1, 2)
    moved = rng.permutation(thirds) + finer * rng.integers(-1, 1, thirds.shape)
    frames = np.stack([
        recorded[row + y : row + y + size, column + x : column + x + size]
        .reshape(size // finer, finer, size // finer, finer).mean(axis=(1, 3))
        for y, x in moved
    ])  # fmt: skip
    own = amplitude(recorded[row : row + size, column : column + size], optics)
    one = np.kron(amplitude(frames[0], coarse | {"distance": optics["distance"]}), np.ones((finer, finer)))
    given = coarse | {"distances": [optics["distance"]] * len(frames), "super_resolution": finer}
    found = stack_ask(frames, given, {"sample": True, "shifts": True}, {}).answer(error_bars=False).system
    places = np.asarray(leaf_paths(found)[PATHS["shifts"]]) / coarse["pixel_pitch"]
    wrong = places - places.mean(axis=0) - (moved - moved.mean(axis=0)) / finer
    assert np.sqrt(np.mean(wrong**2)) < 0.01
    picture = np.abs(np.asarray(sample_in_view(found).values))
    print(psnr(picture, own), psnr(one, own))
    assert psnr(picture, own) > psnr(one, own) + 5
    whole = amplitude(recorded, optics)[row : row + size, column : column + size]
    print(psnr(picture, whole), psnr(own, whole), psnr(one, whole))
    assert psnr(picture, whole) > psnr(own, whole) - 1
