"""What becomes of a model whose numbers are not met exactly: sensitivities, samples, and merits of what is built."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from backlight.errors import InputError
from backlight.inverse.tree import get_leaf, resolve, set_leaves
from backlight.maths.double_precision import doubled, in_double_precision

Merit = Callable[[Any], Float[Array, "..."]]


class Tolerance(NamedTuple):
    """By how much one number of a model may be off.

    **Arguments:** `path` of its leaf; `sigma`: standard deviation, in the leaf's unit; `at`: which number of the leaf,
    as (1,) for the decenter along y in `pose.shift`; `uniform`: whether all within ±√3·sigma is alike, else normal.

    Example:
        >>> from backlight.systems.tolerancing import Tolerance
        >>> Tolerance("surfaces.1.thickness", 20e-6).sigma
        2e-05
    """

    path: str
    sigma: float
    at: tuple[int, ...] = ()
    uniform: bool = False


class Sensitivities(NamedTuple):
    """Exact derivatives of ½‖r‖², one number for each tolerance.

    **Attributes:** `nominal`, ½‖r‖²; `first`, σ·∂/∂θ; `second`, σ²·∂²/∂θ²: both in the merit's unit, for one σ.
    """

    nominal: Float[Array, ""]
    first: Float[Array, " n"]
    second: Float[Array, " n"]

    @property
    def mean(self) -> Float[Array, ""]:
        """E½‖r‖² to second order, of errors that do not know of each other: nominal + ½ Σ second."""
        return self.nominal + 0.5 * jnp.sum(self.second)


class Built(NamedTuple):
    """Samples of what is built.

    **Attributes:** `merit`, ½‖r‖² of each; `errors`, (sample, tolerance), in units of σ; `moves`, (sample,
    compensator), what was adjusted, in the leaf's unit.
    """

    merit: Float[Array, " samples"]
    errors: Float[Array, "samples n"]
    moves: Float[Array, "samples m"]


@in_double_precision
def sensitivities(model: Any, merit: Merit, tolerances: Sequence[Tolerance]) -> Sensitivities:
    """Return how ½‖r‖² changes with each number, exactly, a decenter or tilt at 0 too.

    **Arguments:** `merit`: model → r.

    **Errors:** `InputError` for a path that names no leaf, or a place that it does not have.
    """
    model, tolerances = doubled(model), _checked(model, tolerances)
    good = lambda x: 0.5 * jnp.sum(merit(_off(model, tolerances, x)) ** 2)  # noqa: E731
    start, unit = jnp.zeros(len(tolerances)), jnp.eye(len(tolerances))

    def along(way: Array) -> tuple[Array, Array]:
        slope = lambda x: jax.jvp(good, (x,), (way,))[1]  # noqa: E731
        return jax.jvp(slope, (start,), (way,))

    first, second = jax.jit(jax.vmap(along))(unit)
    return Sensitivities(good(start), first, second)


@in_double_precision
def monte_carlo(
    model: Any,
    merit: Merit,
    tolerances: Sequence[Tolerance],
    *,
    samples: int = 256,
    chunk: int = 32,
    seed: int = 0,
    compensators: Sequence[str] = (),
) -> Built:
    """Return ½‖r‖² of models whose numbers are off at random, after the compensators have been adjusted.

    Adjusted by one Gauss-Newton step from the nominal place, in each sample with its own Jacobian: exact where r is
    linear in the compensators, as it is to first order in a focus; a step that makes it worse is not taken.

    **Arguments:** `chunk`: samples at a time; `seed`: of the errors, which are the same for the same seed;
    `compensators`: paths of leaves, single numbers.

    **Errors:** as of `sensitivities`.
    """
    model, tolerances = doubled(model), _checked(model, tolerances)
    moved = _checked(model, [Tolerance(path, _size(model, path)) for path in compensators])
    errors = jnp.asarray(_drawn(tolerances, samples, seed))

    def built(error: Array) -> tuple[Array, Array]:
        off = lambda move: jnp.ravel(merit(_off(_off(model, tolerances, error), moved, move)))  # noqa: E731
        still = jnp.zeros(len(moved))
        left = off(still)
        if not moved:
            return 0.5 * jnp.sum(left**2), jnp.zeros(1)
        move = -jnp.linalg.lstsq(jax.jacfwd(off)(still), left)[0]
        before, after = (0.5 * jnp.sum(r**2) for r in (left, off(move)))
        better = after < before
        return jnp.where(better, after, before), jnp.append(jnp.where(better, move, 0.0), 0.0)

    merits, moves = jax.jit(lambda rows: jax.lax.map(built, rows, batch_size=chunk))(errors)
    moves = moves[:, : len(moved)]  # one more was kept: a map has no rows of no numbers
    return Built(merits, errors, moves * jnp.asarray([one.sigma for one in moved]))


def as_built(merit: Merit, tolerances: Sequence[Tolerance]) -> Merit:
    """Return the residuals r and σᵢ·∂r/∂θᵢ, stacked: ½‖·‖² is E½‖r‖² to second order in σ by Gauss-Newton.

    What is left out is ½ Σ σᵢ² r·∂²r/∂θᵢ², small where r is. `optimize` takes it as any other merit.
    """

    def stacked(model: Any) -> Float[Array, " n"]:
        found = _checked(model, tolerances)
        left = lambda x: jnp.ravel(merit(_off(model, found, x)))  # noqa: E731
        start = jnp.zeros(len(found))
        return jnp.concatenate([left(start), jnp.ravel(jax.jacfwd(left)(start).T)])

    return stacked


def _off(model: Any, tolerances: Sequence[Tolerance], units: Float[Array, " n"]) -> Any:
    """Return the model with its numbers off by so many σ each."""
    values: dict[str, Array] = {}
    for i, one in enumerate(tolerances):
        leaf = jnp.asarray(values.get(one.path, get_leaf(model, one.path)))
        values[one.path] = leaf.at[one.at].add(one.sigma * units[i])
    return set_leaves(model, values)


def _checked(model: Any, tolerances: Sequence[Tolerance]) -> list[Tolerance]:
    """Return tolerances with full paths."""
    found = [one._replace(path=resolve(model, one.path)) for one in tolerances]
    for one in found:
        shape = np.shape(get_leaf(model, one.path))
        if len(one.at) != len(shape) or any(not -n <= i < n for i, n in zip(one.at, shape, strict=True)):
            raise InputError(one.path, got=f"at={one.at} of a leaf of shape {shape}",
                             expected="the place of one number", remedy="at=(1,) is the second of a row")  # fmt: skip
    return found


def _size(model: Any, path: str) -> float:
    return float(np.max(np.abs(np.asarray(get_leaf(model, path))))) or 1.0


def _drawn(tolerances: Sequence[Tolerance], samples: int, seed: int) -> Float[np.ndarray, "samples n"]:
    rng = np.random.default_rng(seed)
    normal, even = rng.normal(size=(samples, len(tolerances))), rng.uniform(-1, 1, (samples, len(tolerances)))
    return np.where([one.uniform for one in tolerances], np.sqrt(3) * even, normal)
