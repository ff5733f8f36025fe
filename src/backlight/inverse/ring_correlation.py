"""Fourier ring correlation: down to which detail two pictures of the same thing agree."""

from dataclasses import dataclass
from itertools import product

import numpy as np
from jaxtyping import Float, Num

from backlight.errors import InputError

ONE_SEVENTH = 1 / 7
"""FRC at which the two halves together reach a correlation of ½ with the truth (Rosenthal and Henderson, J. Mol. Biol.
333, 721 (2003))."""


@dataclass(frozen=True)
class RingCorrelation:
    """How alike two pictures are, ring by ring of their spectra.

    **Attributes:** `frequency` of each ring, cycles/m; `correlation` in it, −1 to 1; `samples`, how many independent
    complex numbers it is made of.
    """

    frequency: Float[np.ndarray, " rings"]
    correlation: Float[np.ndarray, " rings"]
    samples: Float[np.ndarray, " rings"]

    @property
    def half_bit(self) -> Float[np.ndarray, " rings"]:
        """The correlation at which a sample of both halves together holds half a bit.

        T = (0.2071 + 1.9102/√n)/(1.2071 + 0.9102/√n) (van Heel and Schatz, J. Struct. Biol. 151, 250 (2005)).
        """
        inverse = 1 / np.sqrt(self.samples)
        return (0.2071 + 1.9102 * inverse) / (1.2071 + 0.9102 * inverse)

    def period(self, threshold: Float[np.ndarray, " rings"] | float) -> float | None:
        """Return the period, m, at which the correlation falls below a threshold, beyond where it is clearest above.

        The lowest rings hold few samples and may cross it back and forth. The finest period of all rings where the
        correlation never falls, and `None` where it never is above.
        """
        lead = self.correlation - threshold
        above, begin = lead >= 0, int(np.argmax(lead))
        if not above[begin]:
            return None
        if above[begin:].all():
            return float(1 / self.frequency[-1])
        after = begin + int(np.argmin(above[begin:]))
        share = lead[after - 1] / (lead[after - 1] - lead[after])
        low, high = self.frequency[after - 1 : after + 1]
        return float(1 / (low + share * (high - low)))


def ring_correlation(
    first: Num[np.ndarray, "y x"], second: Num[np.ndarray, "y x"], pitch: tuple[float, float] = (1.0, 1.0)
) -> RingCorrelation:
    """Compare the spectra of two pictures, ring by ring.

    FRC(k) = Re Σ F₁F₂* / √(Σ|F₁|²·Σ|F₂|²) over the samples of a ring (Saxton and Baumeister, J. Microsc. 127, 127
    (1982)); of the same signal with independent noise in each it is SNR/(1 + SNR) on average. The pictures fade out
    towards the border by a Hann window, so that it makes no cross in their spectra, and their mean is taken away. Of
    complex pictures the constant phase between them, which no frame tells, is taken away too.

    **Arguments:** `first`, `second`: real or complex, shape (y, x); `pitch` (y, x) of their pixels, m.

    **Returns** rings as wide as a sample of the spectrum, up to the frequency that the pixels hold in all directions.

    **Errors:** `InputError` for pictures of different shapes, or of fewer than 8 pixels along a side.

    Example:
        >>> picture = np.random.default_rng(0).normal(size=(32, 48))
        >>> ring_correlation(picture, 2 * picture, (1e-6, 1e-6)).correlation.min() > 0.999
        np.True_
    """
    if first.shape != second.shape or min(first.shape) < 8:
        raise InputError("pictures", got=f"shapes {first.shape} and {second.shape}",
                         expected="the same shape, 8 pixels or more along each side")  # fmt: skip
    edges = [np.sin(np.pi * (np.arange(n) + 0.5) / n) ** 2 for n in first.shape]
    window = np.outer(*edges)
    one, other = (np.fft.fft2(_faded(picture, window)) for picture in (first, _in_phase(second, first, window)))
    ring, width = _rings(first.shape, pitch)
    inside = ring >= 0
    total = lambda values: np.bincount(ring[inside], values[inside])[1:]  # noqa: E731
    power = np.sqrt(total(np.abs(one) ** 2) * total(np.abs(other) ** 2))
    mirrored = 1 if np.iscomplexobj(first) or np.iscomplexobj(second) else 2  # a real picture has every sample twice
    return RingCorrelation(
        width * np.arange(1, len(power) + 1),
        total((one * other.conj()).real) / np.maximum(power, np.finfo(float).tiny),
        _independent(ring, edges)[1:] / mirrored,
    )


def _faded(picture: np.ndarray, window: np.ndarray) -> np.ndarray:
    return (picture - np.sum(window * picture) / np.sum(window)) * window


def _independent(ring: np.ndarray, edges: list[np.ndarray]) -> np.ndarray:
    """Return how many independent complex numbers the samples of each ring are worth.

    The window makes neighbors alike: n = N²/Σᵢⱼ|ρ(i − j)|² over the N samples of a ring, ρ the spectrum of the
    window's square, which ends two samples away.
    """
    count = np.bincount(ring[ring >= 0]).astype(float)
    alike = np.zeros_like(count)
    likeness = [np.abs(np.fft.fft(edge**2) / np.sum(edge**2)) ** 2 for edge in edges]
    for i, j in product(range(-2, 3), repeat=2):
        same = (ring == np.roll(ring, (i, j), (0, 1))) & (ring >= 0)
        alike += likeness[0][i] * likeness[1][j] * np.bincount(ring[same], minlength=len(count))
    return count**2 / alike


def _in_phase(picture: np.ndarray, to: np.ndarray, window: np.ndarray) -> np.ndarray:
    """Return a complex picture with the constant phase of another."""
    common = np.sum(window**2 * to * np.conj(picture))
    return picture * np.exp(1j * np.angle(common)) if np.iscomplexobj(picture) else picture


def _rings(shape: tuple[int, ...], pitch: tuple[float, float]) -> tuple[np.ndarray, float]:
    """Return the number of the ring that each sample is in, −1 in none, and the width of a ring."""
    pitch = (abs(pitch[0]), abs(pitch[1]))
    fy, fx = (np.fft.fftfreq(n, p) for n, p in zip(shape, pitch, strict=True))
    width = max(1 / (n * p) for n, p in zip(shape, pitch, strict=True))
    ring = np.rint(np.hypot(fy[:, None], fx) / width).astype(int)
    last = int(0.5 / max(pitch) / width * (1 + 1e-9))
    return np.where(ring <= last, ring, -1), width
