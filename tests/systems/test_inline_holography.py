"""The main job on simulated frames: distance and sample from one hologram; nominal, joint and known distance."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from hologram_twin import (
    DISTANCE as TRUE_DISTANCE,
)
from hologram_twin import (
    PITCH,
    WAVELENGTH,
    amplitude_psnr,
    cells,
    complex_psnr,
    phase_rmse,
    record,
)

from backlight.errors import RunFileError
from backlight.inverse.unknowns import Tied
from backlight.systems.autofocus import back_propagate
from backlight.systems.inline_holography import DISTANCE, ask, inline_hologram, sample_in_view

INSTRUMENT = {"wavelength": WAVELENGTH, "pixel_pitch": PITCH}


@pytest.fixture(scope="module")
def truth():
    return cells(160)


@pytest.fixture(scope="module")
def frames(truth):
    return record(truth, distance=TRUE_DISTANCE, pitch=PITCH, noise=0.01)[None]


def answer(frames, distance, unknown, **options):
    return ask(frames, INSTRUMENT | {"distance": distance}, unknown, options).answer(error_bars=False)


def image(estimate):
    return np.asarray(sample_in_view(estimate.system).values)


@pytest.fixture(scope="module")
def known(frames):
    return answer(frames, TRUE_DISTANCE, {"sample": True})


@pytest.mark.slow
@pytest.mark.parametrize("off", [0.9, pytest.param(1.1, marks=pytest.mark.slow)])
def test_distance_and_sample_are_found_from_ten_percent_off(frames, truth, known, off):
    start = INSTRUMENT | {"distance": off * TRUE_DISTANCE}
    joint = ask(frames, start, {"sample": True, "distance": True}, {}).answer()
    assert abs(joint.value(DISTANCE) / TRUE_DISTANCE - 1) <= 2e-3
    assert amplitude_psnr(image(joint), truth) >= 28
    assert phase_rmse(image(joint), truth) <= 0.10
    assert complex_psnr(image(joint), truth) >= complex_psnr(image(known), truth) - 1
    # The object is made of squares where the model has points: 6 µm of 12 mm, which noise alone would call 0.7 µm.
    assert abs(joint.value(DISTANCE) - TRUE_DISTANCE) < 2 * joint.std(DISTANCE) < 2e-3 * TRUE_DISTANCE
    objective, distance = joint.history["objective"], joint.history[DISTANCE].ravel()
    assert objective[-1] == pytest.approx(objective[2:].min(), rel=1e-3)
    assert np.ptp(distance[-3:]) < 1e-4 * TRUE_DISTANCE


@pytest.mark.slow
def test_joint_beats_back_propagation_and_the_nominal_distance(frames, truth, known):
    system = inline_hologram(**INSTRUMENT, distance=TRUE_DISTANCE, shape=frames.shape)
    classic = np.asarray(back_propagate(system, jnp.asarray(frames[0])))
    nominal = answer(frames, 1.05 * TRUE_DISTANCE, {"sample": True})
    assert complex_psnr(image(known), truth) >= complex_psnr(classic, truth) + 6
    assert complex_psnr(image(known), truth) >= complex_psnr(image(nominal), truth) + 3


@pytest.mark.slow
def test_counts_are_scaled_and_predicted_again(frames):
    """Frames in camera counts give the same image, and the calibrated instrument predicts counts."""
    counts = 4000 * frames
    found = answer(counts, TRUE_DISTANCE, {"sample": True}, iterations=40)
    predicted = np.asarray(found.system.predict().values)
    assert np.linalg.norm(predicted - counts) < 0.05 * np.linalg.norm(counts)


@pytest.mark.slow
def test_every_instrument_unknown_can_be_asked_for(frames):
    frames = frames[:, 20:140, 20:140]
    unknown = {
        "sample": True,
        "distance": {"value": TRUE_DISTANCE, "std": 1e-4},
        "background": True,
        "illumination_tilt": {"value": 0.0, "std": 1e-3},
        "pixel_pitch": {"value": PITCH, "std": 1e-9},
    }
    found = ask(frames, INSTRUMENT | {"distance": TRUE_DISTANCE}, unknown, {"iterations": 40}).answer()
    assert found.status in ("converged", "stopped")
    assert abs(found.value(DISTANCE) / TRUE_DISTANCE - 1) < 2e-2
    assert found.value("camera.background").shape == (8,)
    assert np.all(np.isfinite(found.std("camera.pitch")))
    assert np.ptp(np.asarray(found.value("camera.pitch"))) == 0


@pytest.mark.slow
def test_spherical_wave_from_a_known_total_length():
    """Source and camera stand still, the sample is somewhere between: magnification and effective distance follow."""
    source, distance, n = 30e-3, 10e-3, 128
    scale = 1 + distance / source
    frames = record(cells(n), distance=distance / scale, pitch=PITCH / scale, noise=0.01)[None]
    start = {"distance": 0.95 * distance, "source_distance": source + 0.05 * distance}
    question = ask(frames, INSTRUMENT | start, {"sample": True, "distance": True}, {})
    tied = Tied((DISTANCE,), lambda z: source + distance - z)
    unknowns = question.unknowns | {"illumination.source_distance": tied}
    found = replace(question, unknowns=unknowns).answer(error_bars=False)
    z, r = found.value(DISTANCE), found.value("illumination.source_distance")
    assert abs((1 + z / r) / scale - 1) <= 5e-3
    assert abs(z / (1 + z / r) / (distance / scale) - 1) <= 5e-3


@pytest.mark.long
def test_spherical_wave_alone_fixes_only_distance_times_magnification():
    """One frame knows λ·z·M/p² of an unknown sample: the rest is the priors', and the report says so."""
    source, distance, n = 30e-3, 10e-3, 96
    scale = 1 + distance / source
    frames = record(cells(n), distance=distance / scale, pitch=PITCH / scale, noise=0.01)[None]
    unknown = {
        "sample": True,
        "distance": {"value": 0.97 * distance, "std": 0.03 * distance},
        "source_distance": {"value": 1.05 * source, "std": 0.05 * source},
    }
    found = ask(frames, INSTRUMENT | {"distance": 0.97 * distance, "source_distance": 1.05 * source}, unknown, {})
    found = found.answer()
    z, r = found.value(DISTANCE), found.value("illumination.source_distance")
    assert abs(z * (1 + z / r) / (distance * scale) - 1) <= 1e-2
    assert any("hard to tell apart" in note and "source_distance" in note for note in found.notes)


def test_an_empty_instrument_records_the_bare_beam_as_one():
    for source in (None, 25e-3):
        system = inline_hologram(**INSTRUMENT, distance=9e-3, shape=(48, 64), source_distance=source, reach=14e-3)
        np.testing.assert_allclose(system.predict().values, 1.0, rtol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("loss", ["poisson", pytest.param("l1", marks=pytest.mark.long)])
def test_the_default_prior_weighs_the_same_beside_every_loss(frames, loss):
    found = answer(frames[:, 16:-16, 16:-16], 1.03 * TRUE_DISTANCE, {"sample": True, "distance": True}, loss=loss)
    assert found.value(DISTANCE) == pytest.approx(TRUE_DISTANCE, rel=2e-3)


@pytest.mark.slow
def test_a_tilt_is_a_shift_of_the_sample_and_gets_no_error_bar(frames):
    question = ask(frames[:, 32:-32, 32:-32], INSTRUMENT | {"distance": TRUE_DISTANCE},
                   {"sample": True, "illumination_tilt": True}, {"iterations": 100})  # fmt: skip
    found = question.answer()
    assert found.std("illumination.tilt") is None
    assert any("Not identifiable" in note and "illumination.tilt" in note for note in found.notes)


def test_a_distance_that_could_be_negative_is_refused(frames):
    wanted = {"distance": {"value": 10e-3, "std": 4e-3}}
    with pytest.raises(RunFileError, match="between"):
        ask(frames, INSTRUMENT | {"distance": 10e-3}, wanted, {})


@pytest.mark.slow
def test_a_distance_that_ends_at_a_bound_is_named(frames):
    wanted = {"sample": True, "distance": {"between": [1.02 * TRUE_DISTANCE, 1.1 * TRUE_DISTANCE]}}
    found = answer(frames[:, 32:-32, 32:-32], 1.05 * TRUE_DISTANCE, wanted, iterations=120)
    assert any("ended at a bound" in note for note in found.notes)


@pytest.mark.parametrize("key", ["method", "steps"])
def test_a_key_that_would_do_nothing_is_refused(frames, key):
    with pytest.raises(RunFileError, match=key):
        ask(frames, INSTRUMENT | {"distance": TRUE_DISTANCE}, {"sample": True}, {key: "x"})


@pytest.mark.slow
def test_as_few_iterations_as_move_the_instrument_are_honored(frames):
    frames = frames[:, 50:110, 50:110]
    found = answer(frames, TRUE_DISTANCE, {"sample": True, "distance": True}, iterations=2)
    assert found.iterations == 2
    assert found.status == "stopped"
    with pytest.raises(RunFileError, match="2 or more"):
        answer(frames, TRUE_DISTANCE, {"sample": True, "distance": True}, iterations=1)
