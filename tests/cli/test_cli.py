"""The command line: thin, quick, in words, and with exit codes that scripts can tell apart."""

import json
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from backlight.cli import main, show
from backlight.errors import MemoryPlanError, SpaceError
from backlight.io import write_npy, write_tiff
from backlight.runs.execute import Finished, Listener

RUN_FILE = """
system = "inline_hologram"
[data]
frames = "frame.tif"
[instrument]
wavelength = "632.8 nm"
pixel_pitch = "5.86 um"
distance = "41 mm"
[unknown]
sample = true
"""
RESULT = {
    "parameters": {
        "distance": {"value": 0.0414523, "unit": "m", "std": 6.1e-6, "status": "estimated", "start": 0.041},
        "sample": {"value": None, "unit": "", "std": None, "status": "estimated"},
        "illumination_tilt": {"value": [1e-3, 0.0], "unit": "rad", "std": None, "status": "estimated"},
    },
    "stop": {"status": "converged", "reason": "Converged: enough.", "iterations": 3, "interrupted": False},
    "data_fit": {"nrmse_amplitude": 0.0123, "reduced_chi2": None},
    "uncertainty": {"weakest": ["Not identifiable: [bold]x[/bold]\x1b[31m."]},
}


def call(*arguments):
    with pytest.raises(SystemExit) as left:
        main([str(a) for a in arguments])
    return left.value.code


@pytest.fixture
def run_file(tmp_path):
    write_tiff(tmp_path / "frame.tif", np.random.default_rng(0).uniform(0.5, 1, (32, 32)))
    (tmp_path / "run.toml").write_text(RUN_FILE)
    return tmp_path / "run.toml"


def outcome(monkeypatch, code=0, error=None):
    """Make `run` end in a given way."""
    from pathlib import Path

    import backlight.runs.execute as execute

    def ended(*arguments, listener: Listener, **options):
        if error is not None:
            raise error
        listener.message("reading [red]frames[/red]")
        return Finished(Path("result"), RESULT, code)

    monkeypatch.setattr(execute, "run", ended)


# --- quick and without JAX --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["systems"], ["init", "inline_hologram"],
                                       ["run", "--help"], ["info", "FILE"]])  # fmt: skip
def test_simple_questions_are_answered_at_once_and_without_jax(arguments, tmp_path):
    write_npy(tmp_path / "frame.npy", np.ones((16, 16)))
    arguments = [str(tmp_path / "frame.npy") if a == "FILE" else a for a in arguments]
    code = (
        "import sys\nfrom backlight.cli import main\ntry:\n    main(sys.argv[1:])\n"
        "except SystemExit as left:\n    print([m for m in ('jax', 'matplotlib') if m in sys.modules], left.code)"
    )
    times = []
    for _ in range(3):
        before = _processor_time()
        done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
        times.append(_processor_time() - before)
        assert done.stdout.splitlines()[-1] == "[] 0"
    # 0.5 s on a quiet machine; other tests on the same cores slow the caches down, but do not add processor time.
    assert min(times) < 1.0


def test_the_module_is_the_command():
    done = subprocess.run([sys.executable, "-m", "backlight", "--version"], capture_output=True, text=True, check=True)
    assert "backlight" in done.stdout


def _processor_time():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


# --- errors in words --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (["nonsense"], 2, "nonsense"),
        (["run"], 2, "RUN.toml"),
        (["run", "none.toml", "--out", "x"], 2, "none.toml"),
        (["init", "inline_holgram"], 2, "inline_hologram"),
        (["info", "none.tif"], 3, "none.tif"),
        (["resume", "none"], 3, "none"),
        (["report", "none"], 3, "none"),
        (["simulate", "none", "--out", "x.tif"], 3, "none"),
    ],
)
def test_errors_are_short_and_have_their_code(arguments, code, word, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert call(*arguments) == code
    told = capsys.readouterr()
    assert told.out == ""
    assert word in told.err
    assert "Traceback" not in told.err
    assert len(told.err.splitlines()) <= 6
    assert call(*arguments, "--json") == code
    assert json.loads(capsys.readouterr().out)["error"]["exit_code"] == code
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("error", "code"), [(SpaceError("full"), 5), (MemoryPlanError("large"), 6),
                                             (KeyboardInterrupt(), 130)])  # fmt: skip
def test_other_ends_have_their_codes(error, code, monkeypatch, capsys):
    outcome(monkeypatch, error=error)
    assert call("run", "x.toml", "--out", "y") == code
    assert len(capsys.readouterr().err.splitlines()) <= 1


def test_a_defect_of_ours_is_not_hidden(monkeypatch):
    outcome(monkeypatch, error=ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        main(["run", "x.toml", "--out", "y"])


def test_foreign_text_does_not_reach_the_terminal_raw(tmp_path, monkeypatch, capsys):
    name = "a\x1b[31m\n[bold]" + "x" * 200 + ".tif"
    assert call("info", tmp_path / name) == 3
    told = capsys.readouterr().err
    assert "\x1b" not in told
    assert len(told.splitlines()) <= 6


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc, which takes no files")
def test_a_place_that_takes_no_files_is_refused_before_the_frames_are_read(run_file, capsys):
    assert call("run", run_file, "--out", "/proc/x/y") == 5
    told = capsys.readouterr().err
    assert "choose another place" in told
    assert "reading" not in told
    assert len(told.splitlines()) <= 6


# --- what is printed --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [0, 4, 130])
def test_a_run_ends_with_value_error_bar_and_report(code, monkeypatch, capsys):
    outcome(monkeypatch, code)
    assert call("run", "x.toml", "--out", "y") == code
    told = capsys.readouterr()
    assert "41.452 ± 0.006 mm" in told.out
    assert "result/report.html" in told.out
    assert "[bold]x[/bold]\\x1b[31m" in told.out
    assert "[red]frames[/red]" in told.err
    assert ("backlight resume" in told.err) == (code == 130)


def test_json_is_one_document(monkeypatch, capsys):
    outcome(monkeypatch)
    assert call("run", "x.toml", "--out", "y", "--json") == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["result"]["parameters"]["distance"]["value"] == 0.0414523
    assert told.err == ""


def test_init_writes_a_run_file_that_is_read_back(run_file, tmp_path, capsys):
    assert call("init", "inline_hologram", "--out", tmp_path / "new.toml") == 0
    write_tiff(tmp_path / "frames.tif", np.ones((16, 16)))
    from backlight.io import load
    from backlight.systems.catalogue import all_schemas

    assert load(tmp_path / "new.toml", all_schemas()).system == "inline_hologram"
    assert call("init", "inline_hologram", "--out", tmp_path / "new.toml") == 3


def test_info_says_what_was_found(run_file, tmp_path, capsys):
    assert call("info", tmp_path / "frame.tif") == 0
    assert "32 × 32 (y, x)" in capsys.readouterr().out
    assert call("info", tmp_path / "frame.tif", "--json") == 0
    assert json.loads(capsys.readouterr().out)["arrays"][0]["shape"] == [32, 32]


def test_systems_lists_the_catalogue(capsys):
    assert call("systems", "--json") == 0
    assert "inline_hologram" in json.loads(capsys.readouterr().out)


def test_check_runs_nothing_and_leaves_nothing(run_file, tmp_path, capsys):
    before = sorted(tmp_path.iterdir())
    assert call("check", run_file, "--no-identifiability", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["frames"] == [1, 32, 32]
    assert found["memory"] > 2 * 4 * 32 * 32  # frames and their weights at least
    assert sorted(tmp_path.iterdir()) == before


def test_the_progress_line_has_loss_time_and_unknowns():
    from types import SimpleNamespace

    from backlight.cli.progress import ProgressLine
    from backlight.systems.catalogue import all_schemas

    now = SimpleNamespace(iteration=20, total=100, objective=1.5, seconds_left=12.3, part="")
    text = ProgressLine(all_schemas()).text(now, {"distance": 0.0414523})
    assert text == "20/100  loss 1.5  distance 41.4523 mm  at most 12 s left"
    now.part = "tile 3 of 25"
    assert ProgressLine(all_schemas()).text(now, {}) == "tile 3 of 25  20/100  loss 1.5  at most 12 s left"


def test_many_numbers_are_told_by_what_they_lie_between(capsys):
    gains = {"value": [1.0, 0.5, *[0.8] * 20], "unit": "", "std": None, "status": "estimated"}
    against = "The circles fit the table better with x and y swapped."
    result = RESULT | {"parameters": {"led_gains": gains}, "uncertainty": None, "contradictions": [against]}
    show.finished(Path("result"), result | {"data_fit": RESULT["data_fit"] | {"white": False}})
    told = capsys.readouterr().out
    assert "22 numbers from 0.5 to 1" in told
    assert f"warning: {against}" in told
    assert "±" not in told, "no error bar was asked for"
    assert "error bar" not in told
