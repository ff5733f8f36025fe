"""Synthetic off-axis holograms made by another code path: numpy, float64, a grid four times as fine, pixels summed."""

import numpy as np

WAVELENGTH, PITCH, DISTANCE = 532e-9, 2.2e-6, 1.2e-3
FRINGES = (-0.2837, 0.3121)  # cycles per pixel, on no whole number of periods
BRIGHT = 1.6
FINER = 4  # parts of a pixel along each axis: the mean of two would keep 7 % more of such fringes than the pixel does


def cell(n: int) -> np.ndarray:
    """Return a complex (n, n) object: a smooth phase hill of 2 rad, a delaying bar, an absorbing disc, clear around."""
    y, x = np.mgrid[:n, :n] / n - 0.5
    hill = np.clip(1 - (y / 0.14) ** 2 - ((x + 0.1) / 0.09) ** 2, 0, None)
    t = np.exp(2j * hill)
    t[(np.abs(y) < 0.13) & (np.abs(x - 0.08) < 0.02)] *= np.exp(0.8j)
    t[np.hypot(y - 0.02, x - 0.19) < 0.045] *= 0.6
    return t


def speckled(n: int, seed: int = 5) -> np.ndarray:
    """Return uneven light (n, n): a smooth random field of contrast 0.3 about 1."""
    f = np.fft.fftfreq(n)
    noise = np.random.default_rng(seed).normal(size=(2, n, n))
    smooth = np.fft.ifft2(np.fft.fft2(noise[0] + 1j * noise[1]) * np.exp(-((f[:, None] ** 2 + f**2) / 0.03**2)))
    return 1 + 0.3 * smooth / smooth.std()


def record(
    t: np.ndarray,
    *,
    distance: float = DISTANCE,
    fringes: tuple[float, float] = FRINGES,
    curvature: float = 0.0,
    beam: np.ndarray | None = None,
    area: int = FINER,
    noise: float = 0.02,
    seed: int = 0,
) -> np.ndarray:
    """Return the frame (n, n) of `t` in `beam` with a reference of amplitude `BRIGHT`; counts of about a thousand.

    Of each pixel the middle `area` of its parts see light, along both axes.
    """
    n = t.shape[0]
    size, inside = 2 * FINER * n, slice(FINER * n // 2, FINER * n // 2 + FINER * n)
    light = np.ones((size, size), complex)
    light[inside, inside] = np.kron(t if beam is None else t * beam, np.ones((FINER, FINER)))
    f = np.fft.fftfreq(size, PITCH / FINER)
    turns = distance / WAVELENGTH * (np.sqrt(1 - WAVELENGTH**2 * (f[:, None] ** 2 + f**2)) - 1)
    arrived = np.fft.ifft2(np.fft.fft2(light) * np.exp(2j * np.pi * turns))[inside, inside]
    r = (np.arange(FINER * n) + 0.5) / FINER - 0.5 - n // 2  # in pixels: their parts lie about their centers
    y, x = np.meshgrid(r, r, indexing="ij")
    bend = curvature * PITCH**2 / (2 * WAVELENGTH)
    reference = BRIGHT * np.exp(2j * np.pi * (fringes[0] * y + fringes[1] * x + bend * (y**2 + x**2)) + 0.9j)
    parts = (np.abs(arrived + reference) ** 2).reshape(n, FINER, n, FINER)
    open_parts = slice((FINER - area) // 2, (FINER + area) // 2)
    frame = parts[:, open_parts, :, open_parts].mean(axis=(1, 3))
    return (300 * (frame + noise * np.random.default_rng(seed).normal(size=frame.shape))).astype(np.float32)
