"""The camera's own numbers."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from backlight.camera import Camera, Converter
from backlight.errors import InputError
from backlight.light import Field, Grid, Image

LIGHT = Image(jnp.asarray(np.random.default_rng(0).uniform(1, 2, (8, 9)), jnp.float32), Grid((8, 9), 1e-6))


def test_gain_and_offset():
    frame = Camera((8, 9), 1e-6, gain=3.0, offset=0.5)(LIGHT).values
    assert np.allclose(frame, 3 * LIGHT.values + 0.5)


def test_the_frame_is_cut_about_pixel_n_over_2():
    assert np.array_equal(Camera((3, 4), 1e-6)(LIGHT).values, LIGHT.values[3:6, 2:6])


def test_background_is_a_legendre_polynomial_first_along_x():
    ones = Image(jnp.ones((5, 3)), Grid((5, 3), 1e-6))
    frame = Camera((5, 3), 1e-6, background=(0.2, 0.1, 0.0))(ones).values
    expected = 1 + 0.2 * np.linspace(-1, 1, 3)[None, :] + 0.1 * np.linspace(-1, 1, 5)[:, None]
    assert np.allclose(frame, expected)


def test_modes_add_in_irradiance():
    field = Field(np.full((2, 3, 4), 1j), Grid((3, 4), 1e-6), 5e-7)
    assert np.allclose(Camera((3, 4), 1e-6)(field).values, 2)


def test_rounding_passes_the_gradient_and_saturation_does_not():
    camera = Camera((1, 2), 1e-6, converter=Converter(ceiling=3.0, step=1.0))
    slope = jax.grad(lambda values: camera(Image(values, Grid((1, 2), 1e-6))).values.sum())(jnp.asarray([[1.3, 5.0]]))
    assert np.array_equal(slope, [[1.0, 0.0]])


@pytest.mark.parametrize(
    ("options", "words"), [({"fill_factor": 1.5}, "fill_factor"), ({"background": (0.1, 0.2)}, "coefficients")]
)
def test_impossible_cameras_are_refused(options, words):
    with pytest.raises(InputError, match=words):
        Camera((3, 4), 1e-6, **options)


def test_a_camera_larger_than_the_light_is_refused():
    with pytest.raises(InputError, match="fit into"):
        Camera((9, 9), 1e-6)(LIGHT)
