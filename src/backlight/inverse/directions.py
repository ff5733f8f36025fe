"""Directions in the space of the parameters: which of them move something, and which of them the frames tell."""

from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from backlight.inverse.problem import Coordinates, Problem

SAME = 1e-4
"""A direction that keeps less than this share of its curvature, once all else answers it, is not identifiable.

Far above what float32 and an unfinished conjugate gradient leave of an exact zero (about 1e-6), far below any
direction worth estimating: its error bar would be a hundred times the one with everything else known.
"""

STILL = 1e-9
"""Of the largest: a move of coordinates that changes a leaf by less, squared, is none."""


def told_by_frames(
    left: np.ndarray, shifted: np.ndarray, least_shifted: float, least: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the curvature without what is zero but for round-off, and the directions of that."""
    values, vectors = np.linalg.eigh(shifted)
    seen = vectors[:, values >= least_shifted] if least_shifted else vectors
    values, vectors = np.linalg.eigh(seen.T @ left @ seen)
    vectors = seen @ vectors[:, values >= least]
    told = (vectors * values[values >= least]) @ vectors.T
    return told, _complement(vectors)


def simplest(blind: np.ndarray) -> np.ndarray:
    """Return a basis of the same directions in which each one moves as few numbers as possible (reduced echelon)."""
    rows = blind.T.copy()
    for i in range(len(rows)):
        column = int(np.argmax(np.abs(rows[i:]).max(axis=0)))
        pivot = i + int(np.argmax(np.abs(rows[i:, column])))
        rows[[i, pivot]] = rows[[pivot, i]]
        rows[i] /= rows[i, column]
        others = np.arange(len(rows)) != i
        rows[others] -= np.outer(rows[others, column], rows[i])
    return rows.T


def slopes_of_leaves(problem: Problem, z: Coordinates, parameters: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Return d leaf/dz of each parameter, (numbers of the leaf, numbers of z)."""
    found = {}
    for path in sorted(parameters):
        leaf = lambda v, path=path: problem.leaves(z | {path: v.reshape(z[path].shape)})[path].ravel()  # noqa: E731
        _, change = jax.linearize(leaf, z[path].ravel())
        found[path] = np.asarray(jax.vmap(change)(jnp.eye(z[path].size, dtype=z[path].dtype))).T
    return found


def ways_that_move(slopes: Mapping[str, np.ndarray], unit: np.ndarray) -> Float[np.ndarray, "p moves"]:
    """Return an orthonormal basis of the moves of θ, in `unit`s, that change a leaf: where a gauge is fixed not all."""
    still, position = [], 0
    for slope in slopes.values():
        real = np.concatenate([np.real(slope), np.imag(slope)])
        where = slice(position, position := position + slope.shape[1])
        values, ways = np.linalg.eigh((unit[where, None] * real.T) @ (real * unit[where]))
        for way in ways.T[values < STILL * max(values.max(initial=0.0), 1e-300)]:
            still.append(np.zeros(len(unit)))
            still[-1][where] = way
    return _complement(np.stack(still, axis=1)) if still else np.eye(len(unit))


def in_leaf_units(
    problem: Problem, z: Coordinates, slopes: Mapping[str, np.ndarray], covariance: np.ndarray, lost: np.ndarray
) -> dict[str, np.ndarray]:
    """Carry the covariance of coordinates over to the leaves: √(diag J·C·Jᵀ), NaN where a number is lost."""
    leaves, std, position = problem.leaves(z), {}, 0
    for path, slope in slopes.items():
        where = slice(position, position := position + slope.shape[1])
        variance = np.einsum("ij,jk,ik->i", slope, covariance[where, where], slope.conj()).real
        gone = np.abs(slope) @ lost[where].astype(float) > 0
        found = np.where(gone, np.nan, np.sqrt(np.maximum(variance, 0)))
        std[path] = found.reshape(leaves[path].shape)
    return std


def relative_slopes(problem: Problem, z: Coordinates, slopes: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return (d leaf/dz)/leaf of each number of θ; NaN where the leaf is zero, complex, or of more numbers."""
    leaves, found = problem.leaves(z), []
    for path, slope in slopes.items():
        leaf = np.asarray(leaves[path]).ravel()
        if slope.shape[1] == 1:
            leaf, slope = leaf[:1], slope[:1]
        if np.iscomplexobj(leaf) or leaf.size != slope.shape[1]:
            leaf, slope = np.zeros(slope.shape[1]), np.zeros((slope.shape[1],) * 2)
        with np.errstate(divide="ignore", invalid="ignore"):
            found.append(np.where(leaf != 0, np.abs(np.diag(slope)) / leaf, np.nan))
    return np.concatenate(found)


def _complement(vectors: np.ndarray) -> np.ndarray:
    """Return an orthonormal basis of what is orthogonal to these orthonormal vectors."""
    basis = np.linalg.svd(vectors, full_matrices=True)[0]
    return basis[:, vectors.shape[1] :]
