"""Frames under the diodes of a panel, by plain numpy on the object's grid: a code path of its own."""

from dataclasses import dataclass

import numpy as np

WAVELENGTH, APERTURE, PITCH, HEIGHT = 600e-9, 0.1, 2e-6, 0.1


@dataclass(frozen=True)
class Twin:
    """Frames, and the table (y, x), m, that a user would write."""

    frames: np.ndarray
    table: np.ndarray


def table(side: int = 5, pitch: float = 6e-3) -> np.ndarray:
    """Return a square panel, row by row, (y, x) about its middle."""
    places = pitch * (np.arange(side) - (side - 1) / 2)
    return np.stack(np.meshgrid(places, places, indexing="ij"), axis=-1).reshape(-1, 2)


def twin(
    *,
    shift: tuple[float, float] = (0.0, 0.0),
    rotation: float = 0.0,
    height: float = HEIGHT,
    defocus: float = 0.0,
    aperture: float = APERTURE,
    seed: int = 0,
    size: int = 64,
    counts: float = 2000.0,
) -> Twin:
    """Record a random thin sample on `size` pixels a side, from one four times as fine."""
    rng = np.random.default_rng(seed)
    spectrum, f = _sample(rng, 4 * size), np.fft.fftshift(np.fft.fftfreq(4 * size, PITCH / 4))
    written = table()
    cos, sin = np.cos(rotation), np.sin(rotation)
    turned = np.stack([cos * written[:, 0] + sin * written[:, 1], cos * written[:, 1] - sin * written[:, 0]], -1)
    place = turned + np.array(shift)
    sine = place / np.sqrt(height**2 + np.sum(place**2, axis=-1, keepdims=True))
    middle = slice(2 * size - size // 2, 2 * size + size // 2)
    frames = []
    for y, x in sine / WAVELENGTH:
        # The pupil about the diode's direction, cut out around it to the nearest sample: a tilt does not show.
        fy, fx = f[:, None] - y, f[None, :] - x
        square = (fy**2 + fx**2) * WAVELENGTH**2
        path = 2 * np.pi * defocus / WAVELENGTH * np.sqrt(np.maximum(1 - (f[:, None] ** 2 + f**2) * WAVELENGTH**2, 0))
        passed = spectrum * (square < aperture**2) * np.exp(1j * path)
        rows, columns = (round(v / (f[1] - f[0])) for v in (y, x))
        window = np.roll(passed, (-rows, -columns), (0, 1))[middle, middle]
        frames.append(np.abs(np.fft.ifft2(np.fft.ifftshift(window)) / 16) ** 2)
    return Twin(rng.poisson(counts * np.array(frames)).astype(np.float32), written)


def scene(size: int, upsampling: int, seed: int = 0) -> np.ndarray:
    """Return what `twin` records on `upsampling` pixels for each of the frame's, less the detail they cannot hold."""
    n, half = 4 * size, upsampling * size // 2
    middle = slice(n // 2 - half, n // 2 + half)
    window = _sample(np.random.default_rng(seed), n)[middle, middle]
    return np.fft.ifft2(np.fft.ifftshift(window)) * (2 * half / n) ** 2


def _sample(rng: np.random.Generator, n: int) -> np.ndarray:
    """Return the spectrum, axis in the middle, of a sample with detail of every size and a mean that leads."""
    f = np.hypot(*np.meshgrid(np.fft.fftfreq(n), np.fft.fftfreq(n), indexing="ij"))
    noise = np.fft.ifft2(np.fft.fft2(rng.standard_normal((n, n))) / (0.02 + f)).real
    phase = noise / noise.std()
    return np.fft.fftshift(np.fft.fft2(np.exp(0.4j * phase) * (1 - 0.1 * np.tanh(np.roll(phase, n // 3, 0)))))
