"""Synthetic holograms made by another code path: numpy, float64, a grid twice as fine, pixels summed afterwards."""

import numpy as np

WAVELENGTH, PITCH, DISTANCE = 500e-9, 5.86e-6, 12e-3


def cells(n: int, seed: int = 3) -> np.ndarray:
    """Return a complex (n, n) object: absorbing discs and delaying bars, clear around, nothing near the border."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:n, :n] / n
    t = np.ones((n, n), complex)
    for _ in range(9):
        cy, cx, radius = rng.uniform(0.3, 0.7), rng.uniform(0.3, 0.7), rng.uniform(0.02, 0.05)
        t[np.hypot(y - cy, x - cx) < radius] *= rng.uniform(0.5, 0.85)
    for k in range(4):
        t[(np.abs(y - 0.5) < 0.12) & (np.abs(x - 0.4 - 0.06 * k) < 0.012)] *= np.exp(0.7j)
    return t


def record(
    t: np.ndarray, *, distance: float, pitch: float, noise: float, seed: int = 0, wavelength: float = WAVELENGTH
) -> np.ndarray:
    """Return the frame (n, n) of `t` at `distance`: exact transfer function on twice as fine, padded samples."""
    n = t.shape[0]
    size = 4 * n
    u = np.ones((size, size), complex)
    inside = slice((size - 2 * n) // 2, (size + 2 * n) // 2)
    u[inside, inside] = np.kron(t, np.ones((2, 2)))
    f = np.fft.fftfreq(size, pitch / 2)
    phase = np.sqrt(1 - wavelength**2 * (f[:, None] ** 2 + f**2)) - 1
    w = np.fft.ifft2(np.fft.fft2(u) * np.exp(2j * np.pi * distance / wavelength * phase))
    frame = (np.abs(w[inside, inside]) ** 2).reshape(n, 2, n, 2).mean(axis=(1, 3))
    return (frame + noise * np.random.default_rng(seed).normal(size=frame.shape)).astype(np.float32)


def amplitude_psnr(found: np.ndarray, truth: np.ndarray) -> float:
    """Return 10·log₁₀(1/MSE) of the amplitudes, dB."""
    return float(-10 * np.log10(np.mean((np.abs(found) - np.abs(truth)) ** 2)))


def complex_psnr(found: np.ndarray, truth: np.ndarray) -> float:
    """Return 10·log₁₀(1/MSE) of the fields, global phase removed, dB."""
    return float(-10 * np.log10(np.mean(np.abs(level_phase(found, truth) - truth) ** 2)))


def phase_rmse(found: np.ndarray, truth: np.ndarray) -> float:
    """Return the RMS phase error, global phase removed, rad."""
    return float(np.sqrt(np.mean(np.angle(found * np.conj(truth) * _unit(found, truth)) ** 2)))


def level_phase(found: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return `found` times the unit number that brings it nearest to `truth`."""
    return found * _unit(found, truth)


def _unit(found: np.ndarray, truth: np.ndarray) -> complex:
    overlap = np.vdot(found, truth)
    return overlap / abs(overlap)
