"""Error bars of the instrument, and what the data cannot tell apart."""

from dataclasses import dataclass, field

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from backlight.errors import InputError
from backlight.inverse.curvature import data_curvature
from backlight.inverse.losses import NoiseLikelihood
from backlight.inverse.marginal import marginal_curvature
from backlight.inverse.problem import Coordinates, Problem, build
from backlight.inverse.unknowns import Absorbing, Free, Passive, UnitModulus, Unknown

FEW = 200
"""Unknowns of up to this many numbers are parameters of the instrument; larger ones are images, marginalized."""

SAME = 1e-4
"""A direction that keeps less than this share of its curvature, once all else answers it, is not identifiable.

Far above what float32 and an unfinished conjugate gradient leave of an exact zero (about 1e-6), far below any
direction worth estimating: its error bar would be a hundred times the one with everything else known.
"""


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


def uncertainty(problem: Problem, z: Coordinates, *, iterations: int = 100) -> Uncertainty | None:
    """Return the error bars at z, or `None` where every unknown is an image.

    cov(θ) = s²·(F_θθ − F_θx F_xx⁻¹ F_xθ)⁻¹ with F the Gauss-Newton curvature of the loss plus that of the prior, and s² = 1
    for a likelihood, else the size of one residual (see `residual_scale`).
    """
    parameters = tuple(path for path, value in z.items() if value.size <= FEW)
    if not parameters:
        return None
    marginal, own, scale = _measure(problem, z, parameters, iterations)
    return _assess(problem, z, parameters, np.asarray(marginal, float), np.asarray(own, float), float(scale))


def identifiability(system, unknowns: dict[str, Unknown], *, regularizers=(), data=None) -> Uncertainty | None:
    """Say what frames of `system` would tell about the unknowns, before any frame exists.

    The frames are those the system predicts, with its own noise. A blank complex image (all values equal) diffracts
    nothing and would tell nothing, so it is replaced by a probe of discs that absorb and delay.

    Example:
        >>> from backlight.systems.inline_hologram import inline_hologram
        >>> from backlight.inverse.unknowns import Free
        >>> system = inline_hologram(wavelength=5e-7, pixel_pitch=5e-6, distance=5e-3, shape=(48, 48))
        >>> unknowns = {"sample.transmission": Free(), "detection_path.distance": Free()}
        >>> identifiability(system, unknowns).identifiable
        {'detection_path.distance': False}
    """
    frames = system.predict().values
    problem = build(system, frames, unknowns, loss=NoiseLikelihood(), regularizers=regularizers)
    z = problem.start()
    probed = {path: _probe(problem.unknowns[path], value) for path, value in z.items()}
    return uncertainty(problem, problem.project(probed), iterations=200)


def residual_scale(problem: Problem, z: Coordinates) -> Float[Array, ""]:
    """Return s², the variance one unit of the loss stands for.

    1 for a likelihood. Else the mean squared residual, or the variance that the model's noise would give it if that is
    larger: a fit that follows the noise must not shrink the error bars.
    """
    if problem.loss.likelihood:
        return jnp.ones(())
    pixels = jnp.maximum(jnp.sum(problem.weights), 1.0)
    met = 2 * problem.data_term(z) / pixels
    noise = getattr(problem.model, "noise", None)
    if noise is None:
        return met
    predicted = problem.predict(z)
    _, slope = jax.jvp(lambda y: problem.loss.fisher_root(y, problem.data, noise), (predicted,), (predicted * 0 + 1,))
    stated = jnp.sum(problem.weights * slope**2 * noise.variance(predicted)) / pixels
    return jnp.maximum(met, stated)


@eqx.filter_jit
def _measure(problem: Problem, z: Coordinates, parameters: tuple[str, ...], iterations: int):
    marginal = marginal_curvature(problem, z, parameters, iterations=iterations, rtol=1e-5)
    return marginal, _own_curvature(problem, z, parameters), residual_scale(problem, z)


def _own_curvature(problem: Problem, z: Coordinates, parameters: tuple[str, ...]) -> Float[Array, " p"]:
    """Return the diagonal of F_θθ: the curvature of each number with everything else held."""
    _, unravel = ravel_pytree({path: z[path] for path in parameters})
    still = jax.tree.map(jnp.zeros_like, z)
    count = sum(z[path].size for path in parameters)

    def diagonal(unit: Array) -> Array:
        image = data_curvature(problem, z, still | unravel(unit))
        return jnp.vdot(ravel_pytree({path: image[path] for path in parameters})[0], unit)

    return jax.lax.map(diagonal, jnp.eye(count, dtype=jnp.result_type(float)))


def _assess(problem, z, parameters, marginal, own, scale) -> Uncertainty:
    """Turn curvatures into standard deviations and words."""
    names = tuple(name for path in sorted(parameters) for name in _names(path, z[path]))
    unit = 1 / np.sqrt(np.maximum(own, 1e-30))
    values, vectors = np.linalg.eigh(marginal * unit[:, None] * unit[None, :])
    weak = values < SAME
    covariance = scale * (vectors[:, ~weak] / values[~weak]) @ vectors[:, ~weak].T * unit[:, None] * unit[None, :]
    lost = (vectors[:, weak] ** 2).sum(axis=1) > 1e-3
    deviation = np.where(lost, np.nan, np.sqrt(np.maximum(np.diag(covariance), 0)))
    std = _in_leaf_units(problem, z, parameters, deviation)
    size = np.where(deviation > 0, deviation, np.nan)
    kept = np.clip(np.diag(marginal) * unit**2, 0, None)
    correlation = np.nan_to_num(covariance / size[:, None] / size[None, :], nan=0.0)
    sentences = _sentences(problem, names, values, vectors * unit[:, None], correlation)
    return Uncertainty(std, names, correlation, kept, sentences)


def _in_leaf_units(problem: Problem, z: Coordinates, parameters, deviation: np.ndarray) -> dict[str, np.ndarray]:
    """Carry standard deviations of coordinates over to the leaves: |d leaf/dz|·σ."""
    std, position = {}, 0
    for path in sorted(parameters):
        value = z[path]
        part = deviation[position : position + value.size].reshape(value.shape)
        position += value.size
        leaf = lambda v, path=path: problem.leaves(z | {path: v})[path]  # noqa: E731
        _, slope = jax.jvp(leaf, (value,), (jnp.ones_like(value),))
        std[path] = np.abs(np.asarray(slope)) * part
    return std


def _names(path: str, value: Array) -> list[str]:
    return [path] if value.size == 1 else [f"{path}[{i}]" for i in range(value.size)]


def _sentences(problem: Problem, names, values, directions, correlation) -> tuple[str, ...]:
    found = []
    for value, direction in zip(values, directions.T, strict=True):
        if value < SAME:
            found.append(_weak_direction(problem, names, direction))
    for i in range(len(names)):
        for j in range(i):
            if abs(correlation[i, j]) > 0.95:
                found.append(
                    f"{names[j]} and {names[i]} are hard to tell apart: their errors are correlated by "
                    f"{correlation[i, j]:+.3f}."
                )
    return tuple(dict.fromkeys(found))


def _weak_direction(problem: Problem, names, direction: np.ndarray) -> str:
    share = np.abs(direction) / np.abs(direction).max()
    moved = [f"{'+' if direction[i] > 0 else '−'}{names[i]}" for i in np.argsort(-share) if share[i] > 0.05]
    images = [path for path, u in problem.unknowns.items() if _is_image(problem, path, u)]
    what = f"a change of {moved[0].lstrip('+−')}" if len(moved) == 1 else "the joint change " + " ".join(moved)
    undone = f" is undone by a change of {' and '.join(images)}" if images else " leaves the frames as they are"
    return f"Not identifiable: {what}{undone}; any value explains the frames equally well.{_remedy(problem, images)}"


def _remedy(problem: Problem, images: list[str]) -> str:
    if not images:
        return " Fix one of them, or give it a prior (Gaussian)."
    known = [k for path in images if (k := problem.unknowns[path].knowledge)]
    already = f" Known so far: {'; '.join(known)}." if known else ""
    return (
        f"{already} What would mend it: a sample known to be passive, purely absorbing or purely phase, a support, "
        "sparsity or total variation, a second wavelength or a second distance, or a prior on the parameter."
    )


def _is_image(problem: Problem, path: str, unknown: Unknown) -> bool:
    return path in problem.start() and problem.start()[path].size > FEW


def _probe(unknown: Unknown, value: Array) -> Array:
    """Replace a blank image by discs that absorb and delay; leave everything else."""
    if value.size <= FEW or value.ndim < 2 or not isinstance(unknown, Free | Passive | Absorbing | UnitModulus):
        return value
    blank = all(float(jnp.ptp(plane)) == 0 for plane in value.reshape(-1, *value.shape[-2:]))
    if not blank:
        return value
    discs = _discs(value.shape[-2:])
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
