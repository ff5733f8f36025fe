"""Positions and frequencies of a grid's pixels in twice the digits: phases of thousands of turns are made of them."""

import numpy as np

from backlight.light import Grid
from backlight.maths.chirp_z import centered
from backlight.maths.precise import Precise, precise


def positions(grid: Grid, axis: int) -> Precise:
    """Return the coordinates along an axis, m."""
    return precise(grid.pitch[axis]) * centered(grid.shape[axis]) + grid.center[axis]


def frequencies(grid: Grid, axis: int) -> Precise:
    """Return the DFT frequencies m/(n·pitch) along an axis, cycles/m."""
    n = grid.shape[axis]
    return precise(np.rint(np.fft.fftfreq(n) * n)) / (precise(grid.pitch[axis]) * float(n))
