"""The measured hologram of one polystyrene sphere in water, predicted from its published position."""

import equinox as eqx
import numpy as np
import pytest

from backlight.io import read_frames
from backlight.light import Field, Grid
from backlight.wave import Spheres

pytestmark = pytest.mark.real

PITCH, WAVELENGTH, WATER, CONTRAST = 0.0851e-6, 0.66e-6, 1.33, 0.25
POSITION, RADIUS = (16.35e-6, 24.16e-6, 21.84e-6), 0.5e-6
"""Distance before the plane in focus, then row and column from the first pixel: a published Lorenz-Mie fit."""


def test_the_hologram_of_a_sphere_is_predicted_from_its_position(shared_data):
    frame, empty = (
        read_frames(shared_data(f"particles/{name}.jpg")).array[0].astype(float)
        for name in ("sphere_image01", "sphere_bg01")
    )
    seen = frame / np.maximum(empty, 1)
    r = np.arange(512) * PITCH
    near = np.hypot(r[:, None] - POSITION[1], r[None, :] - POSITION[2]) < 8.5e-6
    predicted = hologram(*POSITION)
    swapped = hologram(POSITION[0], POSITION[2], POSITION[1])
    assert np.corrcoef(predicted[near], seen[near])[0, 1] >= 0.93
    assert np.corrcoef(swapped[near], seen[near])[0, 1] <= 0.3


def hologram(z, y, x):
    middle = 256 * PITCH
    sphere = Spheres([[-z, y - middle, x - middle]], RADIUS, CONTRAST, (512, 512))
    light = Field(np.ones((1, 1)), Grid((512, 512), PITCH), WAVELENGTH, medium_index=WATER)
    return np.asarray(eqx.filter_jit(lambda sample, light: sample(light).irradiance)(sphere, light))
