"""Quality without ground truth: frames held out, and the pictures of two halves of the frames."""

import signal
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from panel_run import HEAD, write_run

import backlight.runs as runs
from backlight.errors import InputError, RunFileError
from backlight.inverse.tree import get_leaf, set_leaves
from backlight.io import write_npy
from backlight.runs.ask import ask, every, read_job
from backlight.runs.execute import Listener, _compared, _written
from backlight.runs.parameters import parameter_table
from backlight.runs.quality import quality_table, trusted_weights
from backlight.runs.residuals import squares
from backlight.systems.frame_order import by_angle
from backlight.systems.half_data import halves
from backlight.systems.ptychography_instrument import DEFOCUS
from backlight.systems.question import Start

sys.path.insert(0, str(Path(__file__).parents[1] / "systems"))
from panel_twin import HEIGHT, table, twin

RUN = (
    HEAD
    + """[unknown]
sample = {sample}
led_gains = true
[estimate]
iterations = 25
error_bars = false
{extra}
"""
)
OUT = [5, 11, 17, 23]


def prepare(folder, frames, *, sample="true", extra=""):
    return write_run(folder, frames, table(), HEIGHT, RUN.format(sample=sample, extra=extra))


@pytest.fixture(scope="module")
def frames():
    return twin(size=32).frames


@pytest.fixture(scope="module")
def finished(frames, tmp_path_factory):
    """Two of the frames that are held out are three times too bright: only a gain of their own explains them."""
    folder = tmp_path_factory.mktemp("quality")
    frames = frames.copy()
    frames[OUT[:2]] *= 3
    return runs.run(prepare(folder, frames, extra="held_out = 6\nhalves = true"), folder / "result")


@pytest.mark.slow
def test_frames_that_were_held_out_are_predicted(finished):
    fit, residuals = finished.result["data_fit"], np.array(finished.result["frames"]["nrmse_amplitude"])
    assert 0 < fit["nrmse_held_out"] < 0.2
    assert np.all(residuals[OUT[:2]] < 1 - 3**-0.5)  # the least that a third of a frame's light leaves
    assert fit["nrmse_fitted"] == pytest.approx(fit["nrmse_amplitude"], rel=1e-3)
    assert any("held out, every 6-th. Their own gains" in note for note in finished.result["notes"])


@pytest.mark.slow
def test_frames_that_were_held_out_told_nothing(finished):
    """Their gains are what was known of them beforehand."""
    gains = np.array(finished.result["parameters"]["led_gains"]["value"])
    np.testing.assert_allclose(gains[OUT], 1, atol=1e-3)
    assert np.ptp(np.delete(gains, OUT)) > 0.01


@pytest.mark.slow
def test_two_halves_agree_where_the_frames_tell(finished):
    told, fit = finished.result["ring_correlation"], finished.result["data_fit"]
    one, other = (set(half) for half in told["frames"])
    assert not one & other
    assert not (one | other) & set(OUT)
    assert len(one) == len(other) == 10
    correlation = np.array(told["correlation"])
    assert correlation[3:6].min() > 0.7  # below, slow changes of the phase, which few frames tell: −0.7 and 0
    assert fit["period_one_seventh"] <= fit["period_half_bit"] * 1.2
    assert 1 / fit["period_half_bit"] > 0.1 / 600e-9


@pytest.mark.slow
def test_the_report_shows_the_correlation_beside_the_fit(finished, tmp_path):
    page = (finished.out / "report.html").read_text()
    assert (finished.out / "figures" / "ring_correlation.svg").is_file()
    assert page.index("Correlation of two pictures") > page.index("How well the model explains the frame")
    assert "nrmse_held_out" in page
    assert runs.render(finished.out, tmp_path / "again.html").read_text() == page


@pytest.mark.slow
def test_the_resolved_run_file_asks_the_same(finished):
    text = (finished.out / "run.toml").read_text()
    assert "held_out = 6" in text
    assert "halves = true" in text


def test_halves_of_a_known_sample_are_refused(frames, tmp_path):
    job = read_job(prepare(tmp_path, frames, sample="false", extra="halves = true"))
    with pytest.raises(InputError, match="a sample that is known"):
        ask(job)


def test_holding_out_more_than_there_are_is_refused(frames, tmp_path):
    with pytest.raises(InputError, match="at most 25"):
        ask(read_job(prepare(tmp_path, frames, extra="held_out = 26")))


def test_the_first_frame_is_never_held_out():
    assert every(10, 25).tolist() == [9, 19]
    assert every(25, 25).tolist() == [24]


@pytest.mark.parametrize("line", ["held_out = 10", "halves = true"])
def test_a_system_of_one_frame_refuses_the_keys(line, tmp_path):
    write_npy(tmp_path / "frames.npy", np.ones((16, 16), np.float32))
    (tmp_path / "run.toml").write_text(
        'system = "inline_hologram"\n[data]\nframes = "frames.npy"\n[instrument]\nwavelength = "600 nm"\n'
        f'pixel_pitch = "2 um"\ndistance = "5 mm"\n[unknown]\nsample = true\n[estimate]\n{line}\n'
    )
    with pytest.raises(RunFileError, match="inline_hologram takes a single frame"):
        runs.check(tmp_path / "run.toml")


@pytest.mark.parametrize("turned", [0.0, 0.2])
def test_both_halves_of_a_panel_cover_it(turned):
    """Each diode but those at the rim has a diode of either half no farther than a diagonal away."""
    places = table(9, 1.0) @ np.array([[np.cos(turned), -np.sin(turned)], [np.sin(turned), np.cos(turned)]])
    order = by_angle(places)
    assert sorted(order) == list(range(81))
    for half in (order[::2], order[1::2]):
        away = np.hypot(*(places[:, None] - places[half]).transpose(2, 0, 1)).min(axis=1)
        assert away.max() < 1.5


def test_frames_that_are_held_out_keep_their_weights_and_count_for_nothing(frames, tmp_path):
    question = ask(read_job(prepare(tmp_path, frames, extra="held_out = 6"))).question
    assert question.held_out.tolist() == OUT
    assert np.all(question.weights == 1)
    assert np.all(question.mask[OUT] == 0)
    assert np.all(np.delete(question.mask, OUT, axis=0) == 1)
    seen = []
    replace(question, first_look=lambda asked: seen.append(asked) or Start({}, 1.0, ())).look()
    assert np.all(seen[0].weights[OUT] == 0)


def test_frames_that_are_hardly_trusted_spoil_neither_figure():
    """Every second frame is held out; the last two are explained badly and trusted little."""
    frames = np.full((6, 4, 4), 4.0)
    predicted = np.array([4.0, 1.0, 4.0, 4.0, 100.0, 100.0])[:, None, None] * np.ones((4, 4))
    weights = np.array([1, 1, 0.9, 1, 0.05, 0.05])[:, None, None] * np.ones((4, 4))
    asked: Any = SimpleNamespace(
        job=SimpleNamespace(
            run=SimpleNamespace(estimate=SimpleNamespace(held_out=2)), schema=SimpleNamespace(holds_out_pixels=False)
        ),
        question=SimpleNamespace(held_out=every(2, 6), weights=weights),
        recorded=SimpleNamespace(frames=frames, weights=np.ones_like(frames)),
    )
    found = quality_table(asked, squares(frames, predicted, trusted_weights(asked)), None)
    assert found == {"nrmse_fitted": 0, "nrmse_held_out": pytest.approx((1 / 8) ** 0.5)}


def test_halves_are_as_large_and_hold_only_what_counts(frames, tmp_path):
    question = ask(read_job(prepare(tmp_path, frames, extra="held_out = 6"))).question
    one, other = halves(question, np.arange(25)[::-1])
    assert one.tolist() == [2, 4, 7, 9, 12, 14, 16, 19, 21, 24]
    assert other.tolist() == [1, 3, 6, 8, 10, 13, 15, 18, 20, 22]
    dark = replace(question, weights=np.zeros_like(question.weights))
    with pytest.raises(InputError, match="0 frames that count"):
        halves(dark, np.arange(25))


def test_one_frame_has_an_order():
    assert by_angle(np.zeros((1, 2))).tolist() == [0]


@pytest.mark.slow
def test_a_run_interrupted_between_its_halves_is_resumed_to_the_whole_result(frames, tmp_path):
    def interrupt(message):
        if message.startswith("estimating the sample from each half"):
            signal.raise_signal(signal.SIGINT)

    job = prepare(tmp_path, frames[:, 4:-4, 4:-4], extra="halves = true")
    cut = runs.run(job, tmp_path / "result", listener=Listener(message=interrupt))
    assert cut.exit_code == 130
    assert "ring_correlation" not in cut.result
    whole = runs.resume(tmp_path / "result")
    assert whole.exit_code == 0
    assert whole.result["data_fit"]["nrmse_amplitude"] == cut.result["data_fit"]["nrmse_amplitude"]
    assert len(whole.result["ring_correlation"]["frames"][0]) == 12


def test_what_a_method_holds_is_not_told_as_estimated(frames, tmp_path):
    job = prepare(tmp_path, frames, extra='method = "epie"')
    job.write_text(job.read_text().replace("led_gains", "defocus = true\nled_gains"))
    asked = ask(read_job(job))

    def told(system):
        answer = SimpleNamespace(system=system, initial=system, value=partial(get_leaf, system), std=lambda _: None)
        return {name: row["status"] for name, row in parameter_table(asked, answer).items()}

    system = asked.question.system
    held = told(system)
    assert (held["sample"], held["led_gains"], held["defocus"]) == ("estimated", "fixed", "fixed")
    focused = set_leaves(system, {DEFOCUS: get_leaf(system, DEFOCUS) + 1e-6})
    assert told(focused)["defocus"] == "estimated"  # a first look found it


@pytest.mark.parametrize("follow_up", [_compared, _written])
def test_who_asked_to_stop_does_not_wait_for_what_follows_an_estimate(follow_up, monkeypatch):
    monkeypatch.setattr("backlight.runs.execute.compares_nominal", lambda asked: True)
    asked = SimpleNamespace(job=SimpleNamespace(run=SimpleNamespace(estimate=SimpleNamespace(halves=True))))
    said = []
    work, listener = SimpleNamespace(asked_to_stop=lambda: True), Listener(message=said.append)
    assert follow_up(asked, SimpleNamespace(status="converged"), work, listener) is None
    assert said == []


def test_what_the_frames_say_against_the_table_goes_with_the_question(frames, tmp_path):
    asked = ask(read_job(prepare(tmp_path, frames)))
    start = Start({}, 1.0, ("a note",), contradictions=("the table is wrong",))
    begun = asked.question.begun(start.arrays())
    assert begun.contradictions == ("the table is wrong",)
    assert begun.notes == (*asked.question.notes, "a note")
