"""Stacks of in-line holograms: a finer picture than the pixels, with the camera's places and distances unknown."""

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest
import stack_twin as twin

from backlight.errors import InputError
from backlight.inverse.estimate import Estimate
from backlight.inverse.quality import Quality
from backlight.inverse.tree import leaf_paths, set_leaves
from backlight.inverse.uncertainty import Uncertainty
from backlight.systems import lensless_stack, multi_height
from backlight.systems.lensless_findings import shift_diversity, stage_line
from backlight.systems.lensless_instrument import PATHS, changed, sample_in_view, with_room
from backlight.systems.lensless_look import _against, registered
from backlight.systems.lensless_super_resolution import ask, nominal
from backlight.systems.lensless_transport import aligned, transported
from backlight.systems.question import Start

PIXELS, FRAMES, FINER, NOISE = 48, 9, 3, 0.01
GIVEN = {
    "wavelength": twin.WAVELENGTH,
    "pixel_pitch": twin.PITCH,
    "distances": [twin.DISTANCE] * FRAMES,
    "super_resolution": FINER,
    "fill_factor": twin.FILL,
}
UNKNOWN = dict.fromkeys(("sample", "shifts", "distances", "gains"), True)


@pytest.fixture(scope="module")
def recorded():
    sample, true = twin.target(PIXELS), twin.truth(FRAMES, 0)
    return sample, true, 500 * twin.record(sample, PIXELS, true, noise=NOISE)


def leaf(system, name):
    return np.asarray(leaf_paths(system)[PATHS[name]], float)


def off(system, true):
    """Return how far shifts are off, in pixels, less their mean, which is no more than the sample's place; and that."""
    error = (leaf(system, "shifts") - true.shifts) / twin.PITCH
    return error - error.mean(axis=0), error.mean(axis=0)


def quality(system, true, sample):
    """Return PSNR, dB, and the contrast of lines half a pixel of the sensor wide."""
    picture = twin.moved(np.asarray(sample_in_view(system).values), FINER * off(system, true)[1])
    border = PIXELS * FINER // 8
    return twin.psnr(picture, twin.in_view(sample, PIXELS, FINER), border), twin.contrast(picture, 0.5, FINER)


@pytest.mark.slow
def test_the_model_predicts_what_another_code_path_records(recorded):
    """On the twin's own points, so that what is left is one propagator against the other, and the field's border."""
    sample, true, frames = recorded
    system = lensless_stack(
        wavelength=twin.WAVELENGTH, pixel_pitch=twin.PITCH, distances=true.distances, shape=frames.shape,
        super_resolution=twin.FINER, shifts=true.shifts, fill_factor=twin.FILL, margin=PIXELS // 2,
    )  # fmt: skip
    leaves = {PATHS["sample"]: jnp.asarray(sample), PATHS["gains"]: jnp.asarray(true.gains)}
    clean = twin.record(sample, PIXELS, true, noise=0)
    predicted = np.asarray(set_leaves(system, leaves).predict().values)
    print(np.std(predicted - clean) / np.std(clean))
    assert np.std(predicted - clean) < 0.02 * np.std(clean)


def test_half_a_pixel_wide_lines_vanish_on_pixels_that_are_sensitive_all_over():
    """The mean over a whole pixel of fringes of its own period is 0, wherever the pixel lies."""
    x = (np.arange(96) - 48) / 3
    lines = np.broadcast_to(1 - 0.2 * np.cos(2 * np.pi * x), (96, 96))
    swings = []
    for fill in (0.8, 1.0):
        system = lensless_stack(wavelength=twin.WAVELENGTH, pixel_pitch=twin.PITCH, distances=[0.0, 0.0], margin=0,
                                shape=(2, 32, 32), super_resolution=3, fill_factor=fill,
                                shifts=[[0.0, 0.0], [0.0, twin.PITCH / 2]])  # fmt: skip
        frames = np.asarray(set_leaves(system, {PATHS["sample"]: jnp.asarray(lines + 0j)}).predict().values)
        swings.append(abs(frames[0] - frames[1]).mean())
    assert swings[1] < 1e-5
    # |t|² swings by ±0.4, less 0.02 of its second order, which three pixels a period cannot tell from the first.
    assert swings[0] == pytest.approx(2 * 0.38 * np.sinc(0.8), rel=1e-3)


@pytest.mark.slow
def test_a_few_frames_tell_where_the_camera_was(recorded):
    _, true, frames = recorded
    few = [0, 1, 2, 3]
    given = GIVEN | {"distances": list(true.distances[few]), "super_resolution": 2}
    options = {"iterations": 80, "regularizers": [{"kind": "total_variation", "weight": 0.004}]}
    question = ask(frames[few][:, 8:-8, 8:-8], given, {"sample": True, "shifts": True}, options)
    begun = question.begun(question.look())
    found = begun.answer(error_bars=False)
    part = dataclasses.replace(true, shifts=true.shifts[few])
    first, last = (np.sqrt(np.mean(off(one, part)[0] ** 2)) for one in (begun.system, found.system))
    assert last < 0.01
    assert last < 0.2 * first < 0.2 * 0.3
    # The mean of the shifts is a gauge, and stays 0.
    np.testing.assert_allclose(leaf(found.system, "shifts").mean(axis=0), 0, atol=1e-3 * twin.PITCH)


@pytest.fixture(scope="module")
def answers(recorded):
    """Return the joint answer, the one with shifts and distances as written, and the one that is told them."""
    _, true, frames = recorded
    known = GIVEN | {"distances": list(true.distances), "shifts": true.shifts[:, ::-1]}
    joint = ask(frames, GIVEN, UNKNOWN, {}).answer()
    fixed, told = (ask(frames, given, {"sample": True, "gains": True}, {}).answer(error_bars=False)
                   for given in (GIVEN, known))  # fmt: skip
    return {"joint": joint, "fixed": fixed, "known": told}


@pytest.mark.slow
def test_with_everything_unknown_the_instrument_is_found(recorded, answers):
    sample, true, _ = recorded
    joint = answers["joint"]
    shift, _ = off(joint.system, true)
    assert np.sqrt(np.mean(shift**2)) < 0.01
    assert np.sqrt(np.mean((leaf(joint.system, "distances") / true.distances - 1) ** 2)) < 2e-3
    assert quality(joint.system, true, sample)[0] > quality(answers["fixed"].system, true, sample)[0] + 5
    pulls = shift * twin.PITCH / joint.std(PATHS["shifts"])
    assert 0.5 < np.sqrt(np.mean(pulls**2)) < 2


@pytest.mark.slow
def test_with_everything_unknown_the_picture_is_as_good_as_known(recorded, answers):
    """Measured, seeds 0 and 1: 30.8 and 30.5 dB joint, 30.7 and 30.5 known, 15.9 and 18.2 as written."""
    sample, true, _ = recorded
    joint, known, fixed = (quality(answers[name].system, true, sample) for name in ("joint", "known", "fixed"))
    assert joint[0] > known[0] - 1
    assert joint[1] > 0.3 > 10 * fixed[1]


@pytest.mark.slow
def test_a_weight_is_found_that_pixels_kept_back_ask_for(recorded):
    """The noise of frame and pixel, which is 0.01, is found with it; weights go by halves."""
    _, true, frames = recorded
    known = GIVEN | {"distances": list(true.distances), "shifts": true.shifts[:, ::-1]}
    question = ask(frames, known, {"sample": True, "gains": True}, {})
    start = Start.of(question.look())
    assert 1 / 64 <= start.weight <= 1 / 4
    assert start.noise * float(question.system.noise.std) == pytest.approx(NOISE, rel=0.2)


@pytest.mark.slow
def test_a_frame_that_was_not_recorded():
    given = {"wavelength": 532e-9, "pixel_pitch": 1e-6, "distances": [40e-6, 60e-6]}
    system = lensless_stack(**given, shape=(2, 24, 32))
    t = 1 - 0.5 * np.exp(-((np.arange(system.sample.shape[1]) - 20) ** 2) / 18) * np.ones((system.sample.shape[0], 1))
    system = set_leaves(system, {PATHS["sample"]: jnp.asarray(t + 0j), PATHS["gains"]: jnp.array([2.0, 4.0])})
    one = changed(system, {"distance": 60e-6})
    np.testing.assert_allclose(one.predict().values[0] * 4 / 3, system.predict().values[1], rtol=1e-5)


@pytest.mark.slow
def test_light_that_is_tilted_carries_the_picture_aside():
    """Registered frames and those of light along the axis are the same, and the first look finds the tilt."""
    z, tilt = np.array([20e-6, 60e-6, 100e-6]), np.array([20e-3, -10e-3])
    given = {"wavelength": 532e-9, "pixel_pitch": 0.5e-6, "distances": list(z)}
    system = multi_height(**given, shape=(3, 64, 64))
    rows, columns = system.sample.shape
    y, x = np.mgrid[:rows, :columns]
    t = np.exp(1j * np.exp(-((y - rows / 2) ** 2 + (x - columns / 2 + 4) ** 2) / 50))
    along = set_leaves(system, {PATHS["sample"]: jnp.asarray(t)})
    tilted = set_leaves(along, {PATHS["illumination_tilt"]: jnp.asarray(tilt / 532e-9)})
    inner = np.s_[:, 12:-12, 12:-12]
    frames = np.asarray(tilted.predict().values)
    np.testing.assert_allclose(aligned(tilted, frames)[inner], along.predict().values[inner], atol=0.02)
    question = ask(frames, given, {"sample": True, "illumination_tilt": True}, {})
    found = leaf(registered(question, question.system)[0], "illumination_tilt") * 532e-9
    np.testing.assert_allclose(found, tilt, atol=2e-3)


@pytest.mark.slow
def test_the_start_from_the_transport_of_intensity_has_the_slow_phase():
    """A phase of 6 rad: an empty start would wind it up."""
    given = {"wavelength": 532e-9, "pixel_pitch": 1e-6, "distances": [10e-6, 20e-6]}
    system = multi_height(**given, shape=(2, 96, 96))
    rows, columns = system.sample.shape
    y, x = np.mgrid[:rows, :columns]
    phase = 6 * np.exp(-((y - rows // 2) ** 2 + (x - columns // 2) ** 2) / (2 * 14**2))
    true = set_leaves(system, {PATHS["sample"]: jnp.asarray(np.exp(1j * phase))})
    found = np.asarray(transported(system, np.asarray(true.predict().values)))
    middle, side = (np.angle(found[rows // 2, columns // 2 + d] / np.exp(1j * phase[rows // 2, columns // 2 + d]))
                    for d in (0, 20))  # fmt: skip
    assert abs(np.angle(np.exp(1j * (middle - side)))) < 0.3


@pytest.mark.parametrize(
    ("method", "misfit"),
    [("transport_of_intensity", 0.05), ("gerchberg_saxton", 0.02)],
)
@pytest.mark.slow
def test_classic_methods_find_the_sample_of_a_known_instrument(method, misfit):
    given = {"wavelength": 532e-9, "pixel_pitch": 1e-6, "distances": [10e-6, 20e-6]}
    system = multi_height(**given, shape=(2, 48, 48))
    rows, columns = system.sample.shape
    y, x = np.mgrid[:rows, :columns]
    bump = np.exp(-((y - rows // 2) ** 2 + (x - columns // 2) ** 2) / (2 * 6**2))
    true = set_leaves(system, {PATHS["sample"]: jnp.asarray((1 - 0.1 * bump) * np.exp(1j * bump))})
    frames = 100 * np.asarray(true.predict().values)
    found = ask(frames, given, {}, {"method": method}).answer(error_bars=False)
    assert found.quality.nrmse_amplitude < misfit


def test_the_transport_of_intensity_needs_planes():
    given = {"wavelength": 532e-9, "pixel_pitch": 1e-6, "distances": [10e-6, 10e-6]}
    with pytest.raises(InputError, match="two distances"):
        ask(np.ones((2, 24, 24), np.float32), given, {}, {"method": "transport_of_intensity"}).answer()


def test_shifts_support_a_super_resolution_or_not():
    thirds = np.stack(np.meshgrid(*2 * [np.arange(3) / 3]), axis=-1).reshape(-1, 2)
    assert shift_diversity(thirds, 3) == pytest.approx(1)
    assert shift_diversity(np.zeros((9, 2)), 3) == pytest.approx(0, abs=1e-12)
    assert shift_diversity(thirds[:8], 3) == 0
    assert shift_diversity(np.zeros((2, 2)), 1) == pytest.approx(1)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"distances": [1e-4, 2e-4]}, "2 values"),
        ({"shifts": np.zeros((2, 2))}, "shape"),
        ({"super_resolution": 0.5}, "from 1 to 6"),
        ({"wavelength": [5e-7, 6e-7]}, "2 values"),
    ],
)
def test_numbers_that_do_not_belong_to_the_frames_are_refused(change, named):
    with pytest.raises(InputError, match=named):
        nominal(GIVEN | {"distances": [1e-4] * 3} | change, (3, 24, 24))


def test_tilt_is_refused_for_several_wavelengths():
    given = {"wavelength": [5e-7, 6e-7], "pixel_pitch": 2e-6, "distances": [1e-3, 1e-3]}
    with pytest.raises(InputError, match="2 wavelengths"):
        ask(np.ones((2, 24, 24), np.float32), given, {"sample": True, "illumination_tilt": True}, {})


def test_frames_of_several_wavelengths_have_one_each():
    system = nominal({"wavelength": (5e-7, 6e-7), "pixel_pitch": 2e-6, "distances": (1e-3,)}, (2, 24, 24))
    t = np.ones(system.sample.shape, complex)
    t[10:14, 10:14] = 0.3
    frames = np.asarray(set_leaves(system, {PATHS["sample"]: jnp.asarray(t)}).predict().values)
    alone = nominal({"wavelength": 6e-7, "pixel_pitch": 2e-6, "distances": (1e-3, 1e-3)}, (2, 24, 24))
    other = np.asarray(set_leaves(alone, {PATHS["sample"]: jnp.asarray(t)}).predict().values)
    np.testing.assert_allclose(frames[1], other[1], rtol=1e-5)
    assert np.abs(frames[0] - other[0]).max() > 1e-2


def test_a_stage_is_a_line_through_the_distances_that_were_found():
    readings = np.array([1e-4, 1.6e-4, 2e-4, 3e-4])
    scale, offset = stage_line(readings, 1.01 * readings - 2e-6)
    assert (scale, offset) == (pytest.approx(1.01, rel=1e-6), pytest.approx(-2e-6, rel=1e-3))
    assert stage_line(readings, readings) is None
    assert stage_line(readings[:2], 1.01 * readings[:2]) is None


@pytest.mark.slow
def test_a_sample_grows_until_it_reaches_beyond_every_frame():
    system = lensless_stack(wavelength=twin.WAVELENGTH, pixel_pitch=twin.PITCH, distances=[1e-4] * 3, shape=(3, 32, 40))
    reach = (system.sample_grid().shape[1] * float(system.sample_grid().pitch[1]) - 40 * twin.PITCH) / 2
    shifts = np.zeros((3, 2))
    for past, grows in ((-0.5, False), (2.0, True)):
        shifts[1, 1] = -(reach + past * twin.PITCH)
        moved = set_leaves(system, {PATHS["shifts"]: jnp.asarray(shifts, float)})
        wide = with_room(moved)
        assert (wide.sample.shape[1] > system.sample.shape[1]) == grows
    assert wide.sample.shape[1] * twin.PITCH / 2 > 20 * twin.PITCH + abs(shifts[1, 1])
    np.testing.assert_allclose(wide.sample.transmission, 1)
    spot = set_leaves(moved, {PATHS["sample"]: moved.sample.transmission.at[20, 22].set(0.2)})
    np.testing.assert_allclose(with_room(spot).predict().values[0], spot.predict().values[0], atol=2e-3)


@pytest.mark.slow
def test_frames_are_laid_over_others_where_the_first_one_shows_something_else():
    """A camera that walks over a wide sample: the last frame shares nothing with the first, but with its neighbor."""
    rng = np.random.default_rng(0)
    given = {"wavelength": twin.WAVELENGTH, "pixel_pitch": twin.PITCH, "distances": [1e-4] * 4, "super_resolution": 1}
    shifts = twin.PITCH * np.array([[0, 0], [0.4, 14.0], [-0.3, 28.0], [0, 42.0]])
    wide = lensless_stack(**given, shifts=shifts, shape=(4, 48, 48))
    t = jnp.asarray(np.where(rng.random(wide.sample.shape) < 0.03, 0.3, 1.0) + 0j)
    frames = np.asarray(set_leaves(wide, {PATHS["sample"]: t}).predict().values)
    frames = frames + 0.01 * rng.normal(size=frames.shape).astype(np.float32)
    system, found = registered(*_asked(frames, given))
    assert not found.lost.any()
    assert found.sure.all()
    np.testing.assert_allclose(leaf(system, "shifts"), shifts - shifts.mean(axis=0), atol=0.3 * twin.PITCH)
    assert with_room(system).sample.shape[1] > system.sample.shape[1]
    # Without its neighbors nothing tells of it.
    alone = registered(*_asked(frames[[0, 3]], given | {"distances": [1e-4] * 2}))[1]
    assert not alone.sure.any()


def test_a_frame_of_another_sample_is_named_and_masked_pixels_are_none():
    rng = np.random.default_rng(0)
    given = {"wavelength": twin.WAVELENGTH, "pixel_pitch": twin.PITCH, "distances": [1e-4] * 4}
    shifts = twin.PITCH * np.array([[0, 0], [0.4, 3.0], [-2.3, 1.0], [1.0, -2.0]])
    system = lensless_stack(**given, shifts=shifts, shape=(4, 48, 48))
    one, other = (jnp.asarray(np.where(rng.random(system.sample.shape) < 0.03, 0.3, 1.0) + 0j) for _ in range(2))
    frames, strange = (np.array(set_leaves(system, {PATHS["sample"]: t}).predict().values) for t in (one, other))
    weights = np.ones(frames.shape, np.float32)
    weights[:, rng.random((48, 48)) < 0.01] = 0
    for filled in (np.where(weights > 0, frames, 1e4), np.where(weights > 0, frames, 0)):
        question = ask(filled.astype(np.float32), given, {"sample": True, "shifts": True}, {"weights": weights})
        placed, found = registered(question, question.system)
        assert found.sure.all()
        np.testing.assert_allclose(leaf(placed, "shifts"), shifts - shifts.mean(axis=0), atol=0.3 * twin.PITCH)
    frames[0] = strange[0]
    found = registered(*_asked(frames, given))[1]
    np.testing.assert_array_equal(found.lost, [True, False, False, False])
    assert "in frame 0, taken" in _against(found)[0]


def _asked(frames, given):
    question = ask(frames, given, {"sample": True, "shifts": True}, {})
    return question, question.system


def test_distances_of_frames_in_focus_may_be_unknown():
    given = {"wavelength": twin.WAVELENGTH, "pixel_pitch": twin.PITCH, "distances": [0.0, 0.0]}
    question = ask(np.ones((2, 16, 16), np.float32), given, {"sample": True, "distances": True}, {})
    assert question.unknowns[PATHS["distances"]].std == pytest.approx(twin.PITCH**2 / twin.WAVELENGTH)


def test_error_bars_have_the_units_of_what_was_recorded(monkeypatch):
    """Of frames 500 times as bright the gains are 500 times as large, and their error bars; the shifts' are not."""
    question = ask(np.full((2, 16, 16), 500, np.float32), {k: GIVEN[k] for k in ("wavelength", "pixel_pitch")}
                   | {"distances": [1e-4, 1e-4]}, {"sample": True, "gains": True, "shifts": True}, {})  # fmt: skip
    gains, shifts = PATHS["gains"], PATHS["shifts"]
    bars = Uncertainty({gains: np.full(2, 1e-3), shifts: np.full((2, 2), 1e-8)}, (), np.eye(6), np.ones(6))
    fit = Quality(0.0, None, 0.0, white=True)
    found = Estimate(question.system, question.system, "converged", "", 1, 0.0, 0.0, {}, bars, fit, ())
    monkeypatch.setattr("backlight.systems.question.estimate", lambda *_, **__: found)
    answer = dataclasses.replace(question, first_look=None).answer()
    np.testing.assert_allclose(answer.uncertainty.std[gains], 1e-3 * question.brightness, rtol=1e-5)
    np.testing.assert_allclose(answer.uncertainty.std[shifts], 1e-8, rtol=1e-5)
    np.testing.assert_allclose(leaf_paths(answer.system)[gains], question.brightness, rtol=1e-5)


def test_a_plane_near_the_sample_is_not_looked_for_by_sharpness():
    """At z = 0 a recorded amplitude is as sharp as it can be: distances whose bounds have 0 between them stay."""
    given = {"wavelength": 532e-9, "pixel_pitch": 0.5e-6, "distances": [-20e-6, 1e-6, 20e-6]}
    frames = np.random.default_rng(0).uniform(0.9, 1.1, (3, 16, 16)).astype(np.float32)
    question = ask(frames, given, {"distances": {"between": (-30e-6, 30e-6)}}, {})
    begun = question.begun(question.look())
    np.testing.assert_allclose(leaf(begun.system, "distances"), given["distances"], rtol=1e-5)
    assert any("sharpness does not tell" in note for note in begun.notes)


def test_shifts_that_are_known_not_to_support_finer_pixels_are_told_at_once():
    frames = np.ones((4, 16, 16), np.float32)
    given = {"wavelength": 532e-9, "pixel_pitch": 2e-6, "distances": [1e-4] * 4, "super_resolution": 2}
    assert "do not support" in ask(frames, given, {"sample": True}, {}).contradictions[0]
    assert ask(frames, given | {"super_resolution": 1}, {"sample": True}, {}).contradictions == ()
    assert ask(frames, given, {"sample": True, "shifts": True}, {}).contradictions == ()


def test_another_wavelength_can_be_set():
    system = lensless_stack(wavelength=532e-9, pixel_pitch=2e-6, distances=[1e-4] * 2, shape=(2, 16, 16))
    for value in (500e-9, np.array([500e-9])):
        assert float(leaf(changed(system, {"wavelength": value}), "wavelength")) == pytest.approx(500e-9)


def test_classic_methods_say_what_they_hold():
    given = {"wavelength": 532e-9, "pixel_pitch": 1e-6, "distances": [10e-6, 20e-6]}
    unknown = dict.fromkeys(("sample", "shifts", "gains"), True)
    question = ask(np.ones((2, 24, 24), np.float32), given, unknown, {"method": "gerchberg_saxton"})
    assert question.notes == ("gerchberg_saxton holds as written: shifts, gains.",)
