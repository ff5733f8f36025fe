"""What `sampling` foretells, against what comes out."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from lights import METHODS, WAVELENGTH, noise, start

from backlight.errors import InputError
from backlight.light import Field, Grid, split_modes
from backlight.wave import (
    LED,
    AngularSpectrum,
    CircularAperture,
    Fraunhofer,
    FreeSpace,
    RayleighSommerfeld,
    ScaledAngularSpectrum,
    Spectrum,
)


@pytest.mark.parametrize("name", ["angular, shifted", "Fresnel transfer", "chirp-z", "scaled", "direct"])
def test_light_that_may_be_undersampled_is_refused_unless_the_error_is_allowed(name):
    """White noise has 1/32 of each axis at the Nyquist frequency: 6 % of the energy, a quarter of the field."""
    noisy = Field(noise((32, 32)), Grid((32, 32), 4e-6), WAVELENGTH)
    account = FreeSpace(1e-3, METHODS[name]).sampling(noisy)
    assert account.warnings
    one = replace(account, causes=())  # the method's own errors are not the question here
    with pytest.raises(InputError, match="undersampling of the light"):
        one.demand()
    one.demand(0.5)
    assert FreeSpace(1e-3, METHODS[name]).sampling(start()).undersampled == 0.0


def test_light_within_its_pixels_is_well_sampled_whatever_the_padding():
    """The edges of the window are no edges of the light."""
    flat = Field(np.ones((16, 16)), Grid((16, 16), 4e-6), WAVELENGTH)
    for padding in ((0, 0), (16, 16)):
        assert FreeSpace(1e-5, AngularSpectrum(padding)).sampling(flat).input_margin > 100


def test_points_and_wavelengths_along_two_axes_are_accounted_for_one_by_one():
    white = Spectrum(LED(532e-9, 1e-3, 0.05, [(0, 1), (1, 0)]), [450e-9, 633e-9])(Grid((16, 16), 4e-6))
    each = split_modes(white)
    assert len(each) == 4
    path = FreeSpace(1e-3)
    assert path.sampling(white).error == max(path.sampling(one).error for one in each)


@pytest.mark.slow
def test_the_prediction_knows_the_tails_that_samples_cannot_help(float64):
    """A disc's spectrum ends at the Nyquist frequency: slow tails wrap around, far above round-off."""
    grid = Grid((64, 64), 4e-6)
    field = CircularAperture(40e-6)(Field(np.ones((64, 64)), grid, 532e-9))
    truth = FreeSpace(1e-3, AngularSpectrum((800, 800)))(field).values
    for padding in ((0, 0), (32, 32)):
        path = FreeSpace(1e-3, AngularSpectrum(padding))
        wrong = float(np.linalg.norm(path(field).values - truth) / np.linalg.norm(truth))
        assert 2e-4 < wrong < 3 * path.sampling(field).error < 30 * wrong


@pytest.mark.parametrize("scale", [20.0, 50.0])
def test_a_window_wider_than_the_samples_period_is_refused(scale):
    """With too few samples of the band the light repeats within the window itself, at two or three times its size."""
    r = np.arange(-32, 32)
    light = Field(np.exp(-(r[:, None] ** 2 + r**2) / 64), Grid((64, 64), 1e-5), 500e-9)
    few = FreeSpace(1.0, ScaledAngularSpectrum(scale=scale)).sampling(light)
    assert few.error > 1
    assert few.output_margin < 1
    planned = ScaledAngularSpectrum.planned(light.grid, 500e-9, 1.0, Grid((64, 64), 1e-5 * scale))
    enough = FreeSpace(1.0, planned).sampling(light)
    assert enough.error < 1e-4
    assert enough.output_margin > 1


def test_a_mode_without_light_has_no_part_in_the_prediction():
    r = np.arange(-32, 32)
    wide, narrow = (np.exp(-(r[:, None] ** 2 + r**2) / width) for width in (64, 1.5))
    grid = Grid((64, 64), 2e-6)
    for method in (AngularSpectrum(), Fraunhofer()):
        path = FreeSpace(1e-2, method)
        alone = path.sampling(Field(wide, grid, 5e-7)).error
        both = path.sampling(Field(np.stack([wide, narrow]), grid, 5e-7, weight=np.array([1.0, 1e-12]))).error
        assert both == pytest.approx(alone, rel=1e-2)


def test_light_along_the_diagonal_is_known_to_walk_farther(float64):
    """At sines of 0.54 along both axes it walks z·s/√(1 − 2s²), a third more than each axis tells."""
    grid, wavelength, distance = Grid((64, 64), 0.35e-6), 0.5e-6, 20e-6
    y, x = np.meshgrid(grid.y, grid.x, indexing="ij")
    turns = 0.38 / 0.35e-6 * (y + x)
    light = Field(np.exp(-(y**2 + x**2) / 2.45e-6**2 + 2j * np.pi * turns), grid, wavelength)
    shift = (12.95e-6, 12.95e-6)  # where an axis alone would have it: what lands there has walked 17 µm
    wide = AngularSpectrum((512, 512), shift=shift, band_limit=False)
    truth = np.asarray(wide(light, jnp.asarray(distance)).values)
    for padding in ((0, 0), (64, 64)):
        method = AngularSpectrum(padding, shift=shift)
        off = np.linalg.norm(method(light, jnp.asarray(distance)).values - truth) / np.linalg.norm(truth)
        assert 1e-5 < off <= method.sampling(light, distance).error < 20 * off


@pytest.mark.slow
def test_what_the_scaling_of_a_curved_carrier_misses_is_foretold(float64):
    """Against the sphere's paraxial phase written out on pixels four times finer."""
    wavelength, radius, distance = 0.5e-6, 5e-3, 20e-3
    coarse, fine = Grid((64, 64), 8e-6), Grid((512, 512), 1e-6)

    def light(grid, curvature, phase):
        y, x = np.meshgrid(grid.y, grid.x, indexing="ij")
        u = np.exp(-((y - 96e-6) ** 2 + x**2) / 60e-6**2)
        return Field(u * np.exp(1j * np.pi * phase * (y**2 + x**2) / wavelength), grid, wavelength, curvature=curvature)

    stretch = FreeSpace(distance)
    behind = stretch(light(coarse, 1 / radius, 0.0))
    exact = RayleighSommerfeld(pitch=behind.grid.pitch * 4, shape=(16, 16))
    truth = np.asarray(exact(light(fine, 0.0, 1 / radius), jnp.asarray(distance)).values)
    y, x = np.meshgrid(behind.grid.y, behind.grid.x, indexing="ij")
    found = np.asarray(behind.values) * np.exp(1j * np.pi * float(behind.curvature) * (y**2 + x**2) / wavelength)
    found = found[::4, ::4]
    assert found.shape == truth.shape
    overlap = np.vdot(found, truth)
    off = np.linalg.norm(truth - found * overlap / abs(overlap)) / np.linalg.norm(truth)
    told = stretch.sampling(light(coarse, 1 / radius, 0.0))
    assert off == pytest.approx(told.carrier_phase, rel=0.3)
    bright = np.linalg.norm(abs(truth) ** 2 - abs(found) ** 2) / np.linalg.norm(abs(truth) ** 2)
    assert bright < 0.1 * off


def test_light_that_is_dark_has_an_account():
    dark = Field(np.zeros((8, 9)), Grid((8, 9), 2e-6), 532e-9, curvature=10.0)
    assert np.isfinite(FreeSpace(1e-3).sampling(dark).carrier_phase)


@pytest.mark.slow
def test_light_that_grazes_the_plane_is_not_promised(float64):
    """At 1 − s = 0.02 the walk depends on both axes: a third of the field is wrong, of which no axis alone knows."""
    r = np.linspace(-3.6, 3.6, 33)[:-1] / 2
    values = np.exp(-(r[:, None] ** 2) - r**2)
    for tilt, told in ((1.4e6, 0.5), (1e6, 1e-4)):
        light = Field(values, Grid((32, 32), 2e-6), 0.5e-6, tilt=(tilt, tilt))
        path = FreeSpace(3e-4, ScaledAngularSpectrum(pitch=4e-6, shape=(20, 21), samples=(128, 128)))
        few, many = (
            path(light),
            FreeSpace(3e-4, ScaledAngularSpectrum(pitch=4e-6, shape=(20, 21), samples=(999, 999)))(light),
        )
        off = np.linalg.norm(few.values - many.values) / np.linalg.norm(many.values)
        error = path.sampling(light).error
        assert off < 3 * error
        assert (error > told) == (tilt > 1.2e6)


def test_round_off_of_a_dim_window_is_that_of_the_digits_and_of_rays_that_lie_apart():
    """Of the same light far off its beam, and behind a focus in a window that is narrower than the rays lie apart."""
    r = np.arange(-16, 16) / 5
    aside = RayleighSommerfeld(pitch=2e-6, center=(0.0, 3.1e-4), shape=(6, 7))
    told = []
    for x64 in (False, True):
        with jax.enable_x64(x64):
            light = Field(np.exp(-(r[:, None] ** 2) - r**2), Grid((32, 32), 2e-6), 0.5e-6)
            told.append(FreeSpace(3e-3, aside).sampling(light).error)
    assert told[1] <= 1e-6 < 1e-4 < told[0]
    waves = np.exp(1j * (0.3 * np.arange(15)[:, None] + 0.2 * np.arange(14)))
    light = Field(waves, Grid((15, 14), 5e-6, (1e-4, 2e-4)), 0.5e-6, curvature=-35.0)
    assert FreeSpace(0.05, RayleighSommerfeld(scale=1.0)).sampling(light).error < 1e-4
