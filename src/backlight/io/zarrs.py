"""Zarr folders (versions 2 and 3) and OME-Zarr: metadata read here, chunks decoded by zarr."""

import math
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backlight.errors import InputError
from backlight.io.formats import inside
from backlight.io.header import ArrayInfo, item, refuse
from backlight.io.jsonfile import parse_json

if TYPE_CHECKING:
    import numpy as np

_MOST_FILES, _DEEPEST, _LARGEST_JSON = 200_000, 12, 4_000_000
_AXES = {2: "yx", 3: "fyx", 4: "zfyx"}
_UNITS = {"nanometer": 1e-9, "micrometer": 1e-6, "millimeter": 1e-3, "centimeter": 1e-2, "meter": 1.0}
_NAMES = {
    "bool": "b1", "int8": "i1", "int16": "i2", "int32": "i4", "int64": "i8",
    "uint8": "u1", "uint16": "u2", "uint32": "u4", "uint64": "u8",
    "float16": "f2", "float32": "f4", "float64": "f8", "complex64": "c8", "complex128": "c16",
}  # fmt: skip


def describe(path: Path) -> list[ArrayInfo]:
    """Describe the arrays of a Zarr folder; of an OME-Zarr image, its full resolution and its named channels."""
    found = list(_arrays(path, path, 0, [0]))
    if not found:
        raise refuse(path, "a Zarr folder without arrays", "an array", "copy the whole folder again")
    images = _ome_images(path)
    if not images:
        return found
    by_key = {info.key: info for info in found}
    infos = [one for folder, ome in images for one in _ome(path, folder, ome, by_key)]
    return infos or found


def _json(path: Path, root: Path, required: bool = False) -> dict[str, Any]:
    if not path.is_file():
        if required:
            raise refuse(root, f"no {path.name}", "complete Zarr metadata")
        return {}
    inside(path, root)
    with path.open("rb") as file:
        raw = file.read(_LARGEST_JSON + 1)
    if len(raw) > _LARGEST_JSON:
        raise refuse(root, f"{path.name} of more than {_LARGEST_JSON:,} bytes")
    try:
        table = parse_json(raw.replace(b"NaN", b'"NaN"') if b'"fill_value": NaN' in raw else raw, str(path))
    except InputError as error:
        raise refuse(root, f"{path.relative_to(root)}: {error.got}", "Zarr metadata") from None
    if not isinstance(table, dict):
        raise refuse(root, f"{path.name} that is no table", "Zarr metadata")
    return table


def _arrays(folder: Path, root: Path, depth: int, count: list[int]):
    """Yield the arrays below a folder, in name order."""
    inside(folder, root)
    if depth > _DEEPEST:
        raise refuse(root, f"more than {_DEEPEST} levels of folders")
    new, old = _json(folder / "zarr.json", root), _json(folder / ".zarray", root)
    if old or new.get("node_type") == "array":
        yield _info(folder, root, old or new, 2 if old else 3)
        return
    for entry in sorted(os.scandir(folder), key=lambda e: e.name):
        count[0] += 1
        if count[0] > _MOST_FILES:
            raise refuse(root, f"more than {_MOST_FILES:,} entries", "a smaller Zarr folder")
        if entry.is_dir() and any(Path(entry.path, n).is_file() for n in ("zarr.json", ".zarray", ".zgroup")):
            yield from _arrays(Path(entry.path), root, depth + 1, count)


def _info(folder: Path, root: Path, table: dict[str, Any], version: int) -> ArrayInfo:
    key = folder.relative_to(root).as_posix() if folder != root else None
    what = f"{key}: " if key else ""
    shape, dtype = table.get("shape"), table.get("dtype" if version == 2 else "data_type")
    if not isinstance(shape, list) or not all(type(n) is int and 0 <= n < 2**63 for n in shape):
        raise refuse(root, f"{what}shape {shape!r}"[:200], "whole numbers")
    name = _type_name(dtype)
    if name is None:
        raise refuse(root, f"{what}values of type {dtype!r}"[:200], "integers, floats or complex numbers",
                     "save the array as plain numbers")  # fmt: skip
    chunks = _chunks(root, what, table, version, len(shape))
    present, stored = _stored(folder, root)
    info = ArrayInfo("Zarr", key, tuple(shape), name, _AXES.get(len(shape), "?" * len(shape)), _codec(table, version),
                     stored)  # fmt: skip
    needed = math.prod(-(-n // c) for n, c in zip(shape, chunks, strict=True))
    if not present and needed:
        raise refuse(root, f"{what}a declared {' × '.join(map(str, shape))} without any stored block", "stored pixels")
    if present < needed and not _sharded(table):
        info = info.with_warning(
            f"{what}{needed - present:,} of {needed:,} blocks are absent and read as the fill value"
        )
    return info


def _type_name(dtype: object) -> str | None:
    if not isinstance(dtype, str):
        return None
    return _NAMES.get(dtype) or (dtype[1:] if dtype[:1] in "<>|" and dtype[1:] in _NAMES.values() else None)


def _chunks(root: Path, what: str, table: dict[str, Any], version: int, rank: int) -> list[int]:
    grid = table.get("chunk_grid", {})
    if version == 2:
        chunks = table.get("chunks")
    else:
        chunks = grid.get("configuration", {}).get("chunk_shape") if isinstance(grid, dict) else None
    good = isinstance(chunks, list) and len(chunks) == rank and all(type(n) is int and 0 < n < 2**40 for n in chunks)
    if not good or chunks is None:
        raise refuse(root, f"{what}blocks of {chunks!r}"[:200], "one size for each axis")
    if math.prod(chunks) > 2**31:
        raise refuse(root, f"{what}blocks of {math.prod(chunks):,} values", "smaller blocks")
    return chunks


def _codec(table: dict[str, Any], version: int) -> str:
    if version == 2:
        codec = table.get("compressor")
        return str(codec.get("id", "none")) if isinstance(codec, dict) else "none"
    codecs = table.get("codecs")
    names = [str(c.get("name")) for c in codecs if isinstance(c, dict)] if isinstance(codecs, list) else []
    return "+".join(n for n in names if n not in ("bytes", "transpose")) or "none"


def _sharded(table: dict[str, Any]) -> bool:
    return "sharding_indexed" in _codec(table, 3)


def _stored(folder: Path, root: Path) -> tuple[int, int]:
    """Count the chunk files of one array and their bytes; refuse links and devices among them."""
    count = size = 0
    for place, folders, names in os.walk(folder):
        for name in [*folders, *names]:
            file = Path(place, name)
            if file.is_symlink():
                inside(file, root)
        for name in names:
            if name in ("zarr.json", ".zarray", ".zattrs"):
                continue
            file = inside(Path(place, name), root)
            if not file.is_file():
                raise refuse(root, f"{name}, which is no regular file", "chunk files")
            count, size = count + 1, size + file.stat().st_size
            if count > _MOST_FILES:
                raise refuse(root, f"more than {_MOST_FILES:,} chunk files", "larger chunks")
    return count, size


# --- OME-Zarr ---------------------------------------------------------------------------------------------------------


def _ome_images(root: Path) -> list[tuple[Path, dict[str, Any]]]:
    """Find OME images in the folder itself or one level below."""
    folders = [root, *sorted(Path(e.path) for e in os.scandir(root) if e.is_dir() and e.name != "labels")]
    found = []
    for folder in folders:
        attributes = _json(folder / "zarr.json", root).get("attributes") or _json(folder / ".zattrs", root)
        ome = attributes.get("ome", attributes) if isinstance(attributes, dict) else {}
        if isinstance(ome, dict) and isinstance(ome.get("multiscales"), list) and ome["multiscales"]:
            found.append((folder, ome))
    return found


def _ome(root: Path, folder: Path, ome: dict[str, Any], by_key: dict[str | None, ArrayInfo]) -> list[ArrayInfo]:
    try:
        scales = ome["multiscales"][0]
        level = scales["datasets"][0]
        axes = [a if isinstance(a, dict) else {"name": a} for a in scales.get("axes", [])]
        letters = "".join(str(a["name"])[:1].lower() for a in axes)
        relative = (folder / level["path"]).relative_to(root).as_posix()
    except (KeyError, TypeError, IndexError, ValueError, AttributeError):
        raise refuse(root, "OME metadata without datasets or axes", "OME-Zarr multiscales") from None
    info = by_key.get(relative)
    if info is None:
        raise refuse(root, f"OME metadata that name an array {relative!r}", "an array inside the folder")
    letters = letters if len(letters) == len(info.shape) else info.axes
    info = replace(info, format="OME-Zarr", axes=_frames_first(letters))
    info = _with_scale(info, level, axes)
    return [info, *_channels(info, ome, relative)]


def _frames_first(letters: str) -> str:
    return letters.replace("t", "f")


def _with_scale(info: ArrayInfo, level: dict[str, Any], axes: list[dict[str, Any]]) -> ArrayInfo:
    try:
        scale = next(t["scale"] for t in level["coordinateTransformations"] if t.get("type") == "scale")
        unit = str(axes[-1].get("unit", ""))
        size = float(scale[-1]) * _UNITS[unit]
    except (KeyError, TypeError, StopIteration, ValueError, IndexError):
        return info
    if not 0 < size < 1:
        return info
    return replace(
        info, pixel_size=size, metadata=info.metadata | {"pixel_size": item(size, f"OME-Zarr scale, {unit}")}
    )


def _channels(info: ArrayInfo, ome: dict[str, Any], relative: str) -> list[ArrayInfo]:
    """Let a named channel be asked for by its name."""
    omero = ome.get("omero")
    listed = omero.get("channels") if isinstance(omero, dict) else None
    labels = [c.get("label") for c in listed if isinstance(c, dict)] if isinstance(listed, list) else []
    if info.axes[:1] != "c" or len(labels) != info.shape[0]:
        return []
    return [
        replace(
            info,
            key=str(label),
            shape=info.shape[1:],
            axes=info.axes[1:],
            metadata=info.metadata | {"channel": item([relative, i], "OME-Zarr omero channels")},
        )
        for i, label in enumerate(labels)
    ]


def decode(path: Path, info: ArrayInfo) -> "np.ndarray":
    """Read a described array with zarr."""
    import numpy as np
    import zarr

    place, channel = info.metadata.get("channel", {}).get("value", (info.key, None))
    folder = path / place if place else path
    try:
        array = zarr.open_array(str(folder), mode="r")
        values = array[...] if channel is None else array[channel]
    except InputError:
        raise
    except Exception as error:  # zarr's codecs raise whatever they please
        raise refuse(path, f"{info.key or 'array'}: blocks that cannot be decoded ({error})"[:250]) from None
    return np.ascontiguousarray(values)
