"""The files that a run file names."""

from pathlib import Path

from backlight.errors import InputError, RunFileError
from backlight.io.formats import regular_path
from backlight.io.runmodel import RunFile


def data_paths(run: RunFile) -> dict[str, list[Path]]:
    """Return the files `[data]` names, resolved against the run file's folder; patterns stay patterns."""
    if run.data is None:
        return {}
    frames = run.data.frames if isinstance(run.data.frames, list) else [run.data.frames]
    single = {"background": run.data.background, "mask": run.data.mask}
    found = {"frames": [run.folder / name for name in frames]}
    return found | {field: [run.folder / name] for field, name in single.items() if name is not None}


def instrument_paths(run: RunFile) -> dict[str, Path]:
    """Return the files `[instrument]` names, resolved against the run file's folder."""
    return {name: run.folder / value for name, value in run.instrument.items() if isinstance(value, Path)}


def check_files(run: RunFile, path: Path) -> None:
    """Refuse names that lead to nothing, or to no regular file or folder."""
    for field, paths in data_paths(run).items():
        name = "background or reference" if field == "background" else field
        for file in paths:
            if any(c in file.name for c in "*?[") and not file.exists():
                continue  # a pattern: expanded, and its matches checked, by the reader
            _check_file(file, f"{path} [data] {name}")
    for name, file in instrument_paths(run).items():
        _check_file(file, f"{path} [instrument] {name}")


def _check_file(file: Path, where: str) -> None:
    try:
        regular_path(file)
    except InputError as error:
        raise RunFileError(where, got=f"{file}: {error.got}", expected=error.expected,
                           remedy="names are relative to the run file") from None  # fmt: skip
