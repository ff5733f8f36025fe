"""The vector focus in the places the integrals do not reach: signs, carriers, bad arguments, the system."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest

from backlight.camera import Camera, Gaussian
from backlight.errors import InputError
from backlight.light import Field, Grid
from backlight.systems import ImagingSystem, Nothing
from backlight.wave import PlaneWave, Polarized, ThinSample, VectorFocus

WAVELENGTH, FOCAL, NA = 532e-9, 2e-3, 0.8
PUPIL = Grid((64, 64), 2.1 * FOCAL * NA / 64)
SCALE = 100e-9 / float(PUPIL.pitch[0])


@eqx.filter_jit
def focused(field, shape=(33, 33), defocus=0.0):
    return VectorFocus(FOCAL, NA, SCALE, shape=shape, defocus=defocus)(field)


def pupil(jones=(1, 0), **carrier):
    return Field(np.broadcast_to(np.reshape(jones, (2, 1, 1)), (2, *PUPIL.shape)), PUPIL, WAVELENGTH, **carrier)


def peak(field):
    irradiance = np.asarray(field.irradiance).sum(0)
    row, column = np.unravel_index(irradiance.argmax(), irradiance.shape)
    return float(field.grid.y[row]), float(field.grid.x[column])


def test_a_tilt_of_the_pupil_moves_the_focus_to_higher_indices():
    """By λfτ: 8 pixels of 100 nm along x, −5 along y."""
    tilt = np.array([-5e-7, 8e-7]) / (WAVELENGTH * FOCAL)
    assert np.allclose(peak(focused(pupil(tilt=tilt))), (-5e-7, 8e-7), atol=1e-9)


def test_the_axial_field_is_odd_along_the_polarization_and_dark_on_the_axis():
    ez = np.asarray(focused(pupil()).values)[2]
    assert np.abs(ez[:, 16]).max() < 1e-4 * np.abs(ez).max()
    assert np.allclose(ez[16, :16], -ez[16, :16:-1], atol=2e-2 * np.abs(ez).max())
    along_y = np.asarray(focused(pupil((0, 1))).values)[2]
    assert np.allclose(along_y, ez.T, atol=1e-4 * np.abs(ez).max())


def test_circular_light_carries_its_spin_into_an_axial_vortex():
    """(1, i)/√2: Ez turns once about the axis with exp(iφ), φ from x towards y."""
    ez = np.asarray(focused(pupil((1, 1j))).values)[2]
    ring = ez[[16, 19, 16, 13], [19, 16, 13, 16]]
    assert np.allclose(ring / ring[0], [1, 1j, -1, -1j], atol=3e-2)


def test_light_that_diverges_into_the_pupil_comes_to_its_focus_further_on():
    """A pupil of curvature c moves the focus by f²c: as bright there, but for what an aplanat aberrates at NA 0.8."""
    shift = 0.4e-6
    bent = pupil(curvature=shift / FOCAL**2)
    behind, before = (np.asarray(focused(bent, defocus=z).irradiance).sum(0).max() for z in (shift, -shift))
    assert behind > 0.98 * np.asarray(focused(pupil()).irradiance).sum(0).max()
    assert before < 0.85 * behind


def test_a_focus_lights_the_sample_of_a_system():
    """As incident path: the pupil's grid is the sample's, 1/scale wider; the camera adds the three components."""
    system = ImagingSystem(
        Polarized(PlaneWave(WAVELENGTH), (0.6, 0.8j)),
        VectorFocus(FOCAL, NA, SCALE),
        ThinSample(np.ones(PUPIL.shape)),
        Nothing(),
        Camera((33, 33), 100e-9),
        Gaussian(0.01),
    )
    recorded = np.asarray(system.predict().values)[0]
    direct = np.asarray(focused(pupil((0.6, 0.8j))).irradiance).sum(0)
    assert np.allclose(recorded, direct, rtol=1e-4, atol=1e-4 * direct.max())


@pytest.mark.parametrize("aperture", [0.0, 1.0, 1.2])
def test_an_aperture_that_does_not_fit_the_medium_is_refused(aperture):
    with pytest.raises(InputError, match="numerical_aperture"):
        VectorFocus(FOCAL, aperture, SCALE)


def test_scalar_light_is_refused():
    with pytest.raises(InputError, match="axis −3"):
        VectorFocus(FOCAL, NA, SCALE)(Field(jnp.ones(PUPIL.shape), PUPIL, WAVELENGTH))
