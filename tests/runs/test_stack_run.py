"""A stack of frames from a run file: it is checked, and what does not belong together is named."""

import numpy as np
import pytest

from backlight import runs
from backlight.errors import InputError
from backlight.io import write_tiff
from backlight.runs.ask import ask, read_job
from backlight.runs.parameters import report_rows

FRAMES = 3


DISTANCES = '["0.2 mm", "0.21 mm", "0.22 mm"]'


def prepare(folder, lines="", distances=DISTANCES, data="", unknown="shifts = true\n", estimate=""):
    rng = np.random.default_rng(0)
    for number in range(FRAMES):
        write_tiff(folder / f"{number}.tif", rng.uniform(0.8, 1.2, (24, 32)).astype(np.float32))
    (folder / "short.csv").write_text("x_um,y_um\n0,0\n1,1\n")
    write_tiff(folder / "empty.tif", np.full((24, 32), 2.0, np.float32))
    file = folder / "run.toml"
    file.write_text(
        'system = "lensless_stack"\n[data]\n'
        f"frames = [{', '.join(repr(f'{n}.tif') for n in range(FRAMES))}]\n{data}"
        f'[instrument]\nwavelength = "532 nm"\npixel_pitch = "1.85 um"\ndistances = {distances}\n{lines}'
        f"[unknown]\nsample = true\n{unknown}[estimate]\n{estimate}"
    )
    return file


def test_reference_is_another_name_of_background(tmp_path):
    job = read_job(prepare(tmp_path, data='reference = "empty.tif"\n'))
    assert job.run.data.background == "empty.tif"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"distances": '["0.2 mm", "0.21 mm"]'}, "(?s)distances.*2 values.*3"),
        ({"lines": "super_resolution = 9\n"}, "at most 6"),
        ({"data": 'reference = "missing.tif"\n'}, "missing.tif"),
        ({"data": 'reference = "empty.tif"\nbackground = "empty.tif"\n'}, "two names of one frame"),
        ({"data": 'reference = "missing.tif"\n'}, "reference"),
        ({"lines": 'shifts = "track.csv"\n'}, "track.csv"),
        ({"lines": 'shifts = "short.csv"\n'}, r"(?s)shifts .*short.csv.*\(2, 2\).*\(3, 2\)"),
        ({"estimate": "iterations = 1\n"}, "2 or more"),
    ],
)
def test_what_does_not_belong_together_is_refused(tmp_path, changes, named):
    with pytest.raises(InputError, match=named):
        runs.check(prepare(tmp_path, **changes))


def test_few_iterations_still_move_the_instrument(tmp_path):
    """What is left where it is written needs no error bars: image steps are then made fewer at a time."""
    for iterations, inner in ((2, 1), (30, 15), (600, 20)):
        solver = ask(read_job(prepare(tmp_path, estimate=f"iterations = {iterations}\n"))).question.solver
        assert (solver.inner, solver.steps) == (inner, iterations // inner)
        assert solver.steps > solver.warm_up


def test_distances_that_are_all_negative_are_pointed_out(tmp_path):
    notes = {}
    for distances in ('["-0.2 mm", "-0.21 mm", "-0.22 mm"]', '["-0.2 mm", "0 mm", "0.22 mm"]'):
        notes[distances] = ask(read_job(prepare(tmp_path, distances=distances))).question.notes
    assert [len(told) for told in notes.values()] == [1, 0]


def test_frames_of_different_shape_are_refused(tmp_path):
    file = prepare(tmp_path)
    write_tiff(tmp_path / "1.tif", np.ones((24, 30), np.float32))
    with pytest.raises(InputError, match="24 × 30"):
        runs.check(file)


@pytest.mark.slow
def test_a_run_tells_where_the_camera_was_and_predicts_another_distance(tmp_path):
    file = prepare(tmp_path, "super_resolution = 2\n", distances='["0.2 mm"]',
                   unknown="shifts = true\ngains = true\ndistances = true\n", estimate="iterations = 20\n")  # fmt: skip
    result = runs.run(file, tmp_path / "result").result
    assert np.shape(result["parameters"]["shifts"]["value"]) == (FRAMES, 2)
    assert np.shape(result["parameters"]["distances"]["value"]) == (FRAMES,)
    assert any("do not support pixels 2 times finer" in told for told in result["contradictions"])
    assert (tmp_path / "result" / "figures" / "track.png").exists()
    for change in ("distance=0.3 mm", "distance=-10 um", "distance=0 um", "wavelength=500 nm"):
        told = runs.simulate(tmp_path / "result", tmp_path / "other.tif", [change])
        assert told["shape"] == ([1, 24, 32] if "distance" in change else [FRAMES, 24, 32])


def test_one_distance_for_all_is_the_start_of_each():
    table = {"distances": {"value": [1e-4, 2e-4], "start": [1.5e-4], "std": None, "status": "estimated", "unit": "m"}}
    rows = report_rows(table, {"distances": "length"})
    assert [(row.start, row.value) for row in rows] == [(1.5e-4, 1e-4), (1.5e-4, 2e-4)]
