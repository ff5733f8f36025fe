"""Fringes on a display: which of its points a pixel sees, from frames of fringes that are moved step by step."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from backlight.errors import InputError
from backlight.maths.argument import whole

LONGER, BEFORE = 1.1, 0.05
"""The first period in displays, and the share of it that is left for noise before their first row."""


class SeenPoints(NamedTuple):
    """Where on a display the pixels of a camera look.

    **Attributes:** `points`, (y, x) in pixels of the display; `scatter`, the standard deviation of each, as the frames'
    own noise tells; `modulation`, half the contrast, in units of the frames: no point is told where it is small.
    """

    points: Float[np.ndarray, "2 y x"]
    scatter: Float[np.ndarray, "2 y x"]
    modulation: Float[np.ndarray, "2 y x"]


def fringe_patterns(
    shape: tuple[int, int], periods: Sequence[float], steps: int = 4
) -> Float[np.ndarray, "axis period step y x"]:
    """Return what a display is to show: ½ + ½ cos(2π(u/P − j/n)), u its row, then its column.

    **Arguments:** `shape` of the display, pixels; `periods`: P, pixels, from the longest, which is a tenth longer than
    the display at least, to the shortest; `steps`: n ≥ 3 for each.

    Example:
        >>> fringe_patterns((4, 6), [8.0], 3).shape
        (2, 1, 3, 4, 6)
    """
    steps, longest = whole("steps", steps, 3), float(_falling(periods)[0])
    if longest < max(shape) * LONGER:
        raise InputError("periods", got=f"{longest:g} pixels at most",
                         expected=f"one of {max(shape) * LONGER:g} or more first",
                         remedy="begin with a period a tenth longer than the display: a point is told only up to whole "
                         "periods, and noise would send it from one edge to the other")  # fmt: skip
    rows, columns = np.meshgrid(*(np.arange(n, dtype=float) for n in shape), indexing="ij")
    turns = np.stack([rows, columns])[:, None, None] / np.asarray(periods, float)[:, None, None, None]
    return 0.5 + 0.5 * np.cos(2 * np.pi * (turns - np.arange(steps)[:, None, None] / steps))


def seen_points(frames: Float[np.ndarray, "axis period step y x"], periods: Sequence[float]) -> SeenPoints:
    """Return the point of the display that each pixel sees, from frames of `fringe_patterns`.

    tan 2πu/P = Σ Iⱼ sin(2πj/n)/Σ Iⱼ cos(2πj/n) (Bruning et al., Appl. Opt. 13, 2693 (1974)); each shorter period is
    taken where the longer ones say that it is.

    **Arguments:** `frames`: rows first, then columns; `periods` of `fringe_patterns`.

    **Errors:** `InputError` for periods that do not fall, or not as many as of the frames.

    Example:
        >>> periods = [8.0, 3.0]
        >>> seen = seen_points(fringe_patterns((4, 6), periods), periods)
        >>> [round(float(u), 6) for u in seen.points[:, 3, 5]]
        [3.0, 5.0]
    """
    falling, frames = _falling(periods), np.asarray(frames, float)
    if frames.ndim != 5 or frames.shape[:2] != (2, len(falling)) or frames.shape[2] < 3:
        raise InputError("frames", got=f"shape {frames.shape} for {len(falling)} periods",
                         expected="(2, period, step, y, x) with 3 steps or more")  # fmt: skip
    steps = frames.shape[2]
    wave = np.fft.fft(frames, axis=2)[:, :, 1] * 2 / steps  # b·exp(−2πi u/P)
    turn = -np.angle(wave[:, 0]) / (2 * np.pi)
    points = (np.mod(turn + BEFORE, 1.0) - BEFORE) * falling[0]
    for k in range(1, len(falling)):
        turns = -np.angle(wave[:, k]) / (2 * np.pi)
        points = falling[k] * (turns + np.round(points / falling[k] - turns))
    modulation = np.abs(wave[:, -1])
    lit = np.maximum(modulation, 1e-12)
    scatter = falling[-1] / (2 * np.pi) * np.sqrt(2 / steps) * _noise(frames[:, -1], wave[:, -1]) / lit
    return SeenPoints(points, scatter, modulation)


def _noise(frames: Float[np.ndarray, "axis step y x"], wave: np.ndarray) -> Float[np.ndarray, "axis 1 1"]:
    """Return the standard deviation of a frame: what its pixels leave of a cosine; NaN of three steps, which is one."""
    steps = frames.shape[1]
    turn = np.exp(-2j * np.pi * np.arange(steps)[:, None, None] / steps)
    left = frames - frames.mean(axis=1, keepdims=True) - (wave[:, None] * turn.conj()).real
    free = steps - 3
    square = np.median(np.sum(left**2, axis=1), axis=(1, 2), keepdims=True)
    return np.sqrt(square / (free * (1 - 2 / (9 * free)) ** 3)) if free else np.full_like(square, np.nan)


def _falling(periods: Sequence[float]) -> Float[np.ndarray, " k"]:
    told = np.asarray(periods, float)
    if told.ndim != 1 or told.size == 0 or np.any(told <= 0) or np.any(np.diff(told) >= 0):
        raise InputError("periods", got=f"{periods}", expected="numbers > 0, the longest first")
    return told
