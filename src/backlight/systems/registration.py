"""How far one picture lies beside another."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Inexact

SAME = 1e-12
"""Of the strongest frequency's product: what is weaker has no phase worth a vote."""

BY_CHANCE = 1e-3
"""How often two pictures that have nothing in common may be taken for parts of one."""

TRUSTED = 1 / 3
"""Of the picture: what has moved further shares too little with where it was."""


class LaidOver(NamedTuple):
    """Where pictures lie beside each other.

    **Attributes:** `moved`, by how many pixels (y, x) each has moved, beside one of them; `sure`, whether what tells it
    is more than chance; `lost`, whether nothing tells it: such a picture stays at 0.
    """

    moved: Float[np.ndarray, "pictures 2"]
    sure: Bool[np.ndarray, " pictures"]
    lost: Bool[np.ndarray, " pictures"]


def laid_over(pictures: Sequence[Inexact[np.ndarray, "y x"]]) -> LaidOver:
    """Lay pictures over each other, each over one that it shares something with: the largest group that holds together.

    What is not in it is lost. Where no two pictures hold together they have too little detail for anybody to be sure:
    each then has its likeliest place beside the first, if that is near enough.
    """
    groups, free = [], np.ones(len(pictures), bool)
    while free.any():
        groups.append(_group(pictures, int(np.argmax(free)), free))
        free &= ~groups[-1].sure
        if groups[-1].sure.sum() >= free.sum():  # no larger one is left
            break
    largest = max(groups, key=lambda group: int(group.sure.sum()))
    return largest if largest.sure.sum() > 1 or len(pictures) == 1 else _likeliest(pictures)


def _group(pictures: Sequence[np.ndarray], first: int, free: Bool[np.ndarray, " pictures"]) -> LaidOver:
    """Return the free pictures that hold together with one of them, directly or by way of others."""
    moved, sure, placed = np.zeros((len(pictures), 2)), np.arange(len(pictures)) == first, [first]
    for near in placed:  # which grows as pictures find their place
        for number in np.flatnonzero(free & ~sure).tolist():
            step, told = _measured(pictures[number], pictures[near])
            if told:
                moved[number], sure[number] = moved[near] + step, True
                placed.append(number)
    return LaidOver(moved, sure, ~sure)


def _likeliest(pictures: Sequence[np.ndarray]) -> LaidOver:
    moved = np.array([displacement(picture, pictures[0]) for picture in pictures])
    lost = np.any(np.abs(moved) > TRUSTED * np.array(pictures[0].shape), axis=1)
    return LaidOver(np.where(lost[:, None], 0.0, moved), np.zeros(len(pictures), bool), lost)


def displacement(picture: Inexact[np.ndarray, "y x"], reference: Inexact[np.ndarray, "y x"]) -> Float[np.ndarray, "2"]:
    """Return by how many pixels (y, x) what is seen in `reference` has moved in `picture`.

    The highest point of F⁻¹[P·R*/√|P·R*|], both without their mean and faded to the border, by a parabola through its
    neighbors. The root is half way between the plain correlation, whose peak is as wide as what is seen, and the phase
    correlation (Kuglin and Hines 1975), in which frequencies that hold noise alone have as much of a vote as others.

    Valid to a few hundredths of a pixel for pictures that share most of what they show, moved by less than a third of
    their width.
    """
    return _measured(picture, reference)[0]


def _measured(picture: np.ndarray, reference: np.ndarray) -> tuple[Float[np.ndarray, "2"], bool]:
    """Return the displacement, and whether the peak that tells it stands out of what chance makes."""
    rough = np.rint(_peak(picture, reference)[0]).astype(int)
    # What moved out of the window's middle is faded: so once more, with both in the middle.
    fine, sure = _peak(np.roll(picture, -rough, axis=(0, 1)), reference)
    moved = rough + fine
    return moved, sure and bool(np.all(np.abs(moved) <= TRUSTED * np.array(picture.shape)))


def _peak(picture: np.ndarray, reference: np.ndarray) -> tuple[Float[np.ndarray, "2"], bool]:
    """Return where the correlation is highest, and whether that is more than chance makes of unlike pictures."""
    spectra = [np.fft.fft2(_faded(each)) for each in (picture, reference)]
    product = spectra[0] * np.conj(spectra[1])
    size = np.abs(product)
    surface = np.abs(np.fft.ifft2(product / np.sqrt(np.maximum(size, SAME * max(float(size.max()), 1e-300)))))
    peak = np.unravel_index(np.argmax(surface), surface.shape)
    place = np.array([_refined(surface, peak, axis) for axis in (0, 1)])
    return place, bool(surface[peak] ** 2 > _by_chance(size, surface))


def _by_chance(size: np.ndarray, surface: np.ndarray) -> float:
    """Return what the square of the correlation of unlike pictures hardly exceeds in the middle of the window.

    There it is a sum of many random turns, whose square passes t times its mean with the chance exp(−t) (exp(−t/2)
    where both pictures are real), and at one of n independent places with n times that. Frequencies of power |PR*|
    make n = (Σ|PR*|)²/Σ|PR*|²; the faded border makes the mean in the middle N·Σw⁴/(Σw²)² times that of all N places.
    """
    independent = np.sum(size) ** 2 / max(float(np.sum(size**2)), 1e-300)
    window = _window(size.shape)
    middle = size.size * np.sum(window**4) / np.sum(window**2) ** 2
    return float(2 * np.log(max(independent, 1) / BY_CHANCE) * middle * np.mean(surface**2))


def _faded(picture: np.ndarray) -> np.ndarray:
    window = _window(picture.shape)
    return window * (picture - np.sum(window * picture) / np.sum(window))


def _window(shape: tuple[int, ...]) -> Float[np.ndarray, "y x"]:
    return np.hanning(shape[0] + 2)[1:-1, None] * np.hanning(shape[1] + 2)[1:-1]


def _refined(surface: np.ndarray, peak: tuple[np.intp, ...], axis: int) -> float:
    """Return the place of the top along an axis, −n/2 … n/2."""
    n, at = surface.shape[axis], int(peak[axis])
    line = np.take(surface, peak[1 - axis], axis=1 - axis)
    before, top, behind = line[(at - 1) % n], line[at], line[(at + 1) % n]
    bend = before - 2 * top + behind
    aside = 0.5 * (before - behind) / bend if bend < 0 else 0.0
    return float((at + n // 2) % n - n // 2 + aside)
