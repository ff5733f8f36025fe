"""Synthetic Fourier ptychography by another code path: numpy, float64, tilted waves on a finer and wider grid."""

from dataclasses import dataclass, field

import numpy as np

from backlight.maths.zernike import noll_term, zernikes

WAVELENGTH, APERTURE, PITCH = 630e-9, 0.1, 1.845e-6
LED_PITCH, HEIGHT, SIDE = 4e-3, 90.88e-3, 9
FINER, WIDER, FADING = 4, 4, 0.3
"""The truth's grid against the frame's, and the share of its half width over which the light of a diode fades away: a
tilted wave that is cut off does not close on itself, and its jump would shine into the frame. On a grid half as wide
the hard pupil's stairs are as large as what a panel that is turned by 0.1° does to small frames."""
PEAK_COUNTS, CODES = 2e4, 255
"""Photoelectrons in the brightest pixel of a frame, and the largest number that it can have."""

GIVEN = {
    "wavelength": WAVELENGTH,
    "numerical_aperture": APERTURE,
    "pixel_pitch": PITCH,
    "led_pitch": LED_PITCH,
    "led_rows": SIDE,
    "led_columns": SIDE,
    "led_distance": HEIGHT,
}


@dataclass(frozen=True)
class Truth:
    """The instrument as it is: a square panel, m, rad, and Noll's coefficients from the fifth on in rad."""

    shift: tuple[float, float] = (0.0, 0.0)
    rotation: float = 0.0
    height: float = HEIGHT
    defocus: float = 0.0
    aberrations: np.ndarray = field(default_factory=lambda: np.zeros(10))
    gains: np.ndarray | float = 1.0
    aperture: float = APERTURE
    side: int = SIDE
    led_pitch: float = LED_PITCH

    @property
    def table(self) -> np.ndarray:
        """Places of the diodes on the panel, (y, x) about its middle, row by row."""
        places = self.led_pitch * (np.arange(self.side) - self.side // 2)
        return np.stack(np.meshgrid(places, places, indexing="ij"), axis=-1).reshape(-1, 2)


def truth(seed: int, side: int = SIDE) -> Truth:
    """Return an instrument of `side`² diodes off by ±1 mm, ±2°, ±3 %, ±40 µm, 0.5 rad of ten Zernikes, ±20 % each."""
    rng = np.random.default_rng(seed)
    aberrations = rng.normal(size=10)
    return Truth(
        shift=tuple(rng.uniform(-1e-3, 1e-3, 2)),
        rotation=np.deg2rad(rng.uniform(-2, 2)),
        height=HEIGHT * (1 + rng.uniform(-0.03, 0.03)),
        defocus=rng.uniform(-40e-6, 40e-6),
        aberrations=0.5 * aberrations / np.sqrt(np.sum(aberrations**2)),
        gains=rng.uniform(0.8, 1.2, side**2),
        side=side,
    )


def cells(pixels: int, seed: int) -> np.ndarray:
    """Return the complex sample (n, n) on fine pixels, wider than the frame: delaying, slightly absorbing discs."""
    rng, n = np.random.default_rng(seed), _fine(pixels)
    y, x = (np.mgrid[:n, :n] - n / 2) * (PITCH / FINER)
    thickness, half = np.zeros((n, n)), 0.5 * n * PITCH / FINER
    for _ in range(round((1e6 * half) ** 2 / 90)):
        row, column, radius = *rng.uniform(-half, half, 2), rng.uniform(3e-6, 7e-6)
        # The edge is 0.6 µm soft: 20 widths from it the disc is nothing, and exp does not overflow.
        near = np.ix_(*(np.abs(axis - center) < radius + 12e-6 for axis, center in ((y[:, 0], row), (x[0], column))))
        far = np.hypot(y[near] - row, x[near] - column)
        thickness[near] += rng.uniform(0.3, 1.0) / (1 + np.exp((far - radius) / 0.6e-6))
    return np.exp((1j - 0.15) * thickness)


def texture(pixels: int, seed: int) -> np.ndarray:
    """Return a complex sample as `cells` does, with detail of every size and a mean that leads."""
    rng, n = np.random.default_rng(seed), _fine(pixels)
    f = np.hypot(*np.meshgrid(np.fft.fftfreq(n), np.fft.fftfreq(n), indexing="ij"))
    noise = np.fft.ifft2(np.fft.fft2(rng.standard_normal((n, n))) / (0.02 + f)).real
    phase = noise / noise.std()
    return np.exp(0.4j * phase) * (1 - 0.1 * np.tanh(np.roll(phase, n // 3, 0)))


def _fine(pixels: int) -> int:
    return round(pixels * FINER * WIDER / 16) * 16


def record(sample: np.ndarray, pixels: int, given: Truth, seed: int) -> np.ndarray:
    """Return the frames (frame, n, n) in codes, each exposed to the full scale; diodes row by row."""
    rng = np.random.default_rng(seed)
    n, pitch = len(sample), PITCH / FINER
    f = np.fft.fftfreq(n, pitch) * WAVELENGTH / given.aperture
    y, x = np.broadcast_arrays(f[:, None], f)
    square = y**2 + x**2
    inside = square < 1
    phase = sum(
        c * z for c, z in zip(given.aberrations, zernikes([noll_term(j) for j in range(5, 15)], y, x), strict=True)
    )
    # The sample lies `defocus` behind the plane in focus: its light is seen as it was that far before.
    cosine = np.sqrt(np.where(inside, 1 - square * given.aperture**2, 1))
    phase = phase - 2 * np.pi * given.defocus / WAVELENGTH * (cosine - 1)
    pupil = inside * np.exp(1j * phase)
    r, first = (np.arange(n) - n // 2) * pitch, n // 2 - pixels // 2 * FINER
    beam = np.sin(0.5 * np.pi * np.clip((1 - np.abs(r) / (0.5 * n * pitch)) / FADING, 0, 1)) ** 2
    cut = slice(first, first + pixels * FINER, FINER)
    frames = []
    for sine, gain in zip(sines(given), np.broadcast_to(given.gains, given.side**2), strict=True):
        wave = [beam * np.exp(-2j * np.pi * s / WAVELENGTH * r) for s in sine]
        image = np.fft.ifft2(np.fft.fft2(sample * wave[0][:, None] * wave[1]) * pupil)[cut, cut]
        frames.append(gain * np.abs(image) ** 2)
    # One exposure for the bright field, one for the dark field, as one sets a camera.
    frames = np.asarray(frames)
    bright = np.hypot(*sines(given).T) < 1.1 * given.aperture
    exposure = np.where(bright, frames[bright].max(), frames[~bright].max())[:, None, None]
    counted = rng.poisson(frames / exposure * PEAK_COUNTS) / PEAK_COUNTS
    return np.round(np.clip(counted, 0, 1) * CODES) / CODES * exposure


def sines(given: Truth) -> np.ndarray:
    """Return the sines (y, x) of the way to each diode."""
    y, x = given.table.T
    cos, sin = np.cos(given.rotation), np.sin(given.rotation)
    place = np.stack([cos * y + sin * x, cos * x - sin * y], axis=-1) + given.shift
    return place / np.sqrt(np.sum(place**2, axis=-1, keepdims=True) + given.height**2)


def in_view(sample: np.ndarray, pixels: int, upsampling: int) -> np.ndarray:
    """Return the sample on the picture's pixels, the frame's field of view."""
    first, step = len(sample) // 2 - pixels // 2 * FINER, FINER // upsampling
    return sample[first : first + pixels * FINER : step, first : first + pixels * FINER : step]


def leveled(found: np.ndarray, sample: np.ndarray) -> np.ndarray:
    """Return the picture without the slope by which its phase differs from the sample's."""
    change = found * sample.conj()
    for axis, n in enumerate(change.shape):
        step = np.angle(np.vdot(np.delete(change, -1, axis), np.delete(change, 0, axis)))
        found = found * np.exp(-1j * step * np.expand_dims(np.arange(n), 1 - axis))
    return found


def quality(found: np.ndarray, sample: np.ndarray, border: int) -> tuple[float, float]:
    """Return complex PSNR, dB, and the phase's standard deviation, rad, after one complex factor, inside the border."""
    inner = np.s_[border:-border, border:-border]
    found, sample = found[inner], sample[inner]
    found = found * np.vdot(found, sample) / np.vdot(found, found)
    error = np.mean(np.abs(found - sample) ** 2)
    return float(10 * np.log10(np.max(np.abs(sample)) ** 2 / error)), float(np.std(np.angle(found * sample.conj())))
