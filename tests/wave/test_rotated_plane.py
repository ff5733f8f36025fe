"""Leaning planes: signs, order, derivatives at zero, single precision over many turns."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from backlight.light import Field, Grid
from backlight.wave import PlaneWave, RotatedPlane

WAVELENGTH = 532e-9
GRID = Grid((12, 15), (2e-6, 3e-6))


@eqx.filter_jit
def on_plane(angles, field):
    return RotatedPlane(angles)(field)


def spot(**carrier):
    y, x = np.asarray(GRID.y)[:, None], np.asarray(GRID.x)
    return Field(np.exp(-(y**2 + x**2) / 5e-6**2), GRID, WAVELENGTH, **carrier)


def test_a_normal_that_leans_along_the_light_leaves_no_tilt():
    """First towards y, then towards x: the normal is (sin θx, sin θy cos θx, …) in (x, y, z)."""
    lean = (0.2, -0.3)
    tilt = np.array([np.sin(lean[0]) * np.cos(lean[1]), np.sin(lean[1])]) / WAVELENGTH
    light = on_plane(jnp.asarray(lean), PlaneWave(WAVELENGTH, tilt=tilt)(GRID))
    assert np.abs(light.tilt).max() < 0.5
    assert np.allclose(light.values, 1, atol=2e-5)


@pytest.mark.slow
def test_zero_is_no_special_point():
    """Known to be zero, or traced: the same field; its slope is that of f̂ = f_x − θ w about the carrier."""
    with jax.enable_x64(True):
        light = spot(tilt=(0.0, 1e5))
        assert RotatedPlane((0.0, 0.0))(light).values is light.values
        traced = on_plane(jnp.zeros(2), light)
        assert np.allclose(traced.values, light.values, atol=1e-12)
        slopes = eqx.filter_jit(jax.jacfwd(lambda a: on_plane(a, light).values))(jnp.zeros(2))
        step = 1e-5
        for axis in (0, 1):
            lean = step * jnp.eye(2)[axis]
            difference = (on_plane(lean, light).values - on_plane(-lean, light).values) / (2 * step)
            assert np.linalg.norm(slopes[..., axis] - difference) < 1e-7 * np.linalg.norm(difference)


def test_a_curved_carrier_is_written_into_the_values():
    bend = 2e3
    curved = on_plane(jnp.asarray((0.0, 0.3)), spot(curvature=bend))
    y, x = np.asarray(GRID.y)[:, None], np.asarray(GRID.x)
    written = spot().with_values(spot().values * np.exp(1j * np.pi * bend * (y**2 + x**2) / WAVELENGTH))
    assert np.allclose(curved.values, on_plane(jnp.asarray((0.0, 0.3)), written).values, atol=1e-5)
    assert float(curved.curvature) == 0
    assert [float(x) for x in RotatedPlane((0.0, 0.3)).magnification(jnp.asarray(bend))] == [1, 0]


@pytest.mark.slow
def test_each_wavelength_gets_a_carrier_of_its_own():
    colors = np.array([450e-9, 633e-9])
    light = Field(np.ones((2, *GRID.shape)), GRID, colors)
    leaning = RotatedPlane((0.0, 0.3))(light)
    assert np.allclose(leaning.tilt[:, 1], -np.sin(0.3) / colors)
    assert np.allclose(leaning.values, 1, atol=1e-5)


@pytest.mark.slow
def test_single_precision_over_a_wide_window():
    """512 columns: phases of 100 turns, where plain float32 is off by 1e-4. The carrier's rounding is in the values."""
    shape, pitch = (4, 512), 1e-6
    rng = np.random.default_rng(0)
    noise = (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)).astype(np.complex64)
    angle, wavelength, tilt = np.float32(0.4), np.float32(WAVELENGTH), np.float32(2e5)

    def total(dtype):
        given = [jnp.asarray(number.astype(dtype)) for number in (angle, wavelength, tilt, np.float32(pitch))]
        grid = Grid(shape, given[3])
        light = Field(noise, grid, given[1], tilt=jnp.stack([jnp.zeros_like(given[2]), given[2]]))
        leaning = on_plane(jnp.stack([jnp.zeros_like(given[0]), given[0]]), light)
        x = (np.arange(512) - 256) * np.float64(np.float32(pitch))
        return np.asarray(leaning.values) * np.exp(2j * np.pi * x * np.float64(leaning.tilt[1]))

    single = total(np.float32)
    with jax.enable_x64(True):
        double = total(np.float64)
    assert np.linalg.norm(single - double) < 1e-6 * np.linalg.norm(double)
