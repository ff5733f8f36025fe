"""Off-axis holography on simulated frames: fringes, twins, distance, phase; nominal, joint and known."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from hologram_twin import phase_rmse
from off_axis_twin import BRIGHT, FRINGES, PITCH, WAVELENGTH, cell, record, speckled
from off_axis_twin import DISTANCE as TRUE_DISTANCE

from backlight.errors import InputError, RunFileError
from backlight.inverse.unknowns import Tied
from backlight.io.runfile import load
from backlight.systems import fourier_filter as ff
from backlight.systems.off_axis_holography import _as_sharp_elsewhere, ask, classic
from backlight.systems.off_axis_instrument import (
    CURVATURE,
    DISTANCE,
    EMPTY_DISTANCE,
    TILT,
    changed,
    off_axis_hologram,
    sample_in_view,
)
from backlight.systems.off_axis_look import Optics, at_sample, focused, parted
from backlight.systems.schemas import OFF_AXIS_HOLOGRAM

N = 96
INSTRUMENT = {"wavelength": WAVELENGTH, "pixel_pitch": PITCH, "distance": TRUE_DISTANCE}
ANGLES = tuple(f * WAVELENGTH / PITCH for f in FRINGES)


@pytest.fixture(scope="module")
def truth():
    return cell(N)


@pytest.fixture(scope="module")
def frame(truth):
    return record(truth)


def image(estimate):
    return np.asarray(sample_in_view(estimate.system).values)


def filtered(frame, **changes):
    return ask(frame[None], INSTRUMENT | changes, {"sample": True, "distance": True}, {"method": "fourier_filter"})


def error(found, truth):
    """RMS phase error, rad, a tenth of the frame left out on each side: there the filter's window wraps around."""
    inner = np.s_[N // 10 : -N // 10, N // 10 : -N // 10]
    return phase_rmse(found[inner], truth[inner])


@pytest.mark.parametrize("fringes", [FRINGES, (0.113, 0.2918), (0.3307, 0.0042), (-0.2471, 0.3633)])
def test_the_carrier_is_found_to_a_twentieth_of_a_fringe(truth, fringes):
    found = np.array(ff.carrier(record(truth, fringes=fringes).astype(float)))
    off = min(np.abs(found - fringes).max(), np.abs(found + fringes).max())
    assert off * N <= 0.05


def test_a_frame_without_fringes_is_no_off_axis_hologram():
    even = 100 + np.random.default_rng(0).normal(size=(64, 64))
    with pytest.raises(InputError, match="inline_hologram"):
        ff.carrier(even)


def test_noise_is_told_apart_from_fringes_and_sample(frame):
    """What the bars' edges scatter beyond the sidebands counts as noise: up to twice as much is found."""
    assert 0.8 <= ff.noise_level(frame.astype(float), FRINGES) / (0.02 * 300) <= 2


def test_the_brighter_beam_is_the_reference_s(frame):
    """|R|² = 1.6², clear |U|² = 1, times 300 counts."""
    side = ff.sideband(frame.astype(float), FRINGES)
    assert side.reference == pytest.approx(300 * 1.6**2, rel=0.1)
    assert np.median(np.abs(side.light)) == pytest.approx(300 * 1.6, rel=0.03)


@pytest.mark.parametrize("sign", [1, -1])
def test_focus_tells_the_twins_apart(truth, sign):
    """The sideband with f_x > 0 is U·R* for one frame and U*·R for the other."""
    frame = record(truth, fringes=(sign * FRINGES[0], sign * FRINGES[1])).astype(float)
    beams = parted(frame, None, INSTRUMENT)
    focus = focused((beams, beams.twin), Optics.of(INSTRUMENT), 0.8e-3, 1.6e-3)
    assert np.sign(focus.reading.tilt[1]) == sign
    assert focus.distance == pytest.approx(TRUE_DISTANCE, rel=0.1)
    assert focus.lead > 0.01
    assert focus.unclear is None


def test_a_contrast_that_no_two_beams_have_is_said(truth):
    """Pixels of fill factor ½ blur fringes less than full ones: what those must have had, 1.1, cannot be."""
    frame = record(truth, area=2)
    told = [" ".join(filtered(frame, **given).notes) for given in ({}, {"fill_factor": 0.5})]
    assert "times the contrast that two equally bright beams make" in told[0]
    assert "fill_factor" in told[0]
    assert "contrast" not in told[1]


def test_the_fill_factor_of_a_run_file_is_that_of_the_camera_and_of_the_filter(truth):
    """|R|² = 1.6² is found within a few per cent where it is right, a guess where it is not."""
    frame = record(truth, area=2)
    system = filtered(frame, fill_factor=0.5).system
    assert system.camera.fill_factor == 0.5
    assert ask(frame[None], INSTRUMENT, {"sample": True}, {}).system.camera.fill_factor == 1.0
    beams = parted(frame.astype(float), None, INSTRUMENT | {"fill_factor": 0.5})
    assert beams.reference == pytest.approx(300 * 1.6**2, rel=0.1)
    assert parted(frame.astype(float), None, INSTRUMENT).reference < 0.8 * 300 * 1.6**2


def test_a_run_file_may_say_a_fill_factor_that_there_is(tmp_path):
    def read(share):
        lines = ['system = "off_axis_hologram"', "[data]", 'frames = "a.npy"', "[instrument]", 'wavelength = "532 nm"',
                 'pixel_pitch = "2.2 um"', 'distance = "1 mm"', f"fill_factor = {share}"]  # fmt: skip
        (tmp_path / "run.toml").write_text("\n".join(lines))
        return load(tmp_path / "run.toml", {"off_axis_hologram": OFF_AXIS_HOLOGRAM}).instrument["fill_factor"]

    np.save(tmp_path / "a.npy", np.ones((8, 8)))
    assert read(0.5) == 0.5
    with pytest.raises(RunFileError, match="at most 1"):
        read(1.2)


@pytest.mark.parametrize(("low", "high", "told"), [(0.5, 0.8, True), (0.8, 1.3, False), (0.85, 100.0, False)])
def test_a_distance_at_the_end_of_its_interval_is_told(frame, low, high, told):
    between = {"between": (low * TRUE_DISTANCE, high * TRUE_DISTANCE)}
    question = ask(frame[None], INSTRUMENT, {"sample": True, "distance": between}, {"method": "fourier_filter"})
    against = question.look()["contradictions"]
    assert ["may lie beyond" in said for said in against] == [True] * told


def test_a_second_plane_is_told():
    """Two dark discs, each in a plane of its own: neither is the distance of both."""
    planes, known, n = (0.8e-3, 3.2e-3), INSTRUMENT | {"reference_tilt": ANGLES}, 160
    parts = [parted(record(disc(n, side), distance=z).astype(float), None, known)
             for side, z in zip((-1, 1), planes, strict=True)]  # fmt: skip
    both = replace(parts[0], light=parts[0].light + parts[1].light - 300 * BRIGHT)
    one, none = (focused((beams,), Optics.of(known), 0.4e-3, 4.6e-3) for beams in (parts[0], both))
    assert one.distance == pytest.approx(planes[0], rel=0.1)
    assert one.unclear is None
    assert none.unclear[1] - none.unclear[0] > 0.8e-3
    assert "narrower `between`" in _as_sharp_elsewhere(none)[0]


def disc(n, side):
    """Return a dark disc beside the middle."""
    y, x = np.mgrid[:n, :n] - n // 2 - side * 0.17 * n
    return np.where(np.hypot(y, x) < 0.045 * n, 0.2, 1.0).astype(complex)


@pytest.mark.slow
def test_the_fourier_filter_is_a_method_without_iterations(frame, truth):
    found = filtered(frame, distance=1.1e-3).answer()
    assert (found.iterations, found.status, found.uncertainty) == (0, "converged", None)
    assert found.value(DISTANCE) == pytest.approx(TRUE_DISTANCE, rel=0.1)
    assert error(image(found), truth) <= 0.2
    assert np.abs(np.median(np.abs(image(found))) - 1) < 0.05
    predicted = np.asarray(found.system.predict().values[0])
    assert np.linalg.norm(predicted - frame) < 0.12 * np.linalg.norm(frame)
    assert any("fringes per pixel" in note for note in found.notes)
    assert any("is one of the reference" in note for note in found.notes)


@pytest.mark.slow
def test_the_classic_picture_of_a_report_is_the_same_filter(frame):
    found = ask(frame[None], INSTRUMENT, {"sample": True}, {"method": "fourier_filter"}).answer()
    np.testing.assert_allclose(classic(frame[None], INSTRUMENT), image(found), atol=1e-4)


WRONG = {
    "reference_tilt": tuple(a * (1 + 0.4 / (N * abs(f))) for a, f in zip(ANGLES, FRINGES, strict=True)),
    "distance": 1.1e-3,
}
"""What the user wrote: angles off by 0.4 fringes across the frame, a distance off by 8 %."""


def estimated(frame, written, unknown=(), **options):
    asked = {"sample": True} | dict.fromkeys(unknown, True)
    return ask(frame[None], INSTRUMENT | written, asked, options).answer(error_bars=False)


@pytest.fixture(scope="module")
def joint(frame):
    return estimated(frame, WRONG, WRONG)


@pytest.mark.slow
def test_tilt_distance_and_sample_are_found_together(frame, truth, joint):
    known = error(image(estimated(frame, {"reference_tilt": ANGLES}, iterations=100)), truth)
    nominal = error(image(estimated(frame, WRONG, iterations=100)), truth)
    assert known <= 0.6 * error(classic(frame[None], INSTRUMENT), truth)
    assert error(image(joint), truth) <= 1.2 * known <= 0.2 * nominal
    assert joint.value(DISTANCE) == pytest.approx(TRUE_DISTANCE, rel=2e-3)
    off = joint.value(TILT) * PITCH - FRINGES
    assert np.abs(off).max() * N <= 0.01
    assert joint.status == "converged", joint.stop_reason


@pytest.mark.slow
@pytest.mark.parametrize("name", list(WRONG))
def test_leaving_either_at_what_was_written_costs(frame, truth, joint, name):
    alone = estimated(frame, WRONG, [other for other in WRONG if other != name], iterations=200)
    assert error(image(alone), truth) >= 2 * error(image(joint), truth)


def test_a_curved_reference_is_straightened(truth):
    """Two fringes of bending between the middle and the edge of the frame."""
    curvature = 4 * 2 * WAVELENGTH / (N * PITCH) ** 2 * 2
    frame = record(truth, curvature=curvature)
    unknown = {"sample": True, "reference_curvature": True}
    found = ask(frame[None], INSTRUMENT, unknown, {"method": "fourier_filter"}).answer()
    assert found.value(CURVATURE) == pytest.approx(curvature, rel=0.05)
    assert error(image(found), truth) <= 0.25


def test_an_empty_hologram_takes_the_beam_s_unevenness_out(truth):
    """Divided where the sample is, not where the camera is; the reference drifts by a fringe between the two."""
    beam = speckled(N)
    frame = record(truth, beam=beam)
    drifted = (FRINGES[0] + 1 / N, FRINGES[1] - 0.6 / N)
    empty = record(np.ones((N, N), complex), beam=beam, fringes=drifted, seed=1)
    with_it = classic(frame[None], INSTRUMENT, empty)
    assert error(with_it, truth) <= 0.25
    assert error(with_it, truth) <= 0.7 * error(classic(frame[None], INSTRUMENT), truth)
    assert np.std(np.abs(with_it[12:30, 12:84])) <= 0.5 * np.std(np.abs(classic(frame[None], INSTRUMENT)[12:30, 12:84]))


@pytest.mark.slow
def test_the_empty_light_moves_with_an_unknown_distance(frame):
    question = ask(frame[None], INSTRUMENT, {"sample": True, "distance": True}, {"background": record(np.ones((N, N)))})
    assert isinstance(question.unknowns[EMPTY_DISTANCE], Tied)
    found = question.begun(question.look()).system
    assert float(found.incident_path.parts[1].distance) == -float(found.detection_path.parts[0].distance)
    farther = changed(found, {"distance": 2e-3})
    assert float(farther.incident_path.parts[1].distance) == -float(farther.detection_path.parts[0].distance)
    assert float(farther.detection_path.parts[0].distance) == pytest.approx(2e-3)


def test_another_wavelength_keeps_the_angle_of_the_reference():
    system = off_axis_hologram(**INSTRUMENT, shape=(32, 32), reference_tilt=(0.02, 0.05))
    redder = changed(system, {"wavelength": 2 * WAVELENGTH})
    np.testing.assert_allclose(redder.detection_path.parts[1].tilt, np.asarray(system.detection_path.parts[1].tilt) / 2)


def test_even_empty_light_changes_nothing(frame):
    beams = parted(frame.astype(float), None, INSTRUMENT)
    light = jnp.asarray(beams.light, jnp.complex64)
    optics, z = Optics.of(INSTRUMENT), jnp.asarray(TRUE_DISTANCE)
    plain = np.asarray(at_sample(light, None, z, optics))
    even = np.asarray(at_sample(light, jnp.ones_like(light), z, optics, dark=0.0))
    np.testing.assert_allclose(even, plain, rtol=1e-4, atol=1e-4 * np.abs(plain).max())


@pytest.mark.parametrize(
    ("options", "words"), [({"method": "fourier_filter", "iterations": 3}, "iterations"), ({"steps": {}}, "steps")]
)
def test_keys_that_would_do_nothing_are_refused(frame, options, words):
    with pytest.raises(RunFileError, match=words):
        ask(frame[None], INSTRUMENT, {"sample": True}, options)


def test_bounds_on_both_angles_at_once_are_refused(frame):
    with pytest.raises(RunFileError, match="reference_tilt"):
        ask(frame[None], INSTRUMENT, {"reference_tilt": {"between": (0.0, 0.1)}}, {})
