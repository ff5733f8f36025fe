"""Accelerated proximal gradient."""

from typing import Any, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from backlight.inverse.curvature import dot, largest_curvature
from backlight.inverse.problem import Coordinates
from backlight.inverse.solver import Solver


class FISTAState(NamedTuple):
    """Point, extrapolated point with its objective, momentum, step and what each proximal step hands on."""

    z: Coordinates
    ahead: Coordinates
    objective: Float[Array, ""]
    momentum: Float[Array, ""]
    rate: Float[Array, ""]
    duals: dict[str, Any]


class FISTA(Solver):
    """Proximal gradient with momentum (Beck and Teboulle 2009) and restart (O'Donoghue and Candès 2015).

    zₖ₊₁ = prox(aₖ − γ∇f(aₖ)), aₖ₊₁ = zₖ₊₁ + ((tₖ−1)/tₖ₊₁)(zₖ₊₁ − zₖ), γ = safety/λ_max(JᵀJ) found at the start.
    The momentum is lost where it overshoots and where the objective rises: the proximal step of total variation is an
    iteration that was cut short, its error lags behind the image, and momentum alone would feed on it.
    A regularizer with a proximal step acts through it, together with the constraint; all else is in f.

    **Arguments:** `steps`; `safety`: γ as a fraction of 1/λ_max; `block`: steps per compiled call.
    """

    steps: int = eqx.field(static=True, default=300)
    safety: float = eqx.field(static=True, default=0.9)
    block: int = eqx.field(static=True, default=20)

    @property
    def keeps_last(self) -> bool:
        """Yes."""
        return True

    def init(self, problem, z):
        """Return the start, with the step measured there."""
        rate = self.safety / jnp.maximum(largest_curvature(problem, z), 1e-20)
        duals = {path: r.start_prox(z[path]) for path in z if (r := problem.proximal(path)) is not None}
        return FISTAState(z, z, jnp.full((), jnp.inf), jnp.ones(()), rate, duals)

    def step(self, problem, state, damping):
        """Take one step; the objective is that of the extrapolated point."""
        smooth = lambda z: problem.smooth_objective(z, without=tuple(state.duals))  # noqa: E731
        value, gradient = jax.value_and_grad(smooth)(state.ahead)
        rate = damping * state.rate
        z, duals = {}, {}
        for path, ahead in state.ahead.items():
            moved = ahead - rate * gradient[path]
            project = problem.unknowns[path].project
            regularizer = problem.proximal(path)
            if regularizer is None:
                z[path] = project(moved)
            else:
                z[path], duals[path] = regularizer.prox(moved, rate * regularizer.weight, state.duals[path], project)
                value += regularizer.weight * regularizer.exact(ahead)
        return _accelerate(state, z, value, duals), value

    def coordinates(self, state):
        """Return z."""
        return state.z


def _accelerate(state: FISTAState, z: Coordinates, objective: Array, duals: dict[str, Any]) -> FISTAState:
    moved = jax.tree.map(jnp.subtract, z, state.z)
    overshoot = dot(jax.tree.map(jnp.subtract, state.ahead, z), moved) > 0
    momentum = jnp.where(overshoot | (objective > state.objective), 1.0, state.momentum)
    following = 0.5 * (1 + jnp.sqrt(1 + 4 * momentum**2))
    gain = (momentum - 1) / following
    ahead = jax.tree.map(lambda new, step: new + gain * step, z, moved)
    return FISTAState(z, ahead, objective, following, state.rate, duals)
