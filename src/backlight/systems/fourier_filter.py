"""The classic Fourier filter of off-axis holography: where the fringes are, and the light that rides on them.

|U + R|² = |U|² + |R|² + U·R* + U*·R. With a tilted reference R the third term stands in the spectrum around −τ_R, apart
from the two first, which stand around zero (Leith and Upatnieks, J. Opt. Soc. Am. 52, 1123 (1962)). Everything here
counts in pixels: frequencies in cycles per pixel, positions about pixel n//2.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Complex, Float

from backlight.errors import InputError

SLOWEST = 0.05
"""Cycles per pixel: the sideband of slower fringes has less than a sixtieth of the band to itself."""

Pair = tuple[float, float]


@dataclass(frozen=True)
class Sideband:
    """What a hologram of known fringes says of the two beams, in the units of the frame.

    **Attributes:** `light`, U·|R| in the camera's plane, complex (y, x); `reference`, |R|²; `contrast` of the fringes,
    2√⟨|U|²|R|²⟩ over ⟨|U|² + |R|²⟩: at most 1, or there are no two such beams.
    """

    light: Complex[np.ndarray, "y x"]
    reference: float
    contrast: float


def carrier(frame: Float[np.ndarray, "y x"]) -> Pair:
    """Return the frequency of the strongest fringes, (f_y, f_x) with f_x ≥ 0, to a small part of 1/N.

    The highest point of the spectrum off zero, under a Hann window, then looked at ever more closely: a window's main
    lobe is a parabola near its top. Which of ±f belongs to U·R* a single frame does not say.

    **Errors:** `InputError` where no fringes stand out of the spectrum.
    """
    windowed = _windowed(frame)
    spectrum = np.abs(np.fft.rfft2(windowed))
    fy, fx = np.fft.fftfreq(frame.shape[0])[:, None], np.fft.rfftfreq(frame.shape[1])
    fast = np.hypot(fy, fx) > SLOWEST
    highest = np.unravel_index(np.argmax(np.where(fast, spectrum, 0)), spectrum.shape)
    if spectrum[highest] < 10 * np.median(spectrum[fast]):
        raise InputError("fringes of the reference", got="no fringes that stand out of the spectrum",
                         expected="an off-axis hologram, with fringes of 2 to 20 pixels",
                         remedy="without a reference beam it is an inline_hologram")  # fmt: skip
    return sharpest(windowed, (float(fy[highest[0], 0]), float(fx[highest[1]])))


def sharpest(values: np.ndarray, near: Sequence[float]) -> Pair:
    """Return the frequency near `near`, within 1/N, where |Σ values·exp(−2πi f·r)| is largest."""
    lines = [np.arange(n) - n // 2 for n in values.shape]
    found = np.array(near, float)
    for step in (0.5, 0.2, 0.05):
        steps = np.array([step / n for n in values.shape])
        offsets = [found[i] + steps[i] * np.arange(-2, 3) for i in (0, 1)]
        rows, columns = (np.exp(-2j * np.pi * np.outer(f, line)) for f, line in zip(offsets, lines, strict=True))
        sizes = np.abs(rows @ values @ columns.T)
        i, j = np.unravel_index(np.argmax(sizes[1:4, 1:4]), (3, 3))
        top = np.log(np.maximum(sizes[i : i + 3, j : j + 3], 1e-30))
        found = found + steps * (np.array([i, j]) - 1 + [_vertex(top[:, 1]), _vertex(top[1])])
    return float(found[0]), float(found[1])


def radius(fringes: Sequence[float]) -> float:
    """Return how far the sideband reaches: |f|/3, where that of |U|² ends which is twice as wide, or half of 2f's way.

    The second where fringes of nearly two pixels bring both sidebands together.
    """
    apart = _wrapped(2 * np.asarray(fringes))
    return min(float(np.linalg.norm(fringes)) / 3, float(np.linalg.norm(apart)) / 2)


def sideband(frame: Float[np.ndarray, "y x"], tilt: Sequence[float], *, fill_factor: float = 1.0) -> Sideband:
    """Return the light of the sideband around −`tilt`, moved to zero, and the reference's brightness.

    **Arguments:** `tilt`: τ_R; `fill_factor`: of the pixels, whose averaging is undone.

    |R|² follows from the slow part of the frame, ⟨|U|² + |R|²⟩, and the fast one, |U|²|R|²: of the two beams that
    explain both the one with the smaller remainder, or the brighter reference where the light is too even to tell.
    """
    reach = radius(tilt)
    fy, fx = (np.fft.fftfreq(n) for n in frame.shape)
    spectrum = np.fft.fft2(frame)
    slow = np.fft.ifft2(spectrum * _window(fy, fx, reach)).real
    pixel = np.sinc(fy * fill_factor)[:, None] * np.sinc(fx * fill_factor)
    around = _window(_wrapped(fy + tilt[0]), _wrapped(fx + tilt[1]), reach)
    fast = np.fft.ifft2(spectrum * (around / pixel)) * phasor(frame.shape, tilt)
    inner = tuple(slice(n // 8, n - n // 8) for n in frame.shape)  # where no cut fringe rings
    mean, crossed = slow[inner], np.abs(fast[inner]) ** 2
    return Sideband(fast, _reference(mean, crossed), float(2 * np.sqrt(crossed.mean()) / mean.mean()))


def noise_level(frame: Float[np.ndarray, "y x"], fringes: Sequence[float]) -> float:
    """Return the standard deviation of white noise, by the spectrum where neither beam has much light.

    The power of noise is distributed exponentially, so its lowest tenth tells its mean; what fine structure of the
    sample adds here and there leaves the lowest tenth nearly alone.
    """
    reach = radius(fringes)
    fy, fx = np.fft.fftfreq(frame.shape[0])[:, None], np.fft.fftfreq(frame.shape[1])
    free = np.hypot(fy, fx) > 2 * reach
    for sign in (1, -1):
        free &= np.hypot(_wrapped(fy - sign * fringes[0]), _wrapped(fx - sign * fringes[1])) > 1.3 * reach
    window = _windowed(1.0 - 2.0 * (np.indices(frame.shape).sum(axis=0) % 2))  # of mean zero, and unit size
    power = np.abs(np.fft.fft2(_windowed(frame))) ** 2 / np.sum(window**2)
    return float(np.sqrt(np.quantile(power[free] if free.any() else power, 0.1) / -np.log(0.9)))


def phasor(shape: tuple[int, ...], tilt: Sequence[float], bend: float = 0.0) -> Complex[np.ndarray, "y x"]:
    """Return exp(2πi(τ·r + b|r|²)), r in pixels."""
    rows, columns = (np.arange(n) - n // 2 for n in shape[-2:])
    y, x = (np.exp(2j * np.pi * (t * r + bend * r**2)) for t, r in zip(tilt, (rows, columns), strict=True))
    return y[:, None] * x


def bending(light: Complex[np.ndarray, "y x"], most: float, count: int = 41) -> float:
    """Return b, within ±`most`, for which light·exp(2πi b|r|²) gathers in the sharpest peak of its spectrum."""
    found = 0.0
    for _ in range(3):
        values = found + most * np.linspace(-1, 1, count)
        peaks = [np.abs(np.fft.fft2(light * phasor(light.shape, (0.0, 0.0), b))).max() for b in values]
        i = int(np.clip(np.argmax(peaks), 1, count - 2))
        found = float(values[i] + (values[1] - values[0]) * _vertex(np.array(peaks[i - 1 : i + 2])))
        most, count = 2 * float(values[1] - values[0]), 9
    return found


def faded(light: Complex[np.ndarray, "y x"], share: float = 0.15) -> Complex[np.ndarray, "y x"]:
    """Return light that fades into its mean over a `share` of the frame on each side.

    Fringes that a frame's border cuts ring along it, behind any filter, and brighter than a sample.
    """
    depth = [np.minimum(np.arange(n), np.arange(n)[::-1]) + 0.5 for n in light.shape]
    rows, columns = (np.sin(0.5 * np.pi * np.clip(d / (share * len(d)), 0, 1)) ** 2 for d in depth)
    return light.mean() + (light - light.mean()) * (rows[:, None] * columns)


def _windowed(frame: np.ndarray) -> np.ndarray:
    rows, columns = (np.hanning(n + 2)[1:-1] for n in frame.shape)
    return (frame - frame.mean()) * (rows[:, None] * columns)


def _wrapped(frequency: np.ndarray) -> np.ndarray:
    return (frequency + 0.5) % 1 - 0.5


def _window(fy: np.ndarray, fx: np.ndarray, reach: float) -> np.ndarray:
    """Return 1 inside `reach`, 0 outside, with a cosine flank over its last fifth."""
    position = np.clip((reach - np.hypot(fy[:, None], fx)) / (0.2 * reach), 0, 1)
    return 0.5 - 0.5 * np.cos(np.pi * position)


def _reference(slow: np.ndarray, crossed: np.ndarray) -> float:
    """Return α = |R|² from ⟨slow⟩ = α + ⟨crossed⟩/α."""
    mean = float(slow.mean())
    root = np.sqrt(max(mean**2 - 4 * float(crossed.mean()), 0.0))
    bright, dim = 0.5 * (mean + root), max(0.5 * (mean - root), 1e-6 * mean)
    remainders = [float(np.std(slow - crossed / alpha)) for alpha in (bright, dim)]
    return dim if remainders[1] < 0.9 * remainders[0] else bright


def _vertex(three: np.ndarray) -> float:
    """Return where the parabola through three values has its top, in steps from the middle one, within ±1."""
    bend = three[0] - 2 * three[1] + three[2]
    return float(np.clip(0.5 * (three[0] - three[2]) / bend, -1, 1)) if bend < 0 else 0.0
