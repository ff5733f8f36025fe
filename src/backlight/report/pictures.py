"""Arrays to pictures: sizes, gray levels, colors, scale bars."""

import io
import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

DARK = 0.3  # of the median amplitude
LARGEST = 900  # pixels along the longer side of an embedded picture; the arrays themselves lie beside the report


class View(NamedTuple):
    """How an array is colored: matplotlib's name of the map and the values at its ends."""

    colors: str
    low: float
    high: float


def shrink(values: np.ndarray, largest: int = LARGEST) -> np.ndarray:
    """Average blocks of pixels until the longer side has at most `largest`."""
    step = math.ceil(max(values.shape) / largest)
    if step <= 1:
        return values
    rows, columns = (n // step * step for n in values.shape)
    return values[:rows, :columns].reshape(rows // step, step, columns // step, step).mean(axis=(1, 3))


def gray(*arrays: np.ndarray) -> View:
    """Return gray levels shared by all arrays, from their 0.3 to their 99.7 percentile."""
    low, high = _span(arrays, 0.3, 99.7)
    return View("gray", low, high)


def phase(*fields: np.ndarray) -> View:
    """Return a cyclic map where the phase wraps, an even one (cividis) where it does not; both color-blind-safe.

    Dark pixels do not count: their phase is that of the noise.
    """
    lit = [np.abs(u) > DARK * np.median(np.abs(u)) for u in fields]
    phases = [level_phase(u)[where] for u, where in zip(fields, lit, strict=True) if where.any()]
    low, high = _span(phases, 0.5, 99.5) if phases else (-1.0, 1.0)
    if high - low > 1.6 * math.pi:
        return View("twilight", -math.pi, math.pi)
    return View("cividis", low, high)


def signed(*arrays: np.ndarray) -> View:
    """Return a diverging map with zero in the middle."""
    low, high = _span(arrays, 0.5, 99.5)
    limit = max(abs(low), abs(high))
    return View("RdBu_r", -limit, limit)


def _span(arrays: Iterable[np.ndarray], low: float, high: float) -> tuple[float, float]:
    """Return two percentiles of all finite values, a little apart even where all are equal."""
    finite = np.concatenate([np.ravel(a)[:: max(a.size // 200_000, 1)] for a in arrays])
    finite = finite[np.isfinite(finite)]
    if finite.size == 0:
        return 0.0, 1.0
    ends = np.percentile(finite, (low, high))
    margin = max(1e-12, 1e-6 * float(np.abs(ends).max()))
    return (float(ends[0]), float(ends[1])) if ends[1] - ends[0] > margin else (ends[0] - margin, ends[1] + margin)


def level_phase(u: np.ndarray) -> np.ndarray:
    """Return arg(u) with the mean phase taken away: a constant phase is not in any frame."""
    return np.angle(u * np.exp(-1j * np.angle(np.sum(u) + 1e-30)))


def png(values: np.ndarray, view: View) -> bytes:
    """Return the colored array as a PNG, one pixel per value."""
    from matplotlib import colormaps, image

    scaled = np.clip((np.nan_to_num(values) - view.low) / (view.high - view.low), 0, 1)
    file = io.BytesIO()
    image.imsave(file, (colormaps[view.colors](scaled)[..., :3] * 255).round().astype(np.uint8), format="png")
    return file.getvalue()


def round_length(width: float) -> float:
    """Return the largest 1, 2 or 5 times a power of ten that is at most a quarter of `width`.

    >>> round_length(1e-3)
    0.0002
    """
    if not width > 0 or not math.isfinite(width):
        return 0.0
    power = 10.0 ** math.floor(math.log10(width / 4))
    steps = [float(f"{step * power:.1g}") for step in (1, 2, 5, 10) if step * power <= width / 4 * (1 + 1e-9)]
    return steps[-1] if steps else power


def radial_spectrum(residual: np.ndarray, bins: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Return (frequency over Nyquist, power over the mean power) of a residual: 1 everywhere if it is white."""
    if min(residual.shape) < 4:
        return np.array([0.0, 1.0]), np.ones(2)
    residual = np.nan_to_num(residual)
    power = np.abs(np.fft.rfft2(residual - residual.mean())) ** 2
    fy = np.fft.fftfreq(residual.shape[0])[:, None]
    fx = np.fft.rfftfreq(residual.shape[1])[None, :]
    radius = 2 * np.hypot(fy, fx)
    inside = (radius > 0) & (radius <= 1)
    which = np.minimum((radius[inside] * bins).astype(int), bins - 1)
    count = np.bincount(which, minlength=bins)
    mean = np.bincount(which, power[inside], minlength=bins) / np.maximum(count, 1)
    filled = count > 0
    total = max(float(power[inside].mean()), 1e-300)
    return ((np.arange(bins) + 0.5) / bins)[filled], mean[filled] / total
