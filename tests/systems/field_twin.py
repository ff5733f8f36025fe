"""A field under near diodes by another code path: numpy, float64, the spherical wave of each diode over all of it."""

from dataclasses import dataclass

import numpy as np

WAVELENGTH, APERTURE, PITCH, HEIGHT = 600e-9, 0.1, 2e-6, 5e-3
LED_PITCH, SIDE = 0.3e-3, 5
FINER, WIDER = 4, 1.5
PLANES = 9


@dataclass(frozen=True)
class FieldTwin:
    """What was recorded and what is true.

    **Attributes:** `frames`, (frame, n, n); `sample`, wider than the frame on pixels `FINER` times as fine; `table`,
    places of the diodes (y, x), m, as written: the panel is shifted by `shift` from there.
    """

    frames: np.ndarray
    sample: np.ndarray
    table: np.ndarray
    shift: tuple[float, float]


def field_twin(size: int, *, shift=(0.0, 0.0), slope: float = 0.0, counts: float = 2e4, seed: int = 0) -> FieldTwin:
    """Record a sample whose defocus grows by `slope` meters from the first row to the last, 0 in the middle."""
    rng = np.random.default_rng(seed)
    sample = cells(size, rng)
    places = LED_PITCH * (np.arange(SIDE) - SIDE // 2)
    table = np.stack(np.meshgrid(places, places, indexing="ij"), axis=-1).reshape(-1, 2)
    n, pitch = len(sample), PITCH / FINER
    r = (np.arange(n) - n // 2) * pitch
    first = n // 2 - size // 2 * FINER
    cut = slice(first, first + size * FINER, FINER)
    depths, planes = r[cut] / (size * PITCH) * slope, np.linspace(-0.5, 0.5, PLANES if slope else 1) * slope
    pupils = [pupil(n, pitch, z) for z in planes]
    frames = []
    for y, x in table + shift:
        far = np.sqrt((y - r[:, None]) ** 2 + (x - r) ** 2 + HEIGHT**2)
        spectrum = np.fft.fft2(sample * np.exp(2j * np.pi / WAVELENGTH * (far - np.sqrt(y**2 + x**2 + HEIGHT**2))))
        seen = np.stack([np.fft.ifft2(spectrum * each)[cut, cut] for each in pupils])
        frames.append(np.abs(at_depth(seen, planes, depths)) ** 2)
    return FieldTwin(rng.poisson(counts * np.asarray(frames)).astype(np.float32), sample, table, shift)


def pupil(n: int, pitch: float, defocus: float) -> np.ndarray:
    """Return a disc of the aperture's radius with the phase of a sample `defocus` behind the plane in focus."""
    f = np.fft.fftfreq(n, pitch) * WAVELENGTH
    square = f[:, None] ** 2 + f**2
    cosine = np.sqrt(np.where(square < APERTURE**2, 1 - square, 1))
    return (square < APERTURE**2) * np.exp(-2j * np.pi * defocus / WAVELENGTH * (cosine - 1))


def at_depth(seen: np.ndarray, planes: np.ndarray, depths: np.ndarray) -> np.ndarray:
    """Return in each row the light of its own depth, linearly between planes."""
    if len(planes) == 1:
        return seen[0]
    at = np.clip((depths - planes[0]) / (planes[1] - planes[0]), 0, PLANES - 1.001)
    low, share, row = at.astype(int), (at % 1)[:, None], np.arange(len(depths))
    return (1 - share) * seen[low, row] + share * seen[low + 1, row]


def cells(size: int, rng: np.random.Generator) -> np.ndarray:
    """Return delaying, slightly absorbing discs."""
    n = round(size * FINER * WIDER / 16) * 16
    y, x = (np.mgrid[:n, :n] - n / 2) * (PITCH / FINER)
    thickness, half = np.zeros((n, n)), 0.5 * n * PITCH / FINER
    for _ in range(round((1e6 * half) ** 2 / 90)):
        row, column, radius = *rng.uniform(-half, half, 2), rng.uniform(3e-6, 7e-6)
        thickness += rng.uniform(0.3, 1.0) / (1 + np.exp((np.hypot(y - row, x - column) - radius) / 0.6e-6))
    return np.exp((1j - 0.15) * thickness)


def given(twin: FieldTwin) -> dict:
    """Return `[instrument]` as a user would write it, the table in SI: columns x, y, z."""
    y, x = twin.table.T
    return {
        "wavelength": WAVELENGTH,
        "numerical_aperture": APERTURE,
        "pixel_pitch": PITCH,
        "led_positions": np.stack([x, y, np.full(len(x), -HEIGHT)], axis=-1),
    }
