"""A measured off-axis hologram with its background. Wavelength and pixel are not published: z counts in p²/λ = 1."""

from dataclasses import replace

import numpy as np
import pytest

from backlight.io import read_frames
from backlight.systems import fourier_filter as ff
from backlight.systems.off_axis_holography import classic
from backlight.systems.off_axis_look import Optics, focused, parted

pytestmark = [pytest.mark.real, pytest.mark.slow]

UNITS = {"wavelength": 0.5e-6, "pixel_pitch": 1e-6, "distance": 1.4e-3}  # λz/p² = 700 pixels
CELL = (300, 300, 640, 520)


def cropped(shared_data, name):
    return read_frames(shared_data(f"holography/{name}.tif"), crop=CELL).array[0].astype(float)


@pytest.fixture(scope="module")
def paramecium(shared_data):
    return cropped(shared_data, "offaxis_paramecium"), cropped(shared_data, "offaxis_paramecium_background")


def test_the_reference_drifted_between_the_frames(paramecium):
    (frame, empty), size = paramecium, np.array(CELL[2:])
    found, before = np.array(ff.carrier(frame)), np.array(ff.carrier(empty))
    np.testing.assert_allclose(found, (-0.256, 0.333), atol=3e-3)
    assert 0.3 < np.abs((found - before) * size).max() < 4


def half_of(light, sign):
    """Keep every other one of eight wedges of the sideband about its middle, with soft edges.

    Each half has the whole aperture and the frequencies f and −f alike: a half-plane has neither, and an object of
    strong phase looks different from its two sides. That this split agrees does not make it a proof: with 4 wedges
    (712 and 459) or 12 (807 and 748) the plateaus of the focus score are too broad to agree within the depth of field.
    """
    fy, fx = np.fft.fftfreq(light.shape[0])[:, None], np.fft.fftfreq(light.shape[1])
    wedges = 0.5 + 0.5 * sign * np.tanh(np.cos(4 * np.arctan2(fy, fx)) / 0.2)
    wedges[0, 0] = 1  # both keep the mean
    return np.fft.ifft2(np.fft.fft2(light) * wedges)


def test_both_halves_of_the_spectrum_focus_at_the_same_distance(paramecium):
    """Two holograms with no frequency in common agree within the depth of field, p²/(λ·f²) of the sideband's radius."""
    beams, optics = parted(*paramecium, UNITS), Optics.of(UNITS)
    whole, distance, *_ = focused((beams, beams.twin), optics, 0.6e-3, 2.4e-3)
    assert np.sign(whole.tilt[1]) == -np.sign(beams.tilt[1])  # at a positive distance it is the twin
    halves = [replace(whole, light=half_of(whole.light, s), empty=half_of(whole.empty, s)) for s in (1, -1)]
    one, other = (focused((half,), optics, 0.6e-3, 2.4e-3).distance for half in halves)
    depth = UNITS["pixel_pitch"] ** 2 / UNITS["wavelength"] / ff.radius(whole.tilt) ** 2
    assert abs(one - other) <= depth
    assert abs(0.5 * (one + other) - distance) <= depth


def test_the_cell_stands_out_of_flat_surroundings(paramecium):
    """Looked at: a sharp outline, three wraps of phase inside, oral groove and nucleus seen; speckles do not show."""
    frame, empty = paramecium
    t = classic(frame[None], UNITS, empty)
    around, inside = t[40:200, 330:480], t[330:420, 210:280]
    level = np.exp(-1j * np.angle(around.sum()))
    assert np.std(np.angle(around * level)) <= 0.6
    assert abs(np.angle(around * level).mean()) <= 0.2
    assert np.mean(np.abs(np.angle(inside * level)) > 1) >= 0.7
