"""A hologram simulated from measured objects, by another propagator on a grid twice as fine: nominal, joint, known."""

import jax.numpy as jnp
import numpy as np
import pytest
from hologram_twin import PITCH, WAVELENGTH, amplitude_psnr, phase_rmse, record

from backlight.io import read
from backlight.systems.autofocus import back_propagate
from backlight.systems.inline_holography import DISTANCE, ask, inline_hologram, sample_in_view

pytestmark = pytest.mark.long

TRUE_DISTANCE = 60e-3
EVERY = 2  # half the pixels: the whole object with its clear rim, in half a minute


@pytest.fixture(scope="module")
def truth(shared_data):
    amplitude = read(shared_data("holography/object_amplitude_cell.mat")).array
    phase = read(shared_data("holography/object_phase_thu.mat")).array
    return (amplitude * np.exp(1j * phase))[::EVERY, ::EVERY]


@pytest.fixture(scope="module")
def frames(truth):
    return record(truth, distance=TRUE_DISTANCE, pitch=PITCH, noise=0.01)[None]


def answer(frames, distance, unknown, **options):
    known = {"wavelength": WAVELENGTH, "pixel_pitch": PITCH, "distance": distance}
    return ask(frames, known, unknown, options).answer(error_bars=False)


def image(found):
    return np.asarray(sample_in_view(found.system).values)


def test_joint_comes_near_known_and_clear_of_nominal_and_of_back_propagation(truth, frames):
    joint = answer(frames, 0.93 * TRUE_DISTANCE, {"sample": True, "distance": True})
    assert joint.value(DISTANCE) == pytest.approx(TRUE_DISTANCE, rel=2e-3)
    quality = amplitude_psnr(image(joint), truth)
    assert quality >= 28
    assert phase_rmse(image(joint), truth) <= 0.10
    known = amplitude_psnr(image(answer(frames, TRUE_DISTANCE, {"sample": True}, iterations=120)), truth)
    nominal = amplitude_psnr(image(answer(frames, 0.93 * TRUE_DISTANCE, {"sample": True}, iterations=120)), truth)
    system = inline_hologram(wavelength=WAVELENGTH, pixel_pitch=PITCH, distance=TRUE_DISTANCE, shape=frames.shape)
    classic = amplitude_psnr(np.asarray(back_propagate(system, jnp.asarray(frames[0]))), truth)
    assert quality >= known - 1
    assert quality >= nominal + 6
    assert quality >= classic + 6
