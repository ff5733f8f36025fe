"""What a file says about an array before a pixel of it is decoded, and the checks on what it says.

No numpy here: describing a file must not cost an import.
"""

import math
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from backlight.errors import InputError

ITEM_BYTES = {"b1": 1, "u1": 1, "i1": 1, "u2": 2, "i2": 2, "f2": 2, "u4": 4, "i4": 4, "f4": 4, "u8": 8, "i8": 8,
              "f8": 8, "c8": 8, "c16": 16}  # fmt: skip
# What the method can gain at best: deflate 1032:1 (RFC 1951), PackBits 64:1, LZW about 1400:1 with 12-bit codes. MATLAB
# keeps doubles that are small integers as bytes: 8:1, complex or not, on top.
BEST_RATIO = {"none": 1.0, "narrowed": 8.1, "packbits": 66.0, "deflate": 1100.0, "deflate, narrowed": 8800.0,
              "lzw": 2800.0}  # fmt: skip
BOMB_BYTES, BOMB_RATIO = 256_000_000, 200.0
COPY_AGAIN = "copy the file again from where it came"


@dataclass(frozen=True)
class ArrayInfo:
    """One array of a file, as its header declares it.

    **Attributes:** `format`; `key`, its name inside a container; `shape`; `dtype` as numpy writes it, without byte
    order; `axes`, one letter per dimension (f frame, y, x, c color, others as the file names them); `compression`;
    `stored`, bytes of pixel data on the disk; `pixel_size` in m where the file tells; `metadata`, name →
    `{"value", "source"}`; `warnings`, sentences.
    """

    format: str
    key: str | None
    shape: tuple[int, ...]
    dtype: str
    axes: str
    compression: str
    stored: int
    pixel_size: float | None = None
    metadata: dict[str, dict[str, Any]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def nbytes(self) -> int:
        """Bytes of the decoded array."""
        return math.prod(self.shape) * ITEM_BYTES[self.dtype]

    def to_json(self) -> dict[str, Any]:
        """Return the fields as a dictionary for JSON."""
        return asdict(self)

    def with_warning(self, sentence: str) -> "ArrayInfo":
        """Return a copy that carries one more warning."""
        return replace(self, warnings=(*self.warnings, sentence))


def item(value: Any, source: str) -> dict[str, Any]:
    """Return one metadata entry with the place it was found."""
    return {"value": value, "source": source}


def refuse(path: Path, got: str, expected: str = "an intact file", remedy: str = COPY_AGAIN) -> InputError:
    """Return the error for a file that is not what it should be."""
    return InputError(str(path), got=got, expected=expected, remedy=remedy)


def check_declared(path: Path, info: ArrayInfo, largest: int | None) -> None:
    """Refuse an array whose declared size cannot be true, cannot be held, or smells of a bomb.

    `largest=None` (a trusted file) leaves out the last two.
    """
    name = f"{info.key}: " if info.key else ""
    size = " × ".join(map(str, info.shape)) or "a single number"
    if info.dtype not in ITEM_BYTES:
        raise refuse(path, f"{name}values of type {info.dtype}", "integers, floats or complex numbers",
                     "save the array as plain numbers")  # fmt: skip
    if not info.shape or 0 in info.shape or min(info.shape) < 0 or len(info.shape) > 8:
        raise refuse(path, f"{name}an array of {size}", "an image or a stack of images", "choose another array by key")
    told, shown = info.nbytes, f"{name}a declared {size} {info.dtype} ({_size(info.nbytes)})"
    if not info.stored:
        raise refuse(
            path, f"{shown} without any stored data", "stored pixels", "the program that wrote it did not finish"
        )
    if told > info.stored * BEST_RATIO.get(info.compression, math.inf):
        raise refuse(path, f"{shown} in {_size(info.stored)} of data", "as much data as the header declares")
    if largest is None:
        return
    if told > largest:
        raise refuse(
            path, shown, f"at most {_size(largest)} on this machine", "crop or bin the frames, or split the file"
        )
    if told > BOMB_BYTES and told > BOMB_RATIO * max(info.stored, 1):
        raise refuse(path, f"{shown} in {_size(info.stored)} of data", f"an expansion below {BOMB_RATIO:.0f} times",
                     "if you trust the file, read it with trusted=True or save it uncompressed")  # fmt: skip


def choose(path: Path, infos: list[ArrayInfo], key: str | None) -> ArrayInfo:
    """Return the array of this key, or the only one; name them all where it is not clear."""
    from backlight.errors import nearest

    if key is not None:
        found = [i for i in infos if i.key is not None and i.key.strip("/") == key.strip("/")]
        if found:
            return found[0]
        names = [i.key for i in infos if i.key is not None]
        if not names:
            raise refuse(path, f"key {key!r}", "no key: the file holds one array without a name", "leave out key")
        raise refuse(path, f"key {key!r}", "the name of an array in the file", nearest(key, names[:20]))
    if len(infos) == 1:
        return infos[0]
    infos = [i for i in infos if "channel" not in i.metadata]  # parts of an image that is listed itself
    pictures = [i for i in infos if is_picture(i)]
    if len(pictures) == 1:
        return pictures[0]
    shown = ", ".join(f"{i.key} ({'×'.join(map(str, i.shape))} {i.dtype})" for i in (pictures or infos)[:8])
    more = f" and {len(infos) - 8} more" if len(pictures or infos) > 8 else ""
    raise InputError(str(path), got=f"{len(infos)} arrays: {shown}{more}", expected="one array, or its key",
                     remedy=f'say which: key = "{(pictures or infos)[0].key}"')  # fmt: skip


def is_picture(info: ArrayInfo) -> bool:
    """Tell whether an array can be an image or a stack: two or three dimensions, at least 8 by 8 of something."""
    return 2 <= len(info.shape) <= 4 and sum(n >= 8 for n in info.shape) >= 2


def _size(count: float) -> str:
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if count < 1000 or unit == "TB":
            return f"{count:.3g} {unit}" if unit != "bytes" else f"{count:.0f} bytes"
        count /= 1000
    raise AssertionError
