"""Checkpoints of a run: one NPZ each, whole or absent, the last two kept."""

import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from backlight.errors import InputError
from backlight.io import commit_file

_KEPT = 2
_START, _ANSWER = "start.npz", "answer.npz"
_FINGERPRINT = "checkpoint.fingerprint"

Arrays = dict[str, np.ndarray]


class FileCheckpoint:
    """Keeps the state of a run in a folder.

    **Arguments:** `folder`; `fingerprint`, text that tells settings and inputs: a state of another question is
    refused; `every`, seconds between two writes (a state of a large image is a large file).
    """

    def __init__(self, folder: Path, fingerprint: str, *, every: float = 5.0):
        self.folder, self.fingerprint, self.every = folder, fingerprint, every
        self._pending: Arrays | None = None
        self._written = -np.inf

    def save(self, arrays: Arrays) -> None:
        """Keep these arrays; they reach the disk now or, if the last ones did just before, with `flush`."""
        self._pending = arrays
        if time.monotonic() - self._written >= self.every:
            self.flush()

    def flush(self) -> None:
        """Write what has not been written, and forget all but the last two."""
        if self._pending is None:
            return
        number = 1 + max((_number(path) for path in self._files()), default=0)
        self._write(self.folder / f"{number:06d}.npz", self._pending)
        self._pending, self._written = None, time.monotonic()
        for old in self._files()[:-_KEPT]:
            old.unlink()

    def start(self, find: Callable[[], Arrays]) -> Arrays:
        """Return what the run starts from: as it was kept here, or else as `find` finds it, to be kept.

        **Errors:** `InputError` if what is kept belongs to other settings or inputs.
        """
        kept = self._kept(_START)
        if kept is not None:
            return kept
        found = find()
        self._write(self.folder / _START, found)
        return found

    def settle(self, answer: Arrays) -> None:
        """Keep an answer in place of the states that led to it."""
        self._write(self.folder / _ANSWER, answer)
        self._pending = None
        for state in self._files():
            state.unlink()

    def answer(self) -> Arrays | None:
        """Return the answer that is kept here, if any.

        **Errors:** `InputError` if it belongs to other settings or inputs.
        """
        return self._kept(_ANSWER)

    def load(self) -> Arrays | None:
        """Return the newest state that is whole, if any.

        **Errors:** `InputError` if it belongs to other settings or inputs.
        """
        for path in reversed(self._files()):
            arrays = _whole(path)
            if arrays is not None:  # else the one before it will do
                return self._checked(path, arrays)
        return None

    def _kept(self, name: str) -> Arrays | None:
        arrays = _whole(self.folder / name)
        return None if arrays is None else self._checked(self.folder / name, arrays)

    def _write(self, path: Path, arrays: Arrays) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        marked = {**arrays, _FINGERPRINT: np.array(self.fingerprint)}
        commit_file(path, lambda file: np.savez(file, **marked))  # type: ignore[arg-type]

    def _checked(self, path: Path, arrays: Arrays) -> Arrays:
        if str(arrays.pop(_FINGERPRINT, "")) != self.fingerprint:
            raise InputError(str(path), got="the state of another run", expected="the same run file and data",
                             remedy="start anew with backlight run --overwrite")  # fmt: skip
        return arrays

    def _files(self) -> list[Path]:
        return sorted(path for path in self.folder.glob("*.npz") if path.stem.isdigit())


def _number(path: Path) -> int:
    return int(path.stem)


def _whole(path: Path) -> Arrays | None:
    """Return the arrays of a file, or None if it is not there or damaged."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
