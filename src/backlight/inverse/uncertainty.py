"""Error bars of the instrument, and what the data cannot tell apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float
from scipy.sparse.csgraph import connected_components

from backlight.inverse.curvature import curvature, data_curvature, prior_curvature, regularizer_curvature
from backlight.inverse.losses import Loss, NoiseLikelihood, stated_variance
from backlight.inverse.marginal import energies, joint_moves
from backlight.inverse.misfit import grid_scatter, misfit_scatter, pull_scatter
from backlight.inverse.problem import Coordinates, Problem, build
from backlight.inverse.regularizers import Regularizer
from backlight.inverse.translation import curvature_left_by_a_shift
from backlight.inverse.unknowns import Absorbing, Free, Passive, UnitModulus, Unknown
from backlight.maths.double import doubled, in_double_precision

FEW = 200
"""Unknowns of up to this many numbers are parameters of the instrument; larger ones are images, marginalized."""

NOTHING = 1e-12
"""The same for what a prior adds: an error bar a million times the one with everything else known counts as none."""

SAME = 1e-4
"""A direction that keeps less than this share of its curvature, once all else answers it, is not identifiable.

Far above what float32 and an unfinished conjugate gradient leave of an exact zero (about 1e-6), far below any
direction worth estimating: its error bar would be a hundred times the one with everything else known.
"""

ROUNDED = 30
"""Times the precision of the numbers: what they leave of an exact zero. Of the frames, a natural change of a number
that moves them by less tells nothing; of the curvature, where no image has to answer, a direction that keeps less."""


STILL = 1e-9
"""Of the largest: a move of coordinates that changes a leaf by less, squared, is none."""

SHIFTED = 1e-2
"""The same where a mere shift of the image answers: only the light that crosses the border of the frame is left over,
2e-4 for a tilt on 192² pixels; what a shift cannot answer keeps nearly all."""

CLOSE = 0.95
"""Numbers whose errors are correlated by more are named together."""

MOST_NAMES = 4
"""Names in one sentence."""


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


def identifiability(
    system, unknowns: Mapping[str, Unknown], *, loss: Loss | None = None, regularizers: Sequence[Regularizer] = ()
) -> Uncertainty | None:
    """Say what frames of `system` would tell about the unknowns, before any frame exists.

    The frames are those the system predicts, with its own noise. A blank image (all values equal) diffracts nothing
    and would tell nothing, so it is replaced by a probe of discs that absorb and delay.

    **Arguments:** `loss`: the noise's likelihood where `None`; weights of regularizers count in its units.

    Example:
        >>> from backlight.systems.inline_holography import inline_hologram
        >>> from backlight.inverse.unknowns import Free
        >>> system = inline_hologram(wavelength=5e-7, pixel_pitch=5e-6, distance=5e-3, shape=(48, 48))
        >>> unknowns = {"sample.transmission": Free(), "detection_path.distance": Free()}
        >>> identifiability(system, unknowns).identifiable
        {'detection_path.distance': False}
    """
    if getattr(system, "double_precision", False):
        return in_double_precision(lambda s: _foreseen(doubled(s), unknowns, loss, regularizers))(system)
    return _foreseen(system, unknowns, loss, regularizers)


def _foreseen(system, unknowns, loss, regularizers) -> Uncertainty | None:
    frames = system.predict().values
    problem = build(system, frames, unknowns, loss=loss or NoiseLikelihood(), regularizers=regularizers)
    start = problem.start()
    z = problem.project({path: _probe(problem.unknowns[path], value) for path, value in start.items()})
    problem = eqx.tree_at(lambda p: p.data, problem, problem.predict(z))
    return uncertainty(problem, z, iterations=200)


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
    names = tuple(name for path in sorted(parameters) for name in _names(path, z[path]))
    # In units of what frames and prior tell together: a number of which the frames tell nothing would else be so much
    # larger than the others that round-off is all that is left of those.
    unit = 1 / np.sqrt(np.maximum(np.diag(measured.own) + np.diag(measured.prior), 1e-30))
    scale = unit[:, None] * unit[None, :]
    slopes = _slopes(problem, z, parameters)
    moving = _moving(slopes, unit)
    left, shifted, prior, scatter = (
        moving.T @ (matrix * scale) @ moving
        for matrix in (measured.left, measured.shifted, measured.prior, measured.scatter)
    )
    told, blind = _told_by_frames(left, shifted, *_lost_shares(problem, z, parameters))
    values, vectors = np.linalg.eigh(told + prior)
    vectors = moving @ vectors
    fixed = values > NOTHING
    inverse = (vectors[:, fixed] / values[fixed]) @ vectors[:, fixed].T
    covariance = inverse @ (moving @ scatter @ moving.T) @ inverse * scale
    lost = (vectors[:, ~fixed] ** 2).sum(axis=1) > 1e-3
    deviation = np.where(lost, np.nan, np.sqrt(np.maximum(np.diag(covariance), 0)))
    size = np.where(deviation > 0, deviation, np.nan)
    correlation = np.nan_to_num(covariance / size[:, None] / size[None, :], nan=0.0)
    weakest = _Weakest(problem, names, _relative(problem, z, slopes), unit, measured.own * scale)
    return Uncertainty(
        std=_in_leaf_units(problem, z, slopes, covariance, lost),
        names=names,
        correlation=correlation,
        kept=np.clip(np.diag(measured.left) / np.maximum(np.diag(measured.own), 1e-30), 0, None),
        sentences=(*weakest.sentences(_simplest(moving @ blind), lost), *_correlated(names, correlation)),
    )


def _lost_shares(problem: Problem, z: Coordinates, parameters: tuple[str, ...]) -> tuple[float, float]:
    """Return below which share of curvature a direction is lost: to a shift of images, and to all else."""
    if len(z) > len(parameters):
        return SHIFTED, SAME
    return 0.0, ROUNDED * float(jnp.finfo(problem.data.dtype).eps)


def _told_by_frames(
    left: np.ndarray, shifted: np.ndarray, least_shifted: float, least: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the curvature without what is zero but for round-off, and the directions of that."""
    values, vectors = np.linalg.eigh(shifted)
    seen = vectors[:, values >= least_shifted] if least_shifted else vectors
    values, vectors = np.linalg.eigh(seen.T @ left @ seen)
    vectors = seen @ vectors[:, values >= least]
    told = (vectors * values[values >= least]) @ vectors.T
    return told, _complement(vectors)


def _complement(vectors: np.ndarray) -> np.ndarray:
    """Return an orthonormal basis of what is orthogonal to these orthonormal vectors."""
    basis = np.linalg.svd(vectors, full_matrices=True)[0]
    return basis[:, vectors.shape[1] :]


def _simplest(blind: np.ndarray) -> np.ndarray:
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


def _slopes(problem: Problem, z: Coordinates, parameters: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Return d leaf/dz of each parameter, (numbers of the leaf, numbers of z)."""
    found = {}
    for path in sorted(parameters):
        leaf = lambda v, path=path: problem.leaves(z | {path: v.reshape(z[path].shape)})[path].ravel()  # noqa: E731
        _, change = jax.linearize(leaf, z[path].ravel())
        found[path] = np.asarray(jax.vmap(change)(jnp.eye(z[path].size, dtype=z[path].dtype))).T
    return found


def _moving(slopes: Mapping[str, np.ndarray], unit: np.ndarray) -> Float[np.ndarray, "p moves"]:
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


def _in_leaf_units(
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


def _relative(problem: Problem, z: Coordinates, slopes: Mapping[str, np.ndarray]) -> np.ndarray:
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


def _names(path: str, value: Array) -> list[str]:
    return [path] if value.size == 1 else [f"{path}[{i}]" for i in range(value.size)]


def _correlated(names: tuple[str, ...], correlation: np.ndarray) -> list[str]:
    """Say which numbers go together, those that all go with each other in one sentence."""
    close = np.abs(correlation) > CLOSE
    _, group = connected_components(close, directed=False)
    sentences = []
    for members in (np.flatnonzero(group == label) for label in np.unique(group)):
        pairs = [correlation[i, j] for i in members for j in members if i < j and close[i, j]]
        if len(pairs) == 1:
            errors = f"their errors are correlated by {pairs[0]:+.3f}"
        elif pairs:
            errors = f"errors are correlated by {min(map(abs, pairs)):.3f} and more"
        else:
            continue
        sentences.append(f"{_listed([names[i] for i in members])} are hard to tell apart: {errors}.")
    return sentences


def _listed(names: list[str]) -> str:
    shown = names if len(names) <= MOST_NAMES else [*names[: MOST_NAMES - 1], f"{len(names) - MOST_NAMES + 1} others"]
    return f"{', '.join(shown[:-1])} and {shown[-1]}"


@dataclass(frozen=True)
class _Weakest:
    """Puts the directions that the frames cannot tell into words."""

    problem: Problem
    names: tuple[str, ...]
    relative: np.ndarray
    unit: np.ndarray
    alone: np.ndarray

    def sentences(self, directions: np.ndarray, lost: np.ndarray) -> list[str]:
        """Return a sentence for each direction."""
        return [self._sentence(direction, lost) for direction in directions.T]

    def _sentence(self, direction: np.ndarray, lost: np.ndarray) -> str:
        moved = [int(i) for i in np.argsort(-np.abs(direction), kind="stable") if abs(direction[i]) > 0.05]
        images = [] if self._leaves_frames(direction) else _images(self.problem)
        what = self._change(moved, direction)
        effect = f"can be undone by a change of {' and '.join(images)}" if images else "leaves the frames as they are"
        if not any(lost[i] for i in moved):
            return f"The frames do not tell it: {what} {effect}; the error bars rest on the stated prior alone."
        return f"Not identifiable: {what} {effect}. {_remedy(self.problem, images)}"

    def _leaves_frames(self, direction: np.ndarray) -> bool:
        """Tell whether nothing else needs to change to undo this."""
        return bool(direction @ self.alone @ direction < SAME * (direction @ direction))

    def _change(self, moved: list[int], direction: np.ndarray) -> str:
        if len(moved) == 1:
            return f"any change of {self.names[moved[0]]}"
        sign = np.sign(direction[moved[0]])
        rates = direction * self.unit * self.relative
        if np.all(np.isfinite(rates[moved])):
            percent = rates / abs(rates[moved]).max() * np.sign(rates[moved[0]])
            return "changing " + " together with ".join(f"{self.names[i]} by {percent[i]:+.2g} %" for i in moved)
        return "moving " + " together with ".join(
            f"{self.names[i]} {'up' if direction[i] * sign > 0 else 'down'}" for i in moved
        )


def _remedy(problem: Problem, images: list[str]) -> str:
    if not images:
        return "To mend it: fix one of them, or give it a prior (Gaussian)."
    known = [problem.unknowns[path] for path in images]
    told = [unknown.knowledge for unknown in known if unknown.knowledge]
    so_far = f"Known of the sample so far: {'; '.join(told)}. " if told else ""
    means = []
    if not any(isinstance(unknown, Absorbing | UnitModulus) for unknown in known):
        means.append("know the sample to be purely absorbing or purely phase")
    if any(isinstance(unknown, Free) for unknown in known):
        means.append("know it to be passive")
    if all(getattr(unknown, "support", None) is None for unknown in known):
        means.append("give a support")
    means += ["prefer a sparse sample or one of small total variation", "record a second wavelength or known distance"]
    return f"{so_far}To mend it: {', '.join(means)}, or give the parameter a prior (Gaussian)."


def _images(problem: Problem) -> list[str]:
    return [path for path, value in problem.start().items() if value.size > FEW]


def _probe(unknown: Unknown, value: Array) -> Array:
    """Replace a blank image by discs that absorb and delay; leave everything else."""
    if value.size <= FEW or value.ndim < 2 or not isinstance(unknown, Free | Passive | Absorbing | UnitModulus):
        return value
    blank = all(float(jnp.ptp(plane)) == 0 for plane in value.reshape(-1, *value.shape[-2:]))
    if not blank:
        return value
    discs = _discs((value.shape[-2], value.shape[-1]))
    if value.ndim == 2:
        return value + (discs if isinstance(unknown, UnitModulus) else -0.7 * discs)
    t = (1 - 0.6 * discs) * np.exp(0.8j * discs)
    return jnp.asarray(np.stack([t.real, t.imag]), value.dtype)


def _discs(shape: tuple[int, int]) -> np.ndarray:
    """Return a fixed pattern of soft discs with values 0 … 1."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[: shape[0], : shape[1]] / max(shape)
    pattern = np.zeros(shape)
    for _ in range(12):
        cy, cx, radius = (
            rng.uniform(0.25, 0.75) * shape[0] / max(shape),
            rng.uniform(0.25, 0.75) * shape[1] / max(shape),
            rng.uniform(0.02, 0.08),
        )
        edge = (radius - np.hypot(y - cy, x - cx)) * max(shape)
        pattern = np.maximum(pattern, rng.uniform(0.4, 1.0) * np.clip(edge + 0.5, 0, 1))
    return pattern
