"""Levenberg-Marquardt of Optimistix for a few hundred parameters, matrix-free."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import optimistix as optx

from backlight.errors import InputError
from backlight.inverse.problem import Coordinates, Problem
from backlight.inverse.solver import Solver


class LeastSquaresState(NamedTuple):
    """Coordinates and the state of Optimistix."""

    z: Coordinates
    memory: Any


class LevenbergMarquardt(Solver):
    """Damped Gauss-Newton steps on ½‖r‖², r the residual of the loss and of the priors.

    Optimistix forms the Jacobian column by column with forward products; priors enter as residuals too.

    **Arguments:** `steps`; `rtol`, `atol`: passed on.

    **Errors:** `InputError` if the loss is not a sum of squares.
    """

    steps: int = eqx.field(static=True, default=60)
    rtol: float = eqx.field(static=True, default=1e-8)
    atol: float = eqx.field(static=True, default=1e-8)
    block: int = eqx.field(static=True, default=5)

    def init(self, problem, z):
        """Return the start."""
        if not problem.loss.least_squares:
            raise InputError(
                "solver",
                got=f"Levenberg-Marquardt with {type(problem.loss).__name__}",
                expected="a loss that is a sum of squares (amplitude, intensity)",
                remedy="use LBFGS(), or one of those losses",
            )
        if any(regularizer.path in z for regularizer in problem.regularizers):
            raise InputError(
                "solver",
                got="Levenberg-Marquardt with regularizers",
                expected="none, or unknowns with a Gaussian prior",
                remedy="use LBFGS() or VariableProjection()",
            )
        return LeastSquaresState(z, eqx.filter(self._memory(problem, z), eqx.is_array))

    def step(self, problem, state, damping):
        """Take one step, accepted or not."""
        value = problem.smooth_objective(state.z)
        template = eqx.filter(self._memory(problem, state.z), eqx.is_array, inverse=True)
        memory = eqx.combine(state.memory, template)
        z, memory, _ = self._optimizer().step(_function, state.z, problem, {}, memory, frozenset())
        return LeastSquaresState(z, eqx.filter(memory, eqx.is_array)), value

    def coordinates(self, state):
        """Return the last accepted z."""
        return state.z

    def _memory(self, problem: Problem, z: Coordinates) -> Any:
        shape = jax.eval_shape(lambda x: _residuals(x, problem), z)
        return self._optimizer().init(_function, z, problem, {}, shape, None, frozenset())

    def _optimizer(self) -> optx.LevenbergMarquardt:
        return optx.LevenbergMarquardt(rtol=self.rtol, atol=self.atol)


def _function(z: Coordinates, problem: Problem):
    return _residuals(z, problem), None


def _residuals(z: Coordinates, problem: Problem):
    prior = {path: problem.unknowns[path].prior_residual(value) for path, value in z.items()}
    return problem.fisher_root(z), prior
