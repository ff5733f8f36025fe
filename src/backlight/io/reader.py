"""The public door for foreign files: one array with its type, axes, pixel size and provenance."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backlight.io.header import ArrayInfo, check_declared
from backlight.io.sandbox import Decoder, Limits

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Record:
    """One array as a file stores it.

    **Attributes:** `array`, numpy, as stored; `axes`, a letter per dimension; `dtype`; `key`; `format`;
    `pixel_size` in m or None; `metadata`, name → `{"value", "source"}`; `warnings`; `path` and `sha256` of the file.
    """

    array: "np.ndarray"
    axes: str
    dtype: str
    key: str | None
    format: str
    pixel_size: float | None
    path: Path
    sha256: str
    metadata: dict[str, dict[str, Any]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def read(
    path: str | Path,
    *,
    key: str | None = None,
    axes: str | None = None,
    trusted: bool = False,
    limits: Limits | None = None,
    decoder: Decoder | None = None,
) -> Record:
    """Read one array of a TIFF, PNG, JPEG, BMP, NPY, NPZ, MAT, HDF5 or Zarr, recognized by content.

    **Arguments:** `key` names the array where a file holds several; `axes` overrides what the file says ("yxf");
    `trusted=True` decodes in this process, without limits; `decoder` reuses a child process for many files.

    **Raises** `InputError` for whatever is not an intact array of numbers.

    ```python
    record = read("hologram.mat", key="exp_data")
    record.array.shape, record.axes, record.pixel_size
    ```
    """
    from backlight.io.commit import sha256

    path = Path(path)
    info, array = _decoded(path, key, trusted, limits, decoder)
    if axes is not None:
        _check_axes(path, axes, info)
    return Record(array, axes or info.axes, info.dtype, info.key, info.format, info.pixel_size, path, sha256(path),
                  info.metadata, info.warnings)  # fmt: skip


def _decoded(
    path: Path, key: str | None, trusted: bool, limits: Limits | None, decoder: Decoder | None
) -> "tuple[ArrayInfo, np.ndarray]":
    from backlight.io.formats import regular_path

    regular_path(path)
    if trusted:
        from backlight.io.decode import read_one

        return read_one(path, key, None)
    if decoder is not None:
        return decoder.decode(path, key)
    with Decoder(limits) as own:
        return own.decode(path, key)


def _check_axes(path: Path, axes: str, info: ArrayInfo) -> None:
    from backlight.errors import InputError

    if len(axes) != len(info.shape) or len(set(axes)) != len(axes):
        shape = " × ".join(map(str, info.shape))
        raise InputError(str(path), got=f"axes {axes!r} for an array of {shape}",
                         expected=f"{len(info.shape)} different letters", remedy='"yx", "fyx" or "yxf"')  # fmt: skip


def info(path: str | Path, *, limits: Limits | None = None) -> dict[str, Any]:
    """Say what a file holds, from its header: fast, and without loading JAX.

    **Returns** `path`, `format`, `bytes`, `problems` (why an array could not be read) and `arrays`: each with `key`,
    `shape`, `dtype`, `axes`, `pixel_size` (m), `compression`, `metadata`, `warnings`. **Raises** `InputError`.
    """
    from backlight.io.formats import regular_path

    path = regular_path(path)
    with Decoder(limits) as decoder:
        found = decoder.describe(path)
        largest = decoder.limits.largest
    return {
        "path": str(path),
        "format": found[0].format if found else None,
        "bytes": path.stat().st_size if path.is_file() else sum(i.stored for i in found),
        "arrays": [_shown(i) for i in found],
        "problems": [p for p in (_problem(path, i, largest) for i in found) if p],
    }


def _shown(found: ArrayInfo) -> dict[str, Any]:
    table = found.to_json()
    return {name: table[name] for name in ("key", "shape", "dtype", "axes", "pixel_size", "compression", "metadata",
                                           "warnings")}  # fmt: skip


def _problem(path: Path, found: ArrayInfo, largest: int) -> str | None:
    from backlight.errors import InputError

    try:
        check_declared(path, found, largest)
    except InputError as error:
        return f"{error.got}; expected {error.expected}"
    return None
