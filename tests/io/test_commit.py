import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from backlight.errors import InputError, SpaceError
from backlight.io import (
    commit_file,
    commit_folder,
    process,
    read_json,
    read_manifest,
    write_json,
    write_npy,
    write_tiff,
)
from backlight.io.commit import check_output, sha256
from backlight.io.exchange import exchange


def fill(text: str):
    def build(folder: Path):
        (folder / "a.txt").write_text(text)
        (folder / "sub").mkdir()
        (folder / "sub" / "b.txt").write_text(text)

    return build


def test_folder_has_a_manifest_that_verifies(tmp_path):
    commit_folder(tmp_path / "out", fill("one"))
    assert sorted(read_manifest(tmp_path / "out")) == ["a.txt", "sub/b.txt"]
    assert os.listdir(tmp_path) == ["out"]


def test_overwrite_replaces_a_result_only_when_complete(tmp_path):
    commit_folder(tmp_path / "out", fill("one"))
    with pytest.raises(RuntimeError):
        commit_folder(tmp_path / "out", lambda f: (_ for _ in ()).throw(RuntimeError()), overwrite=True)
    assert (tmp_path / "out/a.txt").read_text() == "one"
    commit_folder(tmp_path / "out", fill("two"), overwrite=True)
    assert (tmp_path / "out/sub/b.txt").read_text() == "two"
    read_manifest(tmp_path / "out")
    assert os.listdir(tmp_path) == ["out"]


@pytest.mark.parametrize(
    ("damage", "says"),
    [(lambda f: (f / "manifest.json").unlink(), "no manifest"), (lambda f: (f / "a.txt").unlink(), "no such file"),
     (lambda f: (f / "a.txt").write_text("onE"), "SHA-256"), (lambda f: (f / "a.txt").write_text("longer"), "bytes")],
)  # fmt: skip
def test_readers_refuse_what_is_unfinished_or_changed(damage, says, tmp_path):
    commit_folder(tmp_path / "out", fill("one"))
    damage(tmp_path / "out")
    with pytest.raises(InputError, match=says):
        read_manifest(tmp_path / "out")


def test_manifest_cannot_name_files_outside(tmp_path):
    commit_folder(tmp_path / "out", fill("one"))
    (tmp_path / "secret").write_text("x")
    entry = {"sha256": sha256(tmp_path / "secret"), "bytes": 1}
    write_json(tmp_path / "out" / "manifest.json", {"schema": 1, "files": {"../secret": entry}})
    with pytest.raises(InputError, match="leads out"):
        read_manifest(tmp_path / "out")


def test_full_disk_leaves_the_old_file(tmp_path):
    commit_file(tmp_path / "a", b"old")

    def full(file):
        file.write(b"new")
        raise OSError(28, "No space left on device")

    with pytest.raises(SpaceError, match="No space") as error:
        commit_file(tmp_path / "a", full)
    assert error.value.exit_code == 5
    assert (tmp_path / "a").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a"]


def test_exchange_without_the_system_call(tmp_path, monkeypatch):
    import backlight.io.exchange as module

    monkeypatch.setattr(module, "_swap", lambda a, b: False)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).write_text("")
    exchange(tmp_path / "one", tmp_path / "two")
    assert os.listdir(tmp_path / "one") == ["two"]
    assert os.listdir(tmp_path / "two") == ["one"]


def test_json_has_no_nan(tmp_path):
    write_json(
        tmp_path / "a.json", {"x": float("nan"), "y": np.float32(1.5), "z": np.array([1, np.inf]), "p": Path("q")}
    )
    assert read_json(tmp_path / "a.json") == {"x": None, "y": 1.5, "z": [1.0, None], "p": "q"}


def test_arrays_come_back(tmp_path):
    from backlight.io import read

    array = np.random.default_rng(0).random((3, 20, 24)).astype(np.float32)
    write_npy(tmp_path / "a.npy", array)
    write_tiff(tmp_path / "a.tif", array, pixel_size=5.86e-6)
    np.testing.assert_array_equal(read(tmp_path / "a.npy").array, array)
    record = read(tmp_path / "a.tif")
    np.testing.assert_array_equal(record.array, array)
    assert record.pixel_size == pytest.approx(5.86e-6)


# A child commits endlessly: a file of one repeated byte, and a folder of two files that must agree.
CHILD = """
import sys
from pathlib import Path
from backlight.io import commit_file, commit_folder
root, n = Path(sys.argv[1]), 0
def build(folder):
    for name in ("a", "b"):
        (folder / name).write_bytes(bytes([n % 256]) * 200_000)
while True:
    n += 1
    commit_file(root / "file", bytes([n % 256]) * 500_000)
    commit_folder(root / "folder", build, overwrite=True)
    if n == 1:
        print("ready", flush=True)
"""


def test_killed_while_committing_leaves_old_or_new(tmp_path):
    chance = random.Random(5)
    for _ in range(22):
        process = subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path)], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(chance.uniform(0, 0.03))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        data = (tmp_path / "file").read_bytes()
        assert len(data) == 500_000
        assert len(set(data)) == 1
        read_manifest(tmp_path / "folder")
        assert (tmp_path / "folder/a").read_bytes() == (tmp_path / "folder/b").read_bytes()
    commit_file(tmp_path / "file", b"last")
    commit_folder(tmp_path / "folder", lambda f: (f / "a").write_text("last"), overwrite=True)
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]  # what the kills left is cleared


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a file system that takes no files")
def test_a_place_that_takes_no_files_is_refused_at_once_and_in_words():
    with pytest.raises(SpaceError, match="choose another place"):
        commit_file("/proc/x/y", b"")
    with pytest.raises(SpaceError, match="nothing can be written in /proc") as error:
        check_output("/proc/x/y")
    assert "choose another place" in str(error.value)
    assert "space" not in str(error.value)


def test_asking_whether_one_can_write_leaves_nothing(tmp_path):
    check_output(tmp_path / "a" / "b")
    assert os.listdir(tmp_path) == []


def test_a_process_is_told_by_its_number_and_its_start():
    own = process.started(os.getpid())
    assert process.alive(os.getpid())
    assert process.alive(os.getpid(), own)
    if own is not None:
        assert not process.alive(os.getpid(), own - 1)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert not process.alive(ended.pid)
    assert process.started(ended.pid) is None
