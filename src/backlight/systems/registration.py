"""How far one picture lies beside another."""

import numpy as np
from jaxtyping import Float, Inexact

SAME = 1e-12
"""Of the strongest frequency's product: what is weaker has no phase worth a vote."""


def displacement(picture: Inexact[np.ndarray, "y x"], reference: Inexact[np.ndarray, "y x"]) -> Float[np.ndarray, "2"]:
    """Return by how many pixels (y, x) what is seen in `reference` has moved in `picture`.

    The highest point of F⁻¹[P·R*/√|P·R*|], both without their mean and faded to the border, by a parabola through its
    neighbors. The root is half way between the plain correlation, whose peak is as wide as what is seen, and the phase
    correlation (Kuglin and Hines 1975), in which frequencies that hold noise alone have as much of a vote as others.

    Valid to a few hundredths of a pixel for pictures that share most of what they show, moved by less than a third of
    their width.
    """
    rough = np.rint(_peak(picture, reference)).astype(int)
    # What moved out of the window's middle is faded: so once more, with both in the middle.
    return rough + _peak(np.roll(picture, -rough, axis=(0, 1)), reference)


def _peak(picture: np.ndarray, reference: np.ndarray) -> Float[np.ndarray, "2"]:
    spectra = [np.fft.fft2(_faded(each)) for each in (picture, reference)]
    product = spectra[0] * np.conj(spectra[1])
    size = np.abs(product)
    surface = np.abs(np.fft.ifft2(product / np.sqrt(np.maximum(size, SAME * max(float(size.max()), 1e-300)))))
    peak = np.unravel_index(np.argmax(surface), surface.shape)
    return np.array([_refined(surface, peak, axis) for axis in (0, 1)])


def _faded(picture: np.ndarray) -> np.ndarray:
    window = np.hanning(picture.shape[0] + 2)[1:-1, None] * np.hanning(picture.shape[1] + 2)[1:-1]
    return window * (picture - np.sum(window * picture) / np.sum(window))


def _refined(surface: np.ndarray, peak: tuple[np.intp, ...], axis: int) -> float:
    """Return the place of the top along an axis, −n/2 … n/2."""
    n, at = surface.shape[axis], int(peak[axis])
    line = np.take(surface, peak[1 - axis], axis=1 - axis)
    before, top, behind = line[(at - 1) % n], line[at], line[(at + 1) % n]
    bend = before - 2 * top + behind
    aside = 0.5 * (before - behind) / bend if bend < 0 else 0.0
    return float((at + n // 2) % n - n // 2 + aside)
