"""A run file with tiles becomes one result, also where it was stopped on the way."""

import csv
import json
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from panel_run import HEAD, write_run

import backlight.runs as runs
from backlight.errors import InputError
from backlight.io import read_manifest
from backlight.io.runtext import template
from backlight.runs import execute
from backlight.runs.ask import ask, put_tile, read_job
from backlight.runs.execute import Listener
from backlight.runs.interruption import Interruption
from backlight.runs.workspace import Workspace
from backlight.systems import schemas

sys.path.insert(0, str(Path(__file__).parents[1] / "systems"))
from field_twin import HEIGHT, field_twin

CORNERS = {(row, column) for row in (0, 8, 16) for column in (0, 12, 24)}


@pytest.fixture
def tiled(run_file):
    """Nine tiles of a hologram of 32 x 40 pixels, two blocks of steps each, by the solver that compiles fastest."""
    lines = 'method = "adam"\niterations = 10\nerror_bars = false\ntile = 16'
    run_file.write_text(run_file.read_text().replace("iterations = 40", lines))
    return run_file


@pytest.fixture
def undrawn(monkeypatch):
    """Leave out the report, which takes longer than the run."""
    monkeypatch.setattr("backlight.runs.result._write_report", lambda folder: None)


def lines_of(out):
    with (out / "tiles.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_the_whole_field_comes_out_with_a_line_for_each_tile(tiled, undrawn, tmp_path):
    parts, left = [], []

    def hear(progress, values):
        parts.append(progress.part)
        left.append(progress.seconds_left)

    finished = runs.run(tiled, tmp_path / "result", listener=Listener(progress=hear))
    out, result = finished.out, finished.result
    assert (finished.exit_code, result["stop"]["interrupted"]) == (0, False)
    picture = np.load(out / "object.npy")
    assert picture.shape == (32, 40) == tuple(result["object"]["shape"])
    assert np.all(np.abs(picture) > 0)
    assert {name: result["tiles"][name] for name in ("count", "shape", "overlap", "done", "missing")} == {
        "count": [3, 3], "shape": [16, 16], "overlap": [8, 4], "done": 9, "missing": [],
    }  # fmt: skip
    lines = lines_of(out)
    assert {(int(line["row"]), int(line["column"])) for line in lines} == CORNERS
    assert [lines[0][name] for name in ("row", "column", "y", "x")] == ["8", "12", "0", "0"]
    assert float(lines[1]["y"]) == pytest.approx(5e-6 * (int(lines[1]["row"]) - 8))
    found = [float(line["distance"]) for line in lines]
    low, middle, high = np.percentile(found, (16, 50, 84))
    assert result["tiles"]["parameters"]["distance"] == pytest.approx(
        {"median": middle, "spread": 0.5 * (high - low), "unit": "m"},
        abs=1e-9,  # tiles.csv has seven digits of 2 mm
    )
    assert result["parameters"]["distance"]["value"] == pytest.approx(found[0], rel=1e-5)
    assert list(dict.fromkeys(parts)) == [f"tile {i} of 9" for i in range(1, 10)]
    assert left[-1] == 0
    told_of_them(finished)


def told_of_them(finished):
    """Frames and notes speak of the field."""
    out, result = finished.out, finished.result
    read_manifest(out)
    assert result["frames"]["shape"] == [1, 32, 40]
    assert len(result["frames"]["nrmse_amplitude"]) == 1
    assert "9 of 9 tiles are done" in result["stop"]["reason"]
    assert any("Where two tiles overlap they differ by" in note for note in result["notes"])
    with np.load(out / "pictures.npz") as pictures:
        frame, predicted = pictures["frame"], pictures["predicted"]
    assert frame.shape == predicted.shape == (32, 40)
    error = np.linalg.norm(np.sqrt(frame) - np.sqrt(predicted)) / np.linalg.norm(np.sqrt(frame))
    assert error == pytest.approx(result["data_fit"]["nrmse_amplitude"], rel=0.3)


@pytest.mark.slow
def test_the_report_shows_the_tiles(tiled, tmp_path):
    out = runs.run(tiled, tmp_path / "result").out
    assert (out / "figures" / "tiles.png").is_file()
    assert "What was found in each tile" in (out / "report.html").read_text()


class Impatient(Interruption):
    """Asks the run to stop in the first half of the third tile, each tile taking two blocks."""

    def __init__(self, tell):
        super().__init__(tell)
        self.patience = 4

    def obey(self):
        self.asked = self.patience == 0
        self.patience -= 1
        super().obey()


@contextmanager
def impatient(tell):
    yield Impatient(tell)


def stopped_and_resumed(run_file, out, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(execute, "listening", impatient)
        stopped = runs.run(run_file, out)
    assert (stopped.exit_code, stopped.result["stop"]["interrupted"]) == (130, True)
    assert stopped.result["tiles"]["done"] == 2
    assert len(stopped.result["tiles"]["missing"]) == 7
    assert any("Blank, for they are not done" in note for note in stopped.result["notes"])
    assert 0.2 < np.mean(np.load(stopped.out / "object.npy") == 0) < 0.8
    kept = {path.name for path in (stopped.out / "checkpoint" / "tile-0001").iterdir()}
    assert kept == {"answer.npz", "start.npz"}
    assert any(path.stem.isdigit() for path in (stopped.out / "checkpoint" / "tile-0002").iterdir())
    resumed = runs.resume(out)
    assert resumed.exit_code == 0
    assert not Workspace(out).folder.exists()
    assert not list((resumed.out / "checkpoint").iterdir())
    return resumed


def same_bytes(one, other):
    return all((one.out / name).read_bytes() == (other.out / name).read_bytes() for name in ("object.npy", "tiles.csv"))


@pytest.mark.slow
def test_an_interrupted_run_shows_what_is_done_and_goes_on_to_the_same_bytes(tiled, undrawn, tmp_path, monkeypatch):
    whole = runs.run(tiled, tmp_path / "whole")
    assert same_bytes(stopped_and_resumed(tiled, tmp_path / "result", monkeypatch), whole)


@pytest.mark.slow
def test_a_limit_of_time_ends_in_the_middle_and_leaves_the_rest_to_a_resume(tiled, undrawn, tmp_path):
    stopped = runs.run(tiled, tmp_path / "result", time_limit=1e-6)
    assert (stopped.exit_code, stopped.result["tiles"]["done"]) == (0, 1)
    assert len(lines_of(stopped.out)) == 1
    assert runs.resume(tmp_path / "result").result["tiles"]["done"] == 9


def test_check_tells_of_the_tiles(tiled):
    found = runs.check(tiled, identifiable=False)
    assert found.frames == (1, 32, 40)
    assert found.unknowns["sample"] == 2 * 16 * 16
    assert found.memory > 2 * 4 * (32 * 40 + 16 * 16)  # frames and their weights, of the field and of a tile
    assert ("field", "3 × 3 tiles of 16 × 16 pixels that overlap by 8 pixels") in found.rows()


@pytest.mark.slow
def test_the_run_file_of_a_result_says_how_the_tiles_overlap(tiled, undrawn, tmp_path):
    text = (runs.run(tiled, tmp_path / "result", time_limit=1e-6).out / "run.toml").read_text()
    assert "tile = 16" in text
    assert "tile_overlap = 2" in text


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        ("tile = 64", "no larger than the frame"),
        ("tile = 15", "even"),
        ("tile = [16, 16, 16]", r"a number of pixels, or \[rows, columns\]"),
        ("tile_overlap = 4", "no tile beside it"),
        ("tile = 16\ntile_overlap = 9", "1 to 8"),
        ("tile = 16\nhalves = true", "true beside tile"),
    ],
)
def test_tiles_that_make_no_sense_are_refused(tiled, lines, named):
    tiled.write_text(tiled.read_text().replace("tile = 16", lines))
    with pytest.raises(InputError, match=named):
        ask(read_job(tiled))


def test_a_system_without_tiles_refuses_them(run_file):
    text = run_file.read_text().replace('"tiny"', '"inline_hologram"')
    run_file.write_text(text.replace("iterations = 40", "tile = 16"))
    with pytest.raises(InputError, match="takes the field as a whole"):
        read_job(run_file)
    assert "tile" not in template(schemas.INLINE_HOLOGRAM)
    assert "# tile = 256" in template(schemas.FOURIER_PTYCHOGRAPHY)


# --- Fourier ptychography ---------------------------------------------------------------------------------------------

RUN = (
    HEAD
    + """[unknown]
sample = true
led_gains = true
UNKNOWN
[estimate]
iterations = ITERATIONS
error_bars = false
tile = 32
tile_overlap = 8
"""
)


def prepare(folder, twin, unknown, iterations):
    text = RUN.replace("UNKNOWN", unknown).replace("ITERATIONS", str(iterations))
    return write_run(folder, twin.frames, twin.table, HEIGHT, text)


OUT = [5, 11, 17, 23]


def holding_out(run_file):
    """Leave frames out of three tiles side by side."""
    text = run_file.read_text().replace("tile = 32", "tile = [48, 32]\nheld_out = 6")
    run_file.write_text(text)
    return run_file


def test_every_tile_leaves_out_the_same_frames(tmp_path):
    asked = ask(read_job(holding_out(prepare(tmp_path, field_twin(48), "", 2))))
    assert asked.layout is not None
    beside = put_tile(asked.job, asked.entry, asked.recorded, asked.layout.tiles[1], {}, asked.question.settings)
    for question in (asked.question, beside):
        assert question.held_out.tolist() == OUT
        assert np.all(question.mask[OUT] == 0)


@pytest.mark.slow
def test_frames_that_were_held_out_are_predicted_in_every_tile(tmp_path):
    """Two of them are three times too bright: only a gain of their own, fitted in each tile, explains them."""
    twin = field_twin(48)
    twin.frames[OUT[:2]] *= 3
    result = runs.run(holding_out(prepare(tmp_path, twin, "", 40)), tmp_path / "result").result
    fit, residuals = result["data_fit"], np.array(result["frames"]["nrmse_amplitude"])
    assert fit["nrmse_fitted"] == pytest.approx(fit["nrmse_amplitude"], rel=0.05)
    assert 0 < fit["nrmse_held_out"] < 0.2
    assert np.all(residuals[OUT[:2]] < 1 - 3**-0.5)  # the least that a third of a frame's light leaves
    assert any("4 frames were held out, every 6-th. Their own gains" in note for note in result["notes"])


@pytest.mark.slow
def test_one_program_serves_all_tiles_and_each_has_a_pupil(tmp_path):
    """The first tile after the middle one, which also asks for the panel, compiles; the others find that program."""
    run_file = prepare(tmp_path, field_twin(48), "array_shift = true\nzernike = 2\npupil = true", 2)
    finished = runs.run(run_file, tmp_path / "result")
    took = [json.loads(line) for line in (finished.out / "log.jsonl").read_text().splitlines()]
    compiled = [line["compile_seconds"] for line in took if line["event"] == "tile"]
    assert len(compiled) == 8
    assert max(compiled[1:]) < 0.3 * compiled[0]
    assert set(finished.result["tiles"]["parameters"]) == {"zernike"}  # the shift is shared, the gains are too many
    assert "led_gains[24]" in lines_of(finished.out)[0]
    assert np.load(finished.out / "tiles_pupil.npy").shape == (9, 32, 32)


@pytest.mark.slow
def test_focus_follows_the_field_and_a_resumed_run_ends_in_the_same_bytes(tmp_path, monkeypatch):
    """The sample leans by 24 um over the field."""
    twin = field_twin(64, slope=24e-6)
    whole = runs.run(prepare(tmp_path / "whole", twin, "defocus = true", 40), tmp_path / "whole" / "result")
    found, y = (np.array([float(line[name]) for line in lines_of(whole.out)]) for name in ("defocus", "y"))
    assert np.ptp(y) == pytest.approx(64e-6)
    assert np.abs(found - y * 24e-6 / (64 * 2e-6)).max() < 3e-6
    again = prepare(tmp_path / "again", twin, "defocus = true", 40)
    assert same_bytes(stopped_and_resumed(again, tmp_path / "again" / "result", monkeypatch), whole)
