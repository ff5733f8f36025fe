"""Checkpoints of a run: one NPZ each, whole or absent, the last two kept."""

import time
import zipfile
from pathlib import Path

import numpy as np

from backlight.errors import InputError
from backlight.io import commit_file

_KEPT = 2
_FINGERPRINT = "checkpoint.fingerprint"


class FileCheckpoint:
    """Keeps the state of a run in a folder.

    **Arguments:** `folder`; `fingerprint`, text that tells settings and inputs: a state of another question is
    refused; `every`, seconds between two writes (a state of a large image is a large file).
    """

    def __init__(self, folder: Path, fingerprint: str, *, every: float = 5.0):
        self.folder, self.fingerprint, self.every = folder, fingerprint, every
        self._pending: dict[str, np.ndarray] | None = None
        self._written = -np.inf

    def save(self, arrays: dict[str, np.ndarray]) -> None:
        """Keep these arrays; they reach the disk now or, if the last ones did just before, with `flush`."""
        self._pending = arrays
        if time.monotonic() - self._written >= self.every:
            self.flush()

    def flush(self) -> None:
        """Write what has not been written, and forget all but the last two."""
        if self._pending is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        arrays = {**self._pending, _FINGERPRINT: np.array(self.fingerprint)}
        number = 1 + max((_number(path) for path in self._files()), default=0)
        commit_file(self.folder / f"{number:06d}.npz", lambda file: np.savez(file, **arrays))  # type: ignore[arg-type]
        self._pending, self._written = None, time.monotonic()
        for old in self._files()[:-_KEPT]:
            old.unlink()

    def load(self) -> dict[str, np.ndarray] | None:
        """Return the newest state that is whole, if any.

        **Errors:** `InputError` if it belongs to other settings or inputs.
        """
        for path in reversed(self._files()):
            try:
                arrays = _read(path)
            except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
                continue  # damaged: the one before it will do
            return self._checked(path, arrays)
        return None

    def _checked(self, path: Path, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        if str(arrays.pop(_FINGERPRINT, "")) != self.fingerprint:
            raise InputError(str(path), got="the state of another run", expected="the same run file and data",
                             remedy="start anew with backlight run --overwrite")  # fmt: skip
        return arrays

    def _files(self) -> list[Path]:
        return sorted(path for path in self.folder.glob("*.npz") if path.stem.isdigit())


def _number(path: Path) -> int:
    return int(path.stem)


def _read(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}
