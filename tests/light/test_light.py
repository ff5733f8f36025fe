"""Grid and Field: where samples lie, and what a field keeps."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from backlight.errors import InputError
from backlight.light import Field, Grid


def test_the_origin_is_pixel_n_over_2_and_order_is_y_x():
    grid = Grid((4, 5), (1.0, 2.0))
    assert np.array_equal(grid.y, [-2, -1, 0, 1])
    assert np.array_equal(grid.x, [-4, -2, 0, 2, 4])
    assert np.allclose(grid.fy, [0, 0.25, -0.5, -0.25])


@pytest.mark.parametrize(("shape", "pitch"), [((0, 3), 1.0), ((3,), 1.0), ((2.5, 3), 1.0), ((3, 3), (1.0, 1.0, 1.0))])
def test_impossible_grids_are_refused(shape, pitch):
    with pytest.raises((InputError, TypeError), match=r"expected|type"):
        Grid(shape, pitch)


def test_irradiance_is_the_squared_modulus_and_carriers_do_not_change_it():
    field = Field([[3 + 4j]], Grid((1, 1), 1e-6), 5e-7, tilt=(1e4, 0.0), curvature=10.0)
    assert np.allclose(field.irradiance, 25)


def test_numbers_are_float32_by_default_and_float64_inside_the_context():
    assert Field([[1.0]], Grid((1, 1), 1e-6), 5e-7).values.dtype == jnp.complex64
    with jax.enable_x64(True):
        field = Field([[1.0]], Grid((1, 1), 1e-6), 5e-7)
        assert field.values.dtype == jnp.complex128
        assert field.grid.pitch.dtype == jnp.float64
