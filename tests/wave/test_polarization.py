"""Polarized light: order and handedness, Malus, plates, through the whole system."""

import numpy as np
import pytest

from backlight.camera import Camera, Gaussian
from backlight.errors import InputError
from backlight.light import Field, Grid
from backlight.systems import ImagingSystem, Nothing, PerFrame
from backlight.wave import (
    Chain,
    FreeSpace,
    JonesElement,
    PlaneWave,
    Polarized,
    Polarizer,
    Spectrum,
    ThinSample,
    WavePlate,
    stokes_parameters,
)

GRID = Grid((6, 8), 2e-6)
DIAGONAL = (0.5**0.5, 0.5**0.5)
RIGHT = 0.5 * np.pi


def light(*jones):
    return Polarized(PlaneWave(532e-9), jones)(GRID)


def stokes(field):
    return np.asarray(stokes_parameters(field))[..., :, 0, 0]


def instant(field, phase):
    """Return the electric field (Ex, Ey) at ωt = phase."""
    return np.real(np.asarray(field.values)[:, 0, 0] * np.exp(-1j * phase))


def test_components_are_x_and_y_and_angles_run_from_x_to_y():
    assert np.allclose(stokes(light(1, 0)), (1, 1, 0, 0))
    assert np.allclose(stokes(light(0, 1)), (1, -1, 0, 0))
    assert np.allclose(Polarizer(0.3)(light(1, 0)).values[:, 0, 0], np.cos(0.3) * np.array([np.cos(0.3), np.sin(0.3)]))


def test_positive_s3_turns_from_x_to_y():
    """Under exp(−iωt) the field of (1, i)/√2 points along x first, a quarter period later along y."""
    circular = light(0.5**0.5, 0.5j * 2**0.5)
    assert np.allclose(stokes(circular), (1, 0, 0, 1), atol=1e-6)
    assert np.allclose(instant(circular, 0.0), (0.5**0.5, 0), atol=1e-6)
    assert np.allclose(instant(circular, RIGHT), (0, 0.5**0.5), atol=1e-6)


def test_a_quarter_wave_plate_makes_circular_light_of_the_slow_axis_behind():
    """Fast axis x, light at 45°: y is late by a quarter, S₃ = +1; two of them mirror the light to −45°."""
    circular = WavePlate.quarter()(light(*DIAGONAL))
    assert np.allclose(stokes(circular), (1, 0, 0, 1), atol=1e-6)
    assert np.allclose(stokes(WavePlate.quarter()(circular)), (1, 0, -1, 0), atol=1e-6)


def test_a_half_wave_plate_turns_by_twice_its_angle():
    assert np.allclose(stokes(WavePlate.half(0.2)(light(1, 0))), (1, np.cos(0.8), np.sin(0.8), 0), atol=1e-6)


def test_plates_are_unitary_with_one_matrix_a_pixel_too():
    retardance = np.random.default_rng(0).uniform(-3, 3, GRID.shape)
    matrix = np.asarray(WavePlate(retardance, 0.7).matrix)
    product = np.einsum("jiyx,jkyx->yxik", matrix.conj(), matrix)
    assert np.allclose(product, np.eye(2), atol=1e-6)


def test_two_orthogonal_modes_are_unpolarized():
    """Modes add in irradiance: the sum of their Stokes vectors has no polarization, behind any plate."""
    modes = np.eye(2).reshape(2, 2, 1, 1) / 2**0.5
    natural = WavePlate(1.1, 0.4)(Field(modes, GRID, 532e-9))
    assert np.allclose(stokes(natural).sum(0), (1, 0, 0, 0), atol=1e-6)


def test_wavelengths_and_polarizations_travel_together():
    colors = np.array([450e-9, 633e-9])
    both = Field(np.ones((2, 2, *GRID.shape)), GRID, colors)
    path = Chain(FreeSpace(1e-4), Polarizer(0.4))
    together = path(both)
    for i, color in enumerate(colors):
        alone = path(Field(both.values[i], GRID, color))
        assert np.allclose(together.values[i], alone.values, atol=1e-6)


def frames(angle, *before, modes_at_once=None):
    system = ImagingSystem(
        Polarized(PlaneWave(532e-9), (1, 0)),
        Chain(*before) if before else Nothing(),
        ThinSample(np.full(GRID.shape, 0.5)),
        Chain(FreeSpace(1e-4), Polarizer(angle)),
        Camera(GRID.shape, 2e-6),
        Gaussian(0.01),
        modes_at_once=modes_at_once,
    )
    return np.asarray(system.predict().values)


def test_malus_through_the_whole_system():
    """A turning polarizer before the camera: a quarter of cos², the sample passes a quarter of the light."""
    angles = np.linspace(0, np.pi, 5)
    recorded = frames(PerFrame(angles))
    assert np.allclose(recorded, 0.25 * np.cos(angles)[:, None, None] ** 2, atol=1e-6)


def test_circular_light_passes_any_polarizer_by_half():
    recorded = frames(PerFrame([0.0, 0.5, 2.0]), WavePlate.quarter(np.pi / 4))
    assert np.allclose(recorded, 0.125, atol=1e-6)


def test_modes_at_once_do_not_part_the_components_of_polarization():
    plate = WavePlate(0.7, 0.3)
    assert np.allclose(frames(0.4, plate, modes_at_once=1), frames(0.4, plate), atol=1e-6)


def test_modes_at_once_part_polarized_colors_by_color():
    source = Polarized(Spectrum(PlaneWave(532e-9), [450e-9, 633e-9], [0.3, 0.7]), (0.6, 0.8))
    recorded = [
        ImagingSystem(
            source, Nothing(), ThinSample(np.ones(GRID.shape)), Chain(FreeSpace(1e-4), Polarizer(0.4)),
            Camera(GRID.shape, 2e-6), Gaussian(0.01), modes_at_once=at_once,
        ).predict().values
        for at_once in (None, 1)
    ]  # fmt: skip
    assert np.allclose(*recorded, atol=1e-6)


def test_a_pixel_may_have_a_polarizer_of_its_own():
    """A polarization camera: four directions in turn give S₁ and S₂."""
    mosaic = np.tile([[0, np.pi / 4], [3 * np.pi / 4, np.pi / 2]], (3, 4))
    seen = np.asarray(Polarizer(mosaic)(light(np.cos(0.3), np.sin(0.3))).irradiance).sum(0)
    assert np.allclose(seen[0, 0] - seen[1, 1], np.cos(0.6), atol=1e-6)
    assert np.allclose(seen[0, 1] - seen[1, 0], np.sin(0.6), atol=1e-6)


def test_scalar_light_and_odd_matrices_are_refused():
    scalar = PlaneWave(532e-9)(GRID)
    for call in (Polarizer(0.1), WavePlate(0.1), JonesElement(np.eye(2)), stokes_parameters):
        with pytest.raises(InputError, match="axis −3"):
            call(scalar)
    with pytest.raises(InputError, match="matrix"):
        JonesElement(np.ones((2, 2, 3)))
