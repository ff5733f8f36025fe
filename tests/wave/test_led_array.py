"""Panels of diodes: where their light comes from."""

import numpy as np
import pytest
from scipy.optimize import brentq

from backlight.camera import Camera, Gaussian
from backlight.light import Grid, select_modes
from backlight.systems import ImagingSystem, Nothing, PerFrame
from backlight.wave import (
    LEDArray,
    Objective,
    Spectrum,
    ThinSample,
    rectangular_layout,
    ring_layout,
    spiral_order,
)

GRID, WAVELENGTH = Grid((8, 8), 1e-6), 630e-9


def sine(panel):
    """Return the sine in air, (y, x), of the way from the diode to the sample."""
    return -np.asarray(panel(GRID).tilt) * WAVELENGTH


def test_light_comes_from_where_the_diode_is(float64):
    """Turned by 90° +x is +y; the lean raises +y, then +x; the shift comes last."""
    place, height = (1e-3, 5e-3), 40e-3
    for pose, (y, x, z) in {
        (): (1e-3, 5e-3, height),
        (("rotation", np.pi / 2),): (5e-3, -1e-3, height),
        (("lean", (0.2, 0.0)),): (1e-3 * np.cos(0.2), 5e-3, height - 1e-3 * np.sin(0.2)),
        (("lean", (0.0, 0.2)),): (1e-3, 5e-3 * np.cos(0.2), height - 5e-3 * np.sin(0.2)),
        (("shift", (2e-3, -1e-3)),): (3e-3, 4e-3, height),
        (("offsets", ((1e-4, -2e-4),)),): (1.1e-3, 4.8e-3, height),
    }.items():
        got = sine(LEDArray(WAVELENGTH, [place], height, lit=[0], **dict(pose)))
        assert np.allclose(got, np.array([y, x]) / np.sqrt(y**2 + x**2 + z**2), rtol=1e-12), pose


@pytest.mark.parametrize("thickness", [1e-3, 20e-3])
def test_a_slide_displaces_the_ray_as_snell_says(float64, thickness):
    height, index, lateral = 40e-3, 1.52, np.array([20e-3, -30e-3])
    far = np.hypot(*lateral)

    def miss(s):
        in_air, in_glass = s / np.sqrt(1 - s**2), s / np.sqrt(index**2 - s**2)
        return (height - thickness) * in_air + thickness * in_glass - far

    expected = brentq(miss, 0, 1 - 1e-9, xtol=1e-15) * lateral / far
    panel = LEDArray(WAVELENGTH, [lateral], height, lit=[0], slide_thickness=thickness, slide_index=index)
    assert np.allclose(sine(panel), expected, rtol=1e-9)


def test_diodes_lit_together_add_and_points_share_a_diode():
    """Two diodes of three points each are six modes, whose irradiances are gain × share."""
    panel = LEDArray(WAVELENGTH, [(0, 0), (0, 4e-3), (4e-3, 0)], 0.09, lit=[2, 0], gains=[1.0, 2.0, 3.0], size=2e-4,
                     points=[(0, 0), (0, 1), (1, 0)], weights=[0.5, 0.25, 0.25])  # fmt: skip
    light = panel(GRID)
    assert light.tilt.shape == (6, 2)
    assert np.allclose(light.irradiance.ravel(), [1.5, 0.75, 0.75, 0.5, 0.25, 0.25])
    assert np.allclose(light.weight, light.irradiance.ravel())


@pytest.mark.parametrize("lit", [[1], [2, 0]])
def test_a_panel_of_many_colors_is_the_panel_at_each_of_them(lit):
    """Diodes stay where they are, and what is asked of their slide; weights multiply."""
    colors, shares = np.array([470e-9, 630e-9]), np.array([0.3, 0.7])

    def panel(wavelength):
        return LEDArray(wavelength, [(0, 0), (0, 4e-3), (4e-3, 0)], 0.09, lit=lit, gains=[1.0, 2.0, 3.0],
                        slide_thickness=1e-3, lean=(0.1, 0.0), medium_index=1.33)  # fmt: skip

    white = Spectrum(panel(WAVELENGTH), colors, shares)(GRID)
    for i, color in enumerate(colors):
        alone, one = panel(color)(GRID), select_modes(white, i)
        assert np.allclose(one.tilt, alone.tilt, rtol=1e-6)
        assert np.allclose(one.irradiance, shares[i] * alone.irradiance, rtol=1e-6)
        assert np.allclose(one.weight, shares[i] * alone.weight, rtol=1e-6)


def test_a_panel_of_many_colors_lights_an_instrument_frame_by_frame():
    def frames(source):
        rng = np.random.default_rng(0)
        parts = ThinSample(rng.random((16, 16)) + 0j), Objective(0.1), Camera((16, 16), 2e-6), Gaussian(0.01)
        return np.asarray(ImagingSystem(source, Nothing(), *parts).predict().values)

    def panel(wavelength):
        return LEDArray(wavelength, [(0, 0), (0, 4e-3)], 0.09, lit=PerFrame([[0], [1]]))

    got = frames(Spectrum(panel(WAVELENGTH), [470e-9, 630e-9], [0.3, 0.7]))
    assert np.allclose(got, 0.3 * frames(panel(470e-9)) + 0.7 * frames(panel(630e-9)), rtol=1e-4)


def test_each_frame_is_a_window_of_the_spectrum():
    """An empty sample is bright where the diode is inside the aperture, dark outside; the grating's order too."""
    places = [(0.0, 0.0), (0.0, 4e-3), (0.0, 30e-3)]
    x = (np.arange(64) - 32) * 1e-6
    grating = np.tile(1 + 0.5 * np.exp(2j * np.pi * 0.25e6 * x), (64, 1))
    system = ImagingSystem(
        LEDArray(WAVELENGTH, places, 90e-3, lit=PerFrame([[0], [1], [2]])),
        Nothing(),
        ThinSample(grating),
        Objective(0.1, decimation=2),
        Camera((32, 32), 2e-6),
        Gaussian(0.01),
    )
    # light from +x runs to -x: order +1, at sine 0.1575, passes with the third diode alone, at sine 0.316
    assert np.allclose(np.asarray(system.predict().values).mean(axis=(1, 2)), [1.0, 1.0, 0.0], atol=1e-4)
    tilted = ImagingSystem(
        LEDArray(WAVELENGTH, places, 90e-3, lit=PerFrame([[0], [1]]), shift=(0.0, 10.8e-3)),
        *(system.incident_path, system.sample, system.detection_path, system.camera, system.noise),
    )
    # at sine 0.119 the light itself is outside, its order at 0.038 inside
    assert float(tilted.predict().values[0].mean()) == pytest.approx(0.25, abs=1e-3)


def test_layouts_and_orders():
    assert np.allclose(rectangular_layout(3, 2, 1.0)[:3], [(-1, -0.5), (-1, 0.5), (0, -0.5)])
    assert np.allclose(np.hypot(*ring_layout((1, 8, 12), 9e-3).T)[[0, 1, 8, 9]], [0, 9e-3, 9e-3, 18e-3])
    for rows, columns in ((15, 15), (3, 4)):
        assert sorted(spiral_order(rows, columns)) == list(range(rows * columns))
