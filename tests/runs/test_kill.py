"""kill -9 at random moments: resume ends with the same bytes. BACKLIGHT_KILLS=20 for the long form."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from backlight.io import read_manifest
from backlight.runs.workspace import Workspace

KILLED = Path(__file__).with_name("killed.py")
KILLS = int(os.environ.get("BACKLIGHT_KILLS", "3"))


def start(action, folder, cache):
    environment = os.environ | {
        "JAX_COMPILATION_CACHE_DIR": str(cache),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    }
    return subprocess.Popen([sys.executable, str(KILLED), action, str(folder)], env=environment)


@pytest.mark.slow
def test_a_killed_run_resumes_to_the_same_bytes(run_file, tmp_path):
    folder, cache, whole = run_file.parent, tmp_path / "cache", tmp_path / "whole"
    run_file.write_text(run_file.read_text().replace("iterations = 40", "iterations = 120"))
    whole.mkdir()
    for name in ("frame.tif", "run.toml"):
        (whole / name).write_bytes((folder / name).read_bytes())
    assert start("run", whole, cache).wait(300) == 0  # fills the compilation cache, too
    began = time.monotonic()
    assert start("run", folder, cache).wait(300) == 0
    length = time.monotonic() - began
    expected = (whole / "result" / "object.npy").read_bytes()
    assert (folder / "result" / "object.npy").read_bytes() == expected

    rng, kills = random.Random(0), 0
    while kills < KILLS:
        _fresh(folder)
        action = "run"
        while True:
            process = start(action, folder, cache)
            try:
                code = process.wait(rng.uniform(0.3, 1.0) * length)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
                kills += 1
                assert _nothing_half_written(folder)
                action = "resume" if Workspace(folder / "result").exists else "run"
                if action == "run" and (folder / "result").exists():
                    break
                continue
            assert code == 0
            break
        read_manifest(folder / "result")
        assert (folder / "result" / "object.npy").read_bytes() == expected
        assert not Workspace(folder / "result").folder.exists()


def _fresh(folder):
    import shutil

    for name in ("result", "result.partial"):
        shutil.rmtree(folder / name, ignore_errors=True)


def _nothing_half_written(folder):
    """A result that is there is whole."""
    if (folder / "result").exists():
        read_manifest(folder / "result")
    return True


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
