"""Draw a resolution target: groups of three bars, each group finer than the one before."""

import numpy as np

# Half period, top and left of each group, in units of 1/96 of the side. The bars of one group are five half periods
# long and their half periods fall by a factor of about 2^(1/3), as in USAF 1951.
GROUPS = (
    (2.8, 16.0, 14.0), (2.2, 16.0, 55.0),
    (1.7, 40.0, 14.0), (1.35, 40.0, 40.0), (1.07, 40.0, 63.0),
    (0.85, 60.0, 14.0), (0.67, 60.0, 32.0), (0.53, 60.0, 48.0),
)  # fmt: skip


def resolution_target(size: int, *, dark: float = 0.2) -> np.ndarray:
    """Return the amplitude transmission of a target of `size` × `size` pixels: clear 1, bars `dark`.

    Edges are drawn with the share of the pixel they cover. Each group has three horizontal and three vertical bars.
    """
    canvas, unit = np.ones((size, size)), size / 96
    for half, top, left in GROUPS:
        for bar in range(3):
            start, length = 2 * bar * half, 5 * half
            _bar(canvas, (top + start, left), (half, length), unit, dark)
            _bar(canvas, (top, left + length + 2 * half + start), (length, half), unit, dark)
    _bar(canvas, (74.0, 16.0), (6.0, 6.0), unit, dark)
    return canvas


def _bar(canvas: np.ndarray, corner: tuple[float, float], size: tuple[float, float], unit: float, dark: float) -> None:
    rows = _covered(canvas.shape[0], corner[0] * unit, (corner[0] + size[0]) * unit)
    columns = _covered(canvas.shape[1], corner[1] * unit, (corner[1] + size[1]) * unit)
    canvas -= (1 - dark) * rows[:, None] * columns[None, :]


def _covered(count: int, start: float, stop: float) -> np.ndarray:
    """Return the share of each pixel that lies between `start` and `stop`."""
    edges = np.arange(count + 1)
    return np.diff(np.clip(edges, start, stop))
