"""Pictures of a point, transfer functions and the pupil that waves are handed, against closed forms and each other."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import j0, j1

from backlight.errors import InputError
from backlight.inverse.tree import leaf_paths, set_leaves
from backlight.light import ConstantIndex, Field, Grid
from backlight.maths.chirp_z import zoom
from backlight.maths.precise import precise
from backlight.rays import (
    Conic,
    Lens,
    Surface,
    exit_pupil,
    focused,
    gauss_legendre,
    geometric_mtf,
    geometric_psf,
    mtf,
    otf,
    psf,
    pupil,
    spot,
    strehl,
    wavefront,
)
from backlight.wave import AngularSpectrum, FocalPlane, FreeSpace

GLASS, AIR = ConstantIndex(1.5), ConstantIndex(1.0)
MM, LIGHT = 1e-3, 550e-9
FAST = 1 / 80
"""Numerical aperture of the mirror: f/40. sin and tan of its angles differ by 1e-4."""
AXIS, OFF = np.zeros(2), np.deg2rad([2.0, 0.7])
pytestmark = pytest.mark.usefixtures("float64", "compiled_quickly")


def mirror(defocus=0.0, **edges):
    """Return a paraboloid: perfect on the axis."""
    first = Surface(Conic(-200 * MM, -1.0), thickness=-100 * MM - defocus, mirror=True, stop=True, **edges)
    rows = [first, Surface()]
    return Lens(rows, entrance_pupil_diameter=2.5 * MM)


def singlet(reach=None, thickness=85.5 * MM, diameter=5 * MM):
    rows = [Surface(Conic(51.5 * MM), thickness=5 * MM, medium=GLASS, stop=True),
            Surface(Conic(-360 * MM), thickness=thickness, medium=AIR, semi_diameter=reach), Surface()]  # fmt: skip
    return Lens(rows, entrance_pupil_diameter=diameter)


def airy(v):
    return np.where(v > 0, 2 * j1(v) / np.where(v > 0, v, 1.0), 1.0) ** 2


def test_a_perfect_lens_makes_airy_s_picture():
    """In profile, in height (π(NA/λ)² of all the light), and dark at 1.22 λN."""
    pitch = 1.2196698912665045 * LIGHT / (2 * FAST) / 10
    found = psf(mirror(), AXIS, LIGHT, (41, 41), pitch)
    distance = np.hypot(*np.meshgrid(found.grid.y, found.grid.x))
    values = np.asarray(found.values) / (np.pi * (FAST / LIGHT) ** 2)
    np.testing.assert_allclose(values, airy(2 * np.pi * FAST / LIGHT * distance), atol=1e-4)
    assert values[20, 10] < 1e-7
    assert values[20, 20] == pytest.approx(1, abs=2e-4)


def test_a_picture_holds_the_light_of_the_point():
    """1 − J₀² − J₁² of it within a circle: more than that of the circle in the window, less than of that about it."""
    pitch, n = LIGHT / (4 * FAST), 61
    found = float(jnp.sum(psf(mirror(), AXIS, LIGHT, (n, n), pitch, rule=gauss_legendre(30, 140)).values)) * pitch**2
    inner, outer = (
        1 - j0(v) ** 2 - j1(v) ** 2 for v in np.array([1, 2**0.5]) * 2 * np.pi * FAST / LIGHT * pitch * n / 2
    )
    assert inner < found < outer


@pytest.mark.parametrize("waves", [0.2, *(pytest.param(w, marks=pytest.mark.slow) for w in (0.02, 0.8))])
def test_strehl_of_a_defocus(waves):
    """sinc²(W) for W waves at the rim; exp(−(2πσ)²) with σ = W/√12 while that is small."""
    found = float(strehl(mirror(2 * waves * LIGHT / FAST**2), AXIS, LIGHT))
    assert found == pytest.approx(np.sinc(waves) ** 2, abs=1e-4)
    phase = 2 * np.pi * waves / 12**0.5
    assert abs(found - np.exp(-(phase**2))) < 0.6 * phase**4 + 1e-6


@pytest.mark.slow
def test_strehl_is_the_peak_without_the_tilt_and_marechal_s_off_the_axis():
    lens = singlet(diameter=2.5 * MM)
    rms, ratio = (float(x) for x in (wavefront(lens, OFF / 4, LIGHT).rms, strehl(lens, OFF / 4, LIGHT)))
    fitted = np.exp(-((2 * np.pi * rms) ** 2))
    assert ratio > fitted  # tilt is no loss
    window = psf(lens, OFF / 4, LIGHT, (81, 81), 1e-6)
    light = exit_pupil(lens, OFF / 4, LIGHT, rule=gauss_legendre(20, 64))
    peak = float(jnp.max(window.values)) / float(jnp.sum(light.amplitudes)) ** 2
    assert ratio <= peak + 1e-6
    assert ratio == pytest.approx(peak, abs=5e-3)


def test_contrast_of_a_perfect_lens():
    """(2/π)(arccos s − s√(1−s²)), near 0 too, where the soft rim of the pupil's samples would take 1.6 %."""
    share = np.array([0.0, 0.2 / 58, 0.5 / 58, 1 / 58, 2 / 58, 0.1, 0.3, 0.5, 0.8, 0.95, 1.1])
    found = mtf(mirror(), AXIS, LIGHT, share * 2 * FAST / LIGHT)
    within = np.minimum(share, 1)
    wanted = 2 / np.pi * (np.arccos(within) - within * np.sqrt(1 - within**2))
    assert float(found.tangential[0]) == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(found.tangential, wanted, atol=7e-4)
    np.testing.assert_allclose(found.sagittal, wanted, atol=7e-4)


def test_beyond_the_cut_off_there_is_no_contrast():
    """However far: the transform of the samples would begin anew."""
    share = np.array([1.05, 1.2, 1.5, 2, 2.2, 4.4, 1e3])
    assert float(jnp.max(mtf(mirror(), AXIS, LIGHT, share * 2 * FAST / LIGHT).tangential)) < 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("soft", [None, 0.2 * MM])
def test_contrast_has_a_slope_by_a_rim(soft):
    def contrast(rim):
        return mtf(mirror(semi_diameter=rim, soft_edge=soft), AXIS, LIGHT, [1e4]).tangential[0]

    rim, step = 1.0 * MM, 1e-4 * MM
    slope = jax.grad(contrast)(jnp.asarray(rim))
    difference = (float(contrast(rim + step)) - float(contrast(rim - step))) / (2 * step)
    assert difference > 50
    assert float(slope) == pytest.approx(difference, rel=2e-3)


def common_area(shift, one, other):
    """Return the area that two discs have in common."""
    near, far = np.abs(one - other), one + other
    d = np.clip(shift, near + 1e-9, far)
    first, second = (
        np.arccos(np.clip((d**2 + a**2 - b**2) / (2 * d * a), -1, 1)) for a, b in ((one, other), (other, one))
    )
    kite = 0.5 * np.sqrt((far - d) * (d + near) * (d - near) * (d + far))
    area = one**2 * first + other**2 * second - kite
    return np.where(shift <= near, np.pi * min(one, other) ** 2, np.where(shift >= far, 0.0, area))


@pytest.mark.slow
@pytest.mark.parametrize("hole", [None, pytest.param(0.4 * MM, marks=pytest.mark.slow)])
def test_contrast_where_an_edge_cuts_through_the_pupil(hole):
    """The autocorrelation of the disc or ring that a rim of 0.88 of the pupil leaves open, near 0 too."""
    rim = 1.1 * MM
    share = np.array([0.003, 0.01, 0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9])
    found = mtf(mirror(semi_diameter=rim, hole=hole), AXIS, LIGHT, share * 2 * rim / 0.1 / LIGHT)
    shift, inner = share * 2, 0.0 if hole is None else hole / rim
    wanted = common_area(shift, 1.0, 1.0)
    if hole is not None:
        wanted += common_area(shift, inner, inner) - 2 * common_area(shift, 1.0, inner)
    wanted /= np.pi * (1 - inner**2)
    np.testing.assert_allclose(found.tangential, wanted, atol=1.5e-3)
    np.testing.assert_allclose(found.sagittal, wanted, atol=1.5e-3)


@pytest.mark.slow
def test_a_soft_edge_dims_the_pupil():
    """As much as it dims the rays, and the light falls off where it does."""
    lens = mirror(semi_diameter=1 * MM, soft_edge=0.4 * MM)
    found, hard = pupil(lens, AXIS, LIGHT, 96), pupil(mirror(semi_diameter=1 * MM), AXIS, LIGHT, 96)
    energy, sharp = (float(jnp.sum(jnp.abs(p.light.values) ** 2) * jnp.prod(p.light.grid.pitch)) for p in (found, hard))
    passed = float(exit_pupil(lens, AXIS, LIGHT, rule=gauss_legendre(40, 64)).power.sum())
    assert passed == pytest.approx((1 / 1.25) ** 2, rel=1e-3)
    assert energy == pytest.approx(passed, rel=2e-3)
    assert sharp == pytest.approx(passed, rel=2e-2)  # a soft sample |s|² is short of the share s
    height = found.light.grid.y[:, None] ** 2 + found.light.grid.x**2
    inner = jnp.clip(0.5 + (1 * MM**2 - height) / (2 * 1 * MM * 0.4 * MM), 0, 1)
    share = jnp.abs(found.light.values) ** 2 / jnp.max(jnp.abs(found.light.values) ** 2)
    np.testing.assert_allclose(share, inner**2 * (3 - 2 * inner), atol=1e-3)


@pytest.mark.slow
def test_contrast_near_zero_falls_by_the_spread_of_the_rays():
    """Off the axis, where rays land far apart: 1 − 2π²ν²·⟨(ρ − ⟨ρ⟩)²⟩ but for the edge's −|ν|, the same for all W."""
    lens, nu = singlet(), 200.0
    rays = spot(lens, OFF, LIGHT, rule=gauss_legendre(20, 64))
    off = rays.offsets - (rays.offsets @ rays.weights / jnp.sum(rays.weights))[:, None]
    along = OFF / np.hypot(*OFF)
    square = float((along @ off) ** 2 @ rays.weights / jnp.sum(rays.weights))
    light = exit_pupil(lens, OFF, LIGHT)
    cosine = along @ light.cosines
    cut_off = float(jnp.max(cosine) - jnp.min(cosine)) / LIGHT  # nearly: the rule's outermost rays are not the rim
    found = mtf(lens, OFF, LIGHT, [nu]).tangential[0]
    assert 1 - float(found) == pytest.approx(2 * np.pi**2 * nu**2 * square + 4 / np.pi * nu / cut_off, rel=0.05)


@pytest.mark.slow
def test_the_transfer_function_is_the_transform_of_the_picture():
    """Off the axis and aberrated, where the window holds nearly all; in complex numbers."""
    lens, pitch, n = singlet(), 2e-6, 128
    picture = psf(lens, OFF, LIGHT, (n, n), pitch, rule=gauss_legendre(40, 160))
    nu = np.array([[8e3, 0.0, -12e3], [0.0, 15e3, 6e3]])
    y, x = ((np.arange(n) - n // 2) * pitch,) * 2
    waves = [np.exp(-2j * np.pi * np.outer(along, at)) for along, at in zip(nu, (y, x), strict=True)]
    direct = np.einsum("ky,yx,kx->k", waves[0], picture.values, waves[1]) * pitch**2
    found = np.asarray(otf(lens, OFF, LIGHT, nu, samples=96))
    np.testing.assert_allclose(found, direct, atol=5e-3)
    assert np.abs(found).min() > 0.02


def test_rays_of_a_defocus_fill_a_disc():
    """Of 2J₁(x)/x contrast, x = 2πνa, a = z·tan."""
    z, nu = 5 * MM, np.array([1e3, 5e3, 2e4])
    x = 2 * np.pi * nu * z * FAST
    found = geometric_mtf(mirror(z), AXIS, LIGHT, nu)
    np.testing.assert_allclose(found.tangential, np.abs(2 * j1(x) / x), atol=2e-4)
    np.testing.assert_allclose(found.sagittal, found.tangential, atol=1e-9)


def test_rays_in_pixels_have_the_spot_s_moments():
    """All light, the spot's mean and its mean square, to which the triangle over a pixel adds p²/6 along each axis."""
    lens, pitch, rule = singlet(), (2e-6, 3e-6), gauss_legendre(8, 20)
    told = spot(lens, OFF, LIGHT, rule=rule)
    found = geometric_psf(lens, OFF, LIGHT, (180, 120), pitch, rule=rule)
    share = np.asarray(found.values) * pitch[0] * pitch[1]
    y, x = (np.asarray(at) - float(c) for at, c in zip((found.grid.y, found.grid.x), told.chief, strict=True))
    assert share.sum() == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose([y @ share.sum(1), share.sum(0) @ x], told.offsets @ told.weights, atol=1e-15)
    square = y**2 @ share.sum(1) + share.sum(0) @ x**2
    assert square == pytest.approx(float(told.mean_square) + (pitch[0] ** 2 + pitch[1] ** 2) / 6, rel=1e-9)


@pytest.mark.slow
def test_waves_take_the_pupil_over():
    """The focal plane of a wave-optical lens shows what the sum over the same pupil says, to round-off, and what the
    sum over rays says the better the finer the pupil is sampled: its soft edge costs (r/L)², L = λF/pitch."""
    lens, pitch = singlet(), 3e-6
    direct = np.asarray(psf(lens, OFF, LIGHT, (33, 25), pitch).values)
    errors = []
    for samples in (64, 128):
        found = pupil(lens, OFF, LIGHT, samples)
        light, length = found.light, found.focal_length
        image = FocalPlane(length, pitch=pitch, center=(0.0, 0.0), shape=(33, 25))(light)
        spread = LIGHT * length
        step = light.grid.pitch * pitch / spread
        summed = zoom(light.values, precise(jnp.zeros(2)), precise(step), (33, 25))
        summed = jnp.abs(summed * jnp.prod(light.grid.pitch) / spread) ** 2
        np.testing.assert_allclose(image.irradiance, summed, atol=1e-9 * direct.max())
        errors.append(np.abs(np.asarray(image.irradiance) - direct).max() / direct.max())
    assert errors[0] < 0.03
    assert errors[1] < 0.3 * errors[0]


@pytest.mark.slow
def test_light_that_waves_carry_on_is_the_light_of_a_lens_further_on():
    """Free space takes the image to where the lens's own rays have it, on both sides of the focus."""
    lens, pitch, n = singlet(diameter=4 * MM), 2e-6, 256
    here = focused(lens, OFF, LIGHT, (n, n), pitch, rule=gauss_legendre(60, 300))
    for move in (-0.5 * MM, 0.5 * MM):
        there = FreeSpace(move, AngularSpectrum(padding=(n, n)))(here)
        moved = singlet(thickness=85.5 * MM + move, diameter=4 * MM)
        middle = there.grid.center[0], there.grid.center[1]
        wanted = psf(moved, OFF, LIGHT, (65, 65), pitch, center=jnp.stack(middle), rule=gauss_legendre(60, 300))
        seen = there.irradiance[n // 2 - 32 : n // 2 + 33, n // 2 - 32 : n // 2 + 33]
        np.testing.assert_allclose(seen, wanted.values, atol=5e-3 * float(wanted.values.max()))


@pytest.mark.slow
def test_what_rims_hide_is_dark():
    lens = singlet(reach=2 * MM)
    field = np.deg2rad([5.0, 0.0])
    light = exit_pupil(lens, field, LIGHT, rule=gauss_legendre(40, 120))
    passed = float(light.power.sum())
    assert 0.4 < passed < 0.7
    found = pupil(lens, field, LIGHT, 96)
    energy = float(jnp.sum(found.openness) / jnp.sum(pupil(singlet(), field, LIGHT, 96).openness))
    assert energy == pytest.approx(passed, abs=0.01)
    values = psf(lens, field, LIGHT, (128, 128), 4e-6, rule=gauss_legendre(40, 120)).values
    assert float(values.sum()) * 16e-12 == pytest.approx(passed, abs=0.02)


@pytest.mark.slow
def test_a_strongly_aberrated_picture_gets_the_rays_that_it_needs():
    """20 waves: a sum over the fewest rays finds several times the light in the window that a finer rule does."""
    lens, field, pitch = singlet(diameter=20 * MM), np.deg2rad([1.0, 0.0]), 1e-6
    found = psf(lens, field, LIGHT, (65, 65), pitch).values
    finer = psf(lens, field, LIGHT, (65, 65), pitch, rule=gauss_legendre(110, 560)).values
    np.testing.assert_allclose(found, finer, atol=1e-9 * float(finer.max()))
    few = psf(lens, field, LIGHT, (65, 65), pitch, rule=gauss_legendre(20, 64)).values
    assert float(few.sum()) > 2 * float(finer.sum())
    assert float(strehl(lens, field, LIGHT)) == pytest.approx(
        float(strehl(lens, field, LIGHT, rule=gauss_legendre(110, 560))), rel=1e-9
    )


@pytest.mark.slow
def test_colors_add_about_the_chief_ray_of_the_middle_one():
    lens, colors, weights = singlet(), np.array([450e-9, 550e-9, 650e-9]), np.array([1.0, 2.0, 1.0])
    both = psf(lens, OFF, colors, (9, 11), 3e-6, weights=weights)
    single = [psf(lens, OFF, c, (9, 11), 3e-6, reference=550e-9, center=both.grid.center).values for c in colors]
    np.testing.assert_allclose(both.values, np.average(single, axis=0, weights=weights), rtol=1e-12)
    with pytest.raises(InputError, match="weights"):
        psf(lens, OFF, colors, (9, 11), 3e-6, weights=np.ones(2))


QUANTITIES = {
    "strehl": lambda lens: strehl(lens, OFF / 3, LIGHT),
    "picture": lambda lens: psf(lens, OFF, LIGHT, (5, 7), 4e-6, center=(3 * MM, 1 * MM)).values[2, 3] * 1e-12,
    "contrast": lambda lens: mtf(lens, OFF / 3, LIGHT, np.array([2e4]), samples=32).tangential[0],
    "rays' contrast": lambda lens: geometric_mtf(lens, OFF, LIGHT, np.array([5e3])).sagittal[0],
    "rays in pixels": lambda lens: geometric_psf(lens, OFF, LIGHT, (5, 5), 3e-6).values[2, 3] * 1e-12,
}
SLOW = ("contrast", "picture", "strehl")


@pytest.mark.slow
@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n in SLOW else n for n in QUANTITIES])
def test_derivatives_by_a_curvature_and_a_thickness(name):
    quantity, lens = jax.jit(QUANTITIES[name]), singlet(diameter=3 * MM)
    slopes = leaf_paths(jax.grad(quantity)(lens))
    for path, step in {"surfaces.1.profile.curvature": 1e-4, "surfaces.1.thickness": 2e-7}.items():
        value = leaf_paths(lens)[path]
        ends = [float(quantity(set_leaves(lens, {path: np.asarray(value + k * step)}))) for k in (-2, -1, 1, 2)]
        by_steps = (ends[0] - 8 * ends[1] + 8 * ends[2] - ends[3]) / (12 * step)
        assert float(slopes[path]) == pytest.approx(by_steps, rel=1e-5), path
    assert all(bool(jnp.isfinite(leaf).all()) for leaf in slopes.values())


def test_single_precision_is_right_or_refused():
    """Called plainly it is computed in 64 bits; in a program that is traced in 32 it is refused."""
    calls = {
        "psf": lambda lens: psf(lens, AXIS, LIGHT, (5, 5), 4e-6).values,
        "strehl": lambda lens: strehl(lens, AXIS, LIGHT),
    }
    for call in calls.values():
        double = np.asarray(call(mirror(2 * MM)))
        with jax.enable_x64(False):
            np.testing.assert_allclose(call(mirror(2 * MM)), double, rtol=1e-9)
            with pytest.raises(InputError, match="64 bits"):
                jax.jit(call)(mirror(2 * MM))


def test_a_pupil_is_a_field():
    found = pupil(mirror(), AXIS, LIGHT, 32)
    assert isinstance(found.light, Field)
    assert isinstance(found.light.grid, Grid)
    width = float(found.light.grid.pitch[0]) * (32 - 6)
    assert width == pytest.approx(2.5 * MM, rel=2e-3)  # as wide as the beam, for the sine condition nearly holds
    inner = np.abs(np.asarray(found.light.values)[12:20, 12:20])
    np.testing.assert_allclose(inner, 2 / np.sqrt(np.pi) / (2.5 * MM), rtol=2e-4)


@pytest.mark.slow
def test_a_picture_of_a_traced_program_is_right_or_missing():
    """Nobody can find how many rays it takes there: too few give NaN, not a wrong picture."""
    near, far = (jax.jit(lambda lens, p=p: psf(lens, AXIS, LIGHT, (9, 9), p).values) for p in (10e-6, 200e-6))
    lens = mirror()
    np.testing.assert_allclose(near(lens), psf(lens, AXIS, LIGHT, (9, 9), 10e-6).values, rtol=1e-9, atol=1e-3)
    assert np.isnan(np.asarray(far(lens))).all()
    assert np.isfinite(np.asarray(psf(lens, AXIS, LIGHT, (9, 9), 200e-6).values)).all()
    blurred = mirror(40 * MM)
    assert np.isnan(float(jax.jit(lambda lens: strehl(lens, AXIS, LIGHT))(blurred)))
    assert 0 < float(strehl(blurred, AXIS, LIGHT)) < 1e-2


@pytest.mark.slow
def test_samples_that_alias_are_told_or_replaced():
    """W of 8 waves at the rim changes by 0.6 from sample to sample of 64 there, 0.3 of 128."""
    lens = mirror(16 * LIGHT / FAST**2)
    with pytest.raises(InputError, match=r"0\.\d+ waves from sample to sample with 64 samples"):
        pupil(lens, AXIS, LIGHT, 64)
    with pytest.raises(InputError, match="with 64 samples"):
        mtf(lens, AXIS, LIGHT, [1e3], samples=64)
    assert np.isnan(np.asarray(jax.jit(lambda lens: pupil(lens, AXIS, LIGHT, 64).light.values)(lens))).all()
    nu = np.array([1e3, 4e3])
    np.testing.assert_array_equal(
        mtf(lens, AXIS, LIGHT, nu).tangential, mtf(lens, AXIS, LIGHT, nu, samples=128).tangential
    )
    with pytest.raises(InputError, match="geometric_mtf"):
        mtf(mirror(1000 * LIGHT / FAST**2), AXIS, LIGHT, [1e3])
