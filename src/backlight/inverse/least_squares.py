"""Levenberg-Marquardt of Optimistix for a few hundred parameters."""

from collections.abc import Callable

import equinox as eqx
import jax
import jax.numpy as jnp
import optimistix as optx
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float

from backlight.errors import InputError
from backlight.inverse.problem import Coordinates, Problem
from backlight.inverse.solver import Solver


class LevenbergMarquardt(Solver):
    """Damped Gauss-Newton steps on ½‖r‖², r the residual of the loss and of the priors.

    The Jacobian is formed once a step, all columns together by forward products; priors enter as residuals too.

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
        solver = optx.LevenbergMarquardt(rtol=self.rtol, atol=self.atol)
        start, unravel = ravel_pytree(state)
        residuals = with_matrix(lambda z: _residuals(unravel(z), problem))
        found = optx.least_squares(lambda z, _: residuals(z), solver, start, max_steps=self.inner, throw=False)
        return unravel(found.value), problem.smooth_objective(state)

    def coordinates(self, state):
        """Return z."""
        return state


def with_matrix(
    function: Callable[[Float[Array, " n"]], Float[Array, " m"]],
) -> Callable[[Float[Array, " n"]], Float[Array, " m"]]:
    """Return the function with a derivative that is a matrix: to apply it again does not run through the model again.

    Optimistix asks for it three times a step: to solve with, to predict the merit, and to see which steps to accept.
    """
    jacobian = jax.jacfwd(function)
    told = jax.custom_jvp(function)
    told.defjvp(lambda at, move: (function(*at), jacobian(*at) @ move[0]))
    return told


def _residuals(z: Coordinates, problem: Problem) -> Float[Array, " m"]:
    size = jnp.sqrt(problem.unit)
    prior = [size * problem.unknowns[path].prior_residual(value).ravel() for path, value in z.items()]
    return jnp.concatenate([problem.fisher_root(z).ravel(), *prior])
