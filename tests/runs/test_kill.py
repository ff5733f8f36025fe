"""kill -9 at random moments: resume ends with the same bytes. BACKLIGHT_KILLS=20 for the long form."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from test_hologram import SHORT, hologram

from backlight.io import read_manifest, write_tiff
from backlight.runs.workspace import Workspace

KILLED = Path(__file__).with_name("killed.py")
KILLS = os.environ.get("BACKLIGHT_KILLS")


def start(action, folder, cache):
    environment = os.environ | {
        "JAX_COMPILATION_CACHE_DIR": str(cache),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    }
    return subprocess.Popen([sys.executable, str(KILLED), action, str(folder)], env=environment)


@pytest.fixture
def tiny(run_file):
    """The smallest system of all, long enough to be met by several kills."""
    run_file.write_text(run_file.read_text().replace("iterations = 40", "iterations = 120"))
    return run_file.parent


@pytest.fixture
def real(tmp_path):
    """A hologram through the system of the catalogue, its first look included."""
    write_tiff(tmp_path / "frame.tif", hologram((48, 48)), pixel_size=5e-6)
    (tmp_path / "run.toml").write_text(SHORT + "[estimate]\niterations = 100\n")
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize(("system", "kills"), [("tiny", 2), pytest.param("real", 1, marks=pytest.mark.long)])
def test_a_killed_run_resumes_to_the_same_bytes(system, kills, request, tmp_path_factory):
    folder, kills = request.getfixturevalue(system), int(KILLS or kills)
    cache, whole = tmp_path_factory.mktemp("cache"), tmp_path_factory.mktemp("whole")
    for name in ("frame.tif", "run.toml"):
        (whole / name).write_bytes((folder / name).read_bytes())
    assert start("run", whole, cache).wait(300) == 0  # fills the compilation cache, too
    began = time.monotonic()
    assert start("run", folder, cache).wait(300) == 0
    length = time.monotonic() - began
    expected = (whole / "result" / "object.npy").read_bytes()
    assert (folder / "result" / "object.npy").read_bytes() == expected

    rng, done = random.Random(0), 0
    while done < kills:
        remove_all(folder)
        done += killed_until_done(folder, cache, lambda: rng.uniform(0.3, 1.0) * length)
        read_manifest(folder / "result")
        assert (folder / "result" / "object.npy").read_bytes() == expected
        assert not Workspace(folder / "result").folder.exists()


def killed_until_done(folder, cache, patience):
    """Run and resume, killed each time `patience` ends, until one attempt finishes; return the number of kills."""
    action, kills = "run", 0
    while True:
        process = start(action, folder, cache)
        try:
            assert process.wait(patience()) == 0
            return kills
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
        kills += 1
        refuse_half_a_result(folder)
        action = "resume" if Workspace(folder / "result").exists else "run"
        if action == "run" and (folder / "result").exists():
            return kills


def remove_all(folder):
    for name in ("result", "result.partial"):
        shutil.rmtree(folder / name, ignore_errors=True)


def refuse_half_a_result(folder):
    """Fail where a result is there that is not whole."""
    if (folder / "result").exists():
        read_manifest(folder / "result")


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["after the commit", "before the commit"])
def test_a_kill_around_the_commit_loses_nothing(run_file, tmp_path, monkeypatch, moment):
    import backlight.runs as runs
    from backlight.runs import execute

    class Killed(BaseException):
        pass

    def killed(*arguments, **options):
        raise Killed

    with monkeypatch.context() as patch:
        if moment == "after the commit":
            patch.setattr(Workspace, "discard", killed)
        else:
            patch.setattr(execute, "commit_folder", killed)
        with pytest.raises(Killed):
            runs.run(run_file, tmp_path / "result")
    assert (tmp_path / "result").exists() == (moment == "after the commit")
    assert runs.resume(tmp_path / "result").exit_code == 0
    read_manifest(tmp_path / "result")
    assert not Workspace(tmp_path / "result").folder.exists()
