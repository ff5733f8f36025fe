"""Several diodes in each frame: as good a picture as with one after the other, from a run file."""

import sys
from pathlib import Path

import numpy as np
import pytest
from panel_run import HEAD, write_run

import backlight.runs as runs
from backlight.errors import InputError
from backlight.runs.ask import ask, read_job
from backlight.systems.ptychography_frames import bright_level

sys.path.insert(0, str(Path(__file__).parents[1] / "systems"))
from panel_twin import HEIGHT, scene, table, twin
from ptychography_twin import quality

RUN = (
    HEAD
    + """{groups}
[unknown]
sample = true
{unknown}
[estimate]
iterations = 75
error_bars = false
"""
)
SIZE = 32


def groups(seed=0):
    """Return 25 groups of 4 of the 25 diodes, each diode in four of them."""
    rng = np.random.default_rng(seed)
    while True:
        chosen = np.concatenate([rng.permutation(25) for _ in range(4)]).reshape(-1, 4)
        if all(len(set(group)) == 4 for group in chosen):
            return chosen


def prepare(folder, frames, lit=None, *, unknown="", in_file=False):
    rows = [] if lit is None else [list(map(int, row)) for row in lit]
    line = 'led_groups = "groups.csv"' if in_file else f"led_groups = {rows}" if rows else ""
    run_file = write_run(folder, frames, table(), HEIGHT, RUN.format(groups=line, unknown=unknown))
    (folder / "groups.csv").write_text("\n".join(",".join(map(str, row)) for row in rows) + "\n")
    return run_file


@pytest.fixture(scope="module")
def sequential():
    return twin(size=SIZE, counts=5000)


@pytest.fixture(scope="module")
def lit():
    return groups()


@pytest.mark.slow
def test_groups_of_four_tell_as_much_as_one_after_the_other(sequential, lit, tmp_path):
    """Sums of four Poisson frames are the Poisson frames of four diodes."""
    found = {}
    for name, frames, groups in (
        ("one", sequential.frames, None),
        ("four", sequential.frames[lit].sum(axis=1), lit),
    ):
        (tmp_path / name).mkdir()
        asked = ask(read_job(prepare(tmp_path / name, frames, groups)))
        fit = asked.question.answer(error_bars=False)
        picture = np.asarray(asked.entry.object_in_view(fit.system).values)
        found[name] = quality(picture, scene(SIZE, len(picture) // SIZE), 4 * len(picture) // SIZE)
    assert found["one"][0] > 15
    assert found["four"][0] > found["one"][0] - 2


@pytest.mark.slow
def test_a_run_of_groups_is_reported_by_diode(sequential, lit, tmp_path):
    text = prepare(tmp_path, sequential.frames[lit].sum(axis=1), lit, unknown="array_shift = true\nled_gains = true")
    text.write_text(text.read_text().replace("iterations = 75", "iterations = 25"))
    finished = runs.run(text, tmp_path / "result")
    assert any("no circle in its spectrum" in note for note in finished.result["notes"])
    assert np.shape(finished.result["parameters"]["led_groups"]["value"]) == (25, 4)
    assert np.shape(finished.result["parameters"]["led_gains"]["value"]) == (25,)
    assert len(finished.result["frames"]["nrmse_amplitude"]) == 25
    assert "100 numbers from 0 to 24" in (finished.out / "report.html").read_text()
    assert runs.simulate(finished.out, tmp_path / "f.tif")["shape"] == [25, SIZE, SIZE]


def test_no_first_look_is_taken_at_pose_and_defocus(sequential, lit, tmp_path):
    frames = sequential.frames[lit].sum(axis=1)
    text = prepare(tmp_path, frames, lit, unknown="array_shift = true\ndefocus = true", in_file=True)
    start = ask(read_job(text)).question.look()
    assert not [name for name in start if name.startswith("leaf.")]
    assert "no circle in its spectrum" in start["notes"][0]
    assert start["trust"].shape == (25,)


def test_frames_are_relative_to_one_diode(sequential, lit):
    """Sums of four have the level of one, whatever share of the four is dark field."""
    alone = bright_level(sequential.frames)
    bright = np.hypot(*table().T) < 0.1 * 0.1 / np.sqrt(1 - 0.1**2)
    together = bright_level(sequential.frames[lit].sum(axis=1), bright[lit].sum(axis=1))
    assert together == pytest.approx(alone, rel=0.15)


@pytest.mark.parametrize(("change", "says"), [
    (lambda lit: lit[:-1], "24 groups for 25 frames"),
    (lambda lit: np.where(lit == 24, 25, lit), "expected: numbers from 0 to 24"),
    (lambda lit: [*lit[:-1], lit[-1][:3]], "groups of 3 or 4 diodes"),
])  # fmt: skip
def test_groups_that_do_not_fit_are_refused(sequential, lit, change, says, tmp_path):
    with pytest.raises(InputError, match=says):
        ask(read_job(prepare(tmp_path, sequential.frames[lit].sum(axis=1), change(lit), in_file=True)))


def test_diodes_of_a_frame_that_is_held_out_are_told_by_others(sequential, lit, tmp_path):
    """So their gains are not fitted to it, as those of a frame with a diode of its own are."""
    for chosen, expected in ((None, "led_gains"), (lit, None)):
        frames = sequential.frames if chosen is None else sequential.frames[chosen].sum(axis=1)
        job = read_job(prepare(tmp_path, frames, chosen, unknown="led_gains = true"))
        asked = ask(job)
        assert asked.entry.frame_gains(asked.question.system) == expected
