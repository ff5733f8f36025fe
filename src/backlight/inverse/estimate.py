"""estimate: from recorded frames to the unknown leaves of a model, with error bars."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from backlight.inverse.drive import Checkpoint, Outcome, Progress, drive
from backlight.inverse.first_order import LBFGS
from backlight.inverse.fista import FISTA
from backlight.inverse.least_squares import LevenbergMarquardt
from backlight.inverse.losses import Loss, amplitude
from backlight.inverse.problem import FEW, Coordinates, Problem, build
from backlight.inverse.quality import Quality, assess
from backlight.inverse.regularizers import Regularizer
from backlight.inverse.solver import Solver
from backlight.inverse.tree import get_leaf, resolve
from backlight.inverse.uncertainty import Uncertainty, uncertainty
from backlight.inverse.unknowns import Interval, Unknown
from backlight.inverse.variable_projection import VariableProjection
from backlight.maths.double_precision import doubled, in_double_precision

FALLING = 0.01
"""Of the objective, over the last tenth of a search: what falls by more has not settled."""


@dataclass(frozen=True)
class Estimate:
    """The answer: the calibrated model, how the search ended, and how sure it is.

    **Attributes:** `system` is the calibrated model, `initial` the one it started from; `status` is "converged",
    "stopped" or "diverged" and `stop_reason` says it in a sentence; `history` holds the objective and every scalar
    unknown over the iterations; `uncertainty` is `None` where nothing but images is unknown; `notes` name the knowledge
    used and what it cannot tell.
    """

    system: Any
    initial: Any
    status: str
    stop_reason: str
    iterations: int
    seconds: float
    compile_seconds: float
    history: dict[str, np.ndarray]
    uncertainty: Uncertainty | None
    quality: Quality
    notes: tuple[str, ...]

    def value(self, path: str) -> Any:
        """Return the estimated leaf at `path`: a number, or an array."""
        leaf = np.asarray(get_leaf(self.system, path))
        return leaf.item() if leaf.size == 1 else leaf

    def std(self, path: str) -> Any:
        """Return the standard deviation of the leaf at `path`, or `None` where there is no finite one."""
        bars = self.uncertainty.std if self.uncertainty else {}
        std = bars.get(resolve(self.system, path))
        if std is None or not np.all(np.isfinite(std)):
            return None
        return std.item() if std.size == 1 else std


def estimate(
    model: Any,
    frames: Any,
    unknowns: Mapping[str, Unknown],
    *,
    loss: Loss | None = None,
    regularizers: Sequence[Regularizer] = (),
    solver: Solver | None = None,
    mask: Any | None = None,
    tolerance: float = 1e-6,
    time_limit: float | None = None,
    callback: Callable[[Progress], None] | None = None,
    checkpoint: Checkpoint | None = None,
    error_bars: bool = True,
    finer: Callable[[Any], Any] | None = None,
    notes: Sequence[str] = (),
) -> Estimate:
    """Find the unknown leaves of `model` from `frames`: x*, θ* = argmin L(f(x, θ), y) + Σ βₙ Rₙ(x).

    **Arguments:**

    - `model`: any tree of arrays with `predict()`, such as an `ImagingSystem`; its leaves are the start. One that says
      `double_precision` is computed in 64 bits, whatever JAX's default is.
    - `frames`: what the camera recorded, (frame, y, x) or (y, x).
    - `unknowns`: leaf path → what is known of it; every other leaf stays as it is.
    - `loss`: ½ Σ (√ŷ − √y)² by default.
    - `regularizers`: what is preferred among samples that explain the frames equally well.
    - `solver`: chosen by the kind of unknowns where `None`: see `default_solver`.
    - `mask`: weight of each pixel, 0 for dead or saturated ones.
    - `tolerance`, `time_limit`, `callback`, `checkpoint`: of the loop, see `drive`.
    - `error_bars`: whether to spend the time on them.
    - `finer`: model → its frames, computed on a finer grid; what the grid shifts is then in the error bars.

    **Returns:** an `Estimate`. A search that fails is not an exception: it ends with a stop reason and the best state.

    **Errors:** `InputError` for unknown paths, shapes that do not fit, and pixels that are no numbers.
    """
    options = (loss or amplitude(), regularizers, solver, mask, tolerance, time_limit, callback, checkpoint, error_bars,
               finer, notes)  # fmt: skip
    if not getattr(model, "double_precision", False):
        return _estimated(model, frames, unknowns, *options)
    found = in_double_precision(lambda start: _estimated(doubled(start), frames, unknowns, *options))(model)
    return replace(found, system=jax.tree.map(np.asarray, found.system), initial=model)


def _estimated(
    model, frames, unknowns, loss, regularizers, solver, mask, tolerance, time_limit, callback, checkpoint, error_bars,
    finer, notes,
) -> Estimate:  # fmt: skip
    problem = build(model, frames, unknowns, loss=loss, regularizers=regularizers, weights=mask)
    solver = solver or default_solver(problem)
    outcome = drive(
        problem,
        solver,
        problem.start(),
        tolerance=tolerance,
        time_limit=time_limit,
        callback=callback,
        checkpoint=checkpoint,
    )
    bars = None
    if error_bars and outcome.status != "diverged":
        fine = None if finer is None else jnp.asarray(finer(problem.assemble(outcome.z)), dtype=float)
        bars = uncertainty(problem, outcome.z, finer=fine)
    return _conclude(problem, outcome, bars, tuple(notes))


def default_solver(problem: Problem) -> Solver:
    """Choose by kind: parameters only, Levenberg-Marquardt (L-BFGS if the loss is no least squares); one image only,
    FISTA; image and parameters, variable projection; an image whose constraint is not linear, L-BFGS over all."""
    sizes = {path: value.size for path, value in problem.start().items()}
    images = [path for path, size in sizes.items() if size > FEW]
    if not images:
        return LevenbergMarquardt() if problem.loss.least_squares else LBFGS()
    if not all(problem.unknowns[path].linear for path in images):
        return LBFGS()
    return FISTA() if len(images) == len(sizes) else VariableProjection()


def _conclude(problem: Problem, outcome: Outcome, bars: Uncertainty | None, notes: tuple[str, ...]) -> Estimate:
    z = outcome.z
    quality = assess(problem, z)
    found = (*(bars.sentences if bars else ()), *_at_an_end(problem, z), *_unsettled(outcome, bars),
             *_misfit(quality, bars))  # fmt: skip
    return Estimate(
        system=problem.assemble(z),
        initial=problem.model,
        status=outcome.status,
        stop_reason=outcome.reason,
        iterations=outcome.iterations,
        seconds=outcome.seconds,
        compile_seconds=outcome.compile_seconds,
        history=outcome.history,
        uncertainty=bars,
        quality=quality,
        notes=(*notes, *_knowledge(problem), *found),
    )


def _knowledge(problem: Problem) -> list[str]:
    """Name what was taken as known, in sentences; numbers are in the leaf's own SI unit."""
    known = [f"{path} is taken to be {u.knowledge}." for path, u in problem.unknowns.items() if u.knowledge]
    words = {type(r): re.sub(r"(?<!^)(?=[A-Z])", " ", type(r).__name__).lower() for r in problem.regularizers}
    return known + [
        f"A small {words[type(r)]} of {r.path} is preferred, weight {r.weight:.3g}." for r in problem.regularizers
    ]


def _at_an_end(problem: Problem, z: Coordinates) -> list[str]:
    """Warn of a number that ended within 1 % of a bound: the truth may lie beyond, or the search went astray."""
    found = []
    for path, leaf in problem.leaves(z).items():
        unknown = problem.unknowns[path]
        if isinstance(unknown, Interval):
            position = (np.asarray(leaf) - unknown.low) / (unknown.high - unknown.low)
            if np.any((position < 0.01) | (position > 0.99)):
                found.append(f"{path} ended at a bound of what was allowed: widen the bounds, or start elsewhere.")
    return found


def _unsettled(outcome: Outcome, bars: Uncertainty | None) -> list[str]:
    """Warn where the search was cut off on its way: error bars stand around where it was."""
    met = outcome.history["objective"]
    if bars is None or outcome.status != "stopped" or len(met) < 2:
        return []
    fall = (met[-1 - max(1, len(met) // 10)] - met[-1]) / max(abs(met[-1]), 1e-300)
    if fall <= FALLING:
        return []
    return [f"The search was cut off while the objective still fell, by {fall:.2g} of itself over its last tenth: the "
            "error bars do not contain how far it had to go."]  # fmt: skip


def _misfit(quality: Quality, bars: Uncertainty | None) -> list[str]:
    """Warn where the residual has structure: what it hides is not all seen."""
    if quality.white or bars is None:
        return []
    return [
        f"The residual is not white (correlation {quality.autocorrelation:.2f} between neighbors): the error bars "
        "contain what its structure scatters and are a lower bound: a bias that the model hides is not in them."
    ]
