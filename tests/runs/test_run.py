"""A run file becomes a result folder that is complete, readable, and repeatable."""

import json
import os
import signal

import numpy as np
import pytest

import backlight.runs as runs
from backlight.errors import InputError, RunFileError
from backlight.io import read, read_frames, read_manifest, write_tiff
from backlight.runs.execute import Listener
from backlight.runs.interruption import Interrupted
from backlight.runs.workspace import Workspace


@pytest.fixture(scope="module")
def shared():
    return {}


@pytest.fixture
def finished(run_file, tmp_path, shared, tmp_path_factory):
    """Run once for all tests that only look."""
    if "done" not in shared:
        kept = tmp_path_factory.mktemp("kept")
        (kept / "frame.tif").write_bytes((tmp_path / "frame.tif").read_bytes())
        (kept / "run.toml").write_bytes(run_file.read_bytes())
        shared["done"] = runs.run(kept / "run.toml", kept / "result")
    return shared["done"]


def test_the_result_folder_has_what_other_tools_read(finished):
    folder, result = finished.out, json.loads((finished.out / "result.json").read_text())
    assert finished.exit_code == 0
    read_manifest(folder)
    names = {path.name for path in folder.iterdir()}
    assert names >= {"result.json", "run.toml", "object.ome.zarr", "object.npy", "system", "report.html", "log.jsonl",
                     "checkpoint", "figures", "manifest.json"}  # fmt: skip
    assert result["schema_version"] == 1
    distance = result["parameters"]["distance"]
    assert distance["status"] == "estimated"
    assert distance["unit"] == "m"
    assert distance["value"] == float(runs.load(folder).detection_path.distance)
    assert distance["value"] != distance["start"]
    assert result["parameters"]["wavelength"] == {"value": 632.8e-9, "unit": "m", "std": None, "status": "fixed"}
    assert {"nrmse_amplitude", "reduced_chi2"} <= set(result["data_fit"])
    assert {"reason", "iterations", "status"} <= set(result["stop"])
    assert len(result["inputs"][0]["sha256"]) == 64
    assert result["seed"] == 0
    assert result["peak_memory_bytes"] > 1e6
    assert "sample.transmission" not in " ".join(result["notes"])


def test_the_object_has_the_frame_s_shape_and_scale(finished):
    values = np.load(finished.out / "object.npy")
    assert values.dtype == np.complex64
    assert values.shape == (32, 40)
    record = read(finished.out / "object.ome.zarr", key="amplitude")
    np.testing.assert_allclose(record.array, np.abs(values), rtol=1e-6)
    assert record.pixel_size == pytest.approx(5e-6)


def test_the_system_comes_back_and_predicts_the_frame(finished):
    system = runs.load(finished.out)
    frame = read_frames(finished.out.parent / "frame.tif").array[0]
    predicted = np.asarray(system.predict().values[0])
    error = np.linalg.norm(np.sqrt(np.abs(frame)) - np.sqrt(predicted)) / np.linalg.norm(np.sqrt(np.abs(frame)))
    assert error == pytest.approx(finished.result["data_fit"]["nrmse_amplitude"], rel=1e-3)


def test_the_resolved_run_file_gives_the_same_numbers(finished, listed, tmp_path):
    again = runs.run(finished.out / "run.toml", tmp_path / "again")
    assert (again.out / "object.npy").read_bytes() == (finished.out / "object.npy").read_bytes()
    assert again.result["parameters"] == finished.result["parameters"]


def test_no_working_folder_is_left(finished):
    assert not Workspace(finished.out).folder.exists()


def test_the_log_is_one_json_document_a_line(finished):
    events = [json.loads(line)["event"] for line in (finished.out / "log.jsonl").read_text().splitlines()]
    assert events[0] == "start"
    assert events[-1] == "finished"
    assert "progress" in events


def test_a_changed_result_is_refused(finished, tmp_path):
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(finished.out, copy)
    (copy / "system" / "structure.json").write_text("{}")
    with pytest.raises(InputError, match="manifest"):
        runs.load(copy)


def test_simulate_writes_what_the_readers_read(finished, listed, tmp_path):
    told = runs.simulate(finished.out, tmp_path / "f.tif", ['distance="4 mm"'])
    frames = read_frames(tmp_path / "f.tif")
    assert frames.array.shape == tuple(told["shape"])
    assert frames.pixel_size == pytest.approx(5e-6)
    same = runs.simulate(finished.out, tmp_path / "g.tif")
    assert same["changed"] == {}
    assert not np.array_equal(frames.array, read_frames(tmp_path / "g.tif").array)


@pytest.mark.parametrize("change", ["distance", "distnace=1 mm", "distance=4", "distance=4 km", "sample=1"])
def test_simulate_answers_bad_changes_in_words(finished, listed, tmp_path, change):
    with pytest.raises(InputError):
        runs.simulate(finished.out, tmp_path / "f.tif", [change])
    assert not (tmp_path / "f.tif").exists()


def test_the_report_is_drawn_again_from_the_folder_alone(finished, listed, tmp_path):
    page = runs.render(finished.out, tmp_path / "page.html", figures=tmp_path / "figures")
    assert page.read_text() == (finished.out / "report.html").read_text()
    assert (tmp_path / "figures" / "comparison.svg").exists()


@pytest.mark.slow
def test_check_says_what_to_expect(run_file):
    found = runs.check(run_file)
    assert found.unknowns == {"sample": 2 * 32 * 40, "distance": 1}
    assert found.memory > 0
    json.dumps(found.table())


def test_an_existing_result_stays_as_it_is(run_file, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    for overwrite in (False, True):
        with pytest.raises(InputError):
            runs.run(run_file, tmp_path / "out", overwrite=overwrite)
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["mine.txt"]
    assert not Workspace(tmp_path / "out").folder.exists()


def test_a_bad_run_file_leaves_nothing(run_file, tmp_path):
    run_file.write_text(run_file.read_text().replace("632.8 nm", "632.8 mm"))
    with pytest.raises(RunFileError, match="did you mean"):
        runs.run(run_file, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert not Workspace(tmp_path / "out").folder.exists()


@pytest.mark.slow
def test_the_first_signal_keeps_the_result_and_resume_of_the_same_inputs_ends_with_the_same_bytes(
    finished, run_file, tmp_path
):
    def stop(progress, values):
        if progress.iteration == 10:
            os.kill(os.getpid(), signal.SIGINT)

    half = runs.run(run_file, tmp_path / "result", listener=Listener(progress=stop))
    assert half.exit_code == 130
    assert half.result["stop"]["interrupted"]
    assert "interrupted" in (half.out / "report.html").read_text()
    recorded = (tmp_path / "frame.tif").read_bytes()
    write_tiff(tmp_path / "frame.tif", np.random.default_rng(5).uniform(0.5, 1, (32, 40)))
    with pytest.raises(InputError, match="changed"):
        runs.resume(tmp_path / "result")
    (tmp_path / "frame.tif").write_bytes(recorded)
    whole = runs.resume(tmp_path / "result")
    assert whole.exit_code == 0
    assert (whole.out / "object.npy").read_bytes() == (finished.out / "object.npy").read_bytes()
    assert whole.result["parameters"] == finished.result["parameters"]
    with pytest.raises(InputError, match="over"):
        runs.resume(tmp_path / "result")


@pytest.mark.slow
def test_the_second_signal_leaves_at_once_with_the_state_kept(run_file, tmp_path):
    def stop(progress, values):
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)

    listener = Listener(progress=stop)
    try:
        outcome = runs.run(run_file, tmp_path / "result", listener=listener).exit_code
    except Interrupted as error:
        outcome = error.exit_code
    assert outcome == 130


def test_resume_of_nothing_is_an_error_in_words(tmp_path):
    with pytest.raises(InputError, match="no such run"):
        runs.resume(tmp_path / "nothing")


@pytest.mark.parametrize("place", [".", "..", "/", ""])
def test_places_that_cannot_be_an_output_are_refused(run_file, tmp_path, monkeypatch, place):
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path / "inner")
    (tmp_path / "inner" / "mine.txt").write_text("mine")
    with pytest.raises(InputError):
        runs.run(run_file, place)
    assert not list(tmp_path.glob("**/*.partial"))


@pytest.mark.slow
def test_a_diverged_run_leaves_its_last_finite_state_and_says_so(run_file, tmp_path, monkeypatch):
    from dataclasses import replace

    import tiny

    answer = tiny.Question.answer

    def diverged(self, **options):
        return replace(
            answer(self, **options), status="diverged", stop_reason="Diverged: not finite.", uncertainty=None
        )

    monkeypatch.setattr(tiny.Question, "answer", diverged)
    finished = runs.run(run_file, tmp_path / "result")
    assert finished.exit_code == 4
    assert finished.result["parameters"]["distance"]["std"] is None
    assert np.isfinite(np.load(finished.out / "object.npy")).all()
    assert "not an answer" in (finished.out / "report.html").read_text()


def test_too_little_memory_is_said_in_words(run_file, tmp_path, monkeypatch):
    import tiny

    from backlight.errors import MemoryPlanError

    def answer(self, **options):
        raise RuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 1000000000000 bytes.")

    monkeypatch.setattr(tiny.Question, "answer", answer)
    with pytest.raises(MemoryPlanError, match="crop"):
        runs.run(run_file, tmp_path / "result")
    assert not (tmp_path / "result").exists()
