"""HDF5 and MATLAB 7.3: only data stored in the file itself, found through hard links."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backlight.io.header import ArrayInfo, item, refuse

if TYPE_CHECKING:
    import h5py
    import numpy as np

_MOST, _DEEPEST, _MOST_CHUNKS = 10_000, 32, 4_000_000
_AXES = {2: "yx", 3: "fyx", 4: "zfyx"}
_PIXEL_NAMES = {"pixel_size": 1.0, "pixel_size_m": 1.0, "pixel_size_um": 1e-6, "element_size_um": 1e-6, "dxp": 1.0}


@dataclass
class _Found:
    """What a walk over the file met."""

    datasets: dict[str, "h5py.Dataset"]
    links: list[str]
    numbers: dict[str, float]


def describe(path: Path, form: str) -> list[ArrayInfo]:
    """Describe the arrays of an HDF5 or MATLAB 7.3 file; single numbers become metadata."""
    with _open(path) as file:
        found = _walk(path, file)
        infos = [_info(path, form, name, d) for name, d in found.datasets.items()]
        infos = [i for i in infos if i is not None]
        if not infos:
            raise _nothing(path, found)
        return [_with_numbers(i, found) for i in infos]


def _open(path: Path) -> "h5py.File":
    import h5py

    try:
        return h5py.File(path, "r", locking=False)
    except (OSError, RuntimeError, ValueError, KeyError) as error:
        raise refuse(path, f"a damaged or cut HDF5 file ({_short(error)})") from None


def _short(error: BaseException) -> str:
    return str(error).split("(", 1)[-1].rstrip(")")[:160]


def _walk(path: Path, file: "h5py.File") -> _Found:
    """Visit every group once, so that a cycle of links ends; soft and external links are not followed."""
    import h5py
    from h5py import h5o  # pyright: ignore[reportAttributeAccessIssue]

    found, seen = _Found({}, [], {}), set()
    waiting: list[tuple[str, Any, int]] = [("", _root(path, file), 0)]
    while waiting:
        prefix, group, depth = waiting.pop(0)
        for name in _names(path, group):
            place = f"{prefix}/{name}".strip("/")
            try:
                if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                    found.links.append(place)
                    continue
                child = group[name]
                address = h5o.get_info(child.id).addr
            except (OSError, RuntimeError, KeyError, ValueError, TypeError) as error:
                raise refuse(path, f"a damaged object {place!r} ({_short(error)})") from None
            if address in seen or place.startswith("#"):
                continue
            seen.add(address)
            if len(seen) > _MOST or depth > _DEEPEST:
                raise refuse(path, f"more than {_MOST:,} objects or {_DEEPEST} levels", "a file of measurements")
            if isinstance(child, h5py.Group):
                waiting.append((place, child, depth + 1))
            elif isinstance(child, h5py.Dataset):
                _sort(path, found, place, child)
    return found


def _root(path: Path, file: "h5py.File") -> Any:
    try:
        return file["/"]
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        raise refuse(path, f"a damaged HDF5 file ({_short(error)})") from None


def _names(path: Path, group: "h5py.Group") -> list[str]:
    try:
        return [name for _, name in zip(range(_MOST + 1), group, strict=False)]
    except (OSError, RuntimeError, KeyError, ValueError, UnicodeError) as error:
        raise refuse(path, f"a damaged group {group.name!r} ({_short(error)})") from None


def _sort(path: Path, found: _Found, place: str, data: "h5py.Dataset") -> None:
    try:
        size, kind = math.prod(data.shape or ()), data.dtype.kind
        if data.shape is not None and size == 1 and kind in "iuf":
            _refuse_elsewhere(path, place, data)
            found.numbers[place] = float(data[()].reshape(-1)[0] if data.shape else data[()])
            return
    except (OSError, RuntimeError, TypeError, ValueError) as error:
        if hasattr(error, "remedy"):
            return
        raise refuse(path, f"a damaged array {place!r} ({_short(error)})") from None
    found.datasets[place] = data


def _refuse_elsewhere(path: Path, name: str, data: "h5py.Dataset") -> None:
    plan = data.id.get_create_plist()
    if plan.get_external_count():
        raise refuse(path, f"{name}: data stored in other files", "data inside the file", "copy them with h5repack")
    if data.is_virtual:
        raise refuse(path, f"{name}: a virtual array over other files", "data inside the file", "copy it with h5repack")


def _info(path: Path, form: str, name: str, data: "h5py.Dataset") -> ArrayInfo | None:
    """Describe one array, or None where it does not hold numbers (text, references, tables)."""
    try:
        dtype, shape = _number_type(data.dtype), data.shape
        if dtype is None or not shape or len(shape) > 8:
            return None
        stored = data.id.get_storage_size()
        info = ArrayInfo(form, name, tuple(map(int, shape)), dtype, _AXES.get(len(shape), "?" * len(shape)),
                         _compression(data), stored, None, _attributes(data))  # fmt: skip
        if form == "MAT73":  # MATLAB counts its first index fastest, so h5py sees the axes reversed
            info = ArrayInfo("MAT 7.3", name, info.shape[::-1], dtype, {2: "yx", 3: "yxf"}.get(len(shape), info.axes),
                             info.compression, stored, None, info.metadata)  # fmt: skip
        return info
    except (OSError, RuntimeError, TypeError, ValueError, KeyError) as error:
        if hasattr(error, "remedy"):
            raise
        raise refuse(path, f"a damaged array {name!r} ({_short(error)})") from None


def _number_type(dtype: "np.dtype") -> str | None:
    if dtype.kind in "biufc" and dtype.itemsize <= 16:
        return f"{dtype.kind}{dtype.itemsize}"
    names = tuple(n.lower() for n in dtype.names or ())
    if names in (("real", "imag"), ("r", "i")) and all(dtype[n].kind == "f" for n in dtype.names or ()):
        return f"c{dtype.itemsize}" if dtype.itemsize in (8, 16) else None
    return None


def _compression(data: "h5py.Dataset") -> str:
    if data.compression == "gzip":
        return "deflate" if not data.scaleoffset else "hdf5 filters"
    return str(data.compression) if data.compression else ("none" if data.chunks is None else "chunks")


def _attributes(data: "h5py.Dataset") -> dict[str, dict[str, Any]]:
    found = {}
    for name in [n for _, n in zip(range(50), data.attrs, strict=False)]:
        try:
            value: Any = data.attrs[name]
            if isinstance(value, str):
                found[name] = item(value[:200], f"attribute {name}")
            elif getattr(value, "size", 0) == 1 and value.dtype.kind in "iuf":
                found[name] = item(float(value.reshape(-1)[0]), f"attribute {name}")
        except (OSError, RuntimeError, TypeError, ValueError, KeyError):
            continue
    return found


def _with_numbers(info: ArrayInfo, found: _Found) -> ArrayInfo:
    """Attach the file's single numbers; a pixel size among them is named, and used if its unit is in its name."""
    from dataclasses import replace

    numbers = {name.rsplit("/", 1)[-1]: item(v, f"number {name}") for name, v in list(found.numbers.items())[:100]}
    metadata = numbers | info.metadata
    for name, scale in _PIXEL_NAMES.items():
        value = metadata.get(name, {}).get("value")
        if isinstance(value, float) and 0 < value * scale < 1e-2:
            entry = item(value * scale, metadata[name]["source"])
            return replace(info, pixel_size=value * scale, metadata=metadata | {"pixel_size": entry})
    return replace(info, metadata=metadata)


def _nothing(path: Path, found: _Found) -> Exception:
    if found.links:
        return refuse(path, f"links to other places only: {', '.join(found.links[:5])}", "data inside the file",
                      "copy the linked data into one file, for example with h5repack")  # fmt: skip
    shown = ", ".join(list(found.datasets)[:5]) or "no arrays"
    return refuse(path, f"nothing with numbers in it ({shown})", "a numeric array", "save the frames as one array")


def decode(path: Path, info: ArrayInfo) -> "np.ndarray":
    """Read a described array."""
    import numpy as np

    with _open(path) as file:
        data = _walk(path, file).datasets[info.key or ""]
        check_storage(path, info, data)
        try:
            array = data[()]
        except (OSError, RuntimeError, ValueError, TypeError, KeyError, MemoryError) as error:
            raise refuse(path, f"{info.key}: data that cannot be decoded ({_short(error)})") from None
    if array.dtype.names:
        real, imag = array.dtype.names
        array = (array[real] + 1j * array[imag]).astype(info.dtype)
    return np.ascontiguousarray(array.T) if info.format == "MAT 7.3" else array


def check_storage(path: Path, info: ArrayInfo, data: "h5py.Dataset") -> None:
    """Refuse data that lie elsewhere or nowhere: HDF5 fills what is absent with zeros and says nothing."""
    name = info.key or ""
    _refuse_elsewhere(path, name, data)
    if data.chunks is None:
        return
    needed = math.prod(-(-n // c) for n, c in zip(data.shape, data.chunks, strict=True))
    present = data.id.get_num_chunks() if needed <= _MOST_CHUNKS else 0
    if present < needed:
        raise refuse(path, f"{name}: {present:,} of {needed:,} blocks stored", "every block",
                     "the program that wrote the file did not finish")  # fmt: skip
