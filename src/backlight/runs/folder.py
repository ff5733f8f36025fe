"""The result folder: saved systems and results, read back."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from backlight.errors import InputError
from backlight.io import commit_folder, read_json, read_manifest
from backlight.systems import store

RESULT, SYSTEM = "result.json", "system"
PICTURES, CLASSIC, CLASSIC_FOUND = "pictures.npz", "classic", "classic_found"
SCHEMA_VERSION = 1


def save(path: str | Path, system: object, *, overwrite: bool = False) -> Path:
    """Save an instrument (any tree of parts) as a folder of JSON and arrays; no pickle.

    ```python
    bl.save("microscope", fit.system)
    ```
    """
    return commit_folder(path, lambda folder: write_system(folder, system), overwrite=overwrite)


def write_system(folder: Path, system: object) -> None:
    """Write the files of a system into an existing folder."""
    for name, content in store.dump(system).items():
        (folder / name).write_bytes(content)


def load(path: str | Path, *, classes: Iterable[type] = ()) -> Any:
    """Load the calibrated system of a result folder, or one that `save` wrote, bit for bit.

    **Arguments:** `path`; `classes`, parts of your own that the system may contain.

    **Errors:** `InputError` for an unfinished or changed folder.
    """
    path = Path(path)
    read_manifest(path)
    folder = path / SYSTEM if (path / SYSTEM).is_dir() else path
    return store.parse(lambda name: _bytes(folder / name), classes=classes)


def read_result(path: str | Path) -> dict[str, Any]:
    """Read the `result.json` of a result folder.

    **Errors:** `InputError` if it is not one, or of a later version.
    """
    path = Path(path)
    if not (path / RESULT).is_file():
        raise InputError(str(path), got=f"no {RESULT}", expected="a result folder of backlight run",
                         remedy="name the folder that was given as --out")  # fmt: skip
    result = read_json(path / RESULT)
    version = result.get("schema_version") if isinstance(result, dict) else None
    if version != SCHEMA_VERSION:
        raise InputError(str(path / RESULT), got=f"schema version {version!r}", expected=str(SCHEMA_VERSION),
                         remedy="read it with the version of Backlight that wrote it")  # fmt: skip
    return result


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(str(path), got=error.strerror or str(error), expected="a file of a saved system") from None
