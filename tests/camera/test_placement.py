"""Where the pixels look: directions of shift, turn and motion, decimation, and light that does not fit."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from backlight.camera import Camera, Gaussian, RollingShutter, Rotation, Shift
from backlight.errors import InputError
from backlight.light import Grid, Image
from backlight.systems import ImagingSystem, Nothing, PerFrame
from backlight.wave import FreeSpace, PlaneWave, ThinSample

PITCH = 2e-6
GRID = Grid((15, 16), PITCH)
RNG = np.random.default_rng(0)


@eqx.filter_jit
def record(camera, light):
    return camera(light).values


def blob(y, x, width=1.5):
    """Return a smooth spot about (y, x) pixels from the middle; its spectrum ends before Nyquist's frequency (4e-5)."""
    rows, columns = GRID.y[:, None] / PITCH, GRID.x / PITCH
    return Image(jnp.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * width**2)), GRID)


def test_a_camera_moved_by_d_sees_the_picture_at_minus_d():
    """The spot's tail at the periodic edge, 4 widths away, is 3e-4."""
    frame = record(Camera((15, 16), PITCH, placement=[Shift((0.6 * PITCH, -1.2 * PITCH))]), blob(0.4, 0.3))
    assert np.abs(frame - blob(-0.2, 1.5).values).max() < 1e-3


def test_a_turned_camera_looks_from_plus_x_toward_plus_y():
    """A quarter turn: the pixel on the right (+x) sees what is below (+y)."""
    frame = record(Camera((15, 15), PITCH, placement=[Rotation(np.pi / 2)]), blob(3, 0, 1.2))
    assert np.unravel_index(np.argmax(frame), frame.shape) == (7, 10)


def test_placements_add_up_one_after_the_other():
    there = Camera((9, 9), PITCH, placement=[Rotation(0.3), Shift((PITCH, 0.0)), Shift((-PITCH, 0.0)), Rotation(-0.3)])
    assert np.abs(record(there, blob(0, 1)) - record(Camera((9, 9), PITCH), blob(0, 1))).max() < 2e-6


def test_rows_of_a_rolling_shutter_lag_behind_the_motion():
    """Moving by half a pixel toward +x from row to row, the spot's rows are displaced by what has passed since."""
    camera = Camera((15, 16), PITCH, placement=[RollingShutter((0.0, 0.5 * PITCH / 1e-5), 1e-5)])
    frame = record(camera, blob(0, 0, 1.3))
    row = np.arange(15) - 7
    expected = np.stack([blob(0, 0.5 * j, 1.3).values[j + 7] for j in row])
    assert np.abs(frame - expected).max() < 2e-3


@pytest.mark.parametrize("decimation", [2, 3])
def test_a_whole_decimation_takes_every_nth_pixel_about_the_middle(decimation):
    light = Image(jnp.asarray(RNG.uniform(size=(16, 15)), jnp.float32), Grid((16, 15), PITCH))
    frame = Camera((4, 5), decimation * PITCH, decimation=decimation)(light).values
    rows, columns = (big // 2 + decimation * (np.arange(n) - n // 2) for n, big in ((4, 16), (5, 15)))
    assert np.array_equal(frame, light.values[np.ix_(rows, columns)])


def test_a_fractional_decimation_samples_the_same_picture():
    light = blob(0.5, -0.5, 1.6)
    frame = record(Camera((9, 9), 1.5 * PITCH, decimation=1.5), light)
    y, x = (1.5 * (np.arange(9) - 4) for _ in range(2))
    expected = np.exp(-((y[:, None] - 0.5) ** 2 + (x + 0.5) ** 2) / (2 * 1.6**2))
    assert np.abs(frame - expected).max() < 1e-3


def test_the_area_of_coarse_pixels_is_integrated():
    """Flat light stays, and a frame that covers the whole light keeps its energy."""
    light = Image(jnp.asarray(RNG.uniform(size=(16, 12)), jnp.float32), Grid((16, 12), PITCH))
    frame = record(Camera((4, 3), 4 * PITCH, decimation=4, fill_factor=1.0), light)
    assert np.isclose(16 * frame.sum(), light.values.sum(), rtol=1e-5)


def test_the_sample_of_a_decimating_camera_lies_on_finer_pixels():
    camera = Camera((4, 4), PITCH, decimation=2, placement=[Shift(PerFrame([[0.0, 0.0], [0.5 * PITCH, 0.0]]))])
    sample = ThinSample(0.5 + 0.1 * RNG.standard_normal((8, 8)))
    system = ImagingSystem(PlaneWave(5e-7), Nothing(), sample, FreeSpace(0.0), camera, Gaussian(0.1))
    frames = system.predict().values
    assert np.allclose(system.sample_grid().pitch, PITCH / 2)
    assert np.allclose(frames[0], np.abs(sample.transmission[::2, ::2]) ** 2, atol=1e-6)
    assert np.allclose(frames[1], np.abs(sample.transmission[1::2, ::2]) ** 2, atol=1e-6)


def test_light_on_other_pixels_is_refused():
    with pytest.raises(InputError, match="decimation"):
        Camera((4, 4), PITCH)(Image(jnp.ones((8, 8)), Grid((8, 8), PITCH / 2)))


def test_a_decimated_frame_larger_than_the_light_is_refused():
    with pytest.raises(InputError, match="times the decimation"):
        Camera((5, 4), 2 * PITCH, decimation=2)(Image(jnp.ones((8, 8)), Grid((8, 8), PITCH)))


@pytest.mark.parametrize("decimation", [0.5, np.nan, np.inf])
def test_impossible_decimations_are_refused(decimation):
    with pytest.raises(InputError, match="decimation"):
        Camera((5, 4), PITCH, decimation=decimation)


@pytest.mark.parametrize(
    "place", [Shift((0.0, 2.2 * PITCH)), Rotation(0.5), RollingShutter((0.0, 0.5 * PITCH / 1e-5), 1e-5)]
)
def test_pixels_that_look_past_the_light_are_refused(place):
    """Beyond its edge the periodic light is that of the other side: within a pixel of it, a mixture of both."""
    wide = Image(jnp.ones((25, 26)), Grid((25, 26), PITCH))
    camera = Camera((15, 16), PITCH, placement=[place])
    assert camera(wide).values.shape == (15, 16)
    with pytest.raises(InputError, match="beyond its edge"):
        camera(blob(0, 0))
    Camera((15, 16), PITCH, placement=[Shift((0.9 * PITCH, 0.0))])(blob(0, 0))
