"""What a model that does not fit adds to the error bars: the scatter of the score over parts of the frame."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from backlight.inverse.problem import Coordinates, Problem
from backlight.inverse.quality import assess

PARTS = 8
"""The frame is cut into this many parts along each axis: enough sums to average, each longer than most structure."""


def misfit_scatter(problem: Problem, z: Coordinates, moves: Coordinates) -> Float[np.ndarray, "p p"]:
    """Return what structure in the residual adds to the scatter of the gradient along `moves`; zero where it is white.

    Σ_b g_b g_bᵀ − Σ_p g_p g_pᵀ, with g_p the gradient of the loss in pixel p and g_b its sum over part b of the
    frames (Liang and Zeger 1986; Conley 1999): residuals that are alike from pixel to pixel add up, noise does not.
    """
    count = jax.tree.leaves(moves)[0].shape[0]
    if assess(problem, z).white:
        return np.zeros((count, count))
    scores = np.asarray(_scores(problem, z, moves), float)
    parts = _sums_over_parts(scores)
    excess = parts @ parts.T - np.einsum("pfyx,qfyx->pq", scores, scores)
    values, vectors = np.linalg.eigh(0.5 * (excess + excess.T))
    return (vectors * np.maximum(values, 0)) @ vectors.T


@eqx.filter_jit
def _scores(problem: Problem, z: Coordinates, moves: Coordinates) -> Float[Array, "p frame y x"]:
    """Return the gradient of the loss along each move, pixel by pixel."""

    def along(move: Coordinates) -> Array:
        _, slope = jax.jvp(problem.data_terms, (z,), (move,))
        return slope

    return jax.lax.map(along, moves)


def _sums_over_parts(scores: Float[np.ndarray, "p frame y x"]) -> Float[np.ndarray, "p parts"]:
    """Return the sums over all frames and each of PARTS × PARTS parts of the sensor."""
    rows, columns = (np.linspace(0, n, PARTS + 1).astype(int)[:-1] for n in scores.shape[-2:])
    sums = np.add.reduceat(np.add.reduceat(scores.sum(axis=1), rows, axis=1), columns, axis=2)
    return sums.reshape(len(scores), -1)
