"""The working folder belongs to one process at a time, and to nobody once that one has ended."""

import os
import socket

import pytest

from backlight.errors import InputError, SpaceError
from backlight.io import read_json, write_json
from backlight.io.process import started
from backlight.runs.workspace import JOB, Workspace


@pytest.fixture
def workspace(tmp_path):
    workspace = Workspace(tmp_path / "result")
    workspace.begin("", {}, overwrite=False)
    return workspace


def owned_by(workspace, **owner):
    path = workspace.folder / JOB
    write_json(path, read_json(path) | {"host": socket.gethostname(), "pid": os.getppid()} | owner)


def test_a_run_that_is_still_going_keeps_its_folder(workspace):
    owned_by(workspace, started=started(os.getppid()))
    with pytest.raises(InputError, match=f"still going \\(process {os.getppid()}\\)"):
        workspace.claim()


@pytest.mark.skipif(started(os.getpid()) is None, reason="the system does not tell when a process began")
def test_a_number_that_another_process_has_now_does_not_block_the_folder(workspace):
    owned_by(workspace, started=started(os.getppid()) - 1)
    assert workspace.take_over()["pid"] == os.getppid()
    assert read_json(workspace.folder / JOB)["started"] == started(os.getpid())


def test_where_no_start_is_known_the_number_decides(workspace):
    owned_by(workspace, started=None)
    with pytest.raises(InputError, match="still going"):
        workspace.claim()


def test_a_folder_that_cannot_be_made_is_not_called_full(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SpaceError, match="choose a place inside a folder"):
        Workspace(tmp_path / "file" / "result").begin("", {}, overwrite=False)
