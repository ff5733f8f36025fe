"""Error bars of the instrument."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from backlight.inverse.curvature import curvature, data_curvature, prior_curvature, regularizer_curvature
from backlight.inverse.directions import (
    SAME,
    in_leaf_units,
    relative_slopes,
    simplest,
    slopes_of_leaves,
    told_by_frames,
    ways_that_move,
)
from backlight.inverse.losses import stated_variance
from backlight.inverse.marginal import energies, joint_moves
from backlight.inverse.misfit import grid_scatter, misfit_scatter, pull_scatter
from backlight.inverse.problem import FEW, Coordinates, Problem
from backlight.inverse.translation import curvature_left_by_a_shift
from backlight.inverse.untold import Weakest, correlated, names_of

NOTHING = 1e-12
"""Share of curvature that a prior must leave to a direction: an error bar a million times the one with everything else
known counts as none."""

ROUNDED = 30
"""Times the precision of the numbers: what they leave of an exact zero. Of the frames, a natural change of a number
that moves them by less tells nothing; of the curvature, where no image has to answer, a direction that keeps less."""

SHIFTED = 1e-2
"""Like `SAME`, where a mere shift of the image answers: only the light that crosses the border of the frame is left
over, 2e-4 for a tilt on 192² pixels; what a shift cannot answer keeps nearly all."""


@dataclass(frozen=True)
class Uncertainty:
    """Laplace error bars of the parameters, the image marginalized.

    **Attributes:**

    - `std`: path → standard deviation in the unit of the leaf, shaped like it; NaN where the data (and the stated
      prior) fix no finite one.
    - `names`: a name for each number, in the order of `correlation`.
    - `correlation`: matrix of correlation coefficients.
    - `kept`: share of curvature left to each number once everything else may answer its change, 0 … 1.
    - `sentences`: the weakest directions in words, and what would mend them.
    """

    std: dict[str, np.ndarray]
    names: tuple[str, ...]
    correlation: np.ndarray
    kept: np.ndarray
    sentences: tuple[str, ...] = field(default=())

    @property
    def identifiable(self) -> dict[str, bool]:
        """Tell for each path whether every number in it has a finite error bar."""
        return {path: bool(np.all(np.isfinite(std))) for path, std in self.std.items()}


def uncertainty(
    problem: Problem, z: Coordinates, *, finer: Float[Array, "frame y x"] | None = None, iterations: int = 100
) -> Uncertainty | None:
    """Return the error bars at z, or `None` where every unknown is an image.

    With H the curvature of the objective (Gauss-Newton, priors, regularizers) and B the scatter of its gradient, the
    covariance is the θ block of H⁻¹·B·H⁻¹ (Huber 1967). For a likelihood B = H, and it is the inverse Schur complement
    (F_θθ − F_θx F_xx⁻¹ F_xθ)⁻¹. For other losses B = JᵀDJ + u·P + s²R: D the variance of the residuals under the
    model's noise, P and R the curvature of priors and regularizers in the objective, u its `unit`, s² the mean of D.
    Added to B is what shifts θ without being noise: how hard regularizers pull (`pull_scatter`); where the residual is
    not white, its structure (`misfit_scatter`); where `finer` frames of the same model are given, what its own grid is
    wrong by (`grid_scatter`).
    """
    parameters = tuple(path for path, value in z.items() if value.size <= FEW)
    if not parameters:
        return None
    moves = _moves(problem, z, parameters, iterations)
    measured = jax.tree.map(lambda x: np.asarray(x, float), _measure(problem, z, parameters, moves))
    scatter = measured.scatter + misfit_scatter(problem, z, moves) + np.asarray(pull_scatter(problem, z, moves), float)
    if finer is not None:
        scatter = scatter + np.asarray(grid_scatter(problem, z, moves, finer), float)
    return _assess(problem, z, parameters, measured._replace(scatter=scatter))


def residual_variance(problem: Problem, z: Coordinates) -> Float[Array, "..."]:
    """Return the variance of each residual r of the loss (of `fisher_root`): 1 for a likelihood.

    It is what the model's noise gives a residual, σ²(ŷ)·(∂r/∂ŷ)², the slope taken at least one σ away from darkness,
    where that of √ŷ is infinite; all of them larger by one factor if the residuals are larger than that. A fit that
    follows the noise thus does not shrink the error bars. Without a noise model it is the mean squared residual.
    """
    if problem.loss.likelihood:
        return jnp.ones(())
    pixels = jnp.maximum(jnp.sum(problem.weights), 1.0)
    met = 2 * problem.data_term(z) / pixels
    noise = getattr(problem.assemble(z), "noise", None)
    if noise is None:
        return met
    stated = stated_variance(problem.loss, noise, problem.predict(z), problem.data)
    mean = jnp.sum(problem.weights * stated) / pixels
    return stated * jnp.maximum(1.0, met / jnp.maximum(mean, 1e-30))


class _Measured(NamedTuple):
    """What `_assess` judges: curvature left to θ by data and image, prior of θ, curvature at rest, scatter B,
    and the curvature left by a shift of the image."""

    left: Any
    prior: Any
    own: Any
    scatter: Any
    shifted: Any


@eqx.filter_jit
def _moves(problem: Problem, z: Coordinates, parameters: tuple[str, ...], iterations: int) -> Coordinates:
    return joint_moves(problem, z, parameters, iterations=iterations, rtol=1e-5)


@eqx.filter_jit
def _measure(problem: Problem, z: Coordinates, parameters: tuple[str, ...], moves: Coordinates) -> _Measured:
    alone, still = _moves_alone(z, parameters), jax.tree.map(jnp.zeros_like, z)
    left = energies(lambda direction: curvature(problem, z, direction), moves)
    prior = energies(lambda direction: prior_curvature(problem, z, still | direction), alone)
    own = energies(lambda direction: data_curvature(problem, z, still | direction), alone)
    told = jnp.diag(own) > _rounding(problem, z)
    left, own = (jnp.where(told[:, None] & told[None, :], matrix, 0.0) for matrix in (left - prior, own))
    images = tuple(path for path, value in z.items() if path not in parameters and value.ndim > 1)
    shifted = curvature_left_by_a_shift(problem, z, alone, own, images)
    return _Measured(left, prior, own, _scatter(problem, z, moves, left + prior), shifted)


def _rounding(problem: Problem, z: Coordinates) -> Float[Array, ""]:
    """Return the curvature that round-off makes of none: a change of every frame by its last digits."""
    frames = problem.predict(z)
    root = problem.loss.fisher_root(frames, jnp.zeros_like(frames), getattr(problem.model, "noise", None))
    return (ROUNDED * jnp.finfo(frames.dtype).eps) ** 2 * jnp.sum(problem.weights * root**2)


def _scatter(problem: Problem, z: Coordinates, moves: Coordinates, left: Array) -> Float[Array, "p p"]:
    """Return the variance of the objective's gradient along the joint moves."""
    if problem.loss.likelihood:
        return left
    variance = residual_variance(problem, z)
    pixels = jnp.maximum(jnp.sum(problem.weights), 1.0)
    mean = jnp.sum(problem.weights * variance) / pixels

    def apply(direction: Coordinates) -> Coordinates:
        data = data_curvature(problem, z, direction, variance)
        prior = prior_curvature(problem, z, direction)
        preferred = regularizer_curvature(problem, z, direction)
        return jax.tree.map(lambda d, p, r: d + problem.unit * p + mean * r, data, prior, preferred)

    return energies(apply, moves)


def _moves_alone(z: Coordinates, parameters: tuple[str, ...]) -> Coordinates:
    """Return the move of each number of θ, stacked; of all else nothing."""
    theta = {path: z[path] for path in parameters}
    _, unravel = ravel_pytree(theta)
    count = sum(value.size for value in theta.values())
    return jax.vmap(unravel)(jnp.eye(count, dtype=jnp.result_type(float)))


def _assess(problem: Problem, z: Coordinates, parameters: tuple[str, ...], measured: _Measured) -> Uncertainty:
    """Turn curvatures into standard deviations and words."""
    names = tuple(name for path in sorted(parameters) for name in names_of(path, z[path]))
    # In units of what frames and prior tell together: a number of which the frames tell nothing would else be so much
    # larger than the others that round-off is all that is left of those.
    unit = 1 / np.sqrt(np.maximum(np.diag(measured.own) + np.diag(measured.prior), 1e-30))
    scale = unit[:, None] * unit[None, :]
    slopes = slopes_of_leaves(problem, z, parameters)
    moving = ways_that_move(slopes, unit)
    left, shifted, prior, scatter = (
        moving.T @ (matrix * scale) @ moving
        for matrix in (measured.left, measured.shifted, measured.prior, measured.scatter)
    )
    told, blind = told_by_frames(left, shifted, *_lost_shares(problem, z, parameters))
    values, vectors = np.linalg.eigh(told + prior)
    vectors = moving @ vectors
    fixed = values > NOTHING
    inverse = (vectors[:, fixed] / values[fixed]) @ vectors[:, fixed].T
    covariance = inverse @ (moving @ scatter @ moving.T) @ inverse * scale
    lost = (vectors[:, ~fixed] ** 2).sum(axis=1) > 1e-3
    deviation = np.where(lost, np.nan, np.sqrt(np.maximum(np.diag(covariance), 0)))
    size = np.where(deviation > 0, deviation, np.nan)
    correlation = np.nan_to_num(covariance / size[:, None] / size[None, :], nan=0.0)
    weakest = Weakest(problem, names, relative_slopes(problem, z, slopes), unit, measured.own * scale)
    return Uncertainty(
        std=in_leaf_units(problem, z, slopes, covariance, lost),
        names=names,
        correlation=correlation,
        kept=np.clip(np.diag(measured.left) / np.maximum(np.diag(measured.own), 1e-30), 0, None),
        sentences=(*weakest.sentences(simplest(moving @ blind), lost), *correlated(names, correlation)),
    )


def _lost_shares(problem: Problem, z: Coordinates, parameters: tuple[str, ...]) -> tuple[float, float]:
    """Return below which share of curvature a direction is lost: to a shift of images, and to all else."""
    if len(z) > len(parameters):
        return SHIFTED, SAME
    return 0.0, ROUNDED * float(jnp.finfo(problem.data.dtype).eps)
