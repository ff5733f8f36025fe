"""PNG, JPEG and BMP: headers checked here, pixels decoded by Pillow."""

import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from backlight.io.header import ArrayInfo, refuse

if TYPE_CHECKING:
    import numpy as np

_SAMPLES = {0: 1, 2: 3, 3: 3, 4: 2, 6: 4}  # PNG color types


def describe(path: Path, form: str) -> list[ArrayInfo]:
    """Describe a PNG, JPEG or BMP from its header."""
    return [{"PNG": _png, "JPEG": _jpeg, "BMP": _bmp}[form](path)]


def _image(form: str, height: int, width: int, samples: int, dtype: str, compression: str, stored: int) -> ArrayInfo:
    shape = (height, width) + ((samples,) if samples > 1 else ())
    return ArrayInfo(form, None, shape, dtype, "yxc" if samples > 1 else "yx", compression, stored)


def _png(path: Path) -> ArrayInfo:
    """Walk the chunks with their check sums: a cut or changed PNG is noticed before it is decoded."""
    data = path.read_bytes()
    place, stored, header, ended = 8, 0, b"", False
    while place + 12 <= len(data) and not ended:
        length, kind = struct.unpack(">I4s", data[place : place + 8])
        body = data[place + 8 : place + 8 + length]
        check = data[place + 8 + length : place + 12 + length]
        if len(check) < 4:
            break
        if zlib.crc32(kind + body) != int.from_bytes(check, "big"):
            raise refuse(path, f"a damaged {kind.decode('latin-1')} block at byte {place} (its check sum differs)")
        header = body if place == 8 and kind == b"IHDR" else header
        stored += length if kind == b"IDAT" else 0
        ended, place = kind == b"IEND", place + 12 + length
    if len(header) != 13:
        raise refuse(path, "a PNG cut in its header")
    if not ended:
        raise refuse(path, f"a PNG that ends after {len(data):,} bytes, before its last block")
    width, height, bits, color = struct.unpack(">IIBB", header[:10])
    if color not in _SAMPLES or bits not in (1, 2, 4, 8, 16):
        raise refuse(path, f"PNG color type {color} with {bits} bits")
    if bits == 16 and color != 0:
        raise refuse(path, "16-bit color or transparency", "grey frames", "save it as 16-bit grey PNG or TIFF")
    return _image("PNG", height, width, _SAMPLES[color], "u2" if bits == 16 else "u1", "deflate", stored)


def _jpeg(path: Path) -> ArrayInfo:
    data = path.read_bytes()
    place = 2
    while place + 4 <= len(data):
        if data[place] != 0xFF:
            raise refuse(path, f"a JPEG with damaged markers at byte {place}")
        marker = data[place + 1]
        if marker == 0xFF:
            place += 1
            continue
        length = int.from_bytes(data[place + 2 : place + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return _jpeg_frame(path, data, place)
        place += 2 + length
    raise refuse(path, "a JPEG cut in its header")


def _jpeg_frame(path: Path, data: bytes, place: int) -> ArrayInfo:
    if place + 10 > len(data):
        raise refuse(path, "a JPEG cut in its header")
    bits, height, width, parts = struct.unpack(">BHHB", data[place + 4 : place + 10])
    if bits != 8 or parts not in (1, 3, 4) or not height:
        raise refuse(path, f"a JPEG of {height} × {width} with {parts} parts of {bits} bits", "an 8-bit JPEG")
    # A block of 8 × 8 pixels costs at least a bit or two: 64 pixels per 1/4 byte.
    if height * width > len(data) * 1024:
        raise refuse(path, f"a declared {height} × {width} in {len(data):,} bytes", "as much data as declared")
    info = _image("JPEG", height, width, parts, "u1", "jpeg", len(data))
    return info.with_warning("JPEG is lossy: fringes and noise are altered; use TIFF or PNG for measurements")


def _bmp(path: Path) -> ArrayInfo:
    with path.open("rb") as file:
        head, size = file.read(54), path.stat().st_size
    if len(head) < 54:
        raise refuse(path, f"a BMP cut in its header ({size} bytes)")
    offset, width, height = struct.unpack("<10xI4xii", head[:26])
    bits, scheme = struct.unpack("<HI", head[28:34])
    if bits not in (1, 4, 8, 16, 24, 32) or width <= 0 or height == 0:
        raise refuse(path, f"a BMP of {abs(height)} × {width} with {bits} bits")
    row = (width * bits + 31) // 32 * 4
    if scheme in (0, 3) and offset + row * abs(height) > size:
        raise refuse(path, f"a BMP of {abs(height)} × {width} × {bits} bits in {size:,} bytes", "all declared pixels")
    if scheme not in (0, 1, 3) or abs(height) * width > max(1, size) * 260:
        raise refuse(
            path, f"a BMP of {abs(height)} × {width} in {size:,} bytes", "an uncompressed BMP", "save it as PNG"
        )
    samples = 4 if bits == 32 else 3
    return _image("BMP", abs(height), width, samples, "u1", "bmp", size)


def decode(path: Path, info: ArrayInfo) -> "np.ndarray":
    """Decode the pixels; palettes and transparency become RGB, so that grey can be told from color."""
    import numpy as np
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # the declared size is checked already
    try:
        with Image.open(path, formats=[info.format]) as image:
            if image.size != (info.shape[1], info.shape[0]):
                raise ValueError("its size differs from its header")
            image.load()
            plain = image if image.mode in ("L", "I;16", "RGB") else _plain(image, info)
            array = np.asarray(plain)
    except (OSError, ValueError, SyntaxError, EOFError, struct.error, zlib.error) as error:
        raise refuse(path, f"a damaged or cut {info.format} ({_short(error)})") from None
    return array.astype(info.dtype, copy=False)


def _short(error: BaseException) -> str:
    return "its header makes no sense" if "cannot identify" in str(error) else str(error)[:160]


def _plain(image, info: ArrayInfo):
    if image.mode in ("1", "LA") or (image.mode == "P" and len(info.shape) == 2):
        return image.convert("L")
    return image if image.mode.startswith("I") else image.convert("RGB")
