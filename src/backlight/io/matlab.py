"""MATLAB 5 to 7 files: numeric arrays, read here.

scipy.io.loadmat died by segmentation fault in 153 of 105,200 randomly damaged files, and takes 0.4 s to import. The
numeric part of the format (MAT-File Format, MathWorks, version 5) is two pages, so it is read directly.
"""

import math
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from backlight.io.header import ArrayInfo, item, refuse

if TYPE_CHECKING:
    import numpy as np

_CLASSES = {6: "f8", 7: "f4", 8: "i1", 9: "u1", 10: "i2", 11: "u2", 12: "i4", 13: "u4", 14: "i8", 15: "u8"}
_OTHER = {1: "a cell array", 2: "a structure", 3: "an object", 4: "text", 5: "a sparse matrix", 16: "a function",
          17: "an object"}  # fmt: skip
_STORED = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
_AXES = {2: "yx", 3: "yxf"}
_MOST, _HEAD = 10_000, 4096


@dataclass(frozen=True)
class Variable:
    """One variable: where its element lies, and what its header says."""

    name: str
    kind: int
    shape: tuple[int, ...]
    complex: bool
    logical: bool
    offset: int
    length: int
    compressed: bool
    data: int  # where, inside the element, the real part starts


class _Stream:
    """The bytes of one element, plain or inflated, never more than asked for."""

    def __init__(self, path: Path, file: BinaryIO, offset: int, length: int, compressed: bool):
        self.path, self.file, self.left, self.compressed = path, file, length, compressed
        self.inflate, self.ready, self.place = zlib.decompressobj(), b"", 0
        file.seek(offset)

    def read(self, count: int) -> bytes:
        parts, missing = [], count
        while missing:
            part = self._some(missing)
            if not part:
                raise refuse(self.path, f"data that end {missing:,} bytes early")
            parts.append(part)
            missing -= len(part)
        self.place += count
        return b"".join(parts)

    def _some(self, most: int) -> bytes:
        if not self.compressed:
            part = self.file.read(min(most, self.left))
            self.left -= len(part)
            return part
        while not self.inflate.eof:
            if not self.ready:
                self.ready = self.file.read(min(1 << 20, self.left))
                self.left -= len(self.ready)
                if not self.ready:
                    return b""
            part = self._inflate(most)
            if part:
                return part
        return b""

    def _inflate(self, most: int) -> bytes:
        try:
            part = self.inflate.decompress(self.ready, most)
        except zlib.error as error:
            raise refuse(self.path, f"damaged compressed data ({error})") from None
        self.ready = self.inflate.unconsumed_tail
        return part

    def finish(self) -> None:
        """Read to the end of compressed data, whose check sum then is compared."""
        while self.compressed and not self.inflate.eof:
            if not self._some(1 << 16) and not self.inflate.eof:
                raise refuse(self.path, "compressed data that end early")

    def tag(self, order: str) -> tuple[int, int, bytes | None]:
        """Return type, length and, for a small element, its bytes."""
        raw = self.read(8)
        kind, length = struct.unpack(order + "II", raw)
        if kind >> 16:
            return kind & 0xFFFF, kind >> 16, raw[4 : 4 + min(4, kind >> 16)]
        return kind, length, None

    def element(self, order: str, most: int) -> tuple[int, bytes]:
        """Read one small element with its padding."""
        kind, length, small = self.tag(order)
        if small is not None:
            return kind, small
        if length > most:
            raise refuse(self.path, f"a header field of {length:,} bytes")
        return kind, self.read((length + 7) // 8 * 8)[:length]


def _order(path: Path, file: BinaryIO) -> str:
    head = file.read(128)
    if len(head) < 128 or head[126:128] not in (b"IM", b"MI"):
        raise refuse(path, "a MATLAB file cut or damaged in its header")
    return "<" if head[126:128] == b"IM" else ">"


def variables(path: Path) -> list[Variable]:
    """List the variables of a file from their headers."""
    found, size = [], path.stat().st_size
    with path.open("rb") as file:
        order, offset = _order(path, file), 128
        while offset + 8 <= size:
            file.seek(offset)
            kind, length = struct.unpack(order + "II", file.read(8))
            if offset + 8 + length > size:
                raise refuse(path, f"a variable that ends at byte {offset + 8 + length:,} of {size:,}")
            if kind not in (14, 15) or len(found) >= _MOST:
                raise refuse(path, f"an element of type {kind} at byte {offset}")
            found.append(_variable(path, file, order, offset + 8, length, kind == 15))
            offset += 8 + length
    if offset != size:
        raise refuse(path, f"{size - offset} bytes after the last variable")
    return [v for v in found if v is not None]


def _variable(path: Path, file: BinaryIO, order: str, offset: int, length: int, packed: bool) -> Variable | None:
    stream = _Stream(path, file, offset, length, packed)
    if packed and stream.tag(order)[0] != 14:
        raise refuse(path, f"a damaged variable at byte {offset}")
    _, flags = stream.element(order, 16)
    word = struct.unpack(order + "I", flags[:4])[0] if len(flags) >= 4 else 0
    kind = word & 0xFF
    if kind == 17 or (kind not in _CLASSES and kind not in _OTHER):
        return None  # an opaque object has another header; MATLAB adds one unnamed for its own use
    _, dims = stream.element(order, 32 * 4)
    _, name = stream.element(order, _HEAD)
    shape = struct.unpack(f"{order}{len(dims) // 4}i", dims[: len(dims) // 4 * 4])
    if min(shape, default=-1) < 0:
        raise refuse(path, f"a variable of shape {shape}")
    text = name.decode("latin-1")
    complex_, logical = bool(word & 0x800), bool(word & 0x200)
    return Variable(text, kind, shape, complex_, logical, offset, length, packed, stream.place)


def describe(path: Path) -> list[ArrayInfo]:
    """Describe the numeric arrays of a MATLAB 5 to 7 file; single numbers become metadata."""
    every = variables(path)
    arrays = [_info(path, v) for v in every if v.kind in _CLASSES and math.prod(v.shape) > 1]
    if not arrays:
        others = ", ".join(f"{v.name} ({_OTHER.get(v.kind, 'a single number')})" for v in every[:6]) or "nothing"
        raise refuse(path, f"{others}", "a numeric array", "save it alone: save('x.mat', 'frames', '-v7')")
    return arrays


def _info(path: Path, v: Variable) -> ArrayInfo:
    shape = v.shape
    dtype = _CLASSES[v.kind] if not v.complex else ("c8" if v.kind == 7 else "c16")
    with path.open("rb") as file:
        order = _order(path, file)
        stream = _Stream(path, file, v.offset, v.length, v.compressed)
        stream.read(v.data)
        kind, length, _ = stream.tag(order)
    # MATLAB stores doubles that are small integers as bytes: the element, not the class, tells how many are needed.
    width = int(_STORED.get(kind, "u1")[1])
    if length != math.prod(shape) * width or kind not in _STORED:
        raise refuse(path, f"{v.name}: {length:,} bytes for a declared {'×'.join(map(str, shape))}", "matching sizes")
    narrowed = width * (2 if v.complex else 1) < int(dtype[1:])
    way = ", ".join(w for w, true in (("deflate", v.compressed), ("narrowed", narrowed)) if true) or "none"
    found = {} if v.kind != 6 else {"stored_as": item(_STORED[kind], "MATLAB element type")}
    axes = _AXES.get(len(shape), "?" * len(shape))
    return ArrayInfo("MAT", v.name, shape, dtype, axes, way, v.length, None, found)


def decode(path: Path, info: ArrayInfo) -> "np.ndarray":
    """Read the numbers of a described variable, in MATLAB's index order."""
    import numpy as np

    v = next(v for v in variables(path) if v.name == info.key)
    with path.open("rb") as file:
        order = _order(path, file)
        stream = _Stream(path, file, v.offset, v.length, v.compressed)
        stream.read(v.data)
        parts = [_part(path, stream, order, v.shape) for _ in range(2 if v.complex else 1)]
        stream.finish()
    flat = parts[0].astype(_CLASSES[v.kind]) if not v.complex else (parts[0] + 1j * parts[1]).astype(info.dtype)
    return np.ascontiguousarray(flat.reshape(v.shape, order="F"))


def _part(path: Path, stream: _Stream, order: str, shape: tuple[int, ...]) -> "np.ndarray":
    import numpy as np

    kind, length, small = stream.tag(order)
    dtype = np.dtype(order + _STORED.get(kind, "u1"))
    if length != math.prod(shape) * dtype.itemsize or kind not in _STORED:
        raise refuse(path, f"{length:,} bytes for a declared {'×'.join(map(str, shape))}", "matching sizes")
    raw = small if small is not None else stream.read(length)
    if small is None and length % 8 and stream.left + len(stream.ready) > 0:
        stream.read(8 - length % 8)
    return np.frombuffer(raw, dtype)
