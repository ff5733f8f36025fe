"""Where a lens stands, from the picture of a spot; the frames are another tracer's, its rays scattered and counted."""

import jax.numpy as jnp
import numpy as np
import pytest
import ray_twin as twin

from backlight.camera import Gaussian
from backlight.errors import InputError
from backlight.inverse import losses
from backlight.inverse.estimate import estimate
from backlight.inverse.least_squares import LevenbergMarquardt
from backlight.inverse.unknowns import Free
from backlight.light import ConstantIndex, Rays
from backlight.rays import Conic, Lens, Surface
from backlight.systems.spot_image_instrument import Landing, PointSource, aligned, spot_image

MM = 1e-3
SHAPE, PITCH, LIGHT, FAR = (48, 48), 36e-6, 550e-9, 56 * MM
PLANO_CONVEX = {"radii": (25.75 * MM, 1e6), "thickness": 5.34 * MM, "index": 1.5168}
TRUE_SHIFT, TRUE_TILT = np.array([5.2, 0.3, -0.2]) * MM, np.deg2rad([1.5, -1.0])
SOURCE, BEAM = (-1.0, 0.0, 0.0), 18 * MM
TABLE = {"sample.shift": Free(MM), "sample.tilt": Free(0.03), "camera.gain": Free()}


def instrument(across=256, **given):
    lens = Lens([Surface(Conic(25.75 * MM), thickness=5.34 * MM, medium=ConstantIndex(1.5168)),
                 Surface(medium=ConstantIndex(1.0))])  # fmt: skip
    given = {"shift": (5 * MM, 0.0, 0.0), "tilt": (0.0, 0.0)} | given
    return spot_image(lens, source=SOURCE, beam=BEAM, wavelength=LIGHT, camera_z=FAR, pixel_pitch=PITCH, shape=SHAPE,
                      across=across, **given)  # fmt: skip


@pytest.fixture(scope="module")
def spot():
    """Return the frame of two million rays."""
    glass = twin.Glass(shift=TRUE_SHIFT, tilt=TRUE_TILT, **PLANO_CONVEX)
    return twin.landed(glass, SOURCE, BEAM, FAR, PITCH, SHAPE, 21)[None]


@pytest.mark.slow
def test_the_spot_is_that_of_counted_rays(spot):
    """All light, and its place to a thousandth of a pixel; the caustic, thinner than a pixel, to some percent."""
    found = np.asarray(instrument(shift=TRUE_SHIFT, tilt=TRUE_TILT).predict().values)
    assert found.sum() == pytest.approx(spot.sum(), rel=2e-4)
    lines = np.arange(SHAPE[0])
    for axis in (1, 2):
        centers = [(f.sum(axis=axis) @ lines) / f.sum() for f in (found, spot)]
        assert centers[0] == pytest.approx(centers[1], abs=5e-3)
    assert np.linalg.norm(found - spot) < 0.1 * np.linalg.norm(spot)


def test_light_is_not_lost_between_pixels():
    """Whatever place a ray lands on, its light and its place stay as they are."""
    places = np.random.default_rng(0).uniform(-3e-6, 3e-6, (2, 20))
    for y, x in places.T:
        landed = Landing((16, 16), 1e-6, 0.01, 1e-12)(Rays([[0.0], [y], [x]], [[1.0], [0.0], [0.0]], 550e-9))
        assert float(landed.values.sum()) == pytest.approx(1, rel=1e-5)
        assert float(jnp.sum(landed.values, axis=1) @ landed.grid.y) == pytest.approx(y, abs=1e-11)
        assert float(jnp.sum(landed.values, axis=0) @ landed.grid.x) == pytest.approx(x, abs=1e-11)


def test_rays_beside_the_frame_leave_no_light():
    beside = Rays([[0.0], [-9e-6], [0.0]], [[1.0], [0.0], [0.0]], 550e-9)
    assert float(Landing((16, 16), 1e-6, 0.01, 1e-12)(beside).values.sum()) == pytest.approx(1 / 6, rel=1e-5)
    far = Rays([[0.0], [-90e-6], [0.0]], [[1.0], [0.0], [0.0]], 550e-9)
    assert float(Landing((16, 16), 1e-6, 0.01, 1e-12)(far).values.sum()) == 0


def test_the_aperture_lets_its_area_through():
    """π/4·d² of a far source, its edge no staircase: what its cells on the rim are wrong by falls as 1/n²."""
    for across in (32, 64, 128):
        source = PointSource((-1e3, 0.0, 0.0), 2 * MM, LIGHT, across=across)
        open_ = float(jnp.sum(source(None).weight) * source.area)
        assert open_ == pytest.approx(np.pi * MM**2, rel=2 / across**2)


def calibrated(frames, noise):
    start = aligned(instrument(noise=Gaussian(noise)), frames)
    return estimate(start, frames, TABLE, loss=losses.intensity(), solver=LevenbergMarquardt(steps=3, inner=15))


@pytest.mark.slow
def test_a_lens_is_found_from_its_spot(spot):
    """From 0.3 mm and 1.5° off, where the two spots do not touch, to what noise of 2 % of the peak allows."""
    noise = 0.02 * spot.max()
    frames = spot + noise * np.random.default_rng(0).normal(size=spot.shape)
    found = calibrated(frames, noise)
    assert np.rad2deg(found.value("sample.tilt")) == pytest.approx(np.rad2deg(TRUE_TILT), abs=0.06)
    assert found.value("sample.shift") == pytest.approx(TRUE_SHIFT, abs=3e-6)
    for path, true in (("sample.shift", TRUE_SHIFT), ("sample.tilt", TRUE_TILT)):
        assert np.all(np.abs(found.value(path) - true) < 4 * np.asarray(found.std(path))), path
    assert any("hard to tell apart" in note for note in found.notes)
    centered = estimate(aligned(instrument(noise=Gaussian(noise)), frames), frames,
                        {"sample.shift": Free(MM), "camera.gain": Free()}, loss=losses.intensity(),
                        solver=LevenbergMarquardt(steps=3, inner=15))  # fmt: skip
    assert np.abs(centered.value("sample.shift") - TRUE_SHIFT).max() > 20e-6
    scatter = np.sqrt(2 / frames.size)  # of a reduced χ²
    assert abs(found.quality.reduced_chi2 - 1) < 3 * scatter
    assert centered.quality.reduced_chi2 > 1 + 10 * scatter


@pytest.mark.long
def test_error_bars_cover(spot):
    """One hundred draws of noise: shift, tilt and gain within one bar in 68 %, within two in 95 %."""
    noise, errors = 0.05 * spot.max(), []
    begin = instrument(across=192, noise=Gaussian(noise), shift=TRUE_SHIFT + 20e-6, tilt=TRUE_TILT + 0.01)
    for seed in range(100):
        frames = spot + noise * np.random.default_rng(seed).normal(size=spot.shape)
        found = estimate(begin, frames, TABLE, loss=losses.intensity(), solver=LevenbergMarquardt(steps=1, inner=10))
        errors.append(np.concatenate([(found.value(path) - true) / np.asarray(found.std(path))
                                      for path, true in (("sample.shift", TRUE_SHIFT), ("sample.tilt", TRUE_TILT))]
                                     ))  # fmt: skip
    within = [100 * np.mean(np.abs(errors) < n, axis=0) for n in (1, 2)]
    # Binomial scatter of one number in 100 draws: 4.7 and 2.2 %; three of it, for five numbers.
    assert np.all(np.abs(within[0] - 68.3) < 14), within
    assert np.all(within[1] > 95.4 - 6.6), within


def test_a_dark_frame_is_refused():
    with pytest.raises(InputError, match="no light"):
        aligned(instrument(32), np.zeros((1, *SHAPE)))
