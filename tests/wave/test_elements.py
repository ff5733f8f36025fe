"""Lenses, apertures, masks, modulators and gratings, each by what it must do."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from backlight.errors import InputError
from backlight.light import Cauchy, ConstantIndex, Field, Grid, Sellmeier
from backlight.wave import (
    AngularSpectrum,
    AnnularAperture,
    BlazedGrating,
    Chain,
    CircularAperture,
    CodedMask,
    DiffractiveElement,
    FreeSpace,
    FringeZernikes,
    MicrolensArray,
    NollZernikes,
    PhaseMask,
    RectangularAperture,
    SinusoidalPhaseGrating,
    SpatialLightModulator,
    ThinLens,
    ZernikePhase,
    diffuser,
)

pytestmark = pytest.mark.usefixtures("float64")
WAVELENGTH = 500e-9


@eqx.filter_jit
def behind(part, light):
    return part(light)


def uniform(shape=(32, 32), pitch=1e-6, wavelength=WAVELENGTH, **carrier):
    return Field(np.ones(shape), Grid(shape, pitch), wavelength, **carrier)


def test_a_lens_is_the_quadratic_phase_it_stands_for():
    """Behind a weak lens written out on a fine grid, and one in the carrier, a beam comes out alike."""
    n, pitch, f, z = 128, 2e-6, 5e-3, 1e-3
    r = (np.arange(n) - n // 2) * pitch
    square = r[:, None] ** 2 + r**2
    beam = np.exp(-square / 40e-6**2)
    written = beam * np.exp(-1j * np.pi * 1.33 * square / (WAVELENGTH * f))
    grid = Grid((n, n), pitch)
    straight = behind(FreeSpace(z), Field(written, grid, WAVELENGTH, medium_index=1.33))
    carried = behind(Chain(ThinLens(f), FreeSpace(z)), Field(beam, grid, WAVELENGTH, medium_index=1.33))
    assert np.allclose(carried.grid.pitch, 0.8 * pitch)
    center = n // 2
    assert np.isclose(abs(carried.values[center, center]), abs(straight.values[center, center]), rtol=1e-4)
    assert np.isclose(abs(carried.values[center, center + 10]), abs(straight.values[center, center + 8]), rtol=1e-4)


def test_a_lens_images_at_the_conjugate_distance():
    """1/a + 1/b = 1/f: the curvature behind a point's light is that of a point at b."""
    scale, curvature = Chain(ThinLens(0.02), FreeSpace(0.01)).magnification(jnp.asarray(1 / 0.03))
    assert np.isclose(curvature, -1 / (1 / (1 / 0.02 - 1 / 0.03) - 0.01))
    assert np.isclose(scale, 1 + 0.01 * (1 / 0.03 - 1 / 0.02))


AREAS = {
    "circle": (CircularAperture(9.3e-6, center=(1.2e-6, -0.4e-6)), np.pi * 9.3**2),
    "annulus": (AnnularAperture(5.1e-6, 9.3e-6), np.pi * (9.3**2 - 5.1**2)),
    "rectangle": (RectangularAperture((8.3e-6, 17.1e-6), center=(0.3e-6, 0.0)), 8.3 * 17.1),
}


@pytest.mark.parametrize("name", AREAS)
@pytest.mark.parametrize(
    "grid", [Grid((32, 32), 1e-6), Grid((64, 24), (0.5e-6, 1.3e-6))], ids=["square", "anisotropic"]
)
def test_the_open_shares_add_up_to_the_area(name, grid):
    part, area = AREAS[name]
    got = float(part.share(grid).sum() * jnp.prod(grid.pitch)) * 1e12
    assert np.isclose(got, area, rtol=3e-3)
    assert float(part.share(grid).max()) <= 1


def test_an_aperture_grows_smoothly():
    """d(open area)/da = 2πa at every radius."""
    grid = Grid((32, 32), 1e-6)
    slope = jax.jit(jax.grad(lambda a: jnp.sum(CircularAperture(a).share(grid))))
    radii = np.linspace(8e-6, 9e-6, 7)
    assert np.allclose([slope(a) * 1e-12 for a in radii], 2 * np.pi * radii, rtol=0.1)


def test_a_phase_mask_is_achromatic_and_a_relief_is_not():
    colors = Field(np.ones((2, 4, 4)), Grid((4, 4), 1e-6), np.array([450e-9, 600e-9]))
    mask = behind(PhaseMask(np.full((4, 4), 0.7)), colors)
    assert np.allclose(mask.values, np.exp(0.7j))
    glass = Cauchy([1.5, 5e-15])
    relief = behind(DiffractiveElement(np.full((4, 4), 1e-6), glass), colors)
    for values, wavelength in zip(relief.values, (450e-9, 600e-9), strict=True):
        n = 1.5 + 5e-15 / wavelength**2
        assert np.allclose(values, np.exp(2j * np.pi * (n - 1) * 1e-6 / wavelength))


def test_a_relief_delays_by_its_contrast_to_the_medium():
    part = DiffractiveElement([[300e-9]], ConstantIndex(1.5))
    phase = np.angle(complex(behind(part, uniform((1, 1), medium_index=1.6)).values[0, 0]))
    assert np.isclose(phase, 2 * np.pi * (1.5 - 1.6) * 300 / 500)


def test_a_relief_has_levels_and_a_gradient_all_the_same():
    height = np.array([[0.0, 0.7e-7, 1.6e-7, 5e-7, -2e-7]])
    part = DiffractiveElement(height, ConstantIndex(1.5), step=1e-7, levels=4)
    assert np.allclose(part.relief, [[0, 1e-7, 2e-7, 3e-7, 0]])
    slope = jax.grad(lambda h: DiffractiveElement(h, ConstantIndex(1.5), step=1e-7, levels=4).relief.sum())
    assert np.allclose(slope(jnp.asarray(height))[0, [1, 2, 3, 4]], [1, 1, 0, 0])


def test_a_designed_relief_gives_its_phase_at_its_wavelength():
    phase = np.linspace(-7, 7, 12).reshape(3, 4)
    glass = Cauchy([1.45, 4e-15])
    part = DiffractiveElement.designed(phase, WAVELENGTH, glass, medium_index=1.33)
    light = behind(part, uniform((3, 4), medium_index=1.33))
    assert np.allclose(light.values, np.exp(1j * phase), atol=1e-6)
    assert float(part.height.max()) < WAVELENGTH / (1.466 - 1.33)


def test_materials_match_the_catalogue():
    """N-BK7 (SCHOTT): n_d = 1.51680, n_F = 1.52238, n_C = 1.51432."""
    glass = Sellmeier([1.03961212, 0.231792344, 1.01046945], [6.00069867e-15, 2.00179144e-14, 1.03560653e-10])
    lines = jnp.asarray([587.5618e-9, 486.1327e-9, 656.2725e-9])
    assert np.allclose(glass.index(lines), [1.51680, 1.52238, 1.51432], atol=5e-6)
    assert np.allclose(ConstantIndex(1.5).index(lines), 1.5)
    for wrong in (lambda: Cauchy([]), lambda: Sellmeier([], []), lambda: Sellmeier([1.0], [1e-14, 2e-14])):
        with pytest.raises(InputError):
            wrong()


def test_a_modulator_rounds_its_commands_and_reads_its_response():
    part = SpatialLightModulator([[0.2, 127.6, 300.0, -4.0]], 1e-6, response=(0.0, 1.0, 4.0))
    middle, last = 1 + 3 * (128 / 255 * 2 - 1), 4.0
    assert np.allclose(part.phase, [[0, middle, last, 0]])
    assert np.allclose(jax.grad(lambda p: p.phase.sum())(part).commands[0, 2:], 0)
    assert np.allclose(jax.grad(lambda p: p.phase.sum())(part).commands[0, 1], 3 * 2 / 255)


def test_a_modulators_pixels_lie_over_the_light_by_area():
    """Two by two pixels of 8 samples each, the gap of a quarter of the pitch dark; nothing outside."""
    part = SpatialLightModulator(
        [[0.0, 128.0], [64.0, 192.0]], 8e-6, response=(0, 2 * np.pi * 255 / 256), fill_factor=0.75
    )
    values = np.asarray(behind(part, uniform((32, 32))).values)
    assert np.allclose(values[[12, 12, 20, 20], [12, 20, 12, 20]], [1, -1, 1j, -1j], atol=1e-6)
    assert np.allclose(values[:, :6], 0, atol=1e-6)
    assert np.isclose(np.abs(values).sum(), 4 * 6**2, rtol=2e-3)  # in the gap soft edges of opposite phase cancel


def test_the_unmodulated_share_is_the_spot_on_the_axis():
    """A blazed modulator steers the light away, the share ε of the amplitude stays."""
    ramp = np.broadcast_to(np.arange(32) * 32.0 % 256, (32, 32))
    part = SpatialLightModulator(
        ramp, 1e-6, response=(0, 2 * np.pi * 255 / 256), unmodulated=0.1, center=(-0.5e-6,) * 2
    )
    assert np.isclose(abs(np.asarray(behind(part, uniform()).values)[:, 8:24].mean()), 0.1, atol=2e-3)


def test_a_coded_mask_moves_by_less_than_a_pixel():
    edge = np.array([[0.0, 1.0]])
    for shift, share in ((0.0, 0.5), (0.5e-6, 0.105), (-0.5e-6, 0.895)):
        values = behind(CodedMask(edge, 8e-6, center=(0.0, shift)), uniform()).values
        assert np.isclose(float(values[16, 16].real), share, atol=1e-3)


def test_gratings_send_their_orders_where_the_tilt_says():
    """A prism of one order: φ = 2π makes a blazed grating the carrier κ itself, seen through the pixel's box."""
    kappa = np.array((2 / 32e-6, -3 / 32e-6))
    values = np.asarray(behind(BlazedGrating(kappa, 2 * np.pi), uniform()).values)
    r = (np.arange(32) - 16) * 1e-6
    carrier = np.exp(2j * np.pi * (kappa[0] * r[:, None] + kappa[1] * r))
    assert np.allclose(values, np.sinc(np.hypot(*kappa) * 1e-6) * carrier, atol=1e-12)


def test_a_grating_far_from_the_axis_keeps_its_phase_in_float32():
    """500 periods from the axis float32 leaves 3e-5 of a turn: here nothing is lost."""
    kappa, far = (0.0, 1 / 7.3e-6), (0.0, 7.3e-6 * 500)
    light = Field(np.ones((1, 16)), Grid((1, 16), 1e-6, far), WAVELENGTH)
    part = SinusoidalPhaseGrating(kappa, 2.0)
    exact = np.asarray(behind(part, light).values)
    single = jax.tree.map(lambda leaf: leaf.astype(jnp.float32), (part, light.grid, light.wavelength))
    doubled = jax.tree.map(lambda leaf: leaf.astype(jnp.float64), single)
    exact = np.asarray(behind(doubled[0], Field(np.ones((1, 16)), doubled[1], doubled[2])).values)
    with jax.enable_x64(False):
        got = np.asarray(behind(single[0], Field(np.ones((1, 16)), single[1], single[2])).values)
    assert np.abs(got - exact).max() < 1e-6


def test_microlenses_focus_and_tell_the_tilt():
    """A spot behind each lens, moved by f·sin θ under tilted light (Shack-Hartmann)."""
    n, pitch, f, lens = 96, 2e-6, 1e-3, 64e-6
    path = Chain(MicrolensArray(lens, f), FreeSpace(f, AngularSpectrum((32, 32))))
    for shift in (0, 4):
        tilt = shift * pitch / (f * WAVELENGTH)
        light = behind(path, Field(np.ones((n, n)), Grid((n, n), pitch), WAVELENGTH, tilt=(0.0, tilt)))
        cell = np.asarray(light.irradiance)[n // 2 - 16 : n // 2 + 16, n // 2 - 16 : n // 2 + 16]
        assert np.unravel_index(cell.argmax(), cell.shape) == (16, 16 + shift)
        assert cell.max() > 30


def test_a_diffuser_has_its_spread_and_its_correlation_length():
    phase = np.asarray(diffuser(3, Grid((256, 256), 1e-6), std=0.8, correlation_length=6e-6).phase)
    assert np.isclose(phase.std(), 0.8, rtol=0.05)
    for axis in (0, 1):
        assert np.isclose((phase * np.roll(phase, 6, axis)).mean() / phase.var(), np.exp(-1), atol=0.06)
    again = diffuser(3, Grid((256, 256), 1e-6), std=0.8, correlation_length=6e-6).phase
    assert np.array_equal(phase, again)


WRONG = {
    "edge": lambda: CircularAperture(1e-6, edge=0.0),
    "fill factor": lambda: CodedMask([[1.0]], 1e-6, fill_factor=0.0),
    "levels of a modulator": lambda: SpatialLightModulator([[1.0]], 1e-6, levels=1),
    "response": lambda: SpatialLightModulator([[1.0]], 1e-6, response=(1.0,)),
    "step": lambda: DiffractiveElement([[1.0]], ConstantIndex(1.5), step=-1e-9),
    "levels without a step": lambda: DiffractiveElement([[1.0]], ConstantIndex(1.5), levels=4),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_numbers_are_refused(what):
    with pytest.raises(InputError):
        WRONG[what]()


def test_a_zernike_phase_is_its_polynomials_over_a_disc_and_no_delay_outside():
    """Defocus is √3(2ρ² − 1); over the disc, each pixel by its share, its mean square is 1 + 4/(radius in pixels)²."""
    plate = ZernikePhase(NollZernikes([0.2], first=4), 16e-6, center=(-3e-6, 2e-6))
    light = uniform((64, 64), 1e-6)
    delay = np.angle(behind(plate, light).values)
    assert np.isclose(delay[29, 34], -0.2 * np.sqrt(3))
    assert np.isclose(delay[29, 42], -0.1 * np.sqrt(3))
    y, x = np.asarray(light.grid.y)[:, None] + 3e-6, np.asarray(light.grid.x) - 2e-6
    assert np.abs(delay[y**2 + x**2 > 19e-6**2]).max() < 1e-6
    defocus = np.sqrt(3) * (2 * (y**2 + x**2) / 16e-6**2 - 1)
    assert np.isclose(np.sum(delay * defocus) / (np.pi * 16**2), 0.2, rtol=0.02)


def test_a_zernike_phase_lies_in_a_path_and_takes_any_order():
    path = Chain(ZernikePhase(FringeZernikes([0.3], first=2), 16e-6), FreeSpace(1e-5))
    assert float(path.magnification(jnp.asarray(0.0))[0]) == 1.0
    assert behind(path, uniform()).values.shape == (32, 32)
    with pytest.raises(InputError, match="radius"):
        ZernikePhase(NollZernikes([0.1]), 0.0)


def test_a_hole_of_no_radius_passes_nothing_and_an_obscuration_of_none_everything():
    grid = Grid((8, 9), 1e-6)
    light = Field(np.ones((8, 9)), grid, 532e-9)
    slope = jax.grad(lambda a: jnp.sum(CircularAperture(a).share(grid)))(0.0)
    assert float(jnp.max(CircularAperture(0.0)(light).irradiance)) == 0 == float(slope)
    open_, disc = AnnularAperture(0.0, 3e-6)(light), CircularAperture(3e-6)(light)
    np.testing.assert_array_equal(open_.irradiance, disc.irradiance)
