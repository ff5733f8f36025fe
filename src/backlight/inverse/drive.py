"""The one loop: compiled blocks of steps, a finite guard, stop reasons, checkpoints."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from backlight.inverse.problem import Coordinates, Problem
from backlight.inverse.solver import Solver
from backlight.maths.safe import all_finite

MAX_HALVINGS = 5


@runtime_checkable
class Checkpoint(Protocol):
    """Where the state of a run is kept between blocks."""

    def save(self, arrays: dict[str, np.ndarray]) -> None:
        """Keep these arrays, all or none."""
        ...

    def load(self) -> dict[str, np.ndarray] | None:
        """Return the arrays kept last, if any."""
        ...


@dataclass(frozen=True)
class Progress:
    """Told to the callback after each block.

    **Attributes:** `iteration` of `total`; `objective`; `values` of the unknowns that are single numbers; `seconds`
    since the start and `seconds_left`, at most; `part`, what is being worked on where a run has several.
    """

    iteration: int
    total: int
    objective: float
    values: dict[str, float]
    seconds: float
    seconds_left: float
    part: str = ""


@dataclass
class Outcome:
    """Where the loop ended and why."""

    z: Coordinates
    status: str
    reason: str
    iterations: int
    history: dict[str, np.ndarray]
    seconds: float = 0.0
    compile_seconds: float = 0.0
    state: Any = field(default=None, repr=False)


def drive(
    problem: Problem,
    solver: Solver,
    z: Coordinates,
    *,
    tolerance: float = 1e-6,
    time_limit: float | None = None,
    callback: Callable[[Progress], None] | None = None,
    checkpoint: Checkpoint | None = None,
) -> Outcome:
    """Run `solver` on `problem` from z until it converges, is stopped, or diverges; keep the best.

    **Arguments:**

    - `tolerance`: converged when the objective has changed by less than this fraction over two blocks.
    - `time_limit`: seconds; `None` for no limit.
    - `callback`: called after each block with a `Progress`; an exception in it ends the run as the user's stop does.
    - `checkpoint`: where to keep the state; a run that finds one there continues it, to the same bits.
    """
    started = time.perf_counter()
    run = _Run.begin(problem, solver, z, checkpoint)
    compile_seconds = time.perf_counter() - started
    while True:
        verdict = run.verdict(tolerance) or _out_of_time(started, time_limit)
        if verdict:
            break
        try:
            run.advance()
            if checkpoint is not None:
                checkpoint.save(run.arrays())
            if callback is not None:
                callback(run.progress(time.perf_counter() - started))
        except KeyboardInterrupt:
            if run.iteration < solver.steps:
                verdict = ("stopped", "Stopped by the user; the best state so far is kept.")
                break
    run.close()
    seconds = time.perf_counter() - started
    return Outcome(run.best, *verdict, run.iteration, run.histories(), seconds, compile_seconds + run.first, run.state)


@dataclass
class _Run:
    problem: Problem
    solver: Solver
    state: Any
    best: Coordinates
    best_objective: float
    iteration: int
    halvings: int
    block_ends: list[float]
    history: dict[str, list[np.ndarray]]
    first: float = 0.0

    @classmethod
    def begin(cls, problem: Problem, solver: Solver, z: Coordinates, checkpoint: Checkpoint | None) -> "_Run":
        z, state = _init(problem, solver, z)
        run = cls(problem, solver, state, z, np.inf, 0, 0, [], {})
        kept = checkpoint.load() if checkpoint is not None else None
        if kept is not None:
            run.restore(kept)
        return run

    def advance(self) -> None:
        """Run one block; undo it and halve the step if a number in it is not finite."""
        count = min(self.solver.block, self.solver.steps - self.iteration)
        began = time.perf_counter()
        damping = jnp.asarray(0.5**self.halvings)
        state, best, best_objective, healthy, trace = _block(
            self.problem, self.solver, self.state, self.best, jnp.asarray(self.best_objective), damping, count
        )
        if not self.history:
            self.first = time.perf_counter() - began
        if not bool(healthy):
            self.halvings += 1
            return
        self.state, self.best, self.best_objective = state, best, float(best_objective)
        self.iteration += count
        self.block_ends.append(float(trace["objective"][-1]))
        for name, values in trace.items():
            self.history.setdefault(name, []).append(np.asarray(values))

    def close(self) -> None:
        """Let the last state count too: a step tells the objective of the state before it."""
        if self.solver.keeps_last or not self.history:
            return
        last = self.solver.coordinates(self.state)
        reached = float(objective(self.problem, last))
        if reached < self.best_objective:
            self.best, self.best_objective = last, reached

    def verdict(self, tolerance: float) -> tuple[str, str] | None:
        """Return status and reason if the run is over."""
        if self.halvings > MAX_HALVINGS:
            return "diverged", (
                f"Diverged: a number became infinite or NaN at iteration {self.iteration}, also with the step halved "
                f"{MAX_HALVINGS} times; the last finite state is kept."
            )
        if self.solver.steps == 0:
            return "converged", "A direct method: nothing was searched for, the first answer is the last."
        if self.iteration >= self.solver.steps:
            return "stopped", f"Stopped after {self.iteration} iterations, the limit, before the objective settled."
        recent = np.array(self.block_ends[-3:])
        if len(recent) == 3 and np.ptp(recent) <= tolerance * abs(recent[2]):
            return (
                "converged",
                f"Converged: the objective changed by less than {tolerance:.0e} of itself over two blocks.",
            )
        return None

    def progress(self, seconds: float) -> Progress:
        """Return what a progress line shows."""
        names = [name for name in self.history if name != "objective"]
        left = (self.solver.steps - self.iteration) * seconds / max(self.iteration, 1)
        return Progress(
            self.iteration,
            self.solver.steps,
            self.best_objective,
            {name: float(self.history[name][-1][-1]) for name in names},
            seconds,
            left,
        )

    def histories(self) -> dict[str, np.ndarray]:
        """Return each trace over all iterations."""
        return {name: np.concatenate(blocks) for name, blocks in self.history.items()} or {"objective": np.zeros(0)}

    def arrays(self) -> dict[str, np.ndarray]:
        """Return everything a later process needs to go on to the same bits."""
        numbers = {"best_objective": self.best_objective, "iteration": self.iteration, "halvings": self.halvings}
        kept = {f"run.{name}": np.asarray(value) for name, value in numbers.items()}
        kept["run.block_ends"] = np.asarray(self.block_ends, dtype=np.float64)
        kept |= {f"state.{i}": np.asarray(x) for i, x in enumerate(jax.tree.leaves(self.state))}
        kept |= {f"best.{path}": np.asarray(x) for path, x in self.best.items()}
        return kept | {f"history.{name}": values for name, values in self.histories().items()}

    def restore(self, kept: dict[str, np.ndarray]) -> None:
        """Take up the run that `arrays` described."""
        leaves, structure = jax.tree.flatten(self.state)
        self.state = structure.unflatten([jnp.asarray(kept[f"state.{i}"], x.dtype) for i, x in enumerate(leaves)])
        self.best = {path: jnp.asarray(kept[f"best.{path}"]) for path in self.best}
        self.best_objective = float(kept["run.best_objective"])
        self.iteration, self.halvings = int(kept["run.iteration"]), int(kept["run.halvings"])
        self.block_ends = [float(x) for x in kept["run.block_ends"]]
        self.history = {k.removeprefix("history."): [v] for k, v in kept.items() if k.startswith("history.")}


@eqx.filter_jit
def _init(problem: Problem, solver: Solver, z: Coordinates) -> Any:
    """Return z and the solver's state, weak types made strong: a block returns those, and would be compiled twice."""
    return jax.tree.map(lambda leaf: jnp.asarray(leaf, leaf.dtype), (z, solver.init(problem, z)))


@eqx.filter_jit
def _block(problem, solver, state, best, best_objective, damping, count):
    """Return state, best and its objective after `count` steps, whether all was finite, and the traces."""

    def body(carry, _):
        state, best, best_objective, healthy = carry
        before = solver.coordinates(state)
        following, objective = solver.step(problem, state, damping)
        healthy &= jnp.isfinite(objective) & all_finite(solver.coordinates(following))
        better = healthy & (solver.keeps_last | (objective < best_objective))
        candidate = solver.coordinates(following) if solver.keeps_last else before
        best = jax.tree.map(lambda new, old: jnp.where(better, new, old), candidate, best)
        best_objective = jnp.where(better, objective, best_objective)
        return (following, best, best_objective, healthy), {"objective": objective, **_scalars(problem, before)}

    carry = (state, best, best_objective.astype(jnp.result_type(float)), jnp.array(True))
    carry, trace = jax.lax.scan(body, carry, None, length=count)
    return *carry, trace


@eqx.filter_jit
def objective(problem: Problem, z: Coordinates) -> Any:
    """Return J(z), compiled."""
    return problem.smooth_objective(z)


def _scalars(problem: Problem, z: Coordinates) -> dict[str, Any]:
    """Return the unknowns that are single numbers, for the history."""
    return {path: leaf.reshape(()) for path, leaf in problem.leaves(z).items() if leaf.size == 1}


def _out_of_time(started: float, limit: float | None) -> tuple[str, str] | None:
    if limit is not None and time.perf_counter() - started > limit:
        return "stopped", f"Stopped after {limit:g} s, the time limit; the best state so far is kept."
    return None
