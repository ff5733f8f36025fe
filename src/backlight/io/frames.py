"""Read raw frames, from one file or many, into one stack (frame, y, x) that has been looked at."""

import glob
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backlight.errors import InputError
from backlight.io.formats import inside, regular_path
from backlight.io.pixels import check_pixels
from backlight.io.reader import Record, read
from backlight.io.sandbox import Decoder, Limits

if TYPE_CHECKING:
    import numpy as np

_MOST_FILES = 100_000


@dataclass(frozen=True)
class Frames:
    """A checked stack of frames.

    **Attributes:** `array`, float32 (frame, y, x), values as stored; `warnings`, sentences; `pixel_size` in m or
    None; `saturation`, the level from which pixels are saturated, or None; `dtype` as stored; `sources`: one
    `{"path", "sha256", "format", "key", "frames"}` a file, in order; `metadata` of the first file.
    """

    array: "np.ndarray"
    warnings: tuple[str, ...]
    pixel_size: float | None
    saturation: float | None
    dtype: str
    sources: tuple[dict[str, Any], ...]
    metadata: dict[str, dict[str, Any]] = field(default_factory=dict)


def read_frames(
    source: str | Path | Sequence[str | Path],
    *,
    key: str | None = None,
    axes: str | None = None,
    frame: int | None = None,
    crop: Sequence[int] | None = None,
    quantity: str = "intensity",
    role: str = "frames",
    saturation: float | None = None,
    mask: "np.ndarray | None" = None,
    trusted: bool = False,
    limits: Limits | None = None,
    decoder: Decoder | None = None,
) -> Frames:
    """Read frames and check them: shapes, types, NaN, darkness, saturation, signs, hot pixels.

    **Arguments:** `source`, a file, a list of files, a folder or a pattern such as `"z_*.png"` (both in natural order:
    2 before 10); `key` and `axes` as for `read`; `frame`, the only one to keep, counted from 0 over all files; `crop`,
    (first row, first column, rows, columns); `quantity`, `"intensity"` or `"amplitude"`; `role="background"` accepts a
    constant frame, `"picture"` points that a frame's hot pixels look like; `mask` (y, x) after the crop, nonzero where
    pixels are ignored: they may hold anything and become 0; `decoder` reuses a child process for many calls.

    **Raises** `InputError`.

    ```python
    frames = read_frames("hologram.mat", crop=(239, 254, 476, 476))
    frames.array.shape, frames.warnings
    ```
    """
    import numpy as np

    paths, warnings = expand(source)
    stacks, records = [], []
    with Decoder(limits) as own:
        for path in paths:
            record = read(path, key=key, trusted=trusted, decoder=decoder or own)
            stack, told = _stack(record, axes)
            stack = _cropped(record.path, stack, crop)
            _check_same(records, stacks, record, stack)
            warnings += [w for w in (*record.warnings, *told) if w not in warnings]
            stacks.append(stack)
            records.append(record)
    raw = stacks[0] if len(stacks) == 1 else np.concatenate(stacks)
    ignore = _ignored(mask, raw)
    names = [str(r.path) for r, s in zip(records, stacks, strict=True) for _ in s]
    if frame is not None:
        raw, names = _picked(raw, names, frame)
    odd, level = check_pixels(raw, names, quantity=quantity, role=role, saturation=saturation, ignore=ignore)
    sources = tuple(_source(r, len(s)) for r, s in zip(records, stacks, strict=True))
    first = records[0]
    return Frames(_float32(raw, names, ignore), (*warnings, *odd), first.pixel_size, level, first.dtype, sources,
                  first.metadata)  # fmt: skip


def _source(record: Record, frames: int) -> dict[str, Any]:
    return {"path": str(record.path), "sha256": record.sha256, "format": record.format, "key": record.key,
            "frames": frames}  # fmt: skip


def expand(source: str | Path | Sequence[str | Path]) -> tuple[list[Path], list[str]]:
    """List the files of a source in the order they are read, and what was left out."""
    if isinstance(source, str | Path):
        return _expand_one(Path(source))
    if not source:
        raise InputError("frames", got="an empty list", expected="at least one file")
    parts = [_expand_one(Path(one)) for one in source]
    return [p for paths, _ in parts for p in paths], [w for _, told in parts for w in told]


def _expand_one(path: Path) -> tuple[list[Path], list[str]]:
    if any(c in str(path) for c in "*?[") and not path.exists():
        found = [Path(p) for _, p in zip(range(_MOST_FILES + 1), glob.iglob(str(path)), strict=False)]
        files, told = sorted((p for p in found if p.is_file() or _is_zarr(p)), key=natural), []
        if not files:
            raise InputError(str(path), got="no file that matches", expected="a pattern that finds frames",
                             remedy="check the folder and the pattern")  # fmt: skip
    elif regular_path(path).is_dir() and not _is_zarr(path):
        files, told = _folder(path)
    else:
        return [path], []
    if len(files) > _MOST_FILES:
        raise InputError(str(path), got=f"more than {_MOST_FILES:,} files", expected="fewer frames at a time")
    return files, [*told, f"{len(files)} files read in this order: {_ends([f.name for f in files])}"]


def _is_zarr(path: Path) -> bool:
    return any((path / name).is_file() for name in ("zarr.json", ".zarray", ".zgroup"))


def _folder(path: Path) -> tuple[list[Path], list[str]]:
    """List the frames of a folder; other files are left out and named, links that lead out are refused."""
    from backlight.io.formats import recognize

    files, others = [], []
    for entry in sorted((p for p in path.iterdir() if not p.name.startswith(".")), key=natural):
        if entry.is_dir() and not _is_zarr(entry):
            continue
        try:
            recognize(inside(entry, path))
            files.append(entry)
        except InputError as error:
            if "leads out" in error.got or not error.got.startswith("unknown content"):
                raise
            others.append(entry.name)
    if not files:
        raise InputError(str(path), got="a folder without frames", expected="TIFF, PNG, NPY, ... files in it",
                         remedy="name the folder that holds the frames themselves")  # fmt: skip
    return files, [f"left out, no frames: {_ends(others)}"] if others else []


def _ends(names: list[str]) -> str:
    return ", ".join(names) if len(names) < 5 else f"{names[0]}, {names[1]}, … {names[-1]}"


def natural(path: Path) -> tuple[Any, ...]:
    """Sort key that puts frame 2 before frame 10."""
    parts = re.split(r"(\d+)", path.name)
    return (*((int(p), p) if p.isdecimal() else (-1, p.lower()) for p in parts), (-1, str(path)))


def _stack(record: Record, axes: str | None) -> "tuple[np.ndarray, list[str]]":
    """Turn an array into (frame, y, x) by its axes."""
    import numpy as np

    array, told = record.array, []
    shape = " × ".join(map(str, array.shape))
    if array.dtype.kind == "c":
        raise InputError(str(record.path), got="complex numbers", expected="real intensities or amplitudes",
                         remedy="save abs(field)**2 for an intensity")  # fmt: skip
    letters = axes or record.axes
    if array.ndim == 2 and letters not in ("yx", "xy"):
        letters = letters.replace("f", "") if axes else "yx"
    if len(letters) != array.ndim or not {"y", "x"} <= set(letters) or len(set(letters)) != len(letters):
        raise InputError(str(record.path), got=f"an array of {shape} with axes {letters!r}",
                         expected="one letter for each axis", remedy='say axes = "yx", "fyx" or "yxf"')  # fmt: skip
    if axes is None and array.ndim == 3:
        told += _doubt(record)
    lead = [i for i, c in enumerate(letters) if c not in "yx"]
    if len(lead) > 1:
        told.append(f"axes {letters!r} ({shape}): all but y and x are read as frames, in stored order")
    order = [*lead, letters.index("y"), letters.index("x")]
    moved = array.transpose(order)
    return np.ascontiguousarray(moved.reshape(-1, *moved.shape[-2:])), told


def _doubt(record: Record) -> list[str]:
    """Say which axis was taken for the frames where the format does not tell."""
    a, b, c = record.array.shape
    if record.format.startswith("MAT"):
        return [f"{a} × {b} × {c} read as {c} frames of {a} × {b}, MATLAB's usual order; axes overrides it"]
    if record.format in ("NPY", "NPZ", "HDF5", "Zarr") and a == b != c:
        return [f'{a} × {b} × {c} read as {a} frames of {b} × {c}; if it is {c} frames of {a} × {b}, say axes = "yxf"']
    return []


def _picked(raw: "np.ndarray", names: list[str], frame: int) -> "tuple[np.ndarray, list[str]]":
    if not 0 <= frame < len(raw):
        raise InputError(names[0], got=f"frame {frame} of {len(raw)}", expected=f"0 to {len(raw) - 1}",
                         remedy="frames are counted from 0")  # fmt: skip
    return raw[frame : frame + 1], names[frame : frame + 1]


def _cropped(path: Path, stack: "np.ndarray", crop: Sequence[int] | None) -> "np.ndarray":
    import numpy as np

    if crop is None:
        return stack
    row, column, rows, columns = crop
    height, width = stack.shape[1:]
    if min(row, column) < 0 or min(rows, columns) < 1 or row + rows > height or column + columns > width:
        raise InputError(str(path), got=f"crop {list(crop)} of frames of {height} × {width}",
                         expected="[first row, first column, rows, columns] inside the frame")  # fmt: skip
    return np.ascontiguousarray(stack[:, row : row + rows, column : column + columns])


def _check_same(records: list[Record], stacks: "list[np.ndarray]", record: Record, stack: "np.ndarray") -> None:
    if not records:
        return
    first, other = stacks[0], records[0]
    if stack.shape[1:] != first.shape[1:] or stack.dtype != first.dtype:
        shapes = [f"{s.shape[1]} × {s.shape[2]} {s.dtype}" for s in (stack, first)]
        raise InputError(str(record.path), got=shapes[0], expected=f"{shapes[1]} as in {other.path.name}",
                         remedy="use frames of one camera setting, or crop them")  # fmt: skip


def _ignored(mask: "np.ndarray | None", raw: "np.ndarray") -> "np.ndarray | None":
    import numpy as np

    if mask is None:
        return None
    ignore = np.asarray(mask)
    ignore = ignore[0] if ignore.ndim == 3 and ignore.shape[0] == 1 else ignore
    if ignore.shape != raw.shape[1:]:
        raise InputError("mask", got=f"a mask of {ignore.shape}", expected=f"the shape of a frame, {raw.shape[1:]}")
    return ignore != 0


def _float32(raw: "np.ndarray", names: list[str], ignore: "np.ndarray | None") -> "np.ndarray":
    import numpy as np

    with np.errstate(over="ignore", invalid="ignore"):
        out = raw.astype(np.float32)
    if ignore is not None:
        out[:, ignore] = 0
    if raw.dtype.kind == "f" and not np.isfinite(out).all():
        raise InputError(names[0], got=f"values up to {np.abs(raw).max():g}", expected="values below 3e38",
                         remedy="divide the frames by their mean")  # fmt: skip
    return out
