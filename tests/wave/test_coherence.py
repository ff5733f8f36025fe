"""Sources of many points, wavelengths and modes: what they mean, and through a whole instrument."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from backlight.camera import Camera, Gaussian
from backlight.errors import InputError
from backlight.light import Field, Grid, map_modes, select_modes
from backlight.systems import ImagingSystem, Nothing, PerFrame
from backlight.wave import (
    LED,
    CoherentModes,
    ExtendedSource,
    FreeSpace,
    GaussianSchell,
    HermiteGauss,
    LaguerreGauss,
    PlaneWave,
    Polarized,
    SpectralLine,
    Spectrum,
    SphericalWave,
    ThinSample,
    modes_of,
)

SHAPE = (12, 14)
RNG = np.random.default_rng(0)
SAMPLE = 0.5 + 0.2 * RNG.standard_normal(SHAPE) + 0.2j * RNG.standard_normal(SHAPE)
POINTS, WEIGHTS = np.array([(0.2, 0.9), (-0.5, 0.1), (0.3, -0.6)]), np.array([0.2, 0.5, 0.3])
COLORS, SHARES = np.array([0.45e-6, 0.6e-6]), np.array([0.4, 0.6])


def instrument(illumination, **options):
    parts = (ThinSample(SAMPLE), FreeSpace(1e-4), Camera(SHAPE, 2e-6), Gaussian(1.0))
    return ImagingSystem(illumination, Nothing(), *parts, **options)


def frame(illumination, **options):
    return np.asarray(instrument(illumination, **options).predict().values)


def test_points_and_wavelengths_equal_the_sum_over_plane_waves():
    source = ExtendedSource(0.5e-6, 0.1, POINTS, WEIGHTS, tilt=(1e4, 0.0))
    got = frame(Spectrum(source, COLORS, SHARES))[0]
    angles = 0.1 * POINTS + np.array([1e4, 0.0]) * 0.5e-6
    tilts = (angles / COLORS[:, None, None]).reshape(-1, 2)
    each = frame(PlaneWave(PerFrame(np.repeat(COLORS, 3)), tilt=PerFrame(tilts)))
    assert np.allclose(got, np.tensordot(np.outer(SHARES, WEIGHTS).ravel(), each, 1), rtol=1e-5)


def test_a_diode_equals_the_sum_over_spherical_waves_of_its_points():
    """Seen from the middle of the sample a point at s on the panel lies at the angle of −s/√(s² + R²)."""
    middle, size, far = np.array([0.0, 4e-3]), np.array([1e-3, 2e-3]), 0.01
    sine = -middle / np.hypot(far, 4e-3)
    got = frame(LED(0.5e-6, size, far, POINTS, WEIGHTS, tilt=sine / 0.5e-6))[0]
    place = middle + 0.5 * size * POINTS
    tilts = -place / np.sqrt(far**2 + (place**2).sum(axis=1, keepdims=True)) / 0.5e-6
    each = frame(SphericalWave(0.5e-6, PerFrame(np.full(3, far)), tilt=PerFrame(tilts)))
    assert np.allclose(got, np.tensordot(WEIGHTS, each, 1), rtol=1e-4)


@pytest.mark.slow
def test_modes_at_once_change_memory_and_nothing_else():
    source = ExtendedSource(0.5e-6, 0.1, np.concatenate([POINTS, -POINTS[:2]]))

    @eqx.filter_jit
    @eqx.filter_value_and_grad
    def score(source, at_once):
        return jnp.sum(instrument(source, modes_at_once=at_once).predict().values ** 2)

    (whole, slope), (chunked, slope_chunked) = score(source, None), score(source, 2)
    assert np.isclose(whole, chunked, rtol=1e-6)
    for leaf, chunked_leaf in zip(jax.tree.leaves(slope), jax.tree.leaves(slope_chunked), strict=True):
        assert np.allclose(leaf, chunked_leaf, rtol=1e-4, atol=1e-5 * float(jnp.max(jnp.abs(leaf))))
    assert all(np.any(np.asarray(leaf) != 0) for leaf in (slope.size, slope.points, slope.weights, slope.wavelength))
    with pytest.raises(InputError, match="modes_at_once"):
        instrument(source, modes_at_once=0)


def test_a_condenser_may_have_an_aperture_per_frame():
    """The number of points is that of the widest; closed, the light is a plane wave."""
    frames = frame(ExtendedSource.disc(0.5e-6, PerFrame([0.0, 0.08]), reach=3e-6))
    assert np.allclose(frames[0], frame(PlaneWave(0.5e-6))[0], rtol=1e-5)
    assert not np.allclose(frames[0], frames[1], rtol=1e-2)


def test_a_spectrum_keeps_the_angle_and_takes_the_index_of_each_wavelength():
    source = PlaneWave(0.5e-6, medium_index=1.5, tilt=(0.0, 2e5))
    light = Spectrum(source, COLORS, medium_indices=[1.52, 1.49])(Grid(SHAPE, 1e-6))
    assert np.allclose(light.tilt * COLORS[:, None], (0.0, 0.1), rtol=1e-6)
    assert np.allclose(light.medium_index, (1.52, 1.49))
    assert np.allclose(light.irradiance.sum(axis=0), 1)


def test_polarized_light_has_a_spectrum_and_a_spectrum_a_polarization():
    grid, jones = Grid(SHAPE, 1e-6), (0.6, 0.8j)
    source = PlaneWave(0.5e-6, tilt=(0.0, 2e5))
    inner, outer = (
        Spectrum(Polarized(source, jones), COLORS, SHARES),
        Polarized(Spectrum(source, COLORS, SHARES), jones),
    )
    for one, other in zip(jax.tree.leaves(inner(grid)), jax.tree.leaves(outer(grid)), strict=True):
        assert np.allclose(one, other, rtol=1e-6)
    with pytest.raises(InputError, match="without at_wavelength"):
        Spectrum(Spectrum(source, COLORS), COLORS)


def test_a_line_has_the_coherence_of_its_shape():
    path, width, middle = np.linspace(0, 20e-6, 101), 20e-9, 0.5e-6
    gaussian = SpectralLine.gaussian(PlaneWave(middle), width, path=20e-6, error=1e-3)
    flat = SpectralLine.rectangle(PlaneWave(middle), width, path=20e-6, error=1e-3)
    for line, expected in (
        (gaussian, np.exp(-((np.pi * width * path / middle**2) ** 2) / (4 * np.log(2)))),
        (flat, np.sinc(width * path / middle**2)),
    ):
        wavenumber = 1 / np.asarray(line.wavelength, float) - 1 / middle
        degree = np.exp(2j * np.pi * np.outer(path, wavenumber)) @ np.asarray(line.weights)
        assert np.abs(degree - expected).max() < 1.2e-3


@pytest.mark.parametrize("error", [1e-1, pytest.param(1e-3, marks=pytest.mark.slow)])
def test_schell_modes_are_the_fewest_that_keep_the_stated_energy(error):
    grid, waist = Grid((64, 64), 1e-5), (60e-6, 80e-6)
    beam = GaussianSchell(0.5e-6, waist, 70e-6, error=error)
    energy = np.asarray(beam(grid).irradiance, float).sum(axis=(1, 2)) * 1e-10
    left_out = 1 - energy.sum() / (np.pi * waist[0] * waist[1] / 2)
    assert 0 < left_out <= error
    assert np.isclose(left_out, beam.energy_left_out, atol=1e-6)
    assert left_out + energy.min() / (np.pi * waist[0] * waist[1] / 2) > error
    assert (np.diff(energy) < 1e-6 * energy[0]).all()


def test_schell_modes_add_up_to_its_mutual_intensity():
    light = GaussianSchell(0.5e-6, 60e-6, 40e-6, error=1e-6)(Grid((3, 64), 1e-5))
    row = np.asarray(light.values * jnp.sqrt(light.weight)[:, None, None])[:, 1]
    x = 1e-5 * (np.arange(64) - 32)
    gauss = np.exp(-((x / 60e-6) ** 2))
    expected = np.outer(gauss, gauss) * np.exp(-((x[:, None] - x) ** 2) / (2 * 40e-6**2))
    assert np.abs(row.conj().T @ row - expected).max() < 1e-5


def test_modes_of_a_mutual_intensity_give_it_back_and_light_a_sample():
    """W = ⟨U*(r₁)U(r₂)⟩ of three beams with different vortices and tilts: not symmetric, of rank three."""
    beams = RNG.standard_normal((3, *SHAPE)) + 1j * RNG.standard_normal((3, *SHAPE))
    w = np.einsum("kab,kcd->abcd", beams.conj(), beams)
    found = modes_of(w, error=1e-9)
    assert found.values.shape == (3, *SHAPE)
    assert np.allclose(np.einsum("kab,kcd->abcd", found.values.conj(), found.values), w)
    assert np.allclose(frame(CoherentModes(5e-7, found.values)), frame(CoherentModes(5e-7, beams)), rtol=1e-4)
    fewer = modes_of(w, error=0.5)
    assert len(fewer.values) < 3
    assert np.isclose(1 - (np.abs(fewer.values) ** 2).sum() / (np.abs(beams) ** 2).sum(), fewer.energy_left_out)


def test_a_positive_vortex_turns_from_x_to_y():
    values = LaguerreGauss(5e-7, 3e-6, 0, 1)(Grid((9, 9), 1e-6)).values
    assert np.allclose(np.angle([values[4, 6], values[6, 4], values[4, 2]]), [0, np.pi / 2, np.pi], atol=1e-5)


@pytest.mark.slow
def test_a_high_order_is_right_out_to_its_last_lobe():
    """∫u² is the same for all orders, and u₁₂₀ stays within √241 of its waist over √2."""
    x = HermiteGauss(5e-7, 100e-6, (0, 120))(Grid((1, 2048), 2e-6)).values[0].real
    assert np.isclose(np.sum(np.asarray(x, float) ** 2) * 2e-6, 100e-6 * np.sqrt(np.pi / 2), rtol=1e-5)


def test_modes_with_points_and_wavelengths_are_mapped_along_both_axes_and_selected_along_the_first():
    tilt = RNG.standard_normal((2, 3, 2))
    light = Field(np.ones((2, 3, 4, 6)), Grid((4, 6), 1e-6), np.array([1.0, 2.0]), tilt=tilt)
    mapped = map_modes(lambda one: one.with_values(one.values * one.wavelength * one.tilt[1]), light)
    assert np.allclose(mapped.values[..., 0, 0], np.array([[1.0], [2.0]]) * tilt[..., 1])
    second = select_modes(light, np.array([1]))
    assert second.values.shape == (1, 3, 4, 6)
    assert np.allclose(second.tilt, tilt[1:])


def test_what_makes_no_source_is_refused():
    grid, table = Grid(SHAPE, 1e-6), [(0, 0), (0, 1)]
    for words, build in {
        "weights": lambda: ExtendedSource(5e-7, 0.1, table, [0.5, -0.5]),
        "one for each mode": lambda: Spectrum(PlaneWave(5e-7), [4e-7, 5e-7], [1.0]),
        "size": lambda: ExtendedSource(5e-7, (0.1, 0.1, 0.1), table),
        "shorter reach": lambda: LED.disc(5e-7, 1e-2, 1e-2, reach=1e-3),
        "from 1e-10": lambda: SpectralLine.gaussian(PlaneWave(5e-7), 1e-8, path=1e-6, error=0.0),
        "whole numbers": lambda: HermiteGauss(5e-7, 1e-4, (0, 200)),
        "waist": lambda: LaguerreGauss(5e-7, (1e-4, 2e-4), 0, 1),
        "radial": lambda: LaguerreGauss(5e-7, 1e-4, -1, 0),
        "ExtendedSource": lambda: GaussianSchell(5e-7, 1e-3, 1e-6),
        "both excluded": lambda: GaussianSchell(5e-7, 1e-3, 1e-3, error=1.0),
        "pixels": lambda: CoherentModes(5e-7, np.ones((2, 5, 5)))(grid),
        "twice the same": lambda: modes_of(np.ones((3, 4))),
        "Hermitian": lambda: modes_of(np.array([[1.0, 1.0], [0.0, 1.0]])),
        "below 0": lambda: modes_of(np.array([[1.0, 2.0], [2.0, 1.0]])),
        "between 0 and 1": lambda: modes_of(np.eye(2), error=2.0),
    }.items():
        with pytest.raises(InputError, match=words):
            build()
