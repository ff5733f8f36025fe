"""Pixels that hold nothing, filled."""

from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from scipy.ndimage import distance_transform_edt


def continued(
    frames: Float[np.ndarray, "frame y x"], hidden: Bool[np.ndarray, "*frame y x"]
) -> Float[np.ndarray, "frame y x"]:
    """Fill hidden pixels with what the nearest ones that are not hidden recorded.

    They count in no fit; but a first look takes means, spectra and back-propagated pictures of whole frames, in which
    a hole is the strongest thing.

    **Arguments:** `hidden`: the same for all frames, or of each. A frame that is hidden altogether stays as it is.
    """
    if not hidden.any():
        return frames
    if hidden.ndim == 2:
        return frames if hidden.all() else frames[:, *_nearest(hidden)]
    pairs = zip(frames, hidden, strict=True)
    return np.stack([frame[_nearest(one)] if one.any() and not one.all() else frame for frame, one in pairs])


def _nearest(hidden: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return row and column of the nearest pixel that is not hidden."""
    found: Any = distance_transform_edt(hidden, return_distances=False, return_indices=True)
    return found[0], found[1]
