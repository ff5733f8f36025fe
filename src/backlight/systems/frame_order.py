"""Frames sorted by the angle of their light, so that every second one covers as much of the spectrum as all."""

import numpy as np
from jaxtyping import Float, Int


def by_angle(sines: Float[np.ndarray, "frames 2"]) -> Int[np.ndarray, " frames"]:
    """Return the numbers of the frames ring after ring from the axis outwards, each ring along its azimuth.

    A ring is as wide as neighbors are apart. Every second frame of this order has neighbors of the other half all
    around it, also in a panel that was lit row by row, where every second one would leave whole columns out.

    **Arguments:** `sines`: (y, x) of the direction of each frame's light.

    Example:
        >>> sines = np.stack(np.meshgrid([-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0], indexing="ij"), axis=-1).reshape(-1, 2)
        >>> by_angle(sines)[::2].tolist()
        [4, 1, 5, 7, 3]
    """
    apart = np.hypot(*(sines[:, None] - sines).transpose(2, 0, 1))
    apart[apart == 0] = np.inf
    nearest = apart.min(axis=1, initial=np.inf)
    spacing = float(np.median(nearest))
    ring = np.rint(np.hypot(*sines.T) / spacing)
    return np.lexsort((np.arctan2(*sines.T), ring))
