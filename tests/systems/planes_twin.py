"""Frames in several planes made by another code path: numpy, float64, twice as fine, pixels summed afterwards."""

import numpy as np

WAVELENGTH = 500e-9


def coordinates(shape, pitch, fine=1):
    """Return (y, x) of the pixels about the middle of the frame, m; each split into `fine` by `fine`."""
    y, x = ((np.arange(n * fine) - (n * fine - 1) / 2) * p / fine for n, p in zip(shape, pitch, strict=True))
    return y[:, None], x[None, :]


def record(light, shape, pitch, distances, *, wavelength=WAVELENGTH, medium_index=1.0):
    """Return the frames of `light(y, x)`, a complex function, at the distances: exact transfer function, periodic."""
    y, x = coordinates(shape, pitch, fine=2)
    spectrum = np.fft.fft2(light(y, x))
    fy, fx = (np.fft.fftfreq(2 * n, p / 2) for n, p in zip(shape, pitch, strict=True))
    k = 2 * np.pi * medium_index / wavelength
    kz = np.sqrt(k**2 - (2 * np.pi) ** 2 * (fy[:, None] ** 2 + fx**2) + 0j) - k
    fields = [np.fft.ifft2(spectrum * np.exp(1j * kz * z)) for z in distances]
    rows, columns = shape
    return np.stack([(np.abs(u) ** 2).reshape(rows, 2, columns, 2).mean(axis=(1, 3)) for u in fields])


def bump(y, x, *, height=2.0, width=8e-6, center=(3e-6, -5e-6)):
    """Return a Gaussian delay, rad, off the middle and half again as wide along x."""
    return height * np.exp(-((y - center[0]) ** 2 + ((x - center[1]) / 1.5) ** 2) / (2 * width**2))


def uneven(y, x):
    """Return an irradiance from 0.25 to 1.75 that varies across the slopes of `bump`: I∇φ has a curl."""
    return 1 + 0.75 * np.sin(y / 9e-6 + 0.7) * np.cos(x / 14e-6)


def deviation(found, truth, weight=None):
    """Return the largest deviation from the truth, piston removed, over the truth's span."""
    weight = np.ones(truth.shape) if weight is None else weight
    off = found - truth
    off = off - np.sum(weight * off) / np.sum(weight)
    return float(np.abs(off[weight > 0]).max() / np.ptp(truth[weight > 0]))
