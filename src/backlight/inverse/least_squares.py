"""Levenberg-Marquardt of Optimistix for a few hundred parameters, matrix-free."""

import equinox as eqx
import jax.numpy as jnp
import optimistix as optx

from backlight.errors import InputError
from backlight.inverse.problem import Coordinates, Problem
from backlight.inverse.solver import Solver


class LevenbergMarquardt(Solver):
    """Damped Gauss-Newton steps on ½‖r‖², r the residual of the loss and of the priors.

    Optimistix forms the Jacobian column by column with forward products; priors enter as residuals too.

    **Arguments:** `steps`: calls of Optimistix, each of at most `inner` steps; `rtol`, `atol`: passed on.

    **Errors:** `InputError` if the loss is not a sum of squares.
    """

    steps: int = eqx.field(static=True, default=30)
    inner: int = eqx.field(static=True, default=8)
    rtol: float = eqx.field(static=True, default=1e-8)
    atol: float = eqx.field(static=True, default=1e-8)
    block: int = eqx.field(static=True, default=1)

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
        return z

    def step(self, problem, state, damping):
        """Take `inner` steps from where the last ones ended, the damping found anew."""
        value = problem.smooth_objective(state)
        solver = optx.LevenbergMarquardt(rtol=self.rtol, atol=self.atol)
        found = optx.least_squares(_residuals, solver, state, problem, max_steps=self.inner, throw=False)
        return found.value, value

    def coordinates(self, state):
        """Return z."""
        return state


def _residuals(z: Coordinates, problem: Problem):
    size = jnp.sqrt(problem.unit)
    prior = {path: size * problem.unknowns[path].prior_residual(value) for path, value in z.items()}
    return problem.fisher_root(z), prior
