"""Recognize a file by what is in it, and refuse what is no ordinary file."""

import os
import stat
import struct
from pathlib import Path

from backlight.errors import InputError

READABLE = "TIFF, OME-TIFF, PNG, JPEG, BMP, NPY, NPZ, MAT, HDF5 or OME-Zarr"
LONGEST_NAME = 4096

_MAGIC = (
    (b"II*\0", "TIFF"), (b"MM\0*", "TIFF"), (b"II+\0", "TIFF"), (b"MM\0+", "TIFF"),
    (b"\x89PNG\r\n\x1a\n", "PNG"), (b"\xff\xd8\xff", "JPEG"), (b"BM", "BMP"), (b"\x93NUMPY", "NPY"),
    (b"MATLAB 5.0 MAT-file", "MAT"), (b"MATLAB 7.3 MAT-file", "MAT73"), (b"\x89HDF\r\n\x1a\n", "HDF5"),
)  # fmt: skip
_UNREADABLE = (
    (b"\x1f\x8b", "a gzip archive", "unpack it first"),
    (b"BZh", "a bzip2 archive", "unpack it first"),
    (b"\xfd7zXZ\0", "an xz archive", "unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it first"),
    (b"Rar!", "a RAR archive", "unpack it first"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", "unpack it first"),
    (b"GIF8", "a GIF", "save it as TIFF or PNG"),
    (b"RIFF", "a RIFF file (WebP, AVI, WAV)", "save it as TIFF or PNG"),
    (b"SIMPLE  =", "a FITS file", "save it as TIFF, HDF5 or NPY"),
    (b"%PDF", "a PDF", "give the frames themselves"),
    (b"\x80\x04\x95", "a Python pickle", "save the array with numpy.save(..., allow_pickle=False)"),
    (b"\x80\x05\x95", "a Python pickle", "save the array with numpy.save(..., allow_pickle=False)"),
)


def recognize(path: str | Path) -> str:
    """Name the format of a file or Zarr folder by its content.

    **Returns** one of TIFF, PNG, JPEG, BMP, NPY, NPZ, MAT, MAT73, HDF5, ZARR.

    **Raises** `InputError` for an empty file, an archive, another format, a device or a pipe.
    """
    path = regular_path(path)
    if path.is_dir():
        return _folder(path)
    head = _head(path)
    if not head:
        raise InputError(str(path), got="an empty file (0 bytes)", expected=READABLE, remedy="copy or save it again")
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip(path)
    if _hdf5_behind_user_block(path):
        return "HDF5"
    raise _refusal(path, head)


def regular_path(path: str | Path) -> Path:
    """Return the path of an existing regular file or folder; refuse devices, pipes, sockets and absurd names."""
    text = os.fspath(path)
    if len(text) > LONGEST_NAME or "\0" in text:
        got = f"a name of {len(text):,} characters" if len(text) > LONGEST_NAME else "a name with a zero byte"
        raise InputError(text, got=got, expected="the name of a file")
    path = Path(text)
    try:
        mode = path.stat().st_mode
    except OSError as error:
        remedy = "check the name, and the folder it is relative to"
        raise InputError(
            str(path), got=error.strerror or str(error), expected="an existing file or folder", remedy=remedy
        ) from None
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
        return path
    kind = {stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}.get(stat.S_IFMT(mode), "a device")
    raise InputError(str(path), got=kind, expected="a regular file", remedy="copy the data into a file first")


def inside(path: Path, folder: Path) -> Path:
    """Refuse a file of a folder that, by a link or `..`, lies outside the folder."""
    real, root = path.resolve(), folder.resolve()
    if not real.is_relative_to(root):
        raise InputError(str(folder), got=f"{path.name} leads out of the folder", expected="files inside the folder",
                         remedy="copy the file in place of the link")  # fmt: skip
    return path


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(600)
    except OSError as error:
        raise InputError(str(path), got=error.strerror or str(error), expected="a readable file") from None


def _folder(path: Path) -> str:
    names = ("zarr.json", ".zarray", ".zgroup", ".zattrs")
    if any((path / name).is_file() for name in names):
        return "ZARR"
    raise InputError(str(path), got="a folder without zarr.json, .zarray or .zgroup", expected=f"{READABLE}",
                     remedy="to read a folder of frames, give it as data frames, not as one array")  # fmt: skip


def _zip(path: Path) -> str:
    import zipfile

    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise InputError(str(path), got=f"a damaged or cut zip archive ({error})", expected=READABLE,
                         remedy="copy the file again") from None  # fmt: skip
    if names and all(name.endswith(".npy") for name in names):
        return "NPZ"
    shown = ", ".join(names[:3]) or "nothing"
    raise InputError(str(path), got=f"a zip archive with {shown}", expected=READABLE, remedy="unpack it first")


def _hdf5_behind_user_block(path: Path) -> bool:
    size, offset = path.stat().st_size, 512
    with path.open("rb") as file:
        while offset + 8 <= min(size, 1 << 22):
            file.seek(offset)
            if file.read(8) == b"\x89HDF\r\n\x1a\n":
                return True
            offset *= 2
    return False


def _refusal(path: Path, head: bytes) -> InputError:
    for magic, name, remedy in _UNREADABLE:
        if head.startswith(magic):
            return InputError(str(path), got=name, expected=READABLE, remedy=remedy)
    if head[257:262] == b"ustar":
        return InputError(str(path), got="a tar archive", expected=READABLE, remedy="unpack it first")
    if _looks_like_mat4(head):
        return InputError(str(path), got="a MATLAB 4 file", expected=READABLE, remedy="save it with save(..., '-v7')")
    start = head[:16]
    shown = repr(start.decode()) if start.isascii() and b"\0" not in start else start.hex(" ")
    remedy = "save the frames in one of these formats; the ending of the name does not count"
    return InputError(str(path), got=f"unknown content starting with {shown}", expected=READABLE, remedy=remedy)


def _looks_like_mat4(head: bytes) -> bool:
    if len(head) < 20:
        return False
    for order in "<>":
        kind, rows, columns, imaginary, name = struct.unpack(f"{order}5i", head[:20])
        known = (
            kind >= 0 and kind // 1000 in (0, 1) and kind // 10 % 10 <= 5 and kind % 10 <= 2 and kind // 100 % 10 == 0
        )
        if known and rows >= 0 and columns >= 0 and imaginary in (0, 1) and 1 < name <= 64:
            return True
    return False
