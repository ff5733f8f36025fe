"""The words of a run file that describe objective, surroundings and panel of a Fourier-ptychographic microscope."""

from collections.abc import Mapping
from typing import Any

import numpy as np


def optics(instrument: Mapping[str, Any]) -> dict[str, Any]:
    """Return wavelength, numerical aperture and the pixel pitch at the sample."""
    pitch = instrument.get("pixel_pitch")
    if pitch is None:
        pitch = instrument["camera_pixel"] / instrument["magnification"]
    known = {name: instrument[name] for name in ("wavelength", "numerical_aperture")}
    return known | {"pixel_pitch": pitch}


def surroundings(instrument: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is said of the slide and of the sample's medium."""
    names = ("glass_thickness", "glass_index", "medium_index")
    return {name: instrument[name] for name in names if instrument.get(name) is not None}


def pose(instrument: Mapping[str, Any]) -> dict[str, Any]:
    """Return how the panel is shifted and turned, as written."""
    shift = instrument.get("array_shift")
    return {
        "shift": np.zeros(2) if shift is None else np.asarray(shift, float),
        "rotation": float(instrument.get("array_rotation") or 0.0),
    }
