"""TIFF and BigTIFF: the directories read and checked here, the pixels decoded by tifffile or Pillow."""

import re
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from backlight.errors import InputError
from backlight.io.header import ArrayInfo, item, refuse
from backlight.io.ome import apply_ome

if TYPE_CHECKING:
    import numpy as np

MOST_PAGES, MOST_TAGS, LARGEST_TAG = 100_000, 4096, 8_000_000
_TYPES = {1: "B", 2: "c", 3: "H", 4: "I", 5: "II", 6: "b", 8: "h", 9: "i", 10: "ii", 11: "f", 12: "d", 13: "I",
          16: "Q", 17: "q", 18: "Q"}  # fmt: skip
_WANTED = {254, 256, 257, 258, 259, 262, 270, 273, 277, 278, 279, 282, 284, 296, 317, 322, 323, 324, 325, 338, 339}
_COMPRESSION = {1: "none", 5: "lzw", 6: "jpeg", 7: "jpeg", 8: "deflate", 32946: "deflate", 32773: "packbits",
                34925: "lzma", 50000: "zstd"}  # fmt: skip
_KINDS = {1: "u", 2: "i", 3: "f", 6: "c"}


@dataclass(frozen=True)
class Page:
    """One directory: its tags, and where its pixel data lie."""

    tags: dict[int, tuple[Any, ...]]
    offsets: tuple[int, ...]
    counts: tuple[int, ...]

    def one(self, tag: int, default: int) -> int:
        """Return a tag of one number."""
        value = self.tags.get(tag, (default,))
        return int(value[0]) if value else default

    @property
    def layout(self) -> tuple[int, ...]:
        """What two frames of one stack must share: height, width, samples, bits, kind, compression, predictor."""
        return (self.one(257, 0), self.one(256, 0), self.one(277, 1), self.one(258, 1), self.one(339, 1),
                self.one(259, 1), self.one(317, 1))  # fmt: skip

    @property
    def text(self) -> str:
        """Return the image description."""
        return b"".join(self.tags.get(270, ())).split(b"\0")[0].decode("utf-8", "replace")


class _Walker:
    """Follows the directories of one file within its bounds."""

    def __init__(self, path: Path, file: BinaryIO):
        self.path, self.file = path, file
        self.size = path.stat().st_size
        head = file.read(16)
        self.order = "<" if head[:2] == b"II" else ">"
        self.big = len(head) > 2 and 43 in (head[2], head[3])
        if len(head) < (16 if self.big else 8):
            raise refuse(path, f"a TIFF cut in its header ({self.size} bytes)")
        self.first = self.unpack("Q", head[8:16])[0] if self.big else self.unpack("I", head[4:8])[0]

    def unpack(self, code: str, raw: bytes) -> tuple[Any, ...]:
        return struct.unpack(self.order + code, raw)

    def at(self, offset: int, count: int, what: str) -> bytes:
        if offset + count > self.size:
            raise refuse(self.path, f"{what} ending at byte {offset + count:,} of a file of {self.size:,} bytes")
        self.file.seek(offset)
        return self.file.read(count)

    def pages(self) -> list[Page]:
        found, seen, offset = [], set(), self.first
        while offset:
            if offset in seen:
                raise refuse(self.path, f"a directory loop (page {len(found) + 1} leads back to byte {offset})")
            if len(found) >= MOST_PAGES:
                raise refuse(self.path, f"more than {MOST_PAGES:,} pages", "a stack of frames", "split the stack")
            seen.add(offset)
            page, offset = self.page(offset, len(found))
            found.append(page)
        if not found:
            raise refuse(self.path, "a TIFF without a page")
        return found

    def page(self, offset: int, index: int) -> tuple[Page, int]:
        what = f"the directory of page {index + 1}"
        counter, entry, link = ("Q", 20, "Q") if self.big else ("H", 12, "I")
        count = self.unpack(counter, self.at(offset, struct.calcsize("<" + counter), what))[0]
        if not 0 < count <= MOST_TAGS:
            raise refuse(self.path, f"{what} with {count:,} entries")
        start = offset + struct.calcsize("<" + counter)
        width = struct.calcsize("<" + link)
        raw = self.at(start, count * entry + width, what)
        tags = dict(filter(None, (self.tag(raw[i * entry : (i + 1) * entry], index) for i in range(count))))
        offsets, counts = tags.get(273, tags.get(324, ())), tags.get(279, tags.get(325, ()))
        return Page(tags, offsets, counts), self.unpack(link, raw[-width:])[0]

    def tag(self, raw: bytes, index: int) -> tuple[int, tuple[Any, ...]] | None:
        code, kind, count = self.unpack("HHQ" if self.big else "HHI", raw[: 12 if self.big else 8])
        letters = _TYPES.get(kind)
        if code not in _WANTED or letters is None or (code == 270 and kind != 2):
            return None
        if code != 270 and kind not in ((5,) if code == 282 else (1, 3, 4, 13, 16, 18)):
            raise refuse(self.path, f"tag {code} of page {index + 1} with values of type {kind}")
        size = struct.calcsize("<" + letters) * count
        inline = raw[12:] if self.big else raw[8:]
        if size > LARGEST_TAG:
            raise refuse(self.path, f"tag {code} of page {index + 1} with {count:,} values")
        if size <= len(inline):
            data = inline[:size]
        else:
            place = self.unpack("Q" if self.big else "I", inline)[0]
            data = self.at(place, size, f"tag {code} of page {index + 1}")
        if letters == "c":
            return code, (data,)
        return code, self.unpack(letters * count if count < 2 else f"{count * len(letters)}{letters[0]}", data)


def pages_of(path: Path) -> tuple[list[Page], str]:
    """Return the full-resolution pages of a TIFF and its byte order."""
    with path.open("rb") as file:
        walker = _Walker(path, file)
        pages = [p for p in walker.pages() if not p.one(254, 0) & 1]  # bit 0: a reduced copy of another page
    if not pages:
        raise refuse(path, "a TIFF with nothing but previews")
    for index, page in enumerate(pages):
        _check_page(path, page, index, walker.size)
    return pages, walker.order


def _check_page(path: Path, page: Page, index: int, size: int) -> None:
    what = f"page {index + 1}"
    if page.layout[0] < 1 or page.layout[1] < 1:
        raise refuse(path, f"{what} of {page.layout[0]} × {page.layout[1]} pixels")
    if not page.offsets or len(page.offsets) != len(page.counts):
        raise refuse(path, f"{what} with {len(page.offsets)} data blocks and {len(page.counts)} block lengths")
    if len(page.offsets) != _blocks(page):
        raise refuse(path, f"{what} with {len(page.offsets):,} data blocks where its size needs {_blocks(page):,}")
    for offset, count in zip(page.offsets, page.counts, strict=True):
        if offset + count > size or count == 0:
            raise refuse(path, f"pixel data of {what} ending at byte {offset + count:,} of a file of {size:,} bytes")


def _blocks(page: Page) -> int:
    height, width, samples = page.layout[:3]
    planes = samples if page.one(284, 1) == 2 else 1
    if 322 in page.tags or 323 in page.tags:
        tile_x, tile_y = max(1, page.one(322, 1)), max(1, page.one(323, 1))
        return -(-height // tile_y) * -(-width // tile_x) * planes
    rows = min(max(1, page.one(278, height)), height)
    return -(-height // rows) * planes


def describe(path: Path) -> list[ArrayInfo]:
    """Describe the stack of a TIFF from its directories alone."""
    pages, _ = pages_of(path)
    first = pages[0]
    for index, page in enumerate(pages):
        if page.layout != first.layout:
            raise refuse(path, f"page {index + 1} is {_layout(page)}, page 1 is {_layout(first)}",
                         "pages of one shape and type", "save frames of one size in one file")  # fmt: skip
    height, width, samples = first.layout[:3]
    if samples > 4:
        raise refuse(path, f"{samples} samples a pixel", "grey frames", "save one page a frame")
    if first.one(262, 1) == 3:
        raise refuse(path, "palette colors", "grey frames", "convert to grey")
    frames = _series_length(pages)
    shape = ((frames,) if frames > 1 else ()) + (height, width) + ((samples,) if samples > 1 else ())
    axes = ("f" if frames > 1 else "") + "yx" + ("c" if samples > 1 else "")
    stored = sum(sum(page.counts) for page in pages) * (frames if len(pages) == 1 else 1)
    compression = _COMPRESSION.get(first.one(259, 1), f"scheme {first.one(259, 1)}")
    info = ArrayInfo("TIFF", None, shape, _dtype(path, first), axes, compression, stored)
    if frames > 1 and len(pages) == 1:
        end = first.offsets[0] + info.nbytes
        if end > path.stat().st_size:
            raise refuse(path, f"{frames} declared frames that end at byte {end:,} of {path.stat().st_size:,}")
    if first.one(262, 1) == 0:
        info = info.with_warning("the file stores white as 0; values are kept as stored")
    return [_with_resolution(path, apply_ome(path, info, first.text, len(pages)), first)]


def _layout(page: Page) -> str:
    height, width, samples, bits = page.layout[:4]
    return f"{height} × {width}{f' × {samples}' if samples > 1 else ''}, {bits} bits, scheme {page.one(259, 1)}"


def _series_length(pages: list[Page]) -> int:
    """Count frames; one-page files of ImageJ and tifffile can hold further frames behind the first, uncompressed."""
    first = pages[0]
    if len(pages) > 1 or first.one(259, 1) != 1:
        return len(pages)
    found = re.search(r"^images=(\d{1,9})$", first.text, re.MULTILINE) if first.text.startswith("ImageJ=") else None
    return max(1, int(found[1])) if found else 1


def _dtype(path: Path, page: Page) -> str:
    bits, kind = page.tags.get(258, (1,)), _KINDS.get(page.one(339, 1), "u")
    size = bits[0]
    if len(set(bits)) != 1 or size not in (8, 16, 32, 64, 128) or f"{kind}{size // 8}" in ("f1", "u16", "i16", "f16"):
        raise refuse(path, f"{', '.join(map(str, bits[:4]))} bits a sample", "8, 16, 32 or 64 bits a sample",
                     "save it as 8- or 16-bit grey")  # fmt: skip
    return f"{kind}{size // 8}"


def _with_resolution(path: Path, info: ArrayInfo, page: Page) -> ArrayInfo:
    """Take a pixel size that ImageJ wrote; the resolution of other TIFFs is a print setting."""
    from dataclasses import replace

    unit = re.search(r"^unit=(.+)$", page.text, re.MULTILINE) if page.text.startswith("ImageJ=") else None
    top, bottom = (*page.tags.get(282, ()), 0, 0)[:2]
    if info.pixel_size is not None or not top or not bottom:
        return info
    scale = {"micron": 1e-6, "um": 1e-6, "µm": 1e-6, "\\u00B5m": 1e-6, "nm": 1e-9, "mm": 1e-3, "cm": 1e-2}
    if unit and unit[1].strip() in scale:
        size = bottom / top * scale[unit[1].strip()]
        found = item(size, f"ImageJ resolution and unit {unit[1].strip()}")
        return replace(info, pixel_size=size, metadata=info.metadata | {"pixel_size": found})
    name = {2: "per inch", 3: "per cm"}.get(page.one(296, 2), "without unit")
    found = item(f"{top / bottom:g} {name}", "TIFF XResolution, a print setting: not used")
    return replace(info, metadata=info.metadata | {"resolution": found})


def decode(path: Path, info: ArrayInfo) -> "np.ndarray":
    """Decode the pixels of a described TIFF, page by page: never through a series, which may name other files."""
    import numpy as np

    pages, order = pages_of(path)
    frames = info.shape[0] if info.axes[0] == "f" else 1
    if len(pages) == 1 and frames > 1:
        dtype = np.dtype(order + info.dtype)
        return np.fromfile(path, dtype, int(np.prod(info.shape)), offset=pages[0].offsets[0]).reshape(info.shape)
    shape = info.shape[-3:] if info.axes[-1] == "c" else info.shape[-2:]
    out = np.empty((len(pages), *shape), info.dtype)
    pillow = pages[0].one(259, 1) not in (1, 8, 32946, 32773, 34925) or pages[0].one(317, 1) == 3
    try:
        (_by_pillow if pillow else _by_tifffile)(path, out, pages)
    except InputError:
        raise
    except (OSError, ValueError, TypeError, RuntimeError, LookupError, EOFError, struct.error, zlib.error) as error:
        raise refuse(path, f"pixel data that cannot be decoded ({error})"[:200]) from None
    return out.reshape(info.shape)


def _by_tifffile(path: Path, out: "np.ndarray", pages: list[Page]) -> None:
    from tifffile import TiffFile

    with TiffFile(path) as file:
        full = [p for p in file.pages if not int(p.aspage().subfiletype) & 1]
        for index in range(len(pages)):
            frame = full[index].aspage().asarray(maxworkers=1)
            if frame.shape != out.shape[1:] and full[index].aspage().planarconfig == 2:
                frame = frame.transpose(1, 2, 0)
            _store(path, out, index, frame)


def _by_pillow(path: Path, out: "np.ndarray", pages: list[Page]) -> None:
    """Decode LZW, JPEG and Zstandard pages, for which tifffile would need another package."""
    import numpy as np
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None  # the declared size is checked already
    with Image.open(path, formats=["TIFF"]) as image:
        wanted = 0
        for index in range(getattr(image, "n_frames", 1)):
            image.seek(index)
            if image.tag_v2.get(254, 0) & 1:  # type: ignore[attr-defined]
                continue
            _store(path, out, wanted, np.asarray(image))
            wanted += 1
    if wanted != len(pages):
        raise refuse(path, f"{wanted} readable pages of {len(pages)}")


def _store(path: Path, out: "np.ndarray", index: int, frame: "np.ndarray") -> None:
    if frame.shape != out.shape[1:] or frame.dtype.kind != out.dtype.kind or frame.dtype.itemsize != out.dtype.itemsize:
        raise refuse(path, f"page {index + 1} decodes to {frame.shape} {frame.dtype}, not {out.shape[1:]} {out.dtype}",
                     "pixels as declared", "save it uncompressed, 8- or 16-bit grey")  # fmt: skip
    out[index] = frame
