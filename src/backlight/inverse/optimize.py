"""optimize: from a merit function to the unknown leaves of a model, as `estimate` goes from frames to them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from backlight.errors import InputError
from backlight.inverse.drive import Checkpoint, Progress, drive, objective
from backlight.inverse.least_squares import LevenbergMarquardt
from backlight.inverse.losses import intensity
from backlight.inverse.problem import Coordinates, Problem, build
from backlight.inverse.solver import Solver
from backlight.inverse.tree import get_leaf
from backlight.inverse.unknowns import Unknown
from backlight.maths.double import in_double_precision


@dataclass(frozen=True)
class Design:
    """What a search for a better model found.

    **Attributes:** `model`, the best one; `initial`, the one it began with; `merit` and `initial_merit`, ½‖r‖² of both;
    `status`, "converged", "stopped" or "diverged", and `stop_reason` in a sentence; `iterations`, `seconds`,
    `compile_seconds`; `history`, the merit and every unknown that is a single number over the iterations.
    """

    model: Any
    initial: Any
    merit: float
    initial_merit: float
    status: str
    stop_reason: str
    iterations: int
    seconds: float
    compile_seconds: float
    history: dict[str, np.ndarray]

    def value(self, path: str) -> Any:
        """Return the leaf at `path`: a number, or an array."""
        leaf = np.asarray(get_leaf(self.model, path))
        return leaf.item() if leaf.size == 1 else leaf


def optimize(
    model: Any,
    merit: Callable[[Any], Float[Array, "..."]],
    unknowns: Mapping[str, Unknown],
    *,
    solver: Solver | None = None,
    tolerance: float = 1e-9,
    time_limit: float | None = None,
    callback: Callable[[Progress], None] | None = None,
    checkpoint: Checkpoint | None = None,
) -> Design:
    """Find the unknown leaves of `model` that make it good: θ* = argmin ½‖r(θ)‖².

    Computed in 64 bits, whatever JAX's default is: a lens has few numbers that work against each other, and where the
    merit is flat single precision ends.

    **Arguments:**

    - `model`: any tree of arrays, such as a `Lens`; its leaves are the start.
    - `merit`: model → r, what should be 0, each number over what it may be: spots over a size, a focal length less the
      one that is wanted over what it may be off.
    - `unknowns`: leaf path → what is known of it, as for `estimate`: bounds, priors, leaves that are tied to others.
    - `solver`: damped least squares with the exact Jacobian where `None`.
    - `tolerance`, `time_limit`, `callback`, `checkpoint`: of the loop, see `drive`.

    **Errors:** `InputError` for unknown paths, and for a start whose merit is not finite.

    Example:
        >>> import equinox as eqx
        >>> import jax.numpy as jnp
        >>> from backlight.inverse.optimize import optimize
        >>> from backlight.inverse.unknowns import Free
        >>> class Valley(eqx.Module):
        ...     x: jnp.ndarray
        ...     y: jnp.ndarray
        >>> bend = lambda v: jnp.stack([1 - v.x, 10 * (v.y - v.x**2)])  # Rosenbrock's
        >>> found = optimize(Valley(jnp.array(-1.2), jnp.array(1.0)), bend, {"x": Free(), "y": Free()})
        >>> round(found.value("x"), 6), round(found.value("y"), 6)
        (1.0, 1.0)
    """
    return _optimized(model, merit, dict(unknowns), solver, tolerance, time_limit, callback, checkpoint)


@in_double_precision
def _optimized(model, merit, unknowns, solver, tolerance, time_limit, callback, checkpoint):
    given, model = model, jax.tree.map(_doubled, model)

    forward = _Row(merit)
    count = eqx.filter_eval_shape(forward, model).shape[-1]
    problem = build(model, jnp.zeros((1, 1, count)), unknowns, loss=intensity(), forward=forward)
    start = problem.start()
    before = float(objective(problem, start))
    if not np.isfinite(before):
        raise InputError("merit", got=f"{before} at the start", expected="finite numbers",
                         remedy="begin with a model that can be judged: a lens whose rays arrive")  # fmt: skip
    outcome = drive(problem, solver or LevenbergMarquardt(), start, tolerance=tolerance, time_limit=time_limit,
                    callback=callback, checkpoint=checkpoint)  # fmt: skip
    return Design(
        model=jax.tree.map(np.asarray, _assembled(problem, outcome.z)),
        initial=given,
        merit=float(objective(problem, outcome.z)),
        initial_merit=before,
        status=outcome.status,
        stop_reason=outcome.reason,
        iterations=outcome.iterations,
        seconds=outcome.seconds,
        compile_seconds=outcome.compile_seconds,
        history=outcome.history,
    )


@dataclass(frozen=True)
class _Row:
    """A merit as the one row of a frame. Equal for equal merits: what was compiled for one search serves the next."""

    merit: Callable[[Any], Array]

    def __call__(self, model: Any) -> Float[Array, "1 1 n"]:
        return jnp.ravel(self.merit(model))[None, None]


@eqx.filter_jit
def _assembled(problem: Problem, z: Coordinates) -> Any:
    return problem.assemble(z)


def _doubled(leaf: Any) -> Any:
    return jnp.asarray(leaf, float) if eqx.is_inexact_array(leaf) and not jnp.iscomplexobj(leaf) else leaf
