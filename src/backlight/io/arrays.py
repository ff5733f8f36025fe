"""Write arrays so that other programs open them at the right scale."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backlight.errors import InputError
from backlight.io.commit import commit_file, commit_folder

if TYPE_CHECKING:
    import numpy as np


PixelSize = float | tuple[float, float]


def write_npy(path: str | Path, array: "np.ndarray") -> Path:
    """Write one array as NPY, without pickles, in one step that a kill cannot halve."""
    import numpy as np

    return commit_file(path, lambda file: np.save(file, np.asarray(array), allow_pickle=False))


def write_tiff(
    path: str | Path, array: "np.ndarray", *, pixel_size: PixelSize | None = None, axes: str | None = None
) -> Path:
    """Write real frames (y, x) or (frame, y, x) as OME-TIFF, with the pixel size in micrometres.

    **Arguments:** `array`, real (float64 becomes float32); `pixel_size` in m, or (y, x); `axes`, `"YX"`, `"ZYX"`
    or `"TYX"`.
    """
    import numpy as np
    from tifffile import imwrite

    values = np.asarray(array)
    if values.ndim not in (2, 3) or values.dtype.kind not in "biuf":
        raise InputError(
            "array", got=f"{values.ndim} dimensions of {values.dtype}", expected="real (y, x) or (frame, y, x)"
        )
    values = values.astype(np.float32) if values.dtype.kind == "f" else values
    values = values.astype(np.uint8) if values.dtype.kind == "b" else values
    metadata: dict[str, Any] = {"axes": axes or ("YX" if values.ndim == 2 else "TYX")}
    if pixel_size is not None:
        high, wide = _both(pixel_size)
        size = {"PhysicalSizeX": _micrometres(wide), "PhysicalSizeY": _micrometres(high)}
        metadata |= size | {"PhysicalSizeXUnit": "µm", "PhysicalSizeYUnit": "µm"}
    return commit_file(path, lambda file: imwrite(file, values, ome=True, metadata=metadata, photometric="minisblack"))


def write_ome_zarr(
    path: str | Path, channels: "Mapping[str, np.ndarray]", pixel_size: PixelSize, *, spacing: float | None = None
) -> Path:
    """Write named real arrays of one shape as the channels of one OME-Zarr 0.5 image.

    Blocks are compressed with Zstandard and a check sum, so that a flipped bit is noticed. `read(path, key=name)` gives
    one channel back.

    **Arguments:** `channels`, such as `{"amplitude": ..., "phase": ...}`, each (y, x) or (z, y, x); `pixel_size` in m,
    or (y, x); `spacing` of the planes in m (the pixel size where absent).

    **Raises** `InputError` where the arrays differ in shape, or the folder exists.
    """
    import numpy as np

    arrays = {name: np.asarray(a) for name, a in channels.items()}
    shapes = {a.shape for a in arrays.values()}
    if len(shapes) != 1 or len(next(iter(shapes))) not in (2, 3) or any(a.dtype.kind == "c" for a in arrays.values()):
        shown = ", ".join(f"{n} {a.shape} {a.dtype}" for n, a in arrays.items()) or "nothing"
        raise InputError("channels", got=shown, expected="real arrays of one shape, (y, x) or (z, y, x)")
    values = np.stack([a.astype(np.float32) for a in arrays.values()])
    metadata = _ome(list(arrays), values, _both(pixel_size), spacing)
    return commit_folder(path, lambda folder: _write_group(folder, values, metadata), manifest=False)


def _write_group(folder: Path, values: "np.ndarray", metadata: dict[str, Any]) -> None:
    import zarr
    from zarr.codecs import ZstdCodec

    group = zarr.create_group(str(folder), zarr_format=3, attributes={"ome": metadata}, overwrite=True)
    names = ["c", "z", "y", "x"] if values.ndim == 4 else ["c", "y", "x"]
    blocks = (1,) * (values.ndim - 2) + tuple(min(n, 1024) for n in values.shape[-2:])
    array = group.create_array("0", shape=values.shape, dtype=values.dtype, chunks=blocks, dimension_names=names,
                               compressors=[ZstdCodec(level=3, checksum=True)],
                               config={"write_empty_chunks": True})  # fmt: skip
    array[...] = values


def _ome(names: list[str], values: "np.ndarray", pitch: tuple[float, float], spacing: float | None) -> dict[str, Any]:
    """Return OME-Zarr 0.5 metadata: axes, scale in micrometres, channel names with display windows."""
    letters = "zyx" if values.ndim == 4 else "yx"
    steps = {"z": _micrometres(spacing or pitch[1]), "y": _micrometres(pitch[0]), "x": _micrometres(pitch[1])}
    axes = [{"name": "c", "type": "channel"}, *({"name": n, "type": "space", "unit": "micrometer"} for n in letters)]
    scale = {"type": "scale", "scale": [1.0, *(steps[n] for n in letters)]}
    image = {"name": "object", "axes": axes, "datasets": [{"path": "0", "coordinateTransformations": [scale]}]}
    shown = [{"label": n, "color": "FFFFFF", "active": i == 0, "window": _window(v)}
             for i, (n, v) in enumerate(zip(names, values, strict=True))]  # fmt: skip
    return {"version": "0.5", "multiscales": [image], "omero": {"channels": shown}}


def _both(pixel_size: PixelSize) -> tuple[float, float]:
    """Return the pixel size along y and x."""
    sizes = pixel_size if isinstance(pixel_size, tuple) else (pixel_size, pixel_size)
    return float(sizes[0]), float(sizes[1])


def _micrometres(length: float) -> float:
    """Convert from metres, rounded so that other programs show 5.86, not 5.859999999999999."""
    return float(f"{length * 1e6:.7g}")


def _window(values: "np.ndarray") -> dict[str, float]:
    import numpy as np

    low, high = (float(v) for v in (np.nanmin(values), np.nanmax(values)))
    low, high = (low, high) if np.isfinite([low, high]).all() else (0.0, 1.0)
    return {"min": low, "max": high, "start": low, "end": high}
