"""What a model that is not true adds to the error bars: structure in the residual, and a grid too coarse."""

from collections.abc import Iterator

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from backlight.inverse.problem import Coordinates, Problem
from backlight.inverse.quality import assess

PARTS = 8
"""The frame is cut into this many parts along each axis: enough sums to average, each longer than most structure."""

HELD = 2**24
"""So many numbers, one for each pixel and parameter, are held at once, or those of one frame."""


def misfit_scatter(problem: Problem, z: Coordinates, moves: Coordinates) -> Float[np.ndarray, "p p"]:
    """Return what structure in the residual adds to the scatter of the gradient along `moves`; zero where it is white.

    Σ_b g_b g_bᵀ − Σ_p g_p g_pᵀ, with g_p the gradient of the loss in pixel p and g_b its sum over part b of the
    frames (Liang and Zeger 1986; Conley 1999): residuals that are alike from pixel to pixel add up, noise does not.
    Parts are those of the field, through all frames; where there are 64 frames and more also each of them, for what
    the model gets wrong in one is not what it gets wrong in another, less what both ways of summing count (Cameron,
    Gelbach and Miller, J. Bus. Econ. Stat. 29, 238 (2011)).
    What priors pull all parts by is known and left out: g loses its projection on the moves themselves.

    Valid for structure short beside a part: at a quarter of its length a third of the error bar is missing.
    """
    count = jax.tree.leaves(moves)[0].shape[0]
    if assess(problem, z).white:
        return np.zeros((count, count))
    shared, noise, by_frame, by_field = _shared(problem, z, moves), [], [], []
    for scores, slopes in _by_chunks(problem, z, moves):
        scores = scores - slopes * np.tensordot(shared, slopes, 1)
        noise.append(_outer(scores.reshape(count, -1)))
        by_field.append(_sums_over_parts(scores.sum(axis=1)))
        each = np.stack([_sums_over_parts(frame) for frame in np.moveaxis(scores, 1, 0)], axis=1)
        by_frame.append(_outer(each.sum(axis=2)) - _outer(each.reshape(count, -1)))
    total = _outer(np.sum(by_field, axis=0)) - np.sum(noise, axis=0)
    return _positive(total + np.sum(by_frame, axis=0) if len(problem.data) >= PARTS**2 else total)


def _shared(problem: Problem, z: Coordinates, moves: Coordinates) -> Float[np.ndarray, " p"]:
    """Return the step along the moves that all parts ask for together."""
    fisher, gradient = [], []
    for scores, slopes in _by_chunks(problem, z, moves):
        fisher.append(_outer(slopes.reshape(len(slopes), -1)))
        gradient.append(scores.sum(axis=(1, 2, 3)))
    return np.linalg.lstsq(np.sum(fisher, axis=0), np.sum(gradient, axis=0), rcond=1e-6)[0]


def _by_chunks(problem: Problem, z: Coordinates, moves: Coordinates) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield `_scores` of some frames after the other, as many as fit."""
    count, frames = jax.tree.leaves(moves)[0].shape[0], len(problem.data)
    chunks = min(-(-problem.data.size * count // HELD), frames)
    for chosen in np.array_split(np.arange(frames), chunks):
        part = problem if chunks == 1 else problem.only(jnp.asarray(chosen))
        scores, slopes = _scores(part, z, moves)
        yield np.asarray(scores, float), np.asarray(slopes, float)


def _outer(parts: Float[np.ndarray, "p parts"]) -> Float[np.ndarray, "p p"]:
    return parts @ parts.T


def _positive(matrix: Float[np.ndarray, "p p"]) -> Float[np.ndarray, "p p"]:
    """Return the nearest matrix that can be a variance."""
    values, vectors = np.linalg.eigh(0.5 * (matrix + matrix.T))
    return (vectors * np.maximum(values, 0)) @ vectors.T


@eqx.filter_jit
def grid_scatter(
    problem: Problem, z: Coordinates, moves: Coordinates, finer: Float[Array, "frame y x"]
) -> Float[Array, "p p"]:
    """Return g gᵀ, with g the gradient along `moves` that `finer` frames would have: those of the same model, computed
    on a finer grid. It is what the grid shifts, to first order: as large as it comes and of either sign."""
    displaced = eqx.tree_at(lambda p: p.data, problem, finer)
    still = eqx.tree_at(lambda p: p.data, problem, problem.predict(z))

    there, here = (jax.grad(p.data_term)(z) for p in (displaced, still))
    return _square(jax.tree.map(jnp.subtract, there, here), moves)


@eqx.filter_jit
def pull_scatter(problem: Problem, z: Coordinates, moves: Coordinates) -> Float[Array, "p p"]:
    """Return g gᵀ, with g the gradient of loss and priors along `moves`; zero without regularizers.

    At the minimum it is what opposes the regularizers' own gradient. The image that they prefer shifts the parameters
    by H⁻¹g, to first order: as large as it comes and of either sign. What a search left undone counts with it.
    """
    if not problem.regularizers:
        return jnp.zeros((jax.tree.leaves(moves)[0].shape[0],) * 2)
    return _square(jax.grad(lambda z: problem.data_term(z) + problem.prior(z))(z), moves)


def _square(gradient: Coordinates, moves: Coordinates) -> Float[Array, "p p"]:
    """Return g gᵀ of a gradient's components g along stacked moves."""
    along = [jnp.tensordot(move, gradient[path], gradient[path].ndim) for path, move in moves.items()]
    g = jnp.sum(jnp.stack(along), axis=0)
    return g[:, None] * g[None, :]


@eqx.filter_jit
def _scores(
    problem: Problem, z: Coordinates, moves: Coordinates
) -> tuple[Float[Array, "p frame y x"], Float[Array, "p frame y x"]]:
    """Return, pixel by pixel, the gradient of the loss along each move and the slope whose square is its curvature."""

    def along(move: Coordinates) -> tuple[Array, Array]:
        return jax.jvp(problem.data_terms, (z,), (move,))[1], jax.jvp(problem.fisher_root, (z,), (move,))[1]

    return jax.lax.map(along, moves)


def _sums_over_parts(scores: Float[np.ndarray, "p y x"]) -> Float[np.ndarray, "p parts"]:
    rows, columns = (np.linspace(0, n, min(PARTS, n) + 1).astype(int)[:-1] for n in scores.shape[-2:])
    return np.add.reduceat(np.add.reduceat(scores, rows, axis=1), columns, axis=2).reshape(len(scores), -1)
