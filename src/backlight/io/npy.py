"""NPY and NPZ, read without numpy's loader: no pickles, sizes checked against the bytes present."""

import ast
import re
import struct
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backlight.io.header import ITEM_BYTES, ArrayInfo, refuse

if TYPE_CHECKING:
    import numpy as np

_MOST_MEMBERS = 10_000
_AXES = {2: "yx", 3: "fyx", 4: "zfyx"}


def describe(path: Path, form: str) -> list[ArrayInfo]:
    """Describe the array of an NPY file or the arrays of an NPZ archive."""
    return [_npy(path)] if form == "NPY" else _npz(path)


def _npy(path: Path) -> ArrayInfo:
    with path.open("rb") as file:
        descr, shape, _, start = _header(path, file)
    info = _info("NPY", None, shape, descr, "none", path.stat().st_size - start)
    extra = info.stored - info.nbytes if _plain(shape) else 0
    if extra > 0:
        raise refuse(path, f"{extra:,} bytes more than the declared {shape} {info.dtype}", "one array")
    return info


def _plain(shape: tuple[int, ...]) -> bool:
    return len(shape) <= 8 and all(0 <= n < 2**48 for n in shape)


def _npz(path: Path) -> list[ArrayInfo]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > _MOST_MEMBERS:
                raise refuse(path, f"{len(members):,} arrays", f"at most {_MOST_MEMBERS:,}", "split the file")
            return [_member(path, archive, member) for member in members]
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, OSError, NotImplementedError, RuntimeError) as error:
        if hasattr(error, "remedy"):
            raise
        raise refuse(path, f"a damaged NPZ archive ({error})") from None


def _member(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> ArrayInfo:
    with archive.open(member) as file:
        descr, shape, _, start = _header(path, file)
    key = member.filename.removesuffix(".npy")
    ways = {zipfile.ZIP_STORED: "none", zipfile.ZIP_DEFLATED: "deflate"}
    info = _info("NPZ", key, shape, descr, ways.get(member.compress_type, "archive"), member.compress_size)
    if _plain(shape) and member.file_size != start + info.nbytes:
        raise refuse(path, f"{key}: a declared {shape} {info.dtype} in {member.file_size:,} bytes", "matching sizes")
    return info


def _info(form: str, key: str | None, shape: tuple[int, ...], descr: str, way: str, stored: int) -> ArrayInfo:
    axes = _AXES.get(len(shape), "?" * len(shape))
    return ArrayInfo(form, key, shape, descr.lstrip("<>|="), axes, way, stored)


def _header(path: Path, file: Any) -> tuple[str, tuple[int, ...], bool, int]:
    """Return type, shape, order and length of the header; the dictionary is parsed as a literal, never evaluated."""
    head = file.read(10)
    if head[:6] != b"\x93NUMPY" or len(head) < 10:
        raise refuse(path, "an NPY array cut in its header")
    wide = head[6] >= 2
    head += file.read(2) if wide else b""
    length = struct.unpack("<I" if wide else "<H", head[8:])[0] if len(head) == (12 if wide else 10) else 0
    text = file.read(length) if 0 < length <= 65_535 else b""
    if len(text) != length or not length:
        raise refuse(path, "an NPY array cut in its header")
    descr, order, shape = _fields(path, text)
    return descr, shape, order, len(head) + length


def _fields(path: Path, text: bytes) -> tuple[str, bool, tuple[int, ...]]:
    try:
        table = ast.literal_eval(text.decode("latin-1").strip())
        descr, order, shape = table["descr"], table["fortran_order"], table["shape"]
    except (ValueError, SyntaxError, TypeError, KeyError, RecursionError, MemoryError):
        raise refuse(path, "a damaged NPY header") from None
    whole = isinstance(shape, tuple) and all(type(n) is int and n >= 0 for n in shape)
    if not whole or type(order) is not bool:
        raise refuse(path, f"a damaged NPY header (shape {shape!r})"[:200])
    if not isinstance(descr, str) or "O" in descr:
        what = "records" if isinstance(descr, list) else "pickled Python objects"
        raise refuse(path, what, "plain numbers", "save with numpy.save(..., allow_pickle=False)")
    if not re.fullmatch(r"[<>|=]?[a-zA-Z]\d{1,2}", descr) or descr.lstrip("<>|=") not in ITEM_BYTES:
        raise refuse(path, f"values of type {descr!r}", "integers, floats or complex numbers")
    return descr, order, shape


def decode(path: Path, info: ArrayInfo) -> "np.ndarray":
    """Read the numbers of a described array."""
    if info.format == "NPY":
        with path.open("rb") as file:
            return _numbers(path, file)
    try:
        with zipfile.ZipFile(path) as archive, archive.open(f"{info.key}.npy") as file:
            return _numbers(path, file)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, KeyError, NotImplementedError, RuntimeError) as error:
        if hasattr(error, "remedy"):
            raise
        raise refuse(path, f"{info.key}: damaged data ({error})") from None


def _numbers(path: Path, file: Any) -> "np.ndarray":
    import numpy as np

    descr, shape, fortran, _ = _header(path, file)
    out = np.empty(shape, np.dtype(descr))
    view = out.reshape(-1).view(np.uint8).data
    place = 0
    while place < len(view):
        got = file.readinto(view[place : place + (1 << 24)])
        if not got:
            raise refuse(path, f"data that end after {place:,} of {len(view):,} bytes")
        place += got
    file.read(1)  # the end of a zip member checks its CRC
    return out.reshape(shape[::-1]).T if fortran else out
