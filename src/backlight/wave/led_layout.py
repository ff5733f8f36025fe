"""Where the diodes of usual panels are, and in which order they are lit."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int


def rectangular_layout(rows: int, columns: int, pitch: float) -> Float[np.ndarray, "diodes 2"]:
    """Return the places (y, x) of a rectangular panel about its middle, m, row by row.

    Example:
        >>> from backlight.wave import rectangular_layout
        >>> rectangular_layout(1, 3, 4e-3).tolist()
        [[0.0, -0.004], [0.0, 0.0], [0.0, 0.004]]
    """
    y, x = (pitch * (np.arange(n) - (n - 1) / 2) for n in (rows, columns))
    return np.stack(np.meshgrid(y, x, indexing="ij"), axis=-1).reshape(-1, 2)


def ring_layout(counts: Sequence[int], pitch: float) -> Float[np.ndarray, "diodes 2"]:
    """Return the places (y, x) of rings, m: `counts[k]` diodes at the radius k·pitch, each ring from +x towards +y.

    Example:
        >>> from backlight.wave import ring_layout
        >>> ring_layout((1, 8), 9e-3).shape
        (9, 2)
    """
    rings = []
    for k, count in enumerate(counts):
        angle = 2 * np.pi * np.arange(count) / count
        rings.append(k * pitch * np.stack([np.sin(angle), np.cos(angle)], axis=-1))
    return np.concatenate(rings)


def spiral_order(rows: int, columns: int) -> Int[np.ndarray, " diodes"]:
    """Return the diodes of `rectangular_layout`, from the middle outwards: +x, +y, −x, −y, as spirals are wired.

    Example:
        >>> from backlight.wave import spiral_order
        >>> spiral_order(3, 3).tolist()
        [4, 5, 8, 7, 6, 3, 0, 1, 2]
    """
    y, x = (rows - 1) // 2, (columns - 1) // 2
    order, direction, stride = [], 0, 1
    steps = ((0, 1), (1, 0), (0, -1), (-1, 0))
    while len(order) < rows * columns:
        for _ in range(2):
            for _ in range(stride):
                if 0 <= y < rows and 0 <= x < columns:
                    order.append(y * columns + x)
                y, x = y + steps[direction][0], x + steps[direction][1]
            direction = (direction + 1) % 4
        stride += 1
    return np.array(order)
