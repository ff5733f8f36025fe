"""Synthetic frames of a diffuser camera made by another code path: numpy, float64, a grid three times as fine.

The pattern is a function of place, so that it is known at any scale: bright lines where a few waves cancel, as a
diffuser's caustics are, within a round aperture.
"""

import numpy as np
from scipy.signal import fftconvolve

SHAPE = (48, 64)
FINER = 3


def caustic(y: np.ndarray, x: np.ndarray, radius: float, seed: int = 3) -> np.ndarray:
    """Return the pattern at places in pixels from the axis."""
    rng = np.random.default_rng(seed)
    wave = np.zeros(np.broadcast_shapes(y.shape, x.shape))
    for angle, phase in zip(rng.uniform(0, np.pi, 9), rng.uniform(0, 2 * np.pi, 9), strict=True):
        wave = wave + np.cos(2 * np.pi / (0.55 * radius) * (np.cos(angle) * y + np.sin(angle) * x) + phase)
    edge = 1 / (1 + np.exp((np.hypot(y, x) - radius) / 0.6))
    return edge * (np.exp(-((wave / 0.5) ** 2)) + 0.02)


def places(shape: tuple[int, int], finer: int = FINER) -> tuple[np.ndarray, np.ndarray]:
    """Return rows and columns of the parts of the pixels, in pixels from the middle of pixel n//2."""
    y, x = ((np.arange(n * finer) + 0.5) / finer - 0.5 - n // 2 for n in shape)
    return y[:, None], x[None, :]


def binned(values: np.ndarray, finer: int = FINER) -> np.ndarray:
    """Return the mean over the parts of each pixel."""
    rows, columns = (n // finer for n in values.shape)
    return values.reshape(rows, finer, columns, finer).mean(axis=(1, 3))


def measured(shape: tuple[int, int] = SHAPE, radius: float = 16) -> np.ndarray:
    """Return what the camera records of a point at the distance of calibration."""
    return binned(caustic(*places(shape), radius))


def scene(shape: tuple[int, int] = SHAPE) -> np.ndarray:
    """Return the scene on the parts of a grid twice as large: a disc, bars and a triangle, one beyond the sensor."""
    wide = tuple(2 * n for n in shape)
    y, x = (np.broadcast_to(r, [n * FINER for n in wide]) for r in places(wide))
    values = 1.0 * (np.hypot(y + 6, x + 9) < 6) + 0.7 * ((np.abs(y - 8) < 5) & (np.abs(x + 4) < 11) & (x % 4 < 2))
    values += 1.3 * ((np.abs(y) < 9) & (np.abs(x - 11) < 0.4 * (y + 9)))
    return values + 0.5 * ((np.abs(y - 10) < 3) & (np.abs(x - 30) < 5))


def record(
    *, scale: float = 1.0, background: float = 0.0, noise: float = 0.0, seed: int = 0, shape: tuple[int, int] = SHAPE
) -> np.ndarray:
    """Return a frame in counts, of about a thousand at its brightest."""
    y, x = places(shape)
    pattern = caustic(y / scale, x / scale, 16) / scale**2
    middle = [FINER // 2 + n // 2 * FINER for n in shape]  # the part that is the axis
    blurred = fftconvolve(scene(shape), pattern)
    first = [m + n // 2 * FINER + (n % 2) * 0 for m, n in zip(middle, shape, strict=True)]
    rows, columns = (slice(f, f + n * FINER) for f, n in zip(first, shape, strict=True))
    clean = binned(blurred[rows, columns]) / caustic(y, x, 16).sum()
    counts = 3000 * clean + background
    return counts + noise * np.random.default_rng(seed).normal(size=shape)
