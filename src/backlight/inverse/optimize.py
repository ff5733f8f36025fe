"""optimize: from a merit function to the unknown leaves of a model, as `estimate` goes from frames to them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from backlight.errors import InputError
from backlight.inverse.constraints import Bounded, Constraint, Multipliers, scaled_bounds, scaled_values
from backlight.inverse.drive import Checkpoint, Outcome, Progress, drive, objective
from backlight.inverse.least_squares import LevenbergMarquardt
from backlight.inverse.losses import intensity
from backlight.inverse.problem import Coordinates, Problem, build, predicted
from backlight.inverse.solver import Solver
from backlight.inverse.tree import get_leaf
from backlight.inverse.unknowns import Unknown
from backlight.maths.double_precision import doubled, in_double_precision

UPDATES = 30
"""Of multipliers, at most."""
FEASIBLE = 1e-9
"""Of a constraint's size: how exactly it is to be obeyed."""
ALLOWED = 1e-2
"""Of a constraint's size: what may be left, where round-off and flat merits end the search earlier."""


@dataclass(frozen=True)
class Design:
    """What a search for a better model found.

    **Attributes:** `model`, the best one; `initial`, the one it began with; `merit` and `initial_merit`, ½‖r‖² of both;
    `status`, "converged", "stopped", "diverged" or "infeasible", and `stop_reason` in a sentence; `iterations`,
    `seconds`, `compile_seconds`; `history`, the merit (what is added for constraints included) and every unknown
    that is a single number over the iterations; `constraints`, what each one's number is, by name, and `violations`, by
    how much it is out of bounds.
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
    constraints: dict[str, float] = field(default_factory=dict)
    violations: dict[str, float] = field(default_factory=dict)

    def value(self, path: str) -> Any:
        """Return the leaf at `path`: a number, or an array."""
        leaf = np.asarray(get_leaf(self.model, path))
        return leaf.item() if leaf.size == 1 else leaf


def optimize(
    model: Any,
    merit: Callable[[Any], Float[Array, "..."]],
    unknowns: Mapping[str, Unknown],
    *,
    constraints: Sequence[Constraint] = (),
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
    - `constraints`: what the model must obey, to a hundredth of each one's size at worst, see
      `backlight.inverse.constraints`; by an augmented Lagrangian, a search of least squares for each update of its
      multipliers, `checkpoint` for the first.
    - `solver`: damped least squares with the exact Jacobian where `None`.
    - `tolerance`, `time_limit` of all searches, `callback`, `checkpoint`: of the loop, see `drive`.

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
    return _optimized(
        model, merit, dict(unknowns), tuple(constraints), solver, tolerance, time_limit, callback, checkpoint
    )


@in_double_precision
def _optimized(model, merit, unknowns, constraints, solver, tolerance, time_limit, callback, checkpoint):
    given, model = model, doubled(model)
    forward = _Row(merit, constraints)
    count = eqx.filter_eval_shape(predicted, forward, model).shape[-1]
    if count == len(constraints):
        raise InputError("merit", got="no numbers", expected="residuals, one or more")
    low, high = (_padded(bound, count, 0.0) for bound in scaled_bounds(constraints))
    loss = Bounded(low, high) if constraints else intensity()
    problem = build(model, jnp.zeros((1, 1, count)), unknowns, loss=loss, forward=forward)
    start = problem.start()
    before = _merit(problem, start, constraints)
    if not np.isfinite(before):
        raise InputError("merit", got=f"{before} at the start", expected="finite numbers",
                         remedy="begin with a model that can be judged: a lens whose rays arrive")  # fmt: skip

    solver = solver or LevenbergMarquardt()

    def search(problem: Problem, z: Coordinates, spent: float = 0.0, checkpoint: Checkpoint | None = None) -> Outcome:
        return drive(problem, solver, z, tolerance=tolerance, callback=callback, checkpoint=checkpoint,
                     time_limit=None if time_limit is None else time_limit - spent)  # fmt: skip

    outcome = search(problem, start, checkpoint=checkpoint)
    if constraints and not _cut_off(outcome, solver):
        outcome = _obeying(problem, outcome, constraints, solver, search)
    model = jax.tree.map(np.asarray, _assembled(problem, outcome.z))
    values = {c.name: float(c.of(doubled(model))) for c in constraints}
    return Design(
        model=model,
        initial=given,
        merit=_merit(problem, outcome.z, constraints),
        initial_merit=before,
        status=outcome.status,
        stop_reason=outcome.reason,
        iterations=outcome.iterations,
        seconds=outcome.seconds,
        compile_seconds=outcome.compile_seconds,
        history=outcome.history,
        constraints=values,
        violations={c.name: c.violation(values[c.name]) for c in constraints},
    )


def _obeying(
    problem: Problem,
    outcome: Outcome,
    constraints: tuple[Constraint, ...],
    solver: Solver,
    search: Callable[[Problem, Coordinates, float], Outcome],
) -> Outcome:
    """Return the end of a row of searches, each with the multipliers that the last one told."""
    low, high = scaled_bounds(constraints)
    count, size = problem.data.shape[-1], len(constraints)
    told = Multipliers(np.zeros(size), np.ones(size))
    off = np.full(size, np.inf)
    for _ in range(UPDATES):
        values = np.asarray(problem.predict(outcome.z)).ravel()[-size:]
        before, off = off, np.abs(values - np.clip(values, low, high))
        following = told.moved(values, constraints, off > np.maximum(0.25 * before, FEASIBLE))
        still = np.abs(following.weights * following.shifts - told.weights * told.shifts) <= FEASIBLE * told.weights
        if np.all(off <= FEASIBLE) and np.all(still):
            return outcome
        told = following
        data, weights = _padded(-told.shifts, count, 0.0), _padded(told.weights, count, 1.0)
        asked = eqx.tree_at(lambda p: (p.data, p.weights), problem, (data[None, None], weights[None, None]))
        then = search(asked, outcome.z, outcome.seconds)
        outcome = _joined(outcome, then)
        if _cut_off(then, solver):
            return outcome
    worst = int(np.argmax(off))
    if off[worst] <= ALLOWED:
        return outcome
    name, size = constraints[worst].name, constraints[worst].size
    reason = (f"Infeasible: after {UPDATES} updates of the multipliers {name} is still out of bounds by "
              f"{off[worst] * size:.3g}; nothing near obeys all constraints.")  # fmt: skip
    return replace(outcome, status="infeasible", reason=reason)


def _cut_off(outcome: Outcome, solver: Solver) -> bool:
    """Tell whether a search was ended by time, by the user or by numbers that are not finite: no other follows."""
    return outcome.status == "diverged" or (outcome.status == "stopped" and outcome.iterations < solver.steps)


def _joined(first: Outcome, then: Outcome) -> Outcome:
    """Return the second of two searches in a row, with what both took."""
    history = {name: np.concatenate([first.history[name], values]) for name, values in then.history.items()}
    return replace(then, history=history, iterations=first.iterations + then.iterations,
                   seconds=first.seconds + then.seconds, compile_seconds=first.compile_seconds + then.compile_seconds
                   )  # fmt: skip


def _padded(numbers: Any, count: int, rest: float) -> Float[Array, " n"]:
    """Return a row of `count` numbers, those of the constraints last."""
    return jnp.concatenate([jnp.full(count - len(numbers), rest), jnp.asarray(numbers, float)])


def _merit(problem: Problem, z: Coordinates, constraints: tuple[Constraint, ...]) -> float:
    """Return ½‖r‖² without what is added for constraints."""
    count = problem.data.shape[-1]
    weights = _padded(np.zeros(len(constraints)), count, 1.0)[None, None]
    return float(objective(eqx.tree_at(lambda p: p.weights, problem, weights), z))


@dataclass(frozen=True)
class _Row:
    """Merit and constraints as one row of a frame. Equal for equal ones: a compiled search serves the next."""

    merit: Callable[[Any], Array]
    constraints: tuple[Constraint, ...]

    def __call__(self, model: Any) -> Float[Array, "1 1 n"]:
        row = jnp.ravel(self.merit(model))
        if self.constraints:
            row = jnp.concatenate([row, scaled_values(model, self.constraints)])
        return row[None, None]


@eqx.filter_jit
def _assembled(problem: Problem, z: Coordinates) -> Any:
    return problem.assemble(z)
