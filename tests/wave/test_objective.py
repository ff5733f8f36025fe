"""The objective: what its pupil passes, where, and with which phase; coherent and incoherent."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from backlight.errors import InputError
from backlight.light import Field, Grid, Image
from backlight.wave import (
    AngularSpectrum,
    FreeSpace,
    FringeZernikes,
    IncoherentImaging,
    NollZernikes,
    Objective,
)

pytestmark = pytest.mark.usefixtures("float64")
WAVELENGTH, NA, N, PITCH = 500e-9, 0.2, 48, 0.5e-6
CUTOFF = NA / WAVELENGTH


@eqx.filter_jit
def behind(part, light):
    return part(light)


def grid():
    return Grid((N, N), PITCH)


def smooth(seed=0):
    """Return an object inside the pupil's band, without a symmetry."""
    rng = np.random.default_rng(seed)
    f = np.fft.fftfreq(N, PITCH)
    inside = np.hypot(f[:, None], f) < 0.6 * CUTOFF
    noise = rng.standard_normal((N, N)) + 1j * rng.standard_normal((N, N))
    return np.fft.ifft2(np.fft.fft2(noise) * inside)


def field(values=None, **carrier):
    return Field(smooth() if values is None else values, grid(), WAVELENGTH, **carrier)


@pytest.mark.parametrize("shape", [(33, 35), (32, 45)])
def test_on_an_odd_grid_a_point_is_the_transform_of_the_pupil(float64, shape):
    point = np.zeros(shape, complex)
    point[shape[0] // 2, shape[1] // 2] = 1
    grid, objective = Grid(shape, 1e-6), Objective(0.1, 1.0)
    found = objective(Field(point, grid, 532e-9)).values
    wanted = np.fft.ifft2(np.fft.fft2(point) * np.asarray(objective.transfer(grid, 532e-9)))
    np.testing.assert_allclose(found, wanted, atol=1e-12)


def test_what_passes_comes_out_inverted_magnified_and_with_its_energy():
    image = behind(Objective(NA, -20.0), field(tilt=(2e4, 0.0), medium_index=1.33))
    assert np.allclose(image.values, smooth() / -20, atol=1e-9)
    assert np.allclose(image.grid.pitch, -20 * PITCH)
    assert np.allclose(image.tilt, (-1e3, 0))
    assert float(image.medium_index) == 1
    energy = [float(u.irradiance.sum() * jnp.prod(u.grid.pitch)) for u in (image, field())]
    assert np.isclose(energy[0], energy[1], rtol=1e-9)


@pytest.mark.parametrize(("sine", "passed"), [(0.123456, 1.0), (0.277777, 0.0)])
def test_tilted_light_passes_where_its_direction_lies_inside_the_pupil(sine, passed):
    light = Field([[1.0]], grid(), WAVELENGTH, tilt=(0.6 * sine / WAVELENGTH, 0.8 * sine / WAVELENGTH))
    assert np.allclose(behind(Objective(NA), light).irradiance, passed, atol=1e-9)


def test_a_carrier_is_the_fringe_it_stands_for():
    """Whole numbers of fringes on the grid, so that the fringe written out is the same light."""
    y, x = (np.arange(N) - N // 2) / N, (np.arange(N) - N // 2) / N
    fringe = np.exp(2j * np.pi * (3 * y[:, None] - 5 * x))
    part = Objective(NA, defocus=4e-6, aberrations=NollZernikes([0.5, -0.4, 0.3], first=5))
    carried = behind(part, field(tilt=(3 / (N * PITCH), -5 / (N * PITCH)))).values * fringe
    assert np.allclose(carried, behind(part, field(smooth() * fringe)).values, atol=1e-10)


def test_between_samples_the_pupil_is_evaluated_at_the_shifted_frequency():
    """A plane wave picks up the phase of the one point of the pupil it passes."""
    tilt = np.array((0.31, -0.47)) * CUTOFF
    light = Field([[1.0]], grid(), WAVELENGTH, tilt=tilt)
    part = Objective(NA, aberrations=FringeZernikes([0.3], first=9))
    square = 0.31**2 + 0.47**2
    phase = 0.3 * (6 * square**2 - 6 * square + 1)
    assert np.allclose(behind(part, light).values, np.exp(1j * phase), atol=1e-9)


def test_a_curved_carrier_is_the_phase_it_stands_for():
    r = grid().y
    curved = np.exp(1j * np.pi * 900.0 / WAVELENGTH * np.asarray(r[:, None] ** 2 + r**2))
    image = behind(Objective(NA, 3.0, defocus=5e-6), field(curvature=900.0))
    expected = behind(Objective(NA, 3.0, defocus=5e-6), field(smooth() * curved))
    assert np.allclose(image.values, expected.values, atol=1e-10)
    assert float(image.curvature) == 0


def test_defocus_is_the_object_moved_on():
    light = field(medium_index=1.33, tilt=(1e5, -2e5))
    moved = behind(FreeSpace(8e-6, AngularSpectrum(band_limit=False)), light)
    assert np.allclose(
        behind(Objective(NA, defocus=8e-6), light).values, behind(Objective(NA), moved).values, atol=1e-9
    )


def test_nolls_coefficients_are_rms_phases():
    """Strehl: a small aberration of σ rad leaves exp(−σ²) of the peak (Maréchal)."""
    point = np.zeros((N, N))
    point[N // 2, N // 2] = 1
    lenses = [
        Objective(NA, aberrations=NollZernikes(c, first=4), padding=(144, 144))
        for c in (np.zeros(8), 0.1 * np.eye(8)[7])
    ]
    peaks = [float(behind(lens, field(point)).irradiance[N // 2, N // 2]) for lens in lenses]
    assert np.isclose(peaks[1] / peaks[0], np.exp(-0.01), atol=5e-4)


def test_a_tilt_of_the_pupil_shifts_the_picture():
    """Noll 2 is 2cρ cos θ: a delay that grows along +x moves the picture by cλ/(π NA) to lower x."""
    shift = 3 * PITCH
    part = Objective(NA, aberrations=NollZernikes([np.pi * NA / WAVELENGTH * shift], first=2))
    assert np.allclose(behind(part, field()).values, np.roll(smooth(), -3, axis=1), atol=1e-9)


def test_free_pixels_of_the_pupil_lie_at_its_place():
    """A pupil that is dark in the lower half (+y) stops one of two beams."""
    half = np.ones((8, 8))
    half[4:] = 0
    for sign, passed in ((-1, 1.0), (1, 0.0)):
        light = Field([[1.0]], grid(), WAVELENGTH, tilt=(sign * 0.5 * CUTOFF, 0.2 * CUTOFF))
        assert np.allclose(behind(Objective(NA, pupil=half), light).irradiance, passed, atol=1e-9)


def test_na_acts_smoothly():
    """A point sends NA² of energy through: d ln E/d ln NA = 2 at every NA, off the samples and on them."""
    point = np.zeros((N, N))
    point[0, 0] = 1
    light = field(point)

    @jax.jit
    def slope(na):
        energy, change = jax.value_and_grad(lambda na: jnp.sum(Objective(na)(light).irradiance))(na)
        return change * na / energy

    assert np.allclose([slope(na) for na in np.linspace(0.15, 0.25, 9)], 2, atol=0.25)


def test_wavelengths_of_one_field_each_have_their_pupil():
    part = Objective(NA, 2.0, defocus=3e-6)
    wavelengths = np.array([450e-9, 600e-9])
    values = np.stack([smooth(1), smooth(2)])
    together = behind(part, Field(values, grid(), wavelengths)).values
    for i in range(2):
        alone = behind(part, Field(values[i], grid(), wavelengths[i])).values
        assert np.allclose(together[i], alone, atol=1e-12)


def test_a_scene_that_shines_incoherently_keeps_its_energy():
    scene = np.abs(smooth()) ** 2
    lens = IncoherentImaging(Objective(NA, -2.0, defocus=3e-6), WAVELENGTH, medium_index=1.33)
    image = behind(lens, Image(jnp.asarray(scene), grid()))
    assert np.isclose(float(image.values.sum()) * 4, scene.sum(), rtol=1e-9)
    assert float(image.values.min()) > -1e-12
    assert np.allclose(image.grid.pitch, -2 * PITCH)


def test_the_incoherent_image_of_a_point_is_the_coherent_one_squared():
    point = np.zeros((N, N))
    point[N // 2 + 4, N // 2 - 7] = 1
    part = Objective(NA, aberrations=NollZernikes([0.4, 0.3, 0.5], first=6))
    coherent = np.asarray(behind(part, field(point)).irradiance)
    image = np.asarray(behind(IncoherentImaging(part, WAVELENGTH), Image(jnp.asarray(point), grid())).values)
    assert np.allclose(image / image.sum(), coherent / coherent.sum(), atol=1e-12)


def test_what_the_pupils_pixels_absorb_is_lost():
    lens = IncoherentImaging(Objective(NA, pupil=[[0.5]]), WAVELENGTH)
    assert np.allclose(behind(lens, Image(jnp.ones((N, N)), grid())).values, 0.25)


@pytest.mark.parametrize("wrong", [{"padding": (-1, 0)}, {"edge": 0.0}, {"pupil": 1.0}])
def test_wrong_options_are_refused(wrong):
    with pytest.raises(InputError):
        Objective(NA, **wrong)


@pytest.mark.parametrize(
    ("sine", "decimation", "fits"),
    [(0.24, 1, True), (0.26, 1, False), (0.11, 2, True), (0.13, 2, False)],
)
def test_a_pupil_beyond_the_grids_band_is_refused(sine, decimation, fits):
    """1 µm pixels carry 0.25 of 500 nm light; pixels twice as wide in the image half of it, about any tilt."""
    part, light = Objective(sine, decimation=decimation), Field(smooth(), Grid((N, N), 1e-6), WAVELENGTH)
    if fits:
        part(light)
    else:
        with pytest.raises(InputError, match="times the highest frequency"):
            part(light)


def test_the_tilt_of_light_takes_its_place_in_the_band():
    light = Field(smooth(), Grid((N, N), 1e-6), WAVELENGTH, tilt=(0.1 / WAVELENGTH, 0.0))
    Objective(0.14)(light)
    with pytest.raises(InputError, match=r"1\.04 times the highest frequency"):
        Objective(0.16)(light)
    Objective(0.12, decimation=2)(light)


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("tilt", [pytest.param((0.0, 0.0), marks=pytest.mark.slow), (5.3e4, -1.17e5)])
def test_a_decimated_image_is_every_nth_pixel_of_the_whole_one(float64, tilt, sign):
    """Phase included: what carrier the window leaves is part of the light."""
    grid = Grid((40, 32), (sign * 1e-6, 1.2e-6), (3e-6, -7e-6))
    light = Field(noise((40, 32)), grid, 500e-9, tilt=tilt)
    options = {"defocus": 8e-6, "aberrations": NollZernikes([0.3, -0.2, 0.5]), "padding": (8, 16)}
    whole, fewer = (true_field(Objective(0.02, 2.0, decimation=d, **options)(light)) for d in (1, 4))
    assert fewer.shape == (10, 8)
    assert np.allclose(fewer, whole[::4, ::4], atol=1e-9 * np.abs(whole).max())


@pytest.mark.parametrize("tilt", [(0.0, 0.0), (5.3e4, -1.17e5)])
def test_outside_of_its_band_the_pupil_is_dark(float64, tilt):
    """Three samples beyond the pupil what the soft edge lets through is 1e-7."""
    light = Field(noise((40, 32)), Grid((40, 32), (1e-6, 1.2e-6), (3e-6, -7e-6)), 500e-9, tilt=tilt)
    options = {"defocus": 8e-6, "aberrations": NollZernikes([0.3, -0.2, 0.5]), "padding": (8, 16), "decimation": 2}
    whole, cut = (true_field(Objective(0.02, 2.0, band=band, **options)(light)) for band in (None, 12))
    assert np.allclose(cut, whole, atol=1e-6 * np.abs(whole).max())


def test_decimation_needs_whole_pixels():
    with pytest.raises(InputError, match="multiples of 8"):
        Objective(0.04, decimation=4)(Field(noise((36, 32)), Grid((36, 32), 1e-6), 500e-9))


def true_field(light):
    y, x = np.asarray(light.grid.y)[:, None], np.asarray(light.grid.x)
    return np.asarray(light.values) * np.exp(2j * np.pi * (light.tilt[0] * y + light.tilt[1] * x))


def noise(shape):
    rng = np.random.default_rng(1)
    return rng.standard_normal(shape) + 1j * rng.standard_normal(shape)
