"""The working folder of a run, beside its output: what `backlight resume` finds after a kill."""

import json
import os
import secrets
import shutil
import socket
import time
from pathlib import Path
from typing import Any

from backlight.errors import InputError
from backlight.io import commit_file, read_json, write_json
from backlight.io.commit import space_error
from backlight.io.process import alive, started

RUN_FILE, JOB, LOG, CHECKPOINT = "run.toml", "job.json", "log.jsonl", "checkpoint"


class Workspace:
    """`<out>.partial/` with the resolved run file, the job, the log and the checkpoints."""

    def __init__(self, out: str | Path):
        self.out = Path(out) if Path(out).name not in ("", "..") else Path(out).resolve()
        if not self.out.name:
            raise InputError(str(out), got="the root folder", expected="a new folder", remedy="choose another --out")
        self.folder = self.out.with_name(self.out.name + ".partial")

    @property
    def exists(self) -> bool:
        """Tell whether an unfinished run lies here."""
        return (self.folder / JOB).is_file()

    @property
    def checkpoints(self) -> Path:
        """Folder of the checkpoints."""
        return self.folder / CHECKPOINT

    def begin(self, run_file: str, job: dict[str, Any], *, overwrite: bool) -> None:
        """Start an empty working folder.

        **Errors:** `InputError` if an unfinished run lies there (unless `overwrite`) or is still going.
        """
        if self.exists:
            self.claim()
            if not overwrite:
                remedy = f"backlight resume {self.out} continues it, --overwrite starts anew"
                raise InputError(
                    str(self.folder), got="an unfinished run", expected="no earlier run of this name", remedy=remedy
                )
            self.discard()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise space_error(self.folder, error) from error
        commit_file(self.folder / RUN_FILE, run_file.encode())
        write_json(self.folder / JOB, job | {"id": secrets.token_hex(8)} | _owner())

    def take_over(self) -> dict[str, Any]:
        """Return the job of an unfinished run and make it this process's own."""
        self.claim()
        job = read_json(self.folder / JOB)
        if not isinstance(job, dict):
            raise InputError(str(self.folder / JOB), got="no job", expected="the file as the run wrote it")
        write_json(self.folder / JOB, job | _owner())
        return job

    def restore(self, result: Path, job: dict[str, Any]) -> None:
        """Make a working folder from a result whose run was stopped."""
        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.copytree(result / CHECKPOINT, self.checkpoints, dirs_exist_ok=True)
        for name in (RUN_FILE, LOG):
            shutil.copyfile(result / name, self.folder / name)
        write_json(self.folder / JOB, job | {"id": secrets.token_hex(8)} | _owner())

    def claim(self) -> None:
        """Refuse a folder in which another process still works."""
        job = read_json(self.folder / JOB)
        pid = _other_owner(job) if isinstance(job, dict) else None
        if pid is not None:
            got, remedy = f"a run that is still going (process {pid})", "wait for it, or choose another --out"
            raise InputError(str(self.folder), got=got, expected="no other run of this name", remedy=remedy)

    @property
    def run_id(self) -> str:
        """Name of this run, which its result carries too."""
        return str(read_json(self.folder / JOB).get("id"))

    def log(self, event: str, **facts: object) -> None:
        """Append one line to the log."""
        line = {"time": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "event": event, **facts}
        try:
            with (self.folder / LOG).open("a", encoding="utf-8") as file:
                file.write(json.dumps(line, default=str) + "\n")
        except OSError as error:
            raise space_error(self.folder, error) from error

    def discard(self) -> None:
        """Remove the working folder."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _owner() -> dict[str, object]:
    return {"pid": os.getpid(), "host": socket.gethostname(), "started": started(os.getpid())}


def _other_owner(job: dict[str, Any]) -> int | None:
    """Return the other process of this machine that still works on a job, if any."""
    pid, start = job.get("pid"), job.get("started")
    if job.get("host") != socket.gethostname() or not isinstance(pid, int) or pid == os.getpid():
        return None
    return pid if alive(pid, start) else None
