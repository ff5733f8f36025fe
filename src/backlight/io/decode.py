"""Describe and decode one file, in whatever process this runs.

Users come through `backlight.io.read`, which runs this in a limited child process.
"""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from backlight.errors import InputError
from backlight.io.formats import recognize
from backlight.io.header import ArrayInfo, check_declared, choose, refuse

if TYPE_CHECKING:
    import numpy as np


def describe(path: Path) -> list[ArrayInfo]:
    """List the arrays of a file from its header, without decoding pixels."""
    from backlight.io import hdf5, images, matlab, npy, tiff, zarrs

    form = recognize(path)
    if form == "TIFF":
        return tiff.describe(path)
    if form in ("PNG", "JPEG", "BMP"):
        return images.describe(path, form)
    if form in ("NPY", "NPZ"):
        return npy.describe(path, form)
    if form == "MAT":
        return matlab.describe(path)
    if form == "ZARR":
        return zarrs.describe(path)
    return hdf5.describe(path, form)


def decode(path: Path, info: ArrayInfo) -> "tuple[ArrayInfo, np.ndarray]":
    """Decode a described array, compare it with its description, and make color that is grey grey."""
    from backlight.io import hdf5, images, matlab, npy, tiff, zarrs

    homes = {"TIFF": tiff, "OME-TIFF": tiff, "PNG": images, "JPEG": images, "BMP": images, "NPY": npy, "NPZ": npy,
             "MAT": matlab, "Zarr": zarrs, "OME-Zarr": zarrs}  # fmt: skip
    array = homes.get(info.format, hdf5).decode(path, info)
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    found = f"{array.dtype.kind}{array.dtype.itemsize}"
    if array.shape != info.shape and not (info.axes == "yxc" and array.shape == info.shape[:2]):
        raise refuse(path, f"pixels of shape {array.shape}, declared {info.shape}")
    if found != info.dtype:
        raise refuse(path, f"pixels of type {found}, declared {info.dtype}")
    return _grey(path, replace(info, shape=array.shape, axes=info.axes[: array.ndim]), array)


def _grey(path: Path, info: ArrayInfo, array: "np.ndarray") -> "tuple[ArrayInfo, np.ndarray]":
    """Accept color pictures whose channels are equal, as grey; refuse true color."""
    import numpy as np

    if not info.axes.endswith("yxc"):
        return info, np.ascontiguousarray(array)
    first = array[..., 0]
    for channel in range(1, min(3, array.shape[-1])):
        if not np.array_equal(first, array[..., channel]):
            worst = int(np.abs(first.astype(np.float64) - array[..., channel]).max())
            stack = ", or frames of a stack with photometric='minisblack'" if info.format == "TIFF" else ""
            raise InputError(str(path), got=f"a color picture (channels differ by up to {worst})",
                             expected="grey frames", remedy=f"convert to grey or save one channel{stack}")  # fmt: skip
    grey = replace(info, shape=first.shape, axes=info.axes[:-1])
    return grey.with_warning("grey stored as color: one of the equal channels is used"), np.ascontiguousarray(first)


def read_one(path: Path, key: str | None, largest: int | None) -> "tuple[ArrayInfo, np.ndarray]":
    """Describe, choose, check and decode one array."""
    info = choose(path, describe(path), key)
    check_declared(path, info, largest)
    return decode(path, info)
