"""What a PtyLab file (HDF5) says of the instrument beside its frames; every number in it is SI.

The names are those of PtyLab's readers and of files in the wild: `wavelength`, `dxp` (pixel at the sample) or `dxd`
(pixel of the camera) with `magnification`, `NA` or `num_apert`, `zled` or `zo` (panel to sample), and the places of the
diodes as `positions_led` or `encoder`, in pairs (y, x).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backlight.errors import InputError
from backlight.io.sandbox import Decoder

if TYPE_CHECKING:
    import numpy as np

    from backlight.io.header import ArrayInfo

FRAMES = "ptychogram"
_NUMBERS = {
    "wavelength": ("wavelength",),
    "pixel_pitch": ("dxp",),
    "camera_pixel": ("dxd",),
    "magnification": ("magnification",),
    "numerical_aperture": ("NA", "num_apert"),
    "led_distance": ("zled", "zo"),
}
_PLACES = ("positions_led", "encoder")


def ptylab_metadata(path: str | Path) -> dict[str, float | Path]:
    """Return what a file says of the instrument, by the run file's names, in SI; nothing where it is not PtyLab's.

    Where it says the places of the diodes and their distance, both are under `led_positions`: the file itself, which
    `read_table` reads.

    ```python
    ptylab_metadata("usaf.hdf5")["wavelength"]
    ```
    """
    with Decoder() as decoder:
        infos = decoder.describe(path)
    told: dict[str, float | Path] = {**_numbers(infos)}
    if "led_distance" in told and _places(infos) is not None:
        del told["led_distance"]
        told["led_positions"] = Path(path)
    return told


def ptylab_columns(path: str | Path, columns: Sequence[str]) -> "np.ndarray":
    """Return where the diodes of a PtyLab file are, frame by frame, in m: columns `x`, `y` and `z` < 0.

    **Raises** `InputError` where the file does not say it.
    """
    import numpy as np

    with Decoder() as decoder:
        infos = decoder.describe(path)
        height = _numbers(infos).get("led_distance")
        key = _places(infos)
        if key is None or height is None:
            got = "no positions_led or encoder" if key is None else "no zled or zo"
            raise InputError(str(path), got=got, expected="a PtyLab file that says where the diodes are")
        _, places = decoder.decode(path, key)
    if places.shape[1] != 2 or not np.isfinite(places).all():
        raise InputError(f"{path} {key}", got=f"an array of {places.shape}", expected="a pair of numbers a frame")
    y, x = places.astype(np.float64).T
    known: Mapping[str, Any] = {"x": x, "y": y, "z": np.full(len(x), -height)}
    return np.stack([known[column] for column in columns], axis=-1)


def _places(infos: "Sequence[ArrayInfo]") -> str | None:
    """Return the key of the diodes' places."""
    return next((i.key for name in _PLACES for i in infos if _name(i) == name and len(i.shape) == 2), None)


def _numbers(infos: "Sequence[ArrayInfo]") -> dict[str, float]:
    frames = next((i for i in infos if _name(i) == FRAMES), None)
    if frames is None:
        return {}
    told = {ours: value for ours, theirs in _NUMBERS.items() if (value := _first(frames.metadata, theirs)) is not None}
    for name in ("camera_pixel", "magnification") if "pixel_pitch" in told else ():
        told.pop(name, None)  # said once
    return told


def _first(metadata: Mapping[str, Mapping[str, Any]], names: Sequence[str]) -> float | None:
    values = (metadata[name]["value"] for name in names if name in metadata)
    return next((value for value in values if isinstance(value, float) and value > 0), None)


def _name(info: "ArrayInfo") -> str:
    return (info.key or "").rsplit("/", 1)[-1]
