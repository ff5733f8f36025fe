"""Parts of one field made to agree where they overlap: each is known up to a complex factor, a slope and a curvature.

The light that meets a part of a large field is told by that part alone only up to a slope and a curvature of its phase,
which the part's own picture then has: where the objective is not telecentric, both differ from part to part.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Complex, Float

from backlight.runs.tiles import Layout, fade, place

CELL, CELLS = 4, 3
"""Pixels of a frame, along a side, over which the product of two parts is averaged before its phase is read, and how
many such cells an overlap has along a side at least: three tell a curvature."""

TERMS, ROUNDS = 4, 3
"""Of the phase: a constant, two slopes and a curvature. How often they are fitted anew: within a cell the mean of the
phase is not that at its middle until little of it is left."""

Fit = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Weights, (equation, term of a part) and values."""

Parts = Mapping[int, Complex[np.ndarray, "y x"]]


@dataclass(frozen=True)
class Overlap:
    """Where parts `one` and `other` both lie.

    **Attributes:** `places` of cells, from the frame's middle, in sides of a part; `products`, ∫ wₐw_b·conj(oₐ)·o_b of
    each cell.
    """

    one: int
    other: int
    places: Float[np.ndarray, "row column 2"]
    products: Complex[np.ndarray, "row column"]


def leveled(layout: Layout, parts: Parts) -> dict[int, Complex[np.ndarray, "y x"]]:
    """Return the parts without the slope and curvature of the phase by which they differ from the first one.

    oᵢ → oᵢ·exp(iφᵢ), φᵢ = cᵢ + aᵢ·r + κᵢr²/2 from the middle of the part, such that Σ|p|·(arg p + φ_b − φₐ)² over the
    cells of all overlaps is least, with p a cell's product. Slopes and curvatures are first taken from how arg p steps
    from cell to cell, which no 2π disturbs as long as two parts differ by less than π from one cell to the next, `CELL`
    pixels of the camera on.
    """
    turned = _turned(layout, parts, _steps)
    factors, _ = agreement(layout, turned)
    turned = {n: part * np.exp(1j * np.angle(factors[n])).astype(part.dtype) for n, part in turned.items()}
    for _ in range(ROUNDS):
        turned = _turned(layout, turned, _phases)
    return turned


def agreement(layout: Layout, parts: Parts) -> tuple[dict[int, complex], float]:
    """Return the complex factor of each part with which the overlaps agree, and how well they then do.

    With E and P the energies and products of two parts where they overlap, weighed by both, |c| minimizes
    Σ w(ln|cₐ|²Eₐ − ln|c_b|²E_b)², w = √(EₐE_b), and arg c is that of the leading eigenvector of P/√(EₐE_b) over all
    pairs (Singer, Appl. Comput. Harmon. Anal. 30, 20 (2011)). Its length is no brightness: it is small where parts
    agree ill.

    **Returns:** the factors, that of the first part 1; the root mean square difference of two parts where they overlap,
    over their own, √(Σ∫wₐw_b|cₐoₐ − c_b·o_b|² / ½Σ∫wₐw_b(|cₐoₐ|² + |c_b·o_b|²)): NaN for a single part.
    """
    numbers = list(parts)
    if len(numbers) == 1:
        return {numbers[0]: 1.0}, float("nan")
    products, energies = _overlapping(layout, parts)
    both = np.sqrt(energies * energies.T)
    _, ways = np.linalg.eigh(np.divide(products, both, out=np.zeros_like(products), where=both > 0))
    ratio = np.log(np.divide(energies.T, energies, out=np.ones_like(both), where=both > 0))
    laplacian = np.diag(both.sum(axis=1)) - both
    logs = np.zeros(len(numbers))
    logs[1:] = np.linalg.lstsq(laplacian[1:, 1:], 0.5 * np.sum(both * ratio, axis=1)[1:], rcond=None)[0]
    found = np.exp(logs + 1j * np.angle(ways[:, -1] * np.conj(ways[0, -1])))
    bright = np.abs(found[:, None]) ** 2 * energies
    apart = bright + bright.T - 2 * np.real(np.conj(found[:, None]) * products * found)
    factors = {number: complex(c) for number, c in zip(numbers, found, strict=True)}
    return factors, float(np.sqrt(max(apart.sum(), 0) / max(bright.sum(), np.finfo(float).tiny)))


def _overlapping(layout: Layout, parts: Parts) -> tuple[Complex[np.ndarray, "a b"], Float[np.ndarray, "a b"]]:
    """Return ∫wₐw_b·conj(oₐ)·o_b and ∫wₐw_b|oₐ|² of each two parts, 0 where they do not overlap."""
    numbers = list(parts)
    products, energies = np.zeros((len(numbers),) * 2, complex), np.zeros((len(numbers),) * 2)
    for a, b, weight, here, there in _pairs(layout, parts):
        i, j = numbers.index(a), numbers.index(b)
        products[i, j] = np.sum(weight * np.conj(here) * there)
        products[j, i] = np.conj(products[i, j])
        energies[i, j], energies[j, i] = (np.sum(weight * np.abs(part) ** 2) for part in (here, there))
    return products, energies


def _pairs(layout: Layout, parts: Parts) -> Iterator[tuple[int, int, np.ndarray, np.ndarray, np.ndarray]]:
    """Yield of each two parts that overlap: their numbers, wₐw_b, and both where they do."""
    numbers = list(parts)
    finer = parts[numbers[0]].shape[0] // layout.shape[0]
    for i, a in enumerate(numbers):
        for b in numbers[:i]:
            common = _common(layout, a, b, finer)
            if common is not None:
                here, there = (_within(layout, n, common, finer) for n in (a, b))
                yield (
                    a,
                    b,
                    fade(layout, a, finer)[here] * fade(layout, b, finer)[there],
                    parts[a][here],
                    parts[b][there],
                )


def _common(layout: Layout, a: int, b: int, finer: int) -> tuple[slice, slice] | None:
    """Return the rows and columns that both parts have, None where there are none."""
    sides = zip(place(layout, a, finer), place(layout, b, finer), strict=True)
    rows, columns = (slice(max(one.start, other.start), min(one.stop, other.stop)) for one, other in sides)
    return (rows, columns) if rows.start < rows.stop and columns.start < columns.stop else None


def _within(layout: Layout, number: int, common: tuple[slice, slice], finer: int) -> tuple[slice, ...]:
    sides = zip(common, place(layout, number, finer), strict=True)
    return tuple(slice(c.start - own.start, c.stop - own.start) for c, own in sides)


# --- slope and curvature ----------------------------------------------------------------------------------------------


def _overlaps(layout: Layout, parts: Parts) -> Iterator[Overlap]:
    """Yield the products of each two parts that overlap, averaged over cells."""
    finer = next(iter(parts.values())).shape[0] // layout.shape[0]
    for a, b, weight, here, there in _pairs(layout, parts):
        common = _common(layout, a, b, finer)
        assert common is not None
        cells = [np.array_split(np.arange(n), min(max(n // (CELL * finer), CELLS), n)) for n in weight.shape]
        middles = [
            ((side.start + np.array([pixels.mean() for pixels in along]) + 0.5) / finer - n / 2) / size
            for side, along, n, size in zip(common, cells, layout.frame, layout.shape, strict=True)
        ]
        product = weight * np.conj(here) * there
        sums = np.asarray([[product[np.ix_(y, x)].sum() for x in cells[1]] for y in cells[0]])
        yield Overlap(a, b, np.stack(np.meshgrid(*middles, indexing="ij"), axis=-1), sums)


def _terms(layout: Layout, number: int, places: Float[np.ndarray, "... 2"]) -> Float[np.ndarray, "... 4"]:
    """Return 1, y, x and r²/2 from the middle of a part, in sides of a part."""
    r = places - np.asarray(layout.tiles[number].center) / layout.shape
    return np.concatenate([np.ones_like(r[..., :1]), r, 0.5 * np.sum(r**2, axis=-1, keepdims=True)], axis=-1)


def _steps(overlap: Overlap, terms: np.ndarray) -> Fit:
    """Return the equations that the steps from cell to cell of an overlap make."""
    weights, rows, values = [], [], []
    for axis in (0, 1):
        (first, then), (before, behind) = (
            (np.delete(array, -1, axis), np.delete(array, 0, axis)) for array in (overlap.products, terms)
        )
        weights.append(np.sqrt(np.abs(first) * np.abs(then)).ravel())
        rows.append((behind - before).reshape(first.size, -1))
        values.append(np.angle(then * np.conj(first)).ravel())
    return np.concatenate(weights), np.concatenate(rows), np.concatenate(values)


def _phases(overlap: Overlap, terms: np.ndarray) -> Fit:
    """Return the equations that the phases of an overlap make."""
    p = overlap.products.ravel()
    return np.abs(p), terms.reshape(p.size, -1), np.angle(p)


def _turned(layout: Layout, parts: Parts, equations: Callable[[Overlap, np.ndarray], Fit]) -> dict[int, np.ndarray]:
    """Return the parts times exp(iφ) with the φ that solves the equations of all overlaps best, 0 for the first."""
    places = {number: TERMS * i + np.arange(TERMS) for i, number in enumerate(parts)}
    matrix, side = np.zeros((TERMS * len(parts),) * 2), np.zeros(TERMS * len(parts))
    for overlap in _overlaps(layout, parts):
        pair = -_terms(layout, overlap.one, overlap.places), _terms(layout, overlap.other, overlap.places)
        weights, rows, values = equations(overlap, np.concatenate(pair, axis=-1))
        both = np.concatenate([places[overlap.one], places[overlap.other]])
        matrix[np.ix_(both, both)] += (weights * rows.T) @ rows
        side[both] -= (weights * values) @ rows
    found = np.zeros_like(side)
    found[TERMS:] = np.linalg.lstsq(matrix[TERMS:, TERMS:], side[TERMS:], rcond=None)[0]
    return {n: part * _wave(layout, n, part.shape, found[places[n]]).astype(part.dtype) for n, part in parts.items()}


def _wave(layout: Layout, number: int, shape: tuple[int, ...], phase: np.ndarray) -> Complex[np.ndarray, "y x"]:
    """Return exp(iφ) on the pixels of a part."""
    corner = layout.tiles[number].corner
    sides = [
        (np.arange(n) + 0.5) / n + (first - frame / 2) / size
        for n, first, size, frame in zip(shape, corner, layout.shape, layout.frame, strict=True)
    ]
    return np.exp(1j * (_terms(layout, number, np.stack(np.meshgrid(*sides, indexing="ij"), axis=-1)) @ phase))
