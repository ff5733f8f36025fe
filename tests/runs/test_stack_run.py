"""A stack of frames from a run file: it is checked, and what does not belong together is named."""

import numpy as np
import pytest

from backlight import runs
from backlight.errors import InputError
from backlight.io import write_tiff
from backlight.runs.ask import read_job

FRAMES = 3


def prepare(folder, lines="", distances='["0.2 mm", "0.21 mm", "0.22 mm"]', data="", unknown="shifts = true\n"):
    rng = np.random.default_rng(0)
    for number in range(FRAMES):
        write_tiff(folder / f"{number}.tif", rng.uniform(0.8, 1.2, (24, 32)).astype(np.float32))
    write_tiff(folder / "empty.tif", np.full((24, 32), 2.0, np.float32))
    file = folder / "run.toml"
    file.write_text(
        'system = "lensless_stack"\n[data]\n'
        f"frames = [{', '.join(repr(f'{n}.tif') for n in range(FRAMES))}]\n{data}"
        f'[instrument]\nwavelength = "532 nm"\npixel_pitch = "1.85 um"\ndistances = {distances}\n{lines}'
        f"[unknown]\nsample = true\n{unknown}"
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
        ({"lines": 'shifts = "track.csv"\n'}, "track.csv"),
    ],
)
def test_what_does_not_belong_together_is_refused(tmp_path, changes, named):
    with pytest.raises(InputError, match=named):
        runs.check(prepare(tmp_path, **changes))


def test_frames_of_different_shape_are_refused(tmp_path):
    file = prepare(tmp_path)
    write_tiff(tmp_path / "1.tif", np.ones((24, 30), np.float32))
    with pytest.raises(InputError, match="24 × 30"):
        runs.check(file)


@pytest.mark.slow
def test_a_run_tells_where_the_camera_was_and_predicts_another_distance(tmp_path):
    file = prepare(tmp_path, "super_resolution = 2\n", unknown="shifts = true\ngains = true\n")
    file.write_text(file.read_text() + "[estimate]\niterations = 20\n")
    result = runs.run(file, tmp_path / "result").result
    assert np.shape(result["parameters"]["shifts"]["value"]) == (FRAMES, 2)
    assert any("do not support pixels 2 times finer" in note for note in result["notes"])
    assert (tmp_path / "result" / "figures" / "track.png").exists()
    told = runs.simulate(tmp_path / "result", tmp_path / "other.tif", ["distance=0.3 mm"])
    assert told["shape"] == [1, 24, 32]
