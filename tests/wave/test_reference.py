"""The reference wave against its formula in extended precision, and the fringes it makes."""

import jax
import numpy as np
import pytest

from backlight.camera import Camera, Gaussian
from backlight.errors import InputError
from backlight.light import Field, Grid
from backlight.systems import ImagingSystem, Nothing
from backlight.wave import (
    CoherentModes,
    ExtendedSource,
    FreeSpace,
    GaussianSchell,
    PlaneWave,
    Polarized,
    Reference,
    Spectrum,
    ThinSample,
)

WAVELENGTH = 532e-9
GRID = Grid((8, 8), 2e-6)


def expected(grid, tilt, curvature, index=1.0):
    """Return R in numpy's extended precision, from the float32 numbers that the part was given."""
    y, x = ((np.arange(n) - n // 2) * np.longdouble(p) for n, p in zip(grid.shape, np.asarray(grid.pitch), strict=True))
    tilt, curvature, wavelength = (np.asarray(np.float32(v), np.longdouble) for v in (tilt, curvature, WAVELENGTH))
    r2 = y[:, None] ** 2 + x**2
    turns = tilt[0] * y[:, None] + tilt[1] * x + np.longdouble(np.float32(index)) * curvature * r2 / (2 * wavelength)
    return np.exp(2j * np.pi * np.asarray(turns - np.rint(turns), float))


@pytest.mark.parametrize(("tilt", "curvature"), [((2.3e5, -1.7e5), 0.0), ((2.3e5, 1.1e5), -8.0)])
def test_a_thousand_fringes_are_right_in_single_precision(tilt, curvature):
    """2048 pixels of 2 µm hold 940 fringes, where one float32 step is 6e-5 turns."""
    grid = Grid((8, 2048), 2e-6)
    empty = Field(np.zeros((1, 1)), grid, WAVELENGTH)
    found = Reference(1.0, tilt=tilt, curvature=curvature)(empty).values
    error = np.abs(np.asarray(found) - expected(grid, tilt, curvature)).max()
    assert error < 1e-6


def test_the_slope_in_the_tilt_is_that_of_the_formula(float64):
    grid = Grid((6, 64), 2e-6)
    light = Field(np.ones((1, 1)), grid, WAVELENGTH)
    bright = lambda tilt: Reference(1.2, tilt=(tilt, 1e4), curvature=30.0)(light).irradiance[3, 40]  # noqa: E731
    step = 1e-2
    measured = (bright(1e5 + step) - bright(1e5 - step)) / (2 * step)
    assert float(jax.grad(bright)(1e5)) == pytest.approx(float(measured), rel=1e-6, abs=1e-12)


def test_a_carrier_of_the_light_is_taken_off_the_reference():
    """Light and reference of the same tilt and curvature make no fringe; the fringes of a tilted beam are slower."""
    grid = Grid((16, 24), 2e-6)
    beam = Field(np.ones((1, 1)), grid, WAVELENGTH, tilt=(1e4, 3e4), curvature=5.0)
    together = Reference(1.0, tilt=(1e4, 3e4), curvature=5.0)(beam)
    np.testing.assert_allclose(np.asarray(together.irradiance), 4.0, rtol=1e-5)
    fringes = Reference(1.0, tilt=(1e4, 3e4 + 1 / 16e-6), curvature=5.0)(beam).irradiance
    np.testing.assert_allclose(fringes[0, 12::8], 4.0, rtol=1e-5)
    np.testing.assert_allclose(fringes[0, 8::8], 0.0, atol=1e-5)


def test_each_mode_meets_the_reference():
    grid = Grid((8, 8), 2e-6)
    colors = Field(np.ones((2, 1, 1)), grid, np.array([450e-9, 633e-9]))
    both = Reference(0.5, tilt=(5e4, 0.0), curvature=20.0)(colors)
    for k, wavelength in enumerate((450e-9, 633e-9)):
        one = Reference(0.5, tilt=(5e4, 0.0), curvature=20.0)(Field(np.ones((1, 1)), grid, wavelength))
        np.testing.assert_allclose(both.values[k], one.values, rtol=1e-5, atol=1e-6)


def test_a_reference_changes_no_grid_and_no_curvature():
    beam = FreeSpace(0.01)(PlaneWave(WAVELENGTH)(Grid((8, 12), 2e-6)))
    assert Reference(tilt=(1e4, 0))(beam).grid.shape == (8, 12)
    assert [float(v) for v in Reference().magnification(3.0)] == [1.0, 3.0]


def test_fringes_are_as_strong_however_many_modes_describe_the_source():
    """One mode, the same one cut into four of weight ¼, and into unequal ones: one hologram."""
    reference = Reference(0.7, tilt=(5e4, 2e4))
    one = reference(PlaneWave(WAVELENGTH)(GRID)).irradiance
    for weights in ([0.25] * 4, [0.1, 0.2, 0.7, 0.0]):
        source = ExtendedSource(WAVELENGTH, 0.1, np.zeros((4, 2)), weights)
        np.testing.assert_allclose(reference(source(GRID)).irradiance.sum(0), one, rtol=1e-5, atol=1e-6)


@pytest.mark.slow
def test_the_reference_of_all_modes_has_the_stated_irradiance():
    sources = [
        ExtendedSource.disc(WAVELENGTH, 0.05, reach=20e-6),
        Spectrum(ExtendedSource(WAVELENGTH, 0.1, [(0, 1), (1, 0)], [0.2, 0.8]), [450e-9, 633e-9], [0.3, 0.7]),
        CoherentModes(WAVELENGTH, np.arange(1, 4)[:, None, None] * np.ones((3, 8, 8))),
        GaussianSchell(WAVELENGTH, 1e-5, 1e-5),
    ]
    for source in sources:
        light = source(GRID)
        added = light.with_values(Reference(0.7, tilt=(5e4, 0.0))(light).values - light.full).irradiance
        np.testing.assert_allclose(np.sum(added, axis=tuple(range(added.ndim - 2))), 0.49, rtol=1e-5)


def test_polarized_light_meets_a_reference_of_the_stated_polarization():
    """Only what is polarized alike interferes; without a statement each component meets the scalar reference."""
    along_x = Polarized(PlaneWave(WAVELENGTH), (1, 0))(GRID)
    fringes = {"tilt": (0.0, 1 / 8e-6)}
    alike, across, circular, plain = (
        np.asarray(Reference(1.0, **fringes, jones=jones)(along_x).irradiance).sum(axis=0)[0, 4:]
        for jones in ((1, 0), (0, 1), (2**-0.5, 2**-0.5 * 1j), None)
    )
    np.testing.assert_allclose(alike, [4, 2, 0, 2], atol=1e-5)
    np.testing.assert_allclose(across, 2, rtol=1e-5)
    np.testing.assert_allclose(circular, 2 + 2**0.5 * np.array([1, 0, -1, 0]), rtol=1e-5)
    np.testing.assert_allclose(plain, [5, 3, 1, 3], rtol=1e-5)


def test_wavelengths_meet_a_polarized_reference_and_modes_are_no_components():
    white = Spectrum(PlaneWave(WAVELENGTH), [450e-9, 633e-9], [0.3, 0.7])
    reference = Reference(0.7, jones=(0.6, 0.8j))
    added = reference(Polarized(white, (1, 0))(GRID)).irradiance[:, 1]
    np.testing.assert_allclose(added, np.multiply.outer([0.3, 0.7], np.full((8, 8), 0.49 * 0.64)), rtol=1e-5)
    for source in (PlaneWave(WAVELENGTH), white, CoherentModes(WAVELENGTH, np.ones((2, 8, 8)))):
        with pytest.raises(InputError, match="polarization"):
            reference(source(GRID))


def test_the_reference_is_the_same_a_few_modes_at_a_time():
    """Three points, two at a time: the one that fills the last chunk meets no reference."""
    source = ExtendedSource(WAVELENGTH, 0.01, [(0, 1), (1, 0), (-1, -1)], [0.2, 0.3, 0.5])
    recorded = [
        ImagingSystem(
            source, Nothing(), ThinSample(np.full((8, 8), 0.8)), Reference(0.7, tilt=(5e4, 0.0)),
            Camera((8, 8), 2e-6), Gaussian(0.1), modes_at_once=at_once,
        ).predict().values
        for at_once in (None, 2)
    ]  # fmt: skip
    np.testing.assert_allclose(*recorded, rtol=1e-5)
