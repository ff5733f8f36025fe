"""Synthetic lensless stacks by another code path: numpy, float64, Rayleigh and Sommerfeld's kernel on finer points."""

from dataclasses import dataclass

import numpy as np

WAVELENGTH, PITCH, DISTANCE, FILL = 532e-9, 1.85e-6, 0.15e-3, 0.8
FINER, WIDER = 6, 2
"""Points across a sensor pixel, and the truth's field over the frame's."""


@dataclass(frozen=True)
class Truth:
    """The instrument as it is in each frame: shifts of the sensor (frame, 2), m; distances, m; gains."""

    shifts: np.ndarray
    distances: np.ndarray
    gains: np.ndarray


def truth(frames: int, seed: int, distances: np.ndarray | float = DISTANCE, pitch: float = PITCH) -> Truth:
    """Return shifts of ±1 pixel about 0, distances ±2 % off and gains ±10 % off.

    About 0, since frames cannot tell a shift that all have from the sample's place: pictures are then compared on the
    same pixels, with no interpolation of lines that are as wide as one.
    """
    rng = np.random.default_rng(seed)
    shifts = rng.uniform(-pitch, pitch, (frames, 2))
    return Truth(
        shifts=shifts - shifts.mean(axis=0),
        distances=distances * (1 + rng.uniform(-0.02, 0.02, frames)),
        gains=rng.uniform(0.9, 1.1, frames),
    )


def target(pixels: int, seed: int = 0) -> np.ndarray:
    """Return a complex sample (n, n): lines half, one and two sensor pixels wide, and discs that delay the light."""
    n, rng = pixels * FINER * WIDER, np.random.default_rng(seed)
    y, x = (np.mgrid[:n, :n] - n // 2) / FINER
    t = np.ones((n, n), complex)
    for width, (row, column) in LINES.items():
        for k in range(4):
            t[(np.abs(y - row) < 4) & (np.abs(x - column - 2 * width * (k - 1.5)) < width / 2)] = 0.2
    for _ in range(pixels // 3):
        row, column, radius = *rng.uniform(-0.42, 0.42, 2) * pixels, rng.uniform(1.0, 2.5)
        if np.hypot(row, column) > 16:
            t[np.hypot(y - row, x - column) < radius] *= np.exp(0.8j) * 0.9
    return t


LINES = {0.5: (-6.0, -4.0), 1.0: (-6.0, 8.0), 2.0: (8.0, 0.0)}
"""Width of four lines and as wide gaps → the middle of them, (row, column) from that of the field; sensor pixels."""


def record(
    t: np.ndarray, pixels: int, given: Truth, *, noise: float, seed: int = 0, pitch: float = PITCH
) -> np.ndarray:
    """Return the frames (frame, n, n): the light of Rayleigh and Sommerfeld, moved, meant over each sensor pixel."""
    fine, rng = pitch / FINER, np.random.default_rng(seed)
    frames = [
        gain * _seen(np.abs(_propagated(t, z, fine)) ** 2, shift / fine, pixels)
        for z, shift, gain in zip(given.distances, given.shifts, given.gains, strict=True)
    ]
    return (np.asarray(frames) + noise * rng.normal(size=(len(frames), pixels, pixels))).astype(np.float32)


def _propagated(t: np.ndarray, z: float, pitch: float) -> np.ndarray:
    """Return the field at z: 1 + (t − 1) ∗ (1/2π)(1/r − ik)(z/r²)·exp(ik(r − z))."""
    n = len(t)
    side = (np.arange(2 * n) - n) * pitch
    r = np.sqrt(side[:, None] ** 2 + side**2 + z**2)
    k = 2 * np.pi / WAVELENGTH
    kernel = np.exp(1j * k * (r - z)) / (2 * np.pi) * (1 / r - 1j * k) * z / r**2 * pitch**2
    wide = np.zeros((2 * n, 2 * n), complex)
    wide[:n, :n] = t - 1
    return 1 + np.fft.ifft2(np.fft.fft2(wide) * np.fft.fft2(np.fft.ifftshift(kernel)))[:n, :n]


def _seen(light: np.ndarray, shift: np.ndarray, pixels: int) -> np.ndarray:
    """Return the mean of the light over the sensitive part of each pixel of the sensor moved by `shift` points."""
    f = np.fft.fftfreq(len(light))
    y, x = (np.sinc(f * FINER * FILL) * np.exp(2j * np.pi * f * s) for s in shift)
    there = np.fft.ifft2(np.fft.fft2(light) * y[:, None] * x).real
    first = len(light) // 2 - pixels // 2 * FINER
    cut = slice(first, first + pixels * FINER, FINER)
    return there[cut, cut]


def in_view(t: np.ndarray, pixels: int, finer: int) -> np.ndarray:
    """Return the sample as means over pixels `finer` (a divisor of `FINER`) times smaller than the sensor's."""
    step, middle, half = FINER // finer, len(t) // 2, pixels * FINER // 2
    box = np.sinc(np.fft.fftfreq(len(t)) * step)
    cut = slice(middle - half, middle + half, step)
    return np.fft.ifft2(np.fft.fft2(t) * box[:, None] * box)[cut, cut]


def moved(picture: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    """Return the picture whose value at r is that at r + `pixels`."""
    y, x = (np.exp(2j * np.pi * np.fft.fftfreq(n) * d) for n, d in zip(picture.shape, pixels, strict=True))
    return np.fft.ifft2(np.fft.fft2(picture) * y[:, None] * x)


def psnr(found: np.ndarray, true: np.ndarray, border: int) -> float:
    """Return the PSNR of complex pictures, dB, inside the border and after one complex factor."""
    inner = np.s_[border:-border, border:-border]
    found, true = found[inner], true[inner]
    found = found * np.vdot(found, true) / np.vdot(found, found)
    return float(-10 * np.log10(np.mean(np.abs(found - true) ** 2)))


def contrast(picture: np.ndarray, width: float, finer: int) -> float:
    """Return how far |t| swings between four lines of a width and their gaps, 0.8 in the truth."""
    (row, column), middle = LINES[width], np.array(picture.shape) // 2
    rows = slice(round(middle[0] + (row - 2) * finer), round(middle[0] + (row + 2) * finer))
    x = (np.arange(picture.shape[1]) - middle[1]) / finer - column
    profile, inside = np.abs(picture[rows]).mean(axis=0), np.abs(x) < 3 * width
    wave = np.exp(1j * np.pi * x / width)[inside]
    return float(4 * np.abs(np.mean((profile[inside] - profile[inside].mean()) * wave)) / (4 / np.pi))
