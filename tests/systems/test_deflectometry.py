"""Lenses measured through what cameras see behind them; the frames are another ray tracer's."""

import jax
import numpy as np
import pytest
import ray_twin as twin
from scipy.io import loadmat
from scipy.spatial.transform import Rotation

from backlight.errors import InputError
from backlight.inverse import losses
from backlight.inverse.estimate import estimate
from backlight.inverse.identifiability import identifiability
from backlight.inverse.least_squares import LevenbergMarquardt
from backlight.inverse.unknowns import Free, Gaussian
from backlight.light import ConstantIndex
from backlight.rays import Conic, Lens, Pinhole, Surface
from backlight.systems.deflectometry_instrument import deflectometry, lens_unknowns, through_lens

MM, UM = 1e-3, 1e-6
PITCH, SCATTER, INDEX, LIGHT = 0.11 * MM, 50 * UM, 1.5168, 550e-9
MENISCUS = {"radii": (-82.23 * MM, -32.14 * MM), "thickness": 3.59 * MM, "index": INDEX,
            "shift": np.array([-70.3, -1.4, 6.8]) * MM, "tilt": np.deg2rad([1.2, -0.8])}  # fmt: skip
FRONT, BACK = (f"sample.lens.surfaces.{i}.profile.curvature" for i in (0, 1))
THICKNESS = "sample.lens.surfaces.0.thickness"
ALONE = LevenbergMarquardt(steps=1, inner=25)
"""The 25 steps that the way from a flat plate may take."""


def rig():
    """Return two cameras that look at a display, one along its normal and one 15° aside."""
    turn = Rotation.from_euler("y", -15, degrees=True).as_matrix()
    there = np.array([-0.22, -0.04, -0.95])
    return [
        ((15500.0, 15500.0), (1040.0, 1030.0), (-0.1, 30.0), np.eye(3), np.array([0.0, 0.0, 0.83])),
        ((14200.0, 14190.0), (1020.0, 1010.0), (1.3, 28.0), turn, -turn @ there),
    ]


def pinhole(camera, **given):
    f, c, k, turn, t = camera
    swap = np.eye(3)[::-1]
    return Pinhole(f[::-1], c[::-1], distortion=k, position=(-turn.T @ t)[::-1], axes=swap @ turn.T @ swap, **given)


def pixels_on(cameras, middle, across, radius=11 * MM):
    """Return pixels of each camera that look at a disc about a place (z, y, x)."""
    line = np.linspace(-radius, radius, across)
    y, x = (axis[np.hypot(*np.meshgrid(line, line)) < radius] for axis in np.meshgrid(line, line, indexing="ij"))
    points = np.stack([middle[2] + x, middle[1] + y, np.full(x.shape, middle[0])], axis=1)
    return np.stack([twin.looking_at(camera, points) for camera in cameras])


def seen(cameras, pixels, truth=MENISCUS):
    glass = twin.Glass(**truth)
    return np.stack([twin.seen_on_display(glass, c, p) for c, p in zip(cameras, pixels, strict=True)]) / PITCH


def instrument(cameras, pixels, radii=(None, None), thickness=3 * MM, shift=None, tilt=(0.0, 0.0), turned=None):
    """Return what is known before: a flat plate, some millimeters off."""
    lens = Lens([Surface(Conic(radii[0]), thickness=thickness, medium=ConstantIndex(INDEX)),
                 Surface(Conic(radii[1]), medium=ConstantIndex(1.0))])  # fmt: skip
    shift = MENISCUS["shift"] + np.array([2.0, 1.2, -1.0]) * MM if shift is None else shift
    turned = np.zeros((len(cameras), 3)) if turned is None else turned
    there = [pinhole(camera, tilt=turn) for camera, turn in zip(cameras, turned, strict=True)]
    return deflectometry(lens, there, pixels, wavelength=LIGHT, pitch=PITCH, shift=shift, tilt=tilt, scatter=SCATTER)


@pytest.fixture(scope="module")
def measured():
    """Return the rig, the pixels, and the points they see, without noise."""
    cameras = rig()
    pixels = pixels_on(cameras, MENISCUS["shift"], 24)
    return cameras, pixels, seen(cameras, pixels)


def with_noise(points, seed):
    return points + SCATTER / PITCH * np.random.default_rng(seed).normal(size=points.shape)


def asked(system, frames, table=None, solver=ALONE):
    table = lens_unknowns(system.sample.lens) if table is None else table
    return estimate(system, frames, table, loss=losses.intensity(), solver=solver, tolerance=1e-9)


def test_the_instrument_sees_what_another_tracer_sees(measured):
    """To 2 nm on the display in 64 bits, of 830 mm of way: distortion, two spheres, tilt."""
    cameras, pixels, points = measured
    known = {name: MENISCUS[name] for name in ("radii", "thickness", "shift", "tilt")}
    with jax.enable_x64(True):
        found = instrument(cameras, pixels, **known).predict().values
    np.testing.assert_allclose(found, points, atol=2e-9 / PITCH)
    single = instrument(cameras, pixels, **known).predict().values
    np.testing.assert_allclose(single, points, atol=1e-6 / PITCH)


@pytest.mark.slow
def test_a_flat_plate_becomes_the_lens(measured):
    """Noise is reached in 25 steps from a plate, where radii from plates that stay where they are thought to be do not
    come near."""
    cameras, pixels, points = measured
    frames = with_noise(points, 1)
    system = instrument(cameras, pixels)
    found = asked(system, frames)
    floor = 0.5 * frames.size * (SCATTER / PITCH) ** 2
    before, after = found.history["objective"][0], float(found.quality.reduced_chi2)
    assert before > 500 * floor
    assert after == pytest.approx(1, abs=0.1)
    for path, true in ((FRONT, 1 / MENISCUS["radii"][0]), (BACK, 1 / MENISCUS["radii"][1]),
                       (THICKNESS, MENISCUS["thickness"]), ("sample.shift", MENISCUS["shift"]),
                       ("sample.tilt", MENISCUS["tilt"])):  # fmt: skip
        assert np.all(np.abs(found.value(path) - true) < 4 * np.asarray(found.std(path))), path
    assert found.std(BACK) * abs(MENISCUS["radii"][1]) < 0.005
    fixed = asked(system, frames, {path: Free(10.0) for path in (FRONT, BACK)})
    assert fixed.quality.reduced_chi2 > 30
    assert abs(fixed.value(FRONT) * MENISCUS["radii"][0] - 1) > 0.05


@pytest.mark.slow
def test_what_cannot_be_told_is_told(measured):
    """A lens of revolution may turn about its axis."""
    cameras, pixels, _ = measured
    known = {name: MENISCUS[name] for name in ("radii", "thickness", "shift", "tilt")}
    system = instrument(cameras, pixels, **known)
    told = identifiability(system, lens_unknowns(system.sample.lens) | {"sample.roll": Free(0.1)},
                           loss=losses.intensity())  # fmt: skip
    assert told.identifiable == {path: path != "sample.roll" for path in told.std}
    assert any("sample.roll" in sentence for sentence in told.sentences)


@pytest.mark.slow
def test_cameras_are_calibrated_with_the_lens(measured):
    """The second camera has turned by 0.1° since its calibration: the lens alone answers with 3° of its own."""
    cameras, pixels, points = measured
    frames = with_noise(points, 2)
    system = instrument(cameras, pixels, turned=np.array([[0.0, 0.0, 0.0], [0.0, 1e-3, 1.7e-3]]))
    alone = asked(system, frames)
    trusted = Gaussian(np.repeat([[1e-5], [2e-3]], 3, axis=1), mean=np.zeros((2, 3)))
    table = lens_unknowns(system.sample.lens) | {"illumination.camera.tilt": trusted}
    joint = asked(system, frames, table, LevenbergMarquardt(steps=3, inner=25))
    assert alone.quality.reduced_chi2 > 5
    assert joint.quality.reduced_chi2 == pytest.approx(1, abs=0.1)
    off = [np.abs(found.value("sample.tilt") - MENISCUS["tilt"]).max() for found in (alone, joint)]
    assert off[0] > np.deg2rad(2)
    assert off[1] < 0.1 * off[0]
    for path, true in (("sample.tilt", MENISCUS["tilt"]), (BACK, 1 / MENISCUS["radii"][1]),
                       ("illumination.camera.tilt", np.zeros((2, 3)))):  # fmt: skip
        assert np.all(np.abs(joint.value(path) - true) < 4 * np.asarray(joint.std(path))), path


def test_pixels_that_miss_the_lens_do_not_count(measured):
    cameras, _, _ = measured
    pixels = pixels_on(cameras, MENISCUS["shift"], 6, radius=30 * MM)
    lens = Lens([Surface(Conic(-82e-3), thickness=3 * MM, medium=ConstantIndex(INDEX), semi_diameter=12 * MM),
                 Surface(Conic(-32e-3), medium=ConstantIndex(1.0), semi_diameter=12 * MM)])  # fmt: skip
    system = deflectometry(lens, [pinhole(c) for c in cameras], pixels, wavelength=LIGHT, pitch=PITCH,
                           shift=MENISCUS["shift"])  # fmt: skip
    weights = through_lens(system)
    assert weights.shape == pixels.shape
    assert 0.1 < weights.mean() < 0.5
    assert np.all(np.isfinite(system.predict().values))


def test_pixels_of_another_number_of_cameras_are_refused():
    with pytest.raises(InputError, match=r"\(camera, 2, n\)"):
        instrument(rig(), np.zeros((1, 2, 5)))


@pytest.mark.long
def test_error_bars_cover(measured):
    """One hundred draws of 50 µm from a flat plate: each number within its bar in 68 %, within two in 95 %."""
    cameras, pixels, points = measured
    system = instrument(cameras, pixels)
    errors = []
    for seed in range(100):
        found = asked(system, with_noise(points, 100 + seed))
        errors.append(np.concatenate([np.atleast_1d((found.value(path) - true) / np.asarray(found.std(path)))
                                      for path, true in ((FRONT, 1 / MENISCUS["radii"][0]),
                                                         (BACK, 1 / MENISCUS["radii"][1]),
                                                         (THICKNESS, MENISCUS["thickness"]),
                                                         ("sample.shift", MENISCUS["shift"]),
                                                         ("sample.tilt", MENISCUS["tilt"]))]))  # fmt: skip
    within = [100 * np.mean(np.abs(errors) < n, axis=0) for n in (1, 2)]
    # Binomial scatter of one number in 100 draws: 4.7 and 2.2 %; three of it, for eight numbers.
    assert np.all(np.abs(within[0] - 68.3) < 14), within
    assert np.all(within[1] > 95.4 - 6.6), within


@pytest.mark.real
@pytest.mark.slow
def test_a_lens_on_the_calibrated_rig(shared_data):
    """Sixty thousand points of two real cameras' geometry: radii, thickness and tilt of a meniscus."""
    told = loadmat(shared_data("lenses/deflectometry_rig/cams.mat"))
    cameras = [(*(told[name][i] for name in "fck"), told["R"][:, :, i], told["t"][:, i] * MM) for i in (0, 1)]
    truth = MENISCUS | {"shift": np.array([-70.3, -1.4, 36.8]) * MM}
    pixels = pixels_on(cameras, truth["shift"], 200)
    system = instrument(cameras, pixels, shift=truth["shift"] + np.array([2.0, 1.2, -1.0]) * MM)
    found = asked(system, with_noise(seen(cameras, pixels, truth), 3))
    assert found.quality.reduced_chi2 == pytest.approx(1, abs=0.02)
    assert found.value(FRONT) * truth["radii"][0] == pytest.approx(1, abs=0.005)
    assert found.value(BACK) * truth["radii"][1] == pytest.approx(1, abs=0.005)
    assert found.value(THICKNESS) == pytest.approx(truth["thickness"], rel=0.01)
    assert np.rad2deg(found.value("sample.tilt")) == pytest.approx(np.rad2deg(truth["tilt"]), abs=0.02)
