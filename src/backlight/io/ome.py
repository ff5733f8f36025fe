"""OME-TIFF metadata: pixel size and axes, without following what they point at."""

import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

from backlight.io.header import ArrayInfo, item, refuse

_SCALE = {"pm": 1e-12, "nm": 1e-9, "µm": 1e-6, "um": 1e-6, "mm": 1e-3, "cm": 1e-2, "m": 1.0}


def apply_ome(path: Path, info: ArrayInfo, text: str, pages: int) -> ArrayInfo:
    """Add what the OME-XML of a TIFF says to its description; leave it as it is where there is none.

    **Raises** `InputError` for XML entities, planes in other files, and sizes that need more planes than are present.
    """
    if "<OME" not in text[:4000]:
        return info
    if re.search(r"<!\s*(DOCTYPE|ENTITY)", text, re.IGNORECASE):
        raise refuse(
            path, "OME metadata that define XML entities", "plain OME-XML", "save the file with another program"
        )
    root = _parse(path, text)
    pixels = next((e for e in root.iter() if _tag(e) == "Pixels"), None)
    if pixels is None:
        return info
    _refuse_other_files(path, root)
    sizes = {letter: _count(path, pixels, letter) for letter in "XYZCT"}
    info = _with_axes(path, info, pixels, sizes, pages)
    return _with_pixel_size(replace(info, format="OME-TIFF"), pixels)


def _parse(path: Path, text: str) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError, RecursionError) as error:
        raise refuse(path, f"OME metadata that cannot be parsed ({error})", "well-formed OME-XML") from None


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rsplit("}", 1)[-1]


def _refuse_other_files(path: Path, root: ElementTree.Element) -> None:
    """Accept only planes of this file: its own UUID, or its own name."""
    own = root.get("UUID")
    for element in root.iter():
        name = element.get("FileName")
        mine = name == path.name or (own is not None and (element.text or "").strip() == own)
        if _tag(element) == "UUID" and name is not None and not mine:
            raise refuse(path, f"OME metadata that point at another file, {name!r}", "planes inside this file",
                         "save the stack as one file")  # fmt: skip


def _count(path: Path, pixels: ElementTree.Element, letter: str) -> int:
    text = pixels.get(f"Size{letter}", "1")
    if not re.fullmatch(r"\d{1,9}", text) or int(text) == 0:
        raise refuse(path, f"OME Size{letter} = {text!r}", "a whole number above zero")
    return int(text)


def _with_axes(
    path: Path, info: ArrayInfo, pixels: ElementTree.Element, sizes: dict[str, int], pages: int
) -> ArrayInfo:
    samples = info.shape[-1] if info.axes.endswith("c") else 1
    planes = sizes["Z"] * sizes["T"] * max(1, sizes["C"] // samples)
    height, width = info.shape[-3:-1] if samples > 1 else info.shape[-2:]
    if (sizes["Y"], sizes["X"]) != (height, width):
        raise refuse(path, f"OME size {sizes['Y']} × {sizes['X']}, pages of {height} × {width}")
    if planes > pages:
        raise refuse(path, f"{planes} planes declared by OME, {pages} present", "every declared plane")
    if planes < pages:
        return info.with_warning(f"OME declares {planes} planes, the file has {pages}; all are read")
    order = pixels.get("DimensionOrder", "XYZCT")
    if sorted(order) != sorted("XYZCT") or not order.startswith("XY"):
        raise refuse(path, f"OME DimensionOrder {order!r}", "an order such as XYZCT")
    long = [letter for letter in reversed(order[2:]) if sizes[letter] > 1 and not (letter == "C" and samples > 1)]
    if len(long) < 2:
        return info
    lead = tuple(sizes[letter] for letter in long)
    tail = "yxc" if samples > 1 else "yx"
    return replace(info, shape=lead + info.shape[-len(tail) :], axes="".join(long).lower() + tail)


def _with_pixel_size(info: ArrayInfo, pixels: ElementTree.Element) -> ArrayInfo:
    text, unit = pixels.get("PhysicalSizeX"), pixels.get("PhysicalSizeXUnit", "µm").replace("μ", "µ")
    try:
        size = float(text or "") * _SCALE[unit]
    except (ValueError, KeyError):
        return info
    if not 0 < size < 1:
        return info.with_warning(f"OME PhysicalSizeX {text} {unit} is no pixel size; not used")
    found = item(size, f"OME PhysicalSizeX {text} {unit}")
    return replace(info, pixel_size=size, metadata=info.metadata | {"pixel_size": found})
