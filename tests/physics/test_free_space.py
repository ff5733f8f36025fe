"""Free space against closed forms (PHYSICS: plane, tilted and evanescent waves, beams, apertures, gratings)."""

import jax.numpy as jnp
import numpy as np
import pytest
from closed_forms import (
    WAVELENGTH,
    aperture_on_axis,
    coordinates,
    free_space,
    gaussian_beam,
    noise,
    relative,
    soft_disc,
)

from backlight.light import Grid
from backlight.maths import fourier
from backlight.wave import AngularSpectrum, FreeSpace, PlaneWave, transfer_function

pytestmark = pytest.mark.usefixtures("float64")
ZERO = (0.0, 0.0)


def kernel(grid, distance, tilt=ZERO, wavelength=WAVELENGTH):
    arrays = (jnp.asarray(number) for number in (wavelength, distance, tilt))
    return np.asarray(transfer_function.free_space(grid, *arrays))


def test_a_plane_wave_on_axis_does_not_change_without_its_carrier():
    assert np.allclose(free_space(np.ones((6, 9)), 2e-6, 0.3).values, 1, atol=1e-14)


def test_the_phase_grows_with_the_path_of_a_tilted_wave():
    """One frequency of the grid: exp(i(kz − k)z), kz = √(k² − kx² − ky²); the constant exp(ikz) is dropped."""
    n, pitch, z = (12, 10), 1e-6, 7e-6
    fy, fx = 3 / (n[0] * pitch), -2 / (n[1] * pitch)
    wave = np.exp(2j * np.pi * (fy * coordinates(n[0], pitch)[:, None] + fx * coordinates(n[1], pitch)[None, :]))
    phase = 2 * np.pi * z * (np.sqrt(WAVELENGTH**-2 - fy**2 - fx**2) - 1 / WAVELENGTH)
    assert phase < 0
    assert np.allclose(free_space(wave, pitch, z, band_limit=False).values, wave * np.exp(1j * phase), atol=1e-12)


def test_the_transfer_function_is_a_semigroup_and_conjugate_backward():
    grid = Grid((16, 9), (0.6e-6, 1.1e-6))
    tilt = (2e5, -1e5)
    assert np.allclose(kernel(grid, 3e-4, tilt) * kernel(grid, 5e-4, tilt), kernel(grid, 8e-4, tilt), atol=1e-11)
    assert np.allclose(kernel(grid, -3e-4, tilt), np.conj(kernel(grid, 3e-4, tilt)), atol=1e-13)


def test_evanescent_waves_decay_in_both_directions():
    """|H| = exp(−|z|·2π√(f² − 1/λ²)), at f = 1.5/λ."""
    grid = Grid((1, 4), WAVELENGTH / 6)
    f = 1.5 / WAVELENGTH
    z = 0.2 * WAVELENGTH
    expected = np.exp(-z * 2 * np.pi * np.sqrt(f**2 - WAVELENGTH**-2))
    assert np.isclose(abs(kernel(grid, z)[0, 1]), expected, rtol=1e-9)
    assert np.isclose(abs(kernel(grid, -z)[0, 1]), expected, rtol=1e-9)


def test_the_band_limit_leaves_evanescent_waves_to_decay():
    grid = Grid((1, 4), WAVELENGTH / 6)
    kept = transfer_function.band_limit(grid, jnp.asarray(WAVELENGTH), jnp.asarray(0.2 * WAVELENGTH), jnp.zeros(2))
    assert bool(kept.all())


def test_the_band_limit_is_matsushimas():
    """u_limit = 1/(λ√((2Δu·z)² + 1)) along an axis, Δu = 1/(n·pitch)."""
    n, pitch, z = 256, 1e-6, 2e-3
    limit = 1 / (WAVELENGTH * np.sqrt((2 * z / (n * pitch)) ** 2 + 1))
    grid = Grid((1, n), pitch)
    kept = transfer_function.band_limit(grid, jnp.asarray(WAVELENGTH), jnp.asarray(z), jnp.zeros(2))[0]
    assert np.array_equal(kept, np.abs(grid.fx) <= limit)
    assert 0 < kept.sum() < n


def test_parseval_energy_is_kept_where_no_band_is_lost():
    u = noise((15, 22))
    moved = free_space(u, 1e-6, 4e-4, band_limit=False)
    assert np.isclose(np.sum(moved.irradiance), np.sum(np.abs(u) ** 2), rtol=1e-12)


def test_fft_scaling_puts_1_over_n_into_the_inverse():
    u = noise((6, 5))
    spectrum = fourier.fft2(jnp.asarray(u))
    assert np.isclose(spectrum[0, 0], u.sum())
    assert np.allclose(fourier.ifft2(spectrum), u)


def test_gaussian_beam():
    """Complex, without exp(ikz). The closed form is paraxial: the next term, kz·θ⁴/8·2, is 5e-7 rad at most."""
    waist, n, pitch = 100e-6, 128, 12e-6
    x, y = coordinates(n, pitch), coordinates(n - 1, pitch)
    start = gaussian_beam(x, y, 0, waist)
    for z in (5e-3, 0.02, -0.02):
        moved = free_space(start, pitch, z)
        assert relative(moved.values, gaussian_beam(x, y, z, waist)) < 1e-6


@pytest.mark.parametrize("z", [5e-3, 9.4e-3, 18.797e-3])
def test_circular_aperture_on_axis(z):
    """2 % of the peak: the share of the edge pixels in a pitch of 1 µm, and the window of 600 µm."""
    radius, n, pitch = 100e-6, 600, 1e-6
    center = free_space(soft_disc(n, pitch, radius), pitch, z).irradiance[n // 2, n // 2]
    assert abs(center - aperture_on_axis(radius, z)) < 2e-2 * 4


def test_an_off_center_asymmetric_object_stays_where_it_is():
    """There and back, odd and even sizes; a grid with both ends included would shift it by λz/(2N·pitch)."""
    for shape in ((40, 41), (41, 40)):
        x, y = coordinates(shape[1], 2e-6), coordinates(shape[0], 2e-6)
        spot = gaussian_beam(x - 8e-6, y + 6e-6, 0, 8e-6)
        z = 2e-4
        moved = free_space(spot, 2e-6, z)
        energy = np.asarray(moved.irradiance)
        assert abs((energy.sum(0) @ x) / energy.sum() - 8e-6) < 2e-9
        assert abs((energy.sum(1) @ y) / energy.sum() + 6e-6) < 2e-9
        assert relative(moved.values, gaussian_beam(x - 8e-6, y + 6e-6, z, 8e-6)) < 3e-3


def test_a_positive_tilt_walks_to_higher_indices():
    """sin θ = λτ: after z the beam's center lies at +z·tan θ."""
    n, pitch, z, tilt = 96, 2e-6, 8e-4, 5e4
    x = coordinates(n, pitch)
    moved = free_space(gaussian_beam(x, x, 0, 20e-6), pitch, z, tilt=(0.0, tilt))
    energy = np.asarray(moved.irradiance)
    sine = WAVELENGTH * tilt
    assert abs((energy.sum(0) @ x) / energy.sum() - z * sine / np.sqrt(1 - sine**2)) < 2e-8
    assert abs((energy.sum(1) @ x) / energy.sum()) < 1e-9


@pytest.mark.parametrize("shape", [(16, 25)])
def test_carrier_tilt_equals_an_explicit_fringe_on_a_finer_grid(shape):
    """The fringe is above the coarse grid's Nyquist frequency, where only the carrier can hold it."""
    pitch, finer, z = 2e-6, 3, 5e-5
    fine_shape = tuple(finer * n for n in shape)
    tilt = (5 / (shape[0] * pitch), 16 / (shape[1] * pitch))
    assert tilt[1] > 0.5 / pitch
    coarse, fine = Grid(shape, pitch), Grid(fine_shape, pitch / finer)
    spectrum = fourier.fft2(jnp.asarray(noise(shape)))
    spectrum = jnp.where((jnp.abs(coarse.fy)[:, None] < 1e5) & (jnp.abs(coarse.fx)[None, :] < 1e5), spectrum, 0)
    values = fourier.ifft2(spectrum)
    waves = [np.exp(2j * np.pi * np.outer(g.y if i == 0 else g.x, c.fy if i == 0 else c.fx)) for i, g, c in
             ((0, fine, coarse), (1, fine, coarse))]  # fmt: skip
    centered = spectrum * np.exp(2j * np.pi * (coarse.fy * (shape[0] // 2) * pitch))[:, None]
    centered = centered * np.exp(2j * np.pi * (coarse.fx * (shape[1] // 2) * pitch))[None, :]
    on_fine = waves[0] @ np.asarray(centered) @ waves[1].T / (shape[0] * shape[1])
    fringe = np.exp(2j * np.pi * (tilt[0] * fine.y[:, None] + tilt[1] * fine.x[None, :]))
    with_carrier = free_space(values, pitch, z, tilt=tilt, band_limit=False)
    explicit = free_space(on_fine * fringe, pitch / finer, z, band_limit=False)
    start = [f // 2 - finer * (n // 2) for f, n in zip(fine_shape, shape, strict=True)]
    sampled = np.asarray(explicit.irradiance)[start[0] :: finer, start[1] :: finer]
    rows, columns = sampled.shape
    assert min(rows, columns) >= min(shape)
    assert np.allclose(sampled[: shape[0], : shape[1]], with_carrier.irradiance, rtol=1e-9, atol=1e-12)


def test_curvature_and_tilt_travel_together():
    """Behind z the carrier has tilt τ/M and curvature c/M, on pixels M times wider; and back again."""
    start = noise((4, 4))
    field = free_space(start, 2e-5, 0.02, tilt=(0.0, 1e4), curvature=1 / 0.05, band_limit=False)
    assert np.allclose(field.tilt, (0.0, 1e4 / 1.4))
    assert np.allclose(field.curvature, 1 / 0.07)
    assert np.allclose(field.grid.pitch, 2.8e-5)
    back = FreeSpace(-0.02, AngularSpectrum(band_limit=False))(field)
    assert np.allclose(back.tilt, (0.0, 1e4))
    assert np.allclose(back.grid.pitch, 2e-5)
    assert np.abs(back.values - start).max() < 1e-2


@pytest.mark.parametrize("tilt", [0.0, 2e4])
def test_a_spherical_wave_is_the_equivalent_plane_wave_problem(tilt):
    """Against the sphere sampled on a fine grid and propagated plainly: 2e-3 of the peak, paraxially."""
    radius, z, n, fine = 20e-3, 5e-3, 128, 1.5e-6
    wide, scale = 512, 1 + 5e-3 / 20e-3
    x = coordinates(wide, fine)
    spot = np.exp(-((x[None, :] - 20e-6) ** 2 + (x[:, None] + 10e-6) ** 2) / (30e-6) ** 2)
    sphere = np.exp(1j * np.pi / WAVELENGTH * (x[None, :] ** 2 + x[:, None] ** 2) / radius + 2j * np.pi * tilt * x)
    direct = free_space(spot * sphere, fine, z)
    cut = slice(wide // 2 - n // 2, wide // 2 + n // 2)
    moved = free_space(spot[cut, cut], fine, z, curvature=1 / radius, tilt=(0.0, tilt))
    assert np.allclose(moved.grid.pitch, scale * fine)
    # the magnified grid meets the fine one at every fourth of its own and fifth of the other's pixels
    mine = np.asarray(moved.irradiance)[n // 2 - 40 : n // 2 + 41 : 4, n // 2 - 40 : n // 2 + 41 : 4]
    direct = np.asarray(direct.irradiance)[wide // 2 - 50 : wide // 2 + 51 : 5, wide // 2 - 50 : wide // 2 + 51 : 5]
    assert np.abs(mine - direct).max() < 2e-3 * direct.max()


def test_behind_a_focus_the_picture_is_upside_down():
    """Converging light, R = −z/2: M = −1, so the pixels run backward and the values propagate over −z."""
    start = gaussian_beam(coordinates(64, 4e-6), coordinates(64, 4e-6), 0, 40e-6)
    moved = free_space(start, 4e-6, 0.01, curvature=-2 / 0.01)
    assert np.allclose(moved.grid.pitch, -4e-6)
    assert relative(moved.irradiance, np.abs(gaussian_beam(*2 * (coordinates(64, 4e-6),), -0.01, 40e-6)) ** 2) < 1e-3


def test_planned_padding_keeps_the_light_of_the_window_from_wrapping_around():
    n, pitch, z = 64, 2e-6, 3e-4
    values = np.zeros((n, n))
    values[:, 48:] = 1
    plan = AngularSpectrum.planned(Grid((n, n), pitch), WAVELENGTH, z)
    tight, wide = free_space(values, pitch, z), free_space(values, pitch, z, padding=(512, 512))
    planned = FreeSpace(z, plan)(PlaneWave(WAVELENGTH)(Grid((n, n), pitch)).with_values(jnp.asarray(values + 0j)))
    assert relative(planned.values, np.asarray(wide.values)) < 0.1 * relative(tight.values, np.asarray(wide.values))
