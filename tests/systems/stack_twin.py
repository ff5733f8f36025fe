"""Synthetic lensless stacks by another code path: numpy, float64, Rayleigh-Sommerfeld's kernel on a finer, wider grid."""

from dataclasses import dataclass

import numpy as np

WAVELENGTH, PITCH, DISTANCE = 532e-9, 1.85e-6, 0.25e-3
FINER, WIDER = 6, 2
"""Points across a sensor pixel, and the truth's field over the frame's."""


@dataclass(frozen=True)
class Truth:
    """The instrument as it is in each frame: shifts of the sensor (frame, 2), m; distances, m; gains; rotations, rad."""

    shifts: np.ndarray
    distances: np.ndarray
    gains: np.ndarray
    rotations: np.ndarray


def truth(frames: int, seed: int, *, pitch: float = PITCH, distance: float = DISTANCE, apart: float = 0.0) -> Truth:
    """Return shifts of ±1 pixel, distances of ±2 %, each beside `apart` more than the last, gains of ±10 %."""
    rng = np.random.default_rng(seed)
    return Truth(
        shifts=rng.uniform(-pitch, pitch, (frames, 2)),
        distances=(distance + apart * np.arange(frames)) * (1 + rng.uniform(-0.02, 0.02, frames)),
        gains=rng.uniform(0.9, 1.1, frames),
        rotations=np.zeros(frames),
    )


def target(pixels: int, seed: int = 0, pitch: float = PITCH) -> np.ndarray:
    """Return a complex sample (n, n): lines of half a sensor pixel, wider ones, and discs that delay the light."""
    n, rng = pixels * FINER * WIDER, np.random.default_rng(seed)
    y, x = (np.mgrid[:n, :n] - n // 2) / FINER
    t = np.ones((n, n), complex)
    for width, (row, column) in {0.5: (-6.0, -8.0), 1.0: (-6.0, 5.0), 2.0: (8.0, -8.0)}.items():
        for k in range(4):
            t[(np.abs(y - row) < 4) & (np.abs(x - column - 2 * width * (k - 1.5)) < width / 2)] = 0.2
    for _ in range(pixels // 3):
        row, column, radius = *rng.uniform(-0.42, 0.42, 2) * pixels, rng.uniform(1.0, 2.5)
        if np.hypot(row, column) > 16:
            t[np.hypot(y - row, x - column) < radius] *= np.exp(0.8j) * 0.9
    return t


def record(
    t: np.ndarray, pixels: int, given: Truth, *, noise: float, seed: int = 0, pitch: float = PITCH
) -> np.ndarray:
    """Return the frames (frame, n, n): field of Rayleigh and Sommerfeld, moved, and summed over each sensor pixel."""
    fine, rng = pitch / FINER, np.random.default_rng(seed)
    light = {z: np.abs(_propagated(t, z, fine)) ** 2 for z in np.unique(given.distances)}
    frames = [
        gain * _seen(light[z], shift / fine, pixels)
        for z, shift, gain in zip(given.distances, given.shifts, given.gains, strict=True)
    ]
    return (np.asarray(frames) + noise * rng.normal(size=(len(frames), pixels, pixels))).astype(np.float32)


def _propagated(t: np.ndarray, z: float, pitch: float) -> np.ndarray:
    """Return the field behind `z` of what the sample takes from a plane wave, convolved with (1/2π)(1/r − ik)z/r²·e^ikr."""
    n = len(t)
    r1 = (np.arange(2 * n) - n) * pitch
    r = np.sqrt(r1[:, None] ** 2 + r1**2 + z**2)
    k = 2 * np.pi / WAVELENGTH
    kernel = np.exp(1j * k * (r - z)) / (2 * np.pi) * (1 / r - 1j * k) * z / r**2 * pitch**2
    wide = np.zeros((2 * n, 2 * n), complex)
    wide[:n, :n] = t - 1
    field = np.fft.ifft2(np.fft.fft2(wide) * np.fft.fft2(np.fft.ifftshift(kernel)))
    return 1 + field[:n, :n]


def _seen(light: np.ndarray, shift: np.ndarray, pixels: int) -> np.ndarray:
    """Return the mean of the light over each pixel of the sensor moved by `shift` points, between the points by Fourier."""
    n = len(light)
    f = np.fft.fftfreq(n)
    # A pixel is FINER points wide; its middle is at a point that is one more than half of them from its first.
    box = np.sinc(f * FINER)
    wave = [box * np.exp(2j * np.pi * f * s) for s in shift]
    there = np.fft.ifft2(np.fft.fft2(light) * wave[0][:, None] * wave[1]).real
    first = n // 2 - pixels // 2 * FINER
    cut = slice(first, first + pixels * FINER, FINER)
    return there[cut, cut]


def in_view(t: np.ndarray, pixels: int, finer: float) -> np.ndarray:
    """Return the sample as means over pixels `finer` (a divisor of `FINER`) times smaller than the sensor's."""
    step = round(FINER / finer)
    middle = len(t) // 2
    half = pixels * FINER // 2
    f = np.fft.fftfreq(len(t))
    box = np.sinc(f * step)
    smooth = np.fft.ifft2(np.fft.fft2(t) * box[:, None] * box)
    cut = slice(middle - half, middle + half, step)
    return smooth[cut, cut]
